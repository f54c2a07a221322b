import { assert, assertEquals } from "@std/assert";
import {
  add,
  type ImageValue,
  kinds,
  matmul,
  network,
  type NetworkDefinition,
  type TokensValue,
  type Value,
} from "neuralpower/dsl";
import { featureNames, features, featureVector } from "./features.ts";
import { optimizers, type Pass } from "./node.ts";
import { plan, type PlanOptions } from "./plan.ts";
import { findRuntime, type Runtime, runtimes, unfused } from "./runtimes.ts";

const [tf1, tensorrt] = ["tf1", "tensorrt"].map((name) => findRuntime(name)!);

/** The last executed node's features, without those that are 0. */
function last(net: NetworkDefinition, runtime: Runtime = unfused, options: PlanOptions = {}): Record<string, number> {
  const all = features(net.build(), runtime, options).at(-1)!.features;
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== 0));
}

function image(describe: (x: ImageValue) => Value): NetworkDefinition {
  return network("one", { image: [6, 10, 8], batch: 2 }, describe);
}

const grouped = (x: ImageValue) => x.conv(4, { kernel: [3, 5], stride: [2, 1], pad: [1, 2], groups: 2 });
/** ⌊(10 + 2 − 3) / 2⌋ + 1 = 5 rows, 8 + 4 − 5 + 1 = 8 columns. */
const groupedSizes = {
  ...{ batch: 2, inChannels: 6, inHeight: 10, inWidth: 8, outChannels: 4, outHeight: 5, outWidth: 8 },
  inputElements: 2 * 6 * 10 * 8,
  outputElements: 2 * 4 * 5 * 8,
};

Deno.test("conv: sizes, window, costs and products by hand", () => {
  assertEquals(last(image(grouped)), {
    ...groupedSizes,
    ...{ kernelHeight: 3, kernelWidth: 5, strideHeight: 2, strideWidth: 1, padHeight: 2, padWidth: 4 },
    ...{ dilationHeight: 1, dilationWidth: 1, groups: 2, bias: 1 },
    // 2 · 4 · 5 · 8 outputs of 3 · 5 · 6 / 2 products each: 320 · 45
    macs: 14_400,
    macsPerImage: 7_200,
    macsPerOutChannel: 3_600,
    // 3 · 5 · 3 · 4
    filterElements: 180,
    // batch · width · channels: 2 · 8 · 6, and batch · height · channels: 2 · 10 · 6
    inputRowElements: 96,
    inputColumnElements: 120,
    // 180 and 4 biases
    params: 184,
  });
});

Deno.test("conv: the paper's seven base features and eight products, by their papers' names", () => {
  const { features: f } = features(image(grouped).build())[0];
  const [batch, hOut, wOut, kernel, cIn, cOut, hIn, wIn] = [2, 5, 8, 5, 6, 4, 10, 8];
  assertEquals(
    ["batch", "outHeight", "outWidth", "kernelWidth", "inChannels", "outChannels", "inHeight"].map((name) => f[name]),
    [batch, hOut, wOut, kernel, cIn, cOut, hIn],
  );
  const macs = 3 * kernel * cIn / 2 * hOut * wOut * cOut;
  assertEquals(
    ["macsPerImage", "macs", "macsPerOutChannel", "outputElements", "filterElements", "inputElements"].map((n) => f[n]),
    [macs, batch * macs, batch * macs / cOut, batch * hOut * wOut * cOut, 3 * kernel * cIn / 2 * cOut, 960],
  );
  assertEquals([f.inputRowElements, f.inputColumnElements], [batch * wIn * cIn, batch * hIn * cIn]);
});

Deno.test("conv: what is fused into it and what updates it are indicators, and the update a rate for each weight", () => {
  const residual = image((x) => add(x, x.conv(6, { kernel: 1, bias: false }).batchNorm()).silu());
  const fused = last(residual, tensorrt);
  assertEquals([fused.bias, fused.fusedAdd, fused.activation_silu, fused.activation_relu], [1, 1, 1, undefined]);
  // 6 · 6 weights and the 6 biases of the folded norm
  assertEquals(fused.params, 42);
  // 6 · 6 products for each of 2 · 6 · 10 · 8 / 6 pixels
  assertEquals(fused.macs, 36 * 160);
  for (const optimizer of optimizers) {
    const trained = last(image(grouped), tf1, { pass: "training", optimizer });
    const named = Object.entries(trained).filter(([name]) => name.startsWith("optimizer_") || name.endsWith("Params"));
    assertEquals(Object.fromEntries(named), { [`optimizer_${optimizer}`]: 1, [`${optimizer}Params`]: 184 });
  }
});

