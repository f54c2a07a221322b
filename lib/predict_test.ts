import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type ImageValue, network, type NetworkDefinition, type Value } from "neuralpower/dsl";
import alexnet from "../nets/alexnet.np.ts";
import resnet50 from "../nets/resnet50.np.ts";
import { analytical, idlePowerW } from "./model/analytical.ts";
import { type Device, loadDevice, shippedDevices } from "./model/device.ts";
import { nodeModel } from "./model/node_model.ts";
import { plan } from "./plan.ts";
import { type LayerPrediction, predict, type Prediction, UnsupportedError } from "./predict.ts";

const v100 = await loadDevice("v100-tf1");
/** Only what was measured there can be predicted. */
const unspecified: Device = { ...v100, specification: null, model: { ...v100.model!, rates: [] } };

function small(describe: (x: ImageValue) => Value, batch = 8): ReturnType<NetworkDefinition["build"]> {
  return network("small", { image: [3, 32, 32], batch }, describe).build();
}

const classifier = (x: ImageValue) =>
  x.conv(16, { kernel: 3, activation: "relu", name: "conv" }).maxPool({ kernel: 2, name: "pool" })
    .dropout({ name: "dropout" }).flatten({ name: "flatten" }).dense(10, { name: "fc" });

/** Numbers added up, null where one of them is not known. */
function added(values: readonly (number | null)[]): number | null {
  return values.reduce((sum, value) => sum === null || value === null ? null : sum + value, 0);
}

function assertClose(actual: number | null, expected: number | null, what: string): void {
  if (actual === null || expected === null) assertEquals(actual, expected, what);
  else assertAlmostEquals(actual, expected, 1e-9 * Math.abs(expected), what);
}

Deno.test("the JSON has the contract's keys and pass, no more and no fewer", () => {
  const json = JSON.parse(JSON.stringify(predict(small(classifier), v100)));
  const keys = (object: Record<string, unknown>) => Object.keys(object).sort().join(" ");
  const sorted = (text: string) => text.split(/\s+/).sort().join(" ");
  assertEquals(keys(json), sorted("network device model batch dtype layers total warnings pass"));
  const layerKeys = sorted(
    `name kind op inputShape outputShape macs params bytes runtimeMs runtimeMsLow runtimeMsHigh powerW energyMj
    energyMjLow energyMjHigh powerWLow powerWHigh runtimeFrom powerFrom fusedInto extrapolates`,
  );
  for (const layer of json.layers) assertEquals(keys(layer), layerKeys);
  const totalKeys = `macs params bytes overheadMs runtimeMs runtimeMsLow runtimeMsHigh powerW energyMj energyMjLow
    energyMjHigh energyPerImageMj partial`;
  assertEquals(keys(json.total), sorted(totalKeys));
});

Deno.test("the head says what was asked for", () => {
  const head = ({ layers: _, total: __, warnings: ___, ...rest }: Prediction) => rest;
  const told = { network: "small", device: "v100-tf1", batch: 8 };
  const built = small(classifier);
  assertEquals(head(predict(built, v100)), { ...told, model: "auto", pass: "forward", dtype: "float32" });
  const half = { ...built, dtype: "float16" as const };
  assertEquals(head(predict(half, v100, { model: "paper", pass: "training" })), {
    ...{ ...told, model: "paper", pass: "training", dtype: "float16" },
  });
});

