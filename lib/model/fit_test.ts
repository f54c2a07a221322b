import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { readPublic, testOnPublicSet } from "../../tests/public_data.ts";
import { readDataset } from "../datasets/mod.ts";
import { willowec } from "../datasets/willowec.ts";
import { featureNames } from "../features.ts";
import { readRow, type TableRow } from "../table.ts";
import { Cells } from "../table_cells.ts";
import { fitDevice, type FitOptions } from "./fit.ts";
import { leastConfigurations } from "./fit_target.ts";
import { callFloors } from "./fit_rows.ts";
import { type KindFit, modelVersion } from "./model.ts";
import { parseModelFile } from "./model_file.ts";
import { findSpecification } from "./specifications.ts";

const v100 = findSpecification("v100")!;
const plain: FitOptions = { rowsHoldCall: false, specification: null };

interface Sizes {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
}
type Cell = string | number | null;

/** Numbers in (0, 1): the 32-bit generator of Numerical Recipes. */
function uniforms(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return (seed + 0.5) / 2 ** 32;
  };
}

/** Dense layers of sizes spread over decades, and what `measure` says of each. */
function denseRows(count: number, measure: (sizes: Sizes, row: number) => Record<string, Cell>): TableRow[] {
  const uniform = uniforms(7);
  const size = (most: number) => Math.round(most ** uniform());
  return Array.from({ length: count }, (_, row) => {
    const sizes: Sizes = { batch: size(256), inputs: 8 + size(4096), outputs: 8 + size(4096) };
    const { batch, inputs, outputs } = sizes;
    const cells = { kind: "dense", batch, in_channels: inputs, out_channels: outputs, ...measure(sizes, row) };
    const texts = Object.entries(cells).map(([column, value]) => [column, value === null ? "" : String(value)]);
    return readRow(new Cells(Object.fromEntries(texts), "made up", row + 2));
  });
}

const milliseconds = ({ batch, inputs, outputs }: Sizes) => 0.05 + 1e-3 * batch + 4e-9 * batch * inputs * outputs;
const watts = ({ batch, outputs }: Sizes) => 60 + 9 * Math.log2(batch) + 2 * Math.log2(outputs);

function only(rows: readonly TableRow[], options: FitOptions = plain): KindFit {
  const { fits, tooFew } = fitDevice(rows, options);
  assertEquals([fits.length, tooFew], [1, []]);
  return fits[0];
}

/** What a file of this fit holds when it is read again. */
function throughFile(fits: readonly KindFit[]): readonly KindFit[] {
  const head = { format: "neuralpower-model", version: modelVersion, device: "mine", specification: null };
  const file = { ...head, runtime: "tf1", command: "deno task fit", sources: [], fits };
  return parseModelFile(JSON.stringify(file), "mine.json").fits;
}

Deno.test("a sparse polynomial of runtime and one of power are found: held-out errors below 1 %", () => {
  const fit = only(denseRows(150, (sizes) => ({ runtime_ms: milliseconds(sizes), power_w: watts(sizes) })));
  assertEquals([fit.kind, fit.pass, fit.dtype, fit.rows, fit.callMs], ["dense", "forward", "float32", 150, 0]);
  for (const name of ["paper", "relative"] as const) {
    const { heldOut, coefficients, intercept } = fit.runtime.polynomials[name];
    assert(heldOut.mape < 0.01, `${name} runtime ${heldOut.mape}`);
    assertEquals(heldOut.rows, 150);
    assertAlmostEquals(intercept, 0.05, 0.002);
    assertAlmostEquals(coefficients.batch / 1e-3, 1, 0.05);
    const { heldOut: power } = fit.power!.polynomials[name];
    assert(power.mape < 0.01, `${name} power ${power.mape}`);
  }
  assert(fit.energy!.heldOut.mape < 0.01, `energy ${fit.energy!.heldOut.mape}`);
  assertEquals(fit.runtime.analytical, null);
  assertEquals(fit.runtime.noise, null);
});

Deno.test("bounds are half the smallest runtime, and the smallest and largest power, ranges those of the features", () => {
  const rows = denseRows(60, (sizes) => ({ runtime_ms: milliseconds(sizes), power_w: watts(sizes) }));
  const fit = only(rows);
  const [times, powers] = [rows.map((row) => row.measured.runtimeMs!), rows.map((row) => row.measured.powerW!)];
  assertEquals([fit.runtime.least, fit.runtime.most], [Math.min(...times) / 2, null]);
  assertEquals([fit.power!.least, fit.power!.most], [Math.min(...powers), Math.max(...powers)]);
  assertEquals(Object.keys(fit.ranges), featureNames("dense"));
  const widths = rows.map(({ node }) => node.layer.outputShape[1]);
  assertEquals(fit.ranges.outChannels, [Math.min(...widths), Math.max(...widths)]);
});