Deno.test("dense: the paper's five base features are those of the image before flatten, and their product the costs", () => {
  const net = image((x) => x.flatten().dense(7, { activation: "tanh" }));
  assertEquals(last(net, tf1), {
    ...{ batch: 2, inChannels: 6, inHeight: 10, inWidth: 8, outChannels: 7, outHeight: 1, outWidth: 1 },
    ...{ inputElements: 960, outputElements: 14, bias: 1, activation_tanh: 1 },
    // batch · outputs · height · width · channels: 2 · 7 · 10 · 8 · 6
    macs: 6_720,
    // 480 · 7 and 7 biases
    params: 3_367,
  });
  assertEquals(last(network("vector", { vector: 480, batch: 2 }, (x) => x.dense(7, { bias: false }))), {
    ...{ batch: 2, inChannels: 480, inHeight: 1, inWidth: 1, outChannels: 7, outHeight: 1, outWidth: 1 },
    ...{ inputElements: 960, outputElements: 14, macs: 6_720, params: 3_360 },
  });
});

Deno.test("dense on tokens: their length is the height, and each token costs", () => {
  assertEquals(last(network("tokens", { tokens: [5, 12], batch: 2 }, (x) => x.dense(3))), {
    ...{ batch: 2, inChannels: 12, inHeight: 5, inWidth: 1, outChannels: 3, outHeight: 5, outWidth: 1 },
    ...{ inputElements: 120, outputElements: 30, bias: 1, macs: 360, params: 39 },
  });
});

Deno.test("pool: the paper's six base features and three products", () => {
  // ⌊(10 + 2 − 3) / 2⌋ + 1 = 5 rows, ⌊(8 + 2 − 2) / 3⌋ + 1 = 3 columns
  assertEquals(last(image((x) => x.maxPool({ kernel: [3, 2], stride: [2, 3], pad: 1 }))), {
    ...{ batch: 2, inChannels: 6, inHeight: 10, inWidth: 8, outChannels: 6, outHeight: 5, outWidth: 3 },
    ...{ inputElements: 960, outputElements: 180 },
    ...{ kernelHeight: 3, kernelWidth: 2, strideHeight: 2, strideWidth: 3, padHeight: 2, padWidth: 2 },
    // batch · Hout · Wout · C · kh · kw: 2 · 5 · 3 · 6 · 3 · 2
    windowElements: 1_080,
  });
});

Deno.test("a global pool's window is the image", () => {
  assertEquals(last(image((x) => x.globalAveragePool())), {
    ...{ batch: 2, inChannels: 6, inHeight: 10, inWidth: 8, outChannels: 6, outHeight: 1, outWidth: 1 },
    ...{ inputElements: 960, outputElements: 12, windowElements: 960, op_average: 1, op_global: 1 },
    ...{ kernelHeight: 10, kernelWidth: 8, strideHeight: 10, strideWidth: 8 },
  });
  const averaged = last(image((x) => x.averagePool({ kernel: 2 })));
  assertEquals([averaged.op_average, averaged.op_global], [1, undefined]);
  const most = last(image((x) => x.globalMaxPool()));
  assertEquals([most.op_average, most.op_global], [undefined, 1]);
});

Deno.test("norm, elementwise and softmax: sizes, operations and the op", () => {
  const sizes = {
    ...{ batch: 2, inChannels: 6, inHeight: 10, inWidth: 8, outChannels: 6, outHeight: 10, outWidth: 8 },
    ...{ inputElements: 960, outputElements: 960 },
  };
  assertEquals(last(image((x) => x.batchNorm())), { ...sizes, operations: 1_920 });
  // 2 · 5 + 3 for each output
  assertEquals(last(image((x) => x.lrn())), { ...sizes, operations: 12_480, op_lrn: 1 });
  assertEquals(last(image((x) => x.silu())), { ...sizes, operations: 3_840, op_silu: 1 });
  assertEquals(last(image((x) => add(x, x))), { ...sizes, inputElements: 1_920, operations: 960, op_add: 1 });
  assertEquals(last(image((x) => x.softmax())), sizes);
});