Deno.test("a layer's sizes and costs are its own, its figures those of its node", () => {
  const [conv] = predict(small(classifier), v100).layers;
  const { name, kind, op, inputShape, outputShape, macs, params, bytes } = conv;
  assertEquals([name, kind, op, inputShape, outputShape], ["conv", "conv", "conv", [8, 3, 32, 32], [8, 16, 30, 30]]);
  // 27 products for each of 16 · 30 · 30 outputs; 27 · 16 + 16; (24,576 in + 448 + 115,200 out) · 4 bytes
  assertEquals([macs, params, bytes], [8 * 27 * 14_400, 448, 4 * (24_576 + 448 + 115_200)]);
  const made = nodeModel(v100)(plan(small(classifier), v100.runtime)[0].node!)!;
  assertEquals([conv.runtimeMs, conv.runtimeMsLow, conv.runtimeMsHigh], Object.values(made.runtimeMs));
  assertEquals([conv.powerW, conv.energyMj], [made.powerW!.value, made.energyMj!.value]);
  assertEquals([conv.runtimeFrom, conv.powerFrom, conv.fusedInto], ["fitted", "analytical", null]);
});

Deno.test("what runs nothing takes no time and no energy, has no power, and says in whose node it runs", () => {
  const { layers } = predict(small(classifier), v100);
  const nothing = { runtimeMs: 0, runtimeMsLow: 0, runtimeMsHigh: 0, energyMj: 0, energyMjLow: 0, energyMjHigh: 0 };
  const free = { ...nothing, powerW: null, powerWLow: null, powerWHigh: null, runtimeFrom: "free", powerFrom: "free" };
  for (const [name, fusedInto] of [["conv_relu", "conv"], ["dropout", null], ["flatten", null]] as const) {
    const layer = layers.find((layer) => layer.name === name)!;
    assertEquals(layer, { ...layer, ...free, fusedInto, extrapolates: [] } as LayerPrediction);
  }
  assertEquals(layers.map(({ runtimeFrom }) => runtimeFrom), [
    "fitted",
    "free",
    "analytical",
    "free",
    "free",
    "fitted",
  ]);
});

Deno.test("totals are the layers' sums and the call's overhead, at idle power", async () => {
  for (const device of [v100, await loadDevice("raptor-lake"), await loadDevice("h100")]) {
    for (const pass of ["forward", "training"] as const) {
      const { layers, total, batch } = predict(resnet50.build({ batch: 4 }), device, { pass });
      const sum = (key: "macs" | "params" | "bytes") => added(layers.map((layer) => layer[key]));
      assertEquals([total.macs, total.params, total.bytes], [sum("macs"), sum("params"), sum("bytes")]);
      const idle = (device.specification!.idleW ?? device.specification!.boardW / 10) * total.overheadMs;
      for (const [target, more] of [["runtimeMs", total.overheadMs], ["energyMj", idle]] as const) {
        const ends = ["", "Low", "High"] as const;
        const [value, low, high] = ends.map((end) => added([...layers.map((layer) => layer[`${target}${end}`]), more]));
        assertClose(total[target], value, `${device.name} ${target}`);
        // Errors that are not all one partly cancel.
        assertEquals([total[`${target}Low`] === null, total[`${target}High`] === null], [low === null, high === null]);
        if (low === null || high === null) continue;
        assert(total[`${target}Low`]! >= low * (1 - 1e-9) && total[`${target}High`]! <= high * (1 + 1e-9));
      }
      assertClose(total.powerW, total.energyMj! / total.runtimeMs!, "powerW");
      assertClose(total.energyPerImageMj, total.energyMj! / batch, "energyPerImageMj");
      assertEquals(total.partial, false);
    }
  }
});

Deno.test("a network pays one call, the dearest of its fitted kinds'", async () => {
  const callMs = (kind: string) => v100.model!.fits.find((fit) => fit.kind === kind && fit.pass === "forward")!.callMs;
  const overhead = (describe: (x: ImageValue) => Value) => predict(small(describe), v100).total.overheadMs;
  assert(callMs("conv") > 0.1 && callMs("dense") > 0.1);
  assertEquals(overhead((x) => x.flatten().dense(10).dense(10)), callMs("dense"));
  assertEquals(overhead(classifier), Math.max(callMs("conv"), callMs("dense")));
  // No pool was measured: its call is the dearest of those that were.
  assertEquals(overhead((x) => x.maxPool({ kernel: 2 })), Math.max(callMs("conv"), callMs("dense")));
  assertEquals(predict(small(classifier), await loadDevice("h100")).total.overheadMs, 0);
});

