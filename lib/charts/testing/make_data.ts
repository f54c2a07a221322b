/**
 * Makes `data.json` anew, from the shipped models and this project's measurements: `deno run -A lib/charts/testing/make_data.ts`. The
 * charts' tests read the file, so that a model fitted anew does not change what they draw.
 *
 * @module
 */
import { deviceOf, type KindFit, loadDevice, parseLayersTable, predict, type TableRow } from "neuralpower";
import type { NetworkDefinition } from "neuralpower/dsl";
import { readRecording } from "../../../bench/power/record.ts";
import { powerWindow } from "../../../bench/power/window.ts";
import { configurationKey } from "../../learn/folds.ts";
import { crossValidateLasso } from "../../learn/lasso_cv.ts";
import { fitGroup } from "../../model/fit.ts";
import { nodeCost } from "../../node.ts";
import { heldOutPoints } from "../measured.ts";

const net = async (name: string): Promise<NetworkDefinition> => (await import(`../../../nets/${name}.np.ts`)).default;
const root = new URL("../../..", import.meta.url);

/** Published top-1 accuracies on ImageNet: torchvision's documentation, the first weights of each. */
const accuracies = {
  alexnet: 0.56522,
  squeezenet1_1: 0.58178,
  googlenet: 0.69778,
  resnet18: 0.69758,
  vgg16: 0.71592,
  mobilenet_v2: 0.71878,
  mobilenet_v3_large: 0.74042,
  regnet_y_400mf: 0.74046,
  densenet121: 0.74434,
  resnet50: 0.7613,
  efficientnet_b0: 0.77692,
};

const v100 = await loadDevice("v100-tf1");
const alexnet = await net("alexnet");
const sweep = [];
for (const device of [v100, await loadDevice("rtx3090")]) {
  for (const batch of [1, 4, 16, 64]) sweep.push({ ...predict(alexnet.build({ batch }), device), layers: [] });
}
const choices = [];
for (const [name, accuracy] of Object.entries(accuracies)) {
  const { total } = predict((await net(name)).build({ batch: 32 }), v100);
  choices.push({ name, error: 1 - accuracy, energyMj: total.energyPerImageMj! });
}

const file = "data/amd-epyc-2core-ort-cpu/layers.csv";
const { rows } = await parseLayersTable(await Deno.readTextFile(new URL(file, root)), file);
/** The first rows of a kind, one a configuration. */
function some(kind: string, count: number): TableRow[] {
  const byKey = new Map(
    rows.filter(({ node }) => node.layer.kind === kind).map((row) => [configurationKey(row.node), row]),
  );
  return [...byKey.values()].slice(0, count);
}
const points = ["conv", "dense", "pool", "norm"].flatMap((kind) => {
  const chosen = some(kind, 30);
  return heldOutPoints(chosen, fitGroup(chosen, 0, { rowsHoldCall: false, specification: null }).runtime.boosted);
});

const convs = some("conv", 60);
const terms = convs.map(({ node }) => {
  const { macs, bytesRead, bytesWritten, params } = nodeCost(node);
  return [macs, bytesRead, bytesWritten, params, Math.sqrt(macs), node.layer.outputShape[1]];
});
const { lambdas, errors, best } = crossValidateLasso({
  x: Float64Array.from(terms.flat()),
  n: convs.length,
  p: terms[0].length,
  y: Float64Array.from(convs, ({ measured }) => measured.runtimeMs!),
}, { folds: convs.map((_, i) => i % 5) });

const recording = await readRecording(decodeURIComponent(new URL("data/h200-ort/power.jsonl", root).pathname));
const [{ device, source, samples }] = recording.traces;
const from = samples[0].timeMs;
/** Every third sample, from time 0. */
const thinned = samples.filter((_, i) => i % 3 === 0)
  .map(({ timeMs, powerW, averageW, limitW }) => ({ timeMs: timeMs - from, powerW, averageW, limitW }));
const loads = recording.loads.map((load) => {
  const { startMs, endMs, powerW } = powerWindow(recording.traces, load);
  const window = { startMs: startMs! - from, endMs: endMs! - from, powerW };
  return { name: load.name, startMs: load.startMs - from, endMs: load.endMs - from, window };
});

/** What the chart of held-out errors reads of a model file. */
const fits = deviceOf(v100.model!).model!.fits.map(({ kind, pass, dtype, runtime, power }: KindFit) => {
  const errorsAlone = (target: KindFit["runtime"] | null) => {
    if (target === null) return null;
    const { default: chosen, polynomials: { paper, relative }, base, boosted, analytical } = target;
    const only = (form: { heldOut: unknown } | null) => form && { heldOut: form.heldOut };
    const polynomials = { paper: only(paper), relative: only(relative) };
    return { default: chosen, polynomials, base: only(base), boosted: only(boosted), analytical: only(analytical) };
  };
  return { kind, pass, dtype, runtime: errorsAlone(runtime), power: errorsAlone(power) };
});

const data = {
  prediction: predict(alexnet.build({ batch: 32 }), v100),
  sweep,
  choices,
  points,
  crossValidated: { lambdas: [...lambdas], errors: [...errors], best },
  model: { device: v100.name, fits },
  power: { device, traces: [{ source, samples: thinned }], loads },
};
const short = (_: string, value: unknown) =>
  typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
await Deno.writeTextFile(new URL("data.json", import.meta.url), `${JSON.stringify(data, short, 1)}\n`);