Deno.test("noise is the median of spread over value, and null where a row has none", () => {
  const spread = (row: number) => [0.01, 0.02, 0.06][row % 3];
  const fit = (whole: boolean) =>
    only(denseRows(60, (sizes, row) => ({
      runtime_ms: milliseconds(sizes),
      runtime_ms_spread: whole || row > 0 ? milliseconds(sizes) * spread(row) : null,
    })));
  assertAlmostEquals(fit(true).runtime.noise!, 0.02, 1e-12);
  assertEquals(fit(false).runtime.noise, null);
});

Deno.test("a call's cost is taken off before fitting and added back before errors are taken", () => {
  const rows = denseRows(150, (sizes) => ({ runtime_ms: 0.4 + milliseconds(sizes) }));
  const { callMs, runtime } = only(rows, { rowsHoldCall: true, specification: v100 });
  const fastest = Math.min(...rows.map(({ measured }) => measured.runtimeMs!));
  // One launch of 0.005 ms remains of the fastest row.
  assertAlmostEquals(callMs, fastest - 0.005, 1e-12);
  assertAlmostEquals(runtime.least, 0.0025, 1e-12);
  const { heldOut, intercept, logHalfWidth } = runtime.polynomials.relative;
  assertAlmostEquals(intercept, 0.45 - callMs, 0.005);
  assert(heldOut.mape < 0.01 && logHalfWidth! < 0.02, `${heldOut.mape} ${logHalfWidth}`);
  // The same rows without a call are harder, relative to their size, by what the call adds to it.
  assert(
    heldOut.mape < only(denseRows(150, (sizes) => ({ runtime_ms: milliseconds(sizes) }))).runtime.polynomials.relative
      .heldOut.mape,
  );
  const { scale, heldOut: unfitted } = runtime.analytical!;
  assert(scale > 0 && unfitted.rows === 150);
});

Deno.test("a call's cost is by kind and of the fastest row of any pass", () => {
  const row = (cells: Record<string, string>) => readRow(new Cells({ batch: "1", in_channels: "3", ...cells }, "t", 2));
  const rows = [
    row({ kind: "dense", out_channels: "2", runtime_ms: "0.5" }),
    row({ kind: "dense", out_channels: "2", runtime_ms: "0.3", pass: "training" }),
    row({ kind: "softmax", runtime_ms: "0.2" }),
    row({ kind: "norm", op: "batch", runtime_ms: "0.001" }),
    row({ kind: "norm", op: "batch" }),
  ];
  const { dense, softmax, ...others } = callFloors(rows, 0.1);
  assertAlmostEquals(dense!, 0.2, 1e-12);
  assertAlmostEquals(softmax!, 0.1, 1e-12);
  assertEquals(others, { norm: 0 });
});

Deno.test("a device without a specification gets a file that can be read again, whatever the passes took", () => {
  const rows = [
    ...denseRows(60, (sizes) => ({ runtime_ms: 0.4 + milliseconds(sizes) })),
    ...denseRows(60, (sizes) => ({ runtime_ms: 0.3 + milliseconds(sizes), pass: "training" })),
  ];
  const { fits } = fitDevice(rows, { rowsHoldCall: true, specification: null });
  assertEquals(fits.map(({ pass }) => pass), ["forward", "training"]);
  assertEquals(throughFile(fits), fits);
  assertAlmostEquals(fits[1].runtime.least, 0.0025, 1e-12);
});

Deno.test("groups of kind, pass and format are fitted apart, in the order of kinds and passes", () => {
  const { fits } = fitDevice(
    ["training", "backward", "forward"].flatMap((pass) =>
      denseRows(
        60,
        (sizes) => ({ runtime_ms: milliseconds(sizes), pass, dtype: pass === "forward" ? "float16" : null }),
      )
    ),
    plain,
  );
  assertEquals(fits.map(({ pass, dtype, rows }) => `${pass} ${dtype} ${rows}`), [
    "forward float16 60",
    "backward float32 60",
    "training float32 60",
  ]);
});

