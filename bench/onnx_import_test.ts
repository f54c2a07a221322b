import * as ort from "onnxruntime-node";
import { assert, assertEquals } from "@std/assert";
import { type Network, network, networkCost, type NetworkDefinition } from "neuralpower/dsl";
import { readOnnx } from "../dsl/formats/onnx_read.ts";
import { smallOnnx } from "../dsl/formats/onnx_testing.ts";
import { onnxModel } from "../dsl/formats/onnx_write.ts";
import { networkSource } from "../dsl/formats/source.ts";
import { runModel, tensor, waves } from "./ort_testing.ts";

/** Files with weights that are generated, from ONNX's own tests. */
const folder = new URL("../../shared/data/nets/onnx/", import.meta.url);
const data = Deno.env.get("NEURALPOWER_DATA");
const files = data === undefined ? folder : new URL(`file://${data}/nets/onnx/`);
const light = ["light_squeezenet.onnx", "light_inception_v1.onnx", "light_densenet121.onnx"];

/** The network, written as source and run as a net file is. */
async function throughSource(read: Network): Promise<Network> {
  const module = await import(`data:application/typescript,${encodeURIComponent(networkSource(read))}`);
  const built = (module.default as NetworkDefinition).build();
  assertEquals(built.layers, read.layers);
  return built;
}

async function outputShapes(model: Uint8Array, input: string, shape: readonly number[]): Promise<number[][]> {
  const outputs = await runModel(model, { [input]: tensor("float32", shape, waves(shape)) });
  return [...outputs.values()].map(({ shape }) => [...shape]);
}

for (const file of light) {
  const path = new URL(file, files);
  const absent = await Deno.stat(path).then(() => false, () => true);
  Deno.test({
    name: `${file}: read, written as source and as ONNX again, it runs and gives the same sizes${
      absent ? " (skipped: no public sets; set NEURALPOWER_DATA)" : ""
    }`,
    ignore: absent,
    async fn() {
      const bytes = await Deno.readFile(path);
      const read = readOnnx(bytes);
      const again = await outputShapes(onnxModel(await throughSource(read)), "input", read.inputShape);
      const session = await ort.InferenceSession.create(bytes);
      const [name] = session.inputNames;
      await session.release();
      assertEquals(again, await outputShapes(bytes, name, read.inputShape));
    },
  });
}

Deno.test("a network of Keras that tf2onnx wrote: as many multiply-adds and parameters; it comes back and runs", async () => {
  // Made by TensorFlow 2.21 and tf2onnx 1.17, without its weights: convolutions of three sorts, a separable one, squeeze-excite, a transposed
  // convolution, resizing, norms. Keras counts 125,682 trained parameters; 32 of them, a batch norm's scales, are folded into weights.
  const read = readOnnx(await Deno.readFile(new URL("fuzz/seeds/keras.onnx", import.meta.url)), { batch: 2 });
  const { macs, params } = networkCost(read);
  assertEquals([macs, params], [2 * 2_957_792, 125_682 - 32]);
  assertEquals(
    read.layers.map(({ op }) => op).join(" "),
    "permute conv relu max conv relu conv leaky_relu conv conv silu global_average flatten to_tokens dense relu dense " +
      "sigmoid reshape mul to_image deconv upsample_bilinear pad average conv concat layer to_tokens flatten dense softmax",
  );
  assertEquals(await outputShapes(onnxModel(await throughSource(read)), "input", read.inputShape), [[2, 10]]);
});

Deno.test("learned tables, masks, windows by slices and means come back and run", async () => {
  const file = smallOnnx({
    input: [1, 8, 6, 6],
    output: [1, 28, 4],
    constants: {
      ...{ tokens: ["int64", [3], [1, 8, 36]], heads: ["int64", [4], [1, 36, 2, 4]], two: ["float32", [], [2]] },
      ...{ mask: ["float32", [1, 1, 36, 36], Array(1296).fill(0.5)], scale: ["float32", [8], Array(8).fill(0.5)] },
      ...{ start: ["int64", [1], [2]], end: ["int64", [1], [30]], axis: ["int64", [1], [1]] },
    },
    nodes: [
      ["Reshape", ["x", "tokens"], "rows"],
      ["Transpose", ["rows"], "t", { perm: { type: "ints", value: [0, 2, 1] } }],
      ["Mul", ["t", "scale"], "scaled"],
      ["Reshape", ["scaled", "heads"], "h"],
      ["Transpose", ["h"], "q", { perm: { type: "ints", value: [0, 2, 1, 3] } }],
      ["Transpose", ["h"], "k", { perm: { type: "ints", value: [0, 2, 3, 1] } }],
      ["MatMul", ["q", "k"], "scores"],
      ["Add", ["scores", "mask"], "masked"],
      ["Softmax", ["masked"], "weights", { axis: { type: "int", value: -1 } }],
      ["MatMul", ["weights", "q"], "values"],
      ["ReduceMean", ["values"], "mean", { axes: { type: "ints", value: [1] }, keepdims: { type: "int", value: 0 } }],
      ["Slice", ["mean", "start", "end", "axis"], "part"],
      ["Div", ["part", "two"], "y"],
    ],
  });
  const read = readOnnx(file);
  const kinds = new Set(read.layers.map(({ kind }) => kind));
  for (const kind of ["matmul", "softmax", "reduce", "move", "elementwise", "view"] as const) {
    assert(kinds.has(kind), kind);
  }
  const again = await outputShapes(onnxModel(await throughSource(read)), "input", read.inputShape);
  assertEquals(again, await outputShapes(file, "x", read.inputShape));
});

Deno.test("what the DSL has and ONNX writes as several nodes comes back and runs", async () => {
  const net = network(
    "several",
    { image: [8, 8, 8] },
    (x) =>
      x.groupNorm(2).rmsNorm().channelShuffle(4).pixelUnshuffle(2).toTokens({ window: 2 })
        .attention({ heads: 4, window: 2 }).toImage(4, { window: 2 }).roll([1, -1]).globalAveragePool(),
  ).build();
  const read = readOnnx(onnxModel(net));
  assertEquals(read.layers, net.layers);
  assertEquals(await outputShapes(onnxModel(await throughSource(read)), "input", [1, 8, 8, 8]), [[1, 32, 1, 1]]);
});