Deno.test("deconv: the convolution's features, its own products", () => {
  assertEquals(last(image((x) => x.deconv(4, { kernel: 3, stride: 2, pad: 1, groups: 2 }))), {
    // (10 − 1) · 2 + 3 − 2 = 19 rows, (8 − 1) · 2 + 3 − 2 = 15 columns
    ...{ batch: 2, inChannels: 6, inHeight: 10, inWidth: 8, outChannels: 4, outHeight: 19, outWidth: 15 },
    ...{ inputElements: 960, outputElements: 2 * 4 * 19 * 15 },
    ...{ kernelHeight: 3, kernelWidth: 3, strideHeight: 2, strideWidth: 2, padHeight: 2, padWidth: 2 },
    ...{ dilationHeight: 1, dilationWidth: 1, groups: 2, bias: 1 },
    // 960 inputs of 3 · 3 · 4 / 2 products each
    ...{ macs: 17_280, macsPerImage: 8_640, macsPerOutChannel: 4_320 },
    // 3 · 3 · 3 · 4, and 4 biases
    ...{ filterElements: 108, params: 112 },
  });
});

Deno.test("matmul and attention: groups, what is multiplied with weights and what with tokens", () => {
  const tokens = (describe: (x: TokensValue) => Value) => network("tokens", { tokens: [5, 12], batch: 2 }, describe);
  const sizes = { batch: 2, inChannels: 12, inHeight: 5, inWidth: 1, outHeight: 5, outWidth: 1 };
  assertEquals(last(tokens((x) => matmul(x, x, { groups: 3, transposed: true }))), {
    ...{ ...sizes, outChannels: 15, inputElements: 240, outputElements: 150 },
    ...{ groups: 3, innerSize: 4, macs: 2 * 3 * 5 * 4 * 5, op_transposed: 1 },
  });
  assertEquals(last(tokens((x) => x.attention({ heads: 3, window: [1, 5] }))), {
    ...{ ...sizes, outChannels: 12, inputElements: 120, outputElements: 120 },
    ...{ heads: 3, visibleTokens: 5, projectionMacs: 2 * 5 * 4 * 144, tokenMacs: 2 * 2 * 5 * 5 * 12 },
    // six for each of 2 · 5 · 5 · 3 scores, and four biases for each element
    ...{ operations: 6 * 150 + 4 * 120, bias: 1 },
  });
});

Deno.test("reduce, moves and the further norms, pools and softmaxes: their op", () => {
  const flags = (net: NetworkDefinition) => Object.keys(last(net)).filter((name) => name.startsWith("op_"));
  assertEquals(flags(image((x) => x.reduce("l2", ["height"]))), ["op_l2"]);
  assertEquals(flags(image((x) => x.softmax({ axis: "height" }))), ["op_other_axis"]);
  assertEquals(flags(image((x) => x.rmsNorm())), ["op_rms"]);
  assertEquals(flags(image((x) => x.groupNorm(3))), ["op_group"]);
  assertEquals(flags(image((x) => x.adaptiveAveragePool(2))), ["op_average", "op_adaptive"]);
  assertEquals(flags(image((x) => x.globalLpPool())), ["op_lp", "op_global"]);
  const moves: [string, (x: ImageValue) => Value][] = [
    ["op_slice", (x) => x.crop(1)],
    ["op_pad", (x) => x.roll(1)],
    ["op_permute", (x) => x.channelShuffle(2)],
    ["op_permute", (x) => x.toTokens({ window: 2 })],
    ["op_upsample_nearest", (x) => x.upsample({ factor: 2 })],
    ["op_upsample_bilinear", (x) => x.upsample({ factor: 2, mode: "bilinear" })],
  ];
  for (const [flag, move] of moves) assertEquals(flags(image(move)), [flag]);
});

Deno.test("every node of every network of the zoo has finite features, none below 0, with a name each", async () => {
  for (const kind of kinds) assertEquals(new Set(featureNames(kind)).size, featureNames(kind).length);
  let nodes = 0;
  for (const { name } of Deno.readDirSync(new URL("../nets", import.meta.url))) {
    const net = (await import(`../nets/${name}`)).default.build();
    for (const runtime of [...runtimes, unfused]) {
      for (const pass of ["forward", "training"] satisfies Pass[]) {
        for (const { node } of plan(net, runtime, { pass })) {
          if (node === null) continue;
          const vector = featureVector(node);
          assertEquals(vector.length, featureNames(node.layer.kind).length);
          vector.forEach((value, i) =>
            assert(
              value >= 0 && value < Infinity,
              `${name} ${node.layer.kind} ${featureNames(node.layer.kind)[i]} ${value}`,
            )
          );
          nodes++;
        }
      }
    }
  }
  assert(nodes > 10_000, `only ${nodes} nodes`);
});

Deno.test("a vector is written where it is told to", () => {
  const { node } = plan(image(grouped).build(), unfused)[0];
  const out = new Float64Array(featureNames("conv").length).fill(NaN);
  assert(featureVector(node!, out) === out);
  assertEquals(out, featureVector(node!));
});
