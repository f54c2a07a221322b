import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import alexnet from "../../nets/alexnet.np.ts";
import { predict } from "../predict.ts";
import { type Device, loadDevice } from "./device.ts";
import { fitNetworks, type SummedNetwork } from "./fit_networks.ts";
import { parseModelFile } from "./model_file.ts";
import type { NetworksFit } from "./model.ts";

/** Networks whose whole is 1.2 · layers + 0.01 · nodes + 0.3, but for ±5 %. */
function networks(count: number, more: Partial<SummedNetwork> = {}): SummedNetwork[] {
  return Array.from({ length: count }, (_, i) => {
    const nodes = 5 + (i * 37) % 90, layersMs = 0.05 * (1 + (i * 61) % 101);
    const off = 1 + 0.05 * (((i * 29) % 21) / 10 - 1);
    const whole = (1.2 * layersMs + 0.01 * nodes + 0.3) * off;
    return {
      name: `net ${i}`,
      pass: "forward",
      dtype: "float32",
      nodes,
      layersMs,
      layersMj: null,
      runtimeMs: whole,
      energyMj: null,
      ...more,
    };
  });
}

Deno.test("scale, cost of a node and of a call are found, with an interval that holds nine of ten", () => {
  const [{ runtime, energy, ...head }] = fitNetworks(networks(300));
  assertEquals([head, energy], [{ pass: "forward", dtype: "float32", networks: 300 }, null]);
  assertAlmostEquals(runtime.scale, 1.2, 0.02);
  assertAlmostEquals(runtime.perNode, 0.01, 0.001);
  assertAlmostEquals(runtime.perCall, 0.3, 0.03);
  assert(runtime.heldOut.mape < 0.03 && Math.abs(runtime.heldOut.coverage90! - 0.9) < 0.04);
  assertEquals([runtime.edges.length, runtime.logHalfWidths.length], [4, 5]);
});

Deno.test("layers that add up by themselves get no constants, and few networks none at all", () => {
  const exact = networks(40).map((network) => ({ ...network, runtimeMs: network.layersMs }));
  const [{ runtime: { scale, perNode, perCall } }] = fitNetworks(exact);
  assertEquals([scale, perNode, perCall].map((value) => Math.round(1e6 * value)), [1e6, 0, 0]);
  assertEquals(fitNetworks(networks(9)), []);
  assertEquals(fitNetworks(networks(40).map((network) => ({ ...network, name: "one" }))), []);
});

const sum = { scale: 2, perNode: 0.1, perCall: 3, edges: [1000], logHalfWidths: [0.05, 0.5] };
const heldOut = {
  ...{ rows: 100, mape: 0.02, rmspe: 0.03, rmse: 1, medianApe: 0.01, within10: 1, r2: 0.9, coverage90: 0.9 },
  worstBin90: null,
};
const fit: NetworksFit = {
  pass: "forward",
  dtype: "float32",
  networks: 100,
  runtime: { ...sum, heldOut },
  energy: null,
};
const v100 = await loadDevice("v100-tf1");
const calibrated: Device = { ...v100, model: { ...v100.model!, networks: [fit] } };

Deno.test("a calibrated device predicts the whole by its constants, and layers as they run within it", () => {
  const built = alexnet.build({ batch: 8 });
  const [plain, whole] = [predict(built, v100), predict(built, calibrated)];
  const nodes = whole.layers.filter(({ runtimeFrom }) => runtimeFrom !== "free").length;
  const layers = plain.layers.reduce((sum, { runtimeMs }) => sum + runtimeMs!, 0);
  assertAlmostEquals(whole.total.overheadMs, 0.1 * nodes + 3, 1e-9);
  assertAlmostEquals(whole.total.runtimeMs!, 2 * layers + whole.total.overheadMs, 1e-9);
  assertAlmostEquals(whole.layers[0].runtimeMs!, 2 * plain.layers[0].runtimeMs!, 1e-9);
  assertEquals(whole.layers[0].powerW, plain.layers[0].powerW);
  // AlexNet's layers are not all like those that were measured: the interval is at least that of the networks.
  assert(whole.total.runtimeMsHigh! >= whole.total.runtimeMs! * Math.exp(0.05) * (1 - 1e-9));
  for (const options of [{ model: "boosted" }, { pass: "training" }] as const) {
    assertEquals(predict(built, calibrated, options).total, predict(built, v100, options).total);
  }
});

Deno.test("a model file keeps the networks' constants, is valid without them, and refuses what is none", () => {
  const text = JSON.stringify(calibrated.model);
  assertEquals(parseModelFile(text, "mine.json").networks, [fit]);
  assertEquals(
    parseModelFile(JSON.stringify({ ...calibrated.model, networks: undefined }), "mine.json").networks,
    undefined,
  );
  let message = "";
  try {
    parseModelFile(text.replace('"scale":2,"perNode"', '"scale":-2,"perNode"'), "mine.json");
  } catch (error) {
    message = (error as Error).message;
  }
  assert(message.startsWith("mine.json: is not a model file: networks.0.runtime.scale"), message);
});