Deno.test("a network draws at least what its device draws idle, however short it is", async () => {
  const device = await loadDevice("h200-ort");
  const tiny = network("tiny", { image: [3, 8, 8] }, (x) => x.relu()).build();
  const { runtimeMs, powerW, energyMj, energyMjHigh } = predict(tiny, device).total;
  assertEquals(powerW, idlePowerW(device.specification!));
  assertEquals(energyMj, idlePowerW(device.specification!) * runtimeMs!);
  assert(energyMjHigh! >= energyMj!);
});

Deno.test("a network of views takes nothing, and has no power", () => {
  const { total, warnings } = predict(small((x) => x.flatten()), v100);
  const { runtimeMs, overheadMs, energyMj, powerW, energyPerImageMj } = total;
  assertEquals([runtimeMs, overheadMs, energyMj, powerW, energyPerImageMj], [0, 0, 0, null, 0]);
  assertEquals(warnings, []);
});

Deno.test("layers that nothing predicts are an error that names the first three, how many more, and a way out", () => {
  const rest =
    "on v100-tf1: the kind was not measured and the device has no specification; measure it, or leave such layers " +
    "out with --allow-unsupported";
  const one = assertThrows(() => predict(small(classifier), unspecified), UnsupportedError);
  assertEquals([one.message, one.layers], [`Nothing predicts "pool" (pool) ${rest}`, ["pool"]]);
  const many = assertThrows(() => predict(resnet50.build(), unspecified), UnsupportedError);
  const first = '"conv1_bn" (norm), "conv1_relu" (elementwise), "pool1" (pool)';
  // 53 norms, 49 relus, 16 sums and 2 pools, but the three
  assertEquals([many.message, many.layers.length], [`Nothing predicts ${first} and 117 more ${rest}`, 120]);
});

Deno.test("a layer that the runtime leaves to another processor is not predicted, and the reason is told", async () => {
  const h200 = await loadDevice("h200-ort");
  const upsampled = (pad: number | readonly [number, number, number, number]) =>
    small((x) => x.deconv(8, { kernel: 3, stride: 2, pad, name: "up" }));
  const { message } = assertThrows(() => predict(upsampled([0, 0, 1, 1]), h200), UnsupportedError);
  assertEquals(
    message,
    'Nothing predicts "up" (deconv) on h200-ort: ONNX Runtime\'s CUDA provider leaves transposed convolutions with unequal padding ' +
      "to the CPU; pad both sides alike, or leave such layers out with --allow-unsupported",
  );
  assert(predict(upsampled(1), h200).total.runtimeMs! > 0);
  // Elsewhere it is a layer as any.
  assert(predict(upsampled([0, 0, 1, 1]), await loadDevice("intel-xeon-2core-ort-cpu")).total.runtimeMs! > 0);
});

Deno.test("where unsupported layers are allowed they are null, and the total is partial", () => {
  const { layers, total, warnings } = predict(small(classifier), unspecified, { allowUnsupported: true });
  const pool = layers.find(({ name }) => name === "pool")!;
  assertEquals([pool.runtimeMs, pool.runtimeMsLow, pool.powerW, pool.energyMj], [null, null, null, null]);
  assertEquals([pool.runtimeFrom, pool.powerFrom], [null, null]);
  assertClose(total.runtimeMs, added(layers.map(({ runtimeMs }) => runtimeMs ?? 0))! + total.overheadMs, "runtimeMs");
  assertEquals([total.partial, total.energyMj, total.powerW, total.energyPerImageMj], [true, null, null, null]);
  assertEquals(warnings.at(-1), "Nothing predicts 1 of 3 nodes (pool): the total leaves them out");
});

