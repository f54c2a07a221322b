import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { configurationKey } from "../learn/folds.ts";
import { readRow, type TableRow } from "../table.ts";
import { Cells } from "../table_cells.ts";
import { chooseTerms } from "./choose.ts";
import { type Device, deviceOf } from "./device.ts";
import { fitDevice, type FitOptions } from "./fit.ts";
import { measuredRows } from "./fit_rows.ts";
import { learningCurve } from "./learning_curve.ts";
import { modelVersion } from "./model.ts";
import { parseModelFile } from "./model_file.ts";
import { nodeModel } from "./node_model.ts";
import { uniforms } from "./random_layers.ts";
import { sourceOf } from "./sources.ts";
import { findSpecification } from "./specifications.ts";

const hardware = { type: "cpu", multiprocessors: 2 } as const;
const options: FitOptions = { rowsHoldCall: false, specification: null, hardware };

/** Dense layers on a device whose times no term of the base tells: they step with the sizes' remainders, and the noise is 2 %. */
function rowsOf(count: number, seed: number, device: (ms: number) => number): TableRow[] {
  const random = uniforms(seed), size = (most: number) => 4 + Math.round(most ** random());
  return Array.from({ length: count }, (_, i) => {
    const [batch, from, to] = [size(200), size(2000), size(2000)];
    const ms = (0.02 + 2e-9 * batch * from * to + 4e-8 * from * to) * (to % 8 === 0 ? 1 : 1.6) *
      (from % 16 === 0 ? 1 : 1.5);
    const measured = device(ms) * Math.exp(0.04 * (random() - 0.5));
    const cells = { kind: "dense", batch, in_channels: from, out_channels: to, runtime_ms: measured };
    const texts = Object.entries(cells).map(([name, value]) => [name, String(value)]);
    return readRow(new Cells(Object.fromEntries(texts), "made up", i + 2));
  });
}

function deviceFrom(rows: readonly TableRow[], name: string, more: Partial<FitOptions> = {}): Device {
  const { fits, rates } = fitDevice(rows, { ...options, ...more });
  const head = { format: "neuralpower-model", version: modelVersion, device: name, specification: null };
  const rest = { runtime: "pytorch", command: "deno task fit", sources: [], fits, rates };
  return deviceOf(parseModelFile(JSON.stringify({ ...head, ...rest }), `${name}.json`));
}

const old = deviceFrom(rowsOf(300, 3, (ms) => ms), "old");
/** Two and a half times as fast, but with a call. */
const newer = (ms: number) => 0.05 + 0.4 * ms;
const few = rowsOf(50, 11, newer), unseen = rowsOf(300, 12, newer);

function meanError(device: Device): number {
  const predict = nodeModel(device);
  const errors = unseen.map(({ node, measured }) => Math.abs(predict(node)!.runtimeMs.value / measured.runtimeMs! - 1));
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

const corrected = deviceFrom(few, "new", { sourceOf: (key) => sourceOf(old, key) });

Deno.test("fifty rows that correct another device's model predict better than by themselves, and the file holds what it corrects", () => {
  const [alone, transferred] = [deviceFrom(few, "alone"), corrected].map(meanError);
  assert(transferred < 0.6 * alone, `${transferred} ${alone}`);
  const [{ source, runtime }] = corrected.model!.fits;
  assertEquals(source!.device, "old");
  assertEquals(source!.fit!.base.rates, old.model!.fits[0].runtime.base!.rates);
  assert(runtime.base!.rates.source > 0);
  assert(JSON.stringify(corrected.model).length < 4e6);
});

Deno.test("a corrected model can be corrected again", () => {
  const third = deviceFrom(rowsOf(40, 13, (ms) => 2 * newer(ms)), "third", {
    sourceOf: (key) => sourceOf(corrected, key),
  });
  assertEquals(third.model!.fits[0].source!.fit!.source!.device, "old");
  const { node } = unseen[0];
  assertAlmostEquals(nodeModel(third)(node)!.runtimeMs.value / nodeModel(corrected)(node)!.runtimeMs.value, 2, 0.4);
});

Deno.test("a source that says nothing of the rows does no harm, one of another kind is not taken, and the file holds none", () => {
  const fitWith = (sourceOf?: FitOptions["sourceOf"]) =>
    deviceFrom(rowsOf(120, 14, (ms) => ms), "new", { sourceOf }).model!.fits[0];
  const errorOf = ({ runtime }: ReturnType<typeof fitWith>) => runtime.boosted!.heldOut.mape;
  const alone = fitWith();
  assert(alone.source === undefined && !("source" in alone.runtime.base!.rates));
  const fits = [1, 2, 3].map((seed) => {
    const random = uniforms(seed);
    const noise = deviceFrom(rowsOf(40, 5, () => 0.5 + random()), "noise");
    return fitWith((key) => sourceOf(noise, key));
  });
  // By chance it may be taken: as one column more, where inner folds say that this helps.
  for (const fit of fits) assert(errorOf(fit) <= 1.05 * errorOf(alone), `${errorOf(fit)} ${errorOf(alone)}`);
  for (const { source, runtime } of fits) assertEquals("source" in runtime.base!.rates, source !== undefined);
  assertEquals(sourceOf(old, { kind: "conv", pass: "forward", dtype: "float32" }), null);
});

Deno.test("the analytical model can be corrected, and stands in the file by its specification's name", () => {
  const specification = findSpecification("v100")!;
  const rows = unseen.map(({ node, measured }) => ({ node, measured }));
  const { measured, source } = measuredRows(rows, {
    ...options,
    sourceOf: () => ({ device: specification.name, fit: null }),
  });
  assertEquals(source, { device: "v100", fit: null });
  assert(measured.sheet.terms.includes("source") && measured.sheet.columns.includes("source"));
});

Deno.test("with few rows the base has few terms where all are more than they can tell apart", () => {
  const { measured } = measuredRows(few, options);
  const all = Uint32Array.from(few.keys());
  const { measured: chosen, errors } = chooseTerms(measured, all);
  assert(chosen.sheet.terms.length <= measured.sheet.terms.length);
  assert(errors.boosted > 0 && errors.boosted < 1 && errors.base < 1);
});

Deno.test("the learning curve falls, its choice is near the best form, and a source saves rows", () => {
  const rows = rowsOf(250, 21, newer);
  const source = sourceOf(old, { kind: "dense", pass: "forward", dtype: "float32" });
  const { measured } = measuredRows(rows, { ...options, sourceOf: () => source });
  assertEquals(measured.groups, rows.map(({ node }) => configurationKey(node)));
  const curve = learningCurve({ rows, measured, callMs: 0 }, { sizes: [50, 1000], folds: 5 });
  assertEquals(curve.map((point) => point.rows), [50, 200]);
  const [first, last] = curve;
  assert(last.chosen < first.chosen, JSON.stringify(curve));
  for (const { chosen, forms } of curve) {
    assert(chosen <= 1.3 * Math.min(...Object.values(forms)), JSON.stringify(curve));
  }
  assert(first.transferred! < first.chosen, JSON.stringify(curve));
});
