import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { network } from "neuralpower/dsl";
import { configurationKey } from "../learn/folds.ts";
import type { Node } from "../node.ts";
import { plan } from "../plan.ts";
import { unfused } from "../runtimes.ts";
import { readRow, type TableRow } from "../table.ts";
import { Cells } from "../table_cells.ts";
import { baseValues, fitBase } from "./base.ts";
import { chooseTerms } from "./choose.ts";
import { deviceOf } from "./device.ts";
import { fitDevice, fitGroup } from "./fit.ts";
import { fitTime } from "./layer_model.ts";
import { modelVersion } from "./model.ts";
import { parseModelFile } from "./model_file.ts";
import { nodeModel } from "./node_model.ts";
import { sheet } from "./sheet.ts";

const hardware = { type: "cpu", multiprocessors: 2 } as const;

function uniforms(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return (seed + 0.5) / 2 ** 32;
  };
}

interface Sizes {
  readonly batch: number;
  readonly from: number;
  readonly to: number;
}

/** Dense layers over three decades, and what is measured of them. */
function rowsOf(count: number, measure: (sizes: Sizes, random: () => number) => Record<string, number>): TableRow[] {
  const random = uniforms(3);
  return Array.from({ length: count }, (_, i) => {
    const size = (most: number) => 4 + Math.round(most ** random());
    const sizes = { batch: size(200), from: size(2000), to: size(2000) };
    const cells = { kind: "dense", batch: sizes.batch, in_channels: sizes.from, out_channels: sizes.to };
    const texts = Object.entries({ ...cells, ...measure(sizes, random) }).map(([name, value]) => [name, String(value)]);
    return readRow(new Cells(Object.fromEntries(texts), "made up", i + 2));
  });
}

/** A rate for multiply-adds and weights, and a third more where the output is no multiple of eight. */
const stepped = ({ batch, from, to }: Sizes) =>
  (0.02 + 2e-9 * batch * from * to + 4e-8 * from * to) * (to % 8 === 0 ? 1 : 4 / 3);

function measuredOf(rows: readonly TableRow[]) {
  return {
    sheet: sheet(rows.map(({ node }) => node), "dense", hardware),
    runtimeMs: Float64Array.from(rows, ({ measured }) => measured.runtimeMs!),
    powerW: Float64Array.from(rows, ({ measured }) => measured.powerW ?? NaN),
    powerWeights: new Float64Array(rows.length).fill(1),
    groups: rows.map(({ node }) => configurationKey(node)),
  };
}

Deno.test("the base finds the rates that rows were made of, and predicts sizes ten times as large", () => {
  const time = ({ batch, from, to }: Sizes) => 0.02 + 2e-9 * batch * from * to + 4e-8 * from * to;
  const { sheet: own, runtimeMs } = measuredOf(rowsOf(200, (sizes) => ({ runtime_ms: time(sizes) })));
  const base = fitBase(own, runtimeMs, Uint32Array.from(runtimeMs.keys()));
  assertAlmostEquals(base.rates.macs, 2e-9, 1e-14);
  assertAlmostEquals(base.rates.weights, 4e-8, 1e-13);
  assertAlmostEquals(base.rates.call, 0.02, 1e-7);
  const node = lone(2000, 20_000, 20_000);
  const [value] = baseValues({ ...sheet([node], "dense", hardware) }, base);
  assertAlmostEquals(value / time({ batch: 2000, from: 20_000, to: 20_000 }), 1, 1e-3);
});

Deno.test("trees learn what the base cannot say: held out, an error of little more than half of the base's", () => {
  const { runtime: { base, boosted, default: best } } =
    fitGroup(rowsOf(500, (sizes) => ({ runtime_ms: stepped(sizes) })), 0, {
      rowsHoldCall: false,
      specification: null,
      hardware,
    }).fit;
  assertEquals(best, "boosted");
  assert(boosted!.heldOut.mape < 0.6 * base!.heldOut.mape, `${boosted!.heldOut.mape} ${base!.heldOut.mape}`);
});

/** A device fitted on noisy rows with power, as its file says it. */
function fittedDevice(count: number) {
  const rows = rowsOf(count, (sizes, random) => {
    const ms = stepped(sizes) * Math.exp(0.1 * (random() - 0.5));
    return { runtime_ms: ms, power_w: (40 + 10 * Math.log2(sizes.batch)) * Math.exp(0.1 * (random() - 0.5)) };
  });
  const { fits } = fitDevice(rows, { rowsHoldCall: false, specification: null, hardware });
  const head = { format: "neuralpower-model", version: modelVersion, device: "mine", specification: null };
  const text = JSON.stringify({ ...head, runtime: "pytorch", command: "deno task fit", sources: [], fits });
  return { rows, fits, device: deviceOf(parseModelFile(text, "mine.json")) };
}

function lone(batch: number, from: number, to: number): Node {
  return plan(network("one", { vector: from, batch }, (x) => x.dense(to)).build(), unfused)[0].node!;
}

const { rows, fits, device } = fittedDevice(150);

Deno.test("a file's model says of a node what the fit said of its row, and its interval holds most rows", () => {
  const all = Uint32Array.from(rows.keys());
  const fitted = fitTime(chooseTerms(measuredOf(rows), all).measured, all);
  const predict = nodeModel(device, "boosted");
  let inside = 0;
  rows.forEach(({ node, measured }, i) => {
    const { runtimeMs, extrapolates } = predict(node)!;
    assertEquals(extrapolates, []);
    assertAlmostEquals(runtimeMs.value / fitted.values[i], 1, 1e-6);
    inside += Number(measured.runtimeMs! >= runtimeMs.low! && measured.runtimeMs! <= runtimeMs.high!);
  });
  assert(inside / rows.length > 0.85, `${inside}`);
  assert(fits[0].runtime.boosted!.width !== null && fits[0].energy!.width !== null);
});

Deno.test("energy is power times time, and has an interval", () => {
  const { runtimeMs, powerW, energyMj } = nodeModel(device)(rows[0].node)!;
  assertAlmostEquals(energyMj!.value, powerW!.value * runtimeMs.value, 1e-9);
  assert(energyMj!.low! < energyMj!.value && energyMj!.value < energyMj!.high!);
});

Deno.test("far outside, boosted becomes the base, the features are named and the interval widens", () => {
  const [inside, outside] = [lone(50, 400, 400), lone(50, 4e5, 4e5)];
  const [base, boosted] = (["base", "boosted"] as const).map((form) => nodeModel(device, form));
  assertAlmostEquals(boosted(outside)!.runtimeMs.value / base(outside)!.runtimeMs.value, 1, 0.01);
  assert(boosted(outside)!.extrapolates.includes("inChannels"));
  const width = (node: Node) => {
    const { low, high } = boosted(node)!.runtimeMs;
    return Math.log(high! / low!);
  };
  assert(width(outside) > 1.5 * width(inside), `${width(outside)} ${width(inside)}`);
});

Deno.test("predictions are finite and positive for ten thousand layers, most of them far outside", () => {
  const random = uniforms(9), size = () => Math.ceil(10 ** (7 * random()));
  for (const choice of ["base", "boosted", "auto"] as const) {
    const predict = nodeModel(device, choice);
    for (let i = 0; i < 3400; i++) {
      const { runtimeMs, powerW, energyMj } = predict(lone(size(), size(), size()))!;
      for (const { value, low, high } of [runtimeMs, powerW!, energyMj!]) {
        assert(low! > 0 && low! <= value && value <= high! && Number.isFinite(high), `${low} ${value} ${high}`);
      }
    }
  }
});