Deno.test("warnings say what was not measured, what lies outside, whose power is guessed and what is not counted", async () => {
  const { warnings } = predict(small((x) => classifier(x).softmax(), 1000), v100, { pass: "training" });
  assertEquals(warnings, [
    "The time of 2 of 4 nodes (pool, softmax) is by the device's own rates for launches, operations and bytes, fitted on its conv, " +
    "dense (not measured on v100-tf1 in this pass and number format): rough",
    "2 of 4 nodes lie outside what was measured (batch, inputElements): distrust their figures and intervals",
    "The power of 4 of 4 nodes is the specification's: between 44 W idle and 300 W by how busy the device should be",
    "Dropout runs while training, and is not counted",
  ]);
  const odd = predict(small((x) => x.conv(2000, { kernel: [1, 9], stride: 7, dilation: 2 })), v100);
  const named = odd.layers[0].extrapolates;
  assert(named.length > 4, `${named}`);
  assertEquals(
    odd.warnings[0],
    `1 of 1 nodes lie outside what was measured (${
      named.slice(0, 4).join(", ")
    }, …): distrust their figures and intervals`,
  );
  assertEquals(predict(small((x) => x.relu()), await loadDevice("h100")).warnings, [
    "The time of 1 of 1 nodes (elementwise) is the specification's (not measured on h100 in this pass and number format), " +
    "which is usually too short",
    "The power of 1 of 1 nodes is the specification's: between an assumed 70 W idle and 700 W by how busy the device should be",
    "Nothing was measured on h100, so the overhead of a call is not known and not counted",
  ]);
});

Deno.test("the analytical model alone gives the specification's figures, and the call of the device's rows", () => {
  const built = alexnet.build({ batch: 8 });
  const { layers, total } = predict(built, v100, { model: "analytical" });
  assertEquals([...new Set(layers.map(({ runtimeFrom }) => runtimeFrom))].sort(), ["analytical", "free"]);
  plan(built, v100.runtime).forEach(({ node }, i) => {
    assertEquals(layers[i].runtimeMs, node === null ? 0 : analytical(node, v100.specification!).runtimeMs);
  });
  assertEquals(total.overheadMs, predict(built, v100).total.overheadMs);
});

for (const name of await shippedDevices()) {
  Deno.test(`${name}: every figure of every network of the zoo is finite, positive and in its interval`, async () => {
    const device = await loadDevice(name);
    // Fitted power is at most the largest that was measured, analytical power the board's limit.
    const mostW = Math.max(
      device.specification?.boardW ?? 0,
      ...device.model!.fits.map(({ power }) => power?.most ?? 0),
    );
    const passes = device.specification === null ? ["forward"] as const : ["forward", "training"] as const;
    // Without a meter and a specification nothing is known of power.
    const known = mostW === 0 ? ["runtimeMs"] as const : ["runtimeMs", "powerW", "energyMj"] as const;
    for (const { name: file } of Deno.readDirSync(new URL("../nets", import.meta.url))) {
      const net: NetworkDefinition = (await import(`../nets/${file}`)).default;
      for (const batch of [1, 32]) {
        for (const pass of passes) {
          const { layers, total } = predict(net.build({ batch }), device, { pass });
          const run = layers.filter(({ runtimeFrom }) => runtimeFrom !== "free");
          for (const made of [...run, { ...total, name: "total", powerWLow: null, powerWHigh: null }]) {
            for (const key of known) {
              const [value, low, high] = [made[key] ?? NaN, made[`${key}Low`], made[`${key}High`]];
              const what = `${file} ${batch} ${pass} ${made.name}: ${key} ${value} in [${low}, ${high}]`;
              assert(value > 0 && value < Infinity, what);
              assertEquals(low === null, high === null, what);
              if (low !== null && high !== null) {
                assert(low > 0 && low <= value && value <= high && high < Infinity, what);
              }
            }
            assert((made.powerW ?? 0) <= 1.0001 * mostW, `${file} ${made.name}: ${made.powerW} W of ${mostW}`);
          }
        }
      }
    }
  });
}