Deno.test("too few configurations are told, however many rows", () => {
  const rows = denseRows(200, (sizes) => ({ runtime_ms: milliseconds(sizes) }));
  const distinct = [
    ...new Map(rows.map((row) => [row.node.layer.inputShape.join() + row.node.layer.outputShape, row])).values(),
  ];
  const few = distinct.slice(0, leastConfigurations - 1);
  const progress: string[] = [];
  const { rates, ...fit } = fitDevice([...few, ...few], { ...plain, onProgress: (what) => progress.push(what) });
  assertEquals(fit, {
    fits: [],
    tooFew: ["dense forward float32: 9 configurations, 10 are needed"],
    heldOut: new Map(),
  });
  // They suffice for the device's rates.
  assertEquals(rates.map(({ kinds }) => kinds), [["dense"]]);
  assertEquals(progress, []);
  const enough = [...few, ...few, distinct[leastConfigurations]];
  const { fits } = fitDevice(enough, { ...plain, onProgress: (what) => progress.push(what) });
  assertEquals([fits[0].rows, fits[0].configurations], [19, 10]);
  assertEquals(progress, ["dense forward float32: 19 rows, 10 configurations"]);
});

Deno.test("rows without a runtime are left out, and rows without energy out of power alone", () => {
  const rows = (powered: number) =>
    denseRows(130, (sizes, row) => ({
      runtime_ms: row < 120 ? milliseconds(sizes) : null,
      power_w: row < powered ? watts(sizes) : null,
    }));
  const some = only(rows(80));
  assertEquals([some.rows, some.runtime.polynomials.paper.heldOut.rows], [120, 120]);
  assertEquals([some.power!.polynomials.paper.heldOut.rows, some.energy!.heldOut.rows], [80, 80]);
  const few = only(rows(leastConfigurations - 1));
  assertEquals([few.rows, few.power, few.energy], [120, null, null]);
});

Deno.test("with errors in proportion to the time, weights 1/y² beat the paper's Lasso, which is no default then", () => {
  const uniform = uniforms(3);
  const steep = ({ batch, inputs, outputs }: Sizes) => 2e-3 + 2e-5 * batch + 4e-9 * batch * inputs * outputs;
  const { default: chosen, polynomials: { paper, relative } } =
    only(denseRows(200, (sizes) => ({ runtime_ms: steep(sizes) * Math.exp(0.3 * (uniform() - 0.5)) }))).runtime;
  assertNotEquals(chosen, "paper");
  assert(relative.heldOut.rmspe < 0.5 * paper.heldOut.rmspe, `${relative.heldOut.rmspe} ${paper.heldOut.rmspe}`);
  // Uniform in ±0.15: the error cannot be less than 0.3/√12 = 8.7 %, and the 90 % interval is ±0.135.
  assert(relative.heldOut.rmspe > 0.08 && relative.heldOut.rmspe < 0.1, `${relative.heldOut.rmspe}`);
  assertAlmostEquals(relative.logHalfWidth!, 0.135, 0.02);
  assertAlmostEquals(relative.heldOut.coverage90!, 0.9, 0.05);
});

testOnPublicSet("willowec", "refits the raptor-lake pool model to the same numbers", async () => {
  const { rows } = await readDataset(willowec, await readPublic("willowec/raptorlake_pool.csv"), "raptorlake_pool.csv");
  const fit = only(rows, { rowsHoldCall: false, specification: findSpecification("raptor-lake")! });
  const file = await Deno.readTextFile(new URL("../../models/raptor-lake-pytorch.json", import.meta.url));
  const committed = parseModelFile(file, "raptor-lake-pytorch.json").fits.find(({ kind }) => kind === "pool");
  let numbers = 0;
  const compare = (actual: unknown, expected: unknown, path: string): void => {
    if (typeof expected === "number") {
      numbers++;
      assertAlmostEquals(actual, expected, 1e-6 * Math.abs(expected), path);
    } else if (typeof expected === "object" && expected !== null) {
      assertEquals(Object.keys(actual as object).sort(), Object.keys(expected).sort(), path);
      const [some, others] = [actual, expected] as Record<string, unknown>[];
      for (const key of Object.keys(others)) compare(some[key], others[key], `${path}.${key}`);
    } else assertEquals(actual, expected, path);
  };
  compare(fit, committed, "pool");
  assert(numbers > 200, `only ${numbers} numbers`);
});

Deno.test("rows of views, which move no bytes, can be fitted", () => {
  const rows = Array.from({ length: 12 }, (_, i) => {
    const cells = { kind: "view", op: "dropout", batch: "1", in_channels: String(8 * (i + 1)), runtime_ms: "0.002" };
    return readRow(new Cells({ ...cells, runtime_ms: String(0.002 + 1e-4 * i) }, "made up", i + 2));
  });
  assertEquals(only(rows).kind, "view");
});
