import { assertEquals } from "@std/assert";
import { type Cost, cost, totalCost } from "./cost.ts";
import { type Conv, type Dtype, elements, type LayerOptions, type Pool, type Shape } from "./layer.ts";
import { outputShape } from "./shape.ts";

function costOf(options: LayerOptions, inputs: Shape[], dtype: Dtype = "float32"): Cost {
  const sizes = {
    inputShape: inputs[0],
    inElements: inputs.reduce((sum, shape) => sum + elements(shape), 0),
    outputShape: outputShape(options, inputs, "it"),
  };
  return cost({ ...options, ...sizes }, dtype);
}

const conv = (options: Partial<Conv>): Conv => ({
  kind: "conv",
  op: "conv",
  outChannels: 4,
  kernel: [3, 3],
  stride: [1, 1],
  pad: [1, 1, 1, 1],
  dilation: [1, 1],
  groups: 1,
  bias: true,
  ...options,
});

const pool = (op: "max" | "average" | "global_max" | "global_average"): Pool => ({
  kind: "pool",
  op,
  kernel: [3, 3],
  stride: [2, 2],
  pad: [0, 0, 0, 0],
  ceilMode: false,
  countIncludePad: false,
});

Deno.test("conv: 2 images of 3×8×8, four 3×3 filters", () => {
  // 2·4·8·8 = 512 outputs of 3·3·3 products; 4·(27 + 1) parameters; 2·3·8·8 = 384 inputs.
  assertEquals(costOf(conv({}), [[2, 3, 8, 8]]), {
    macs: 512 * 27,
    operations: 512,
    params: 112,
    bytesRead: 4 * (384 + 112),
    bytesWritten: 4 * 512,
  });
  assertEquals(costOf(conv({ bias: false }), [[2, 3, 8, 8]]), {
    macs: 512 * 27,
    operations: 0,
    params: 108,
    bytesRead: 4 * (384 + 108),
    bytesWritten: 4 * 512,
  });
});

Deno.test("conv: float16 halves the bytes and nothing else", () => {
  assertEquals(costOf(conv({}), [[2, 3, 8, 8]], "float16"), {
    macs: 512 * 27,
    operations: 512,
    params: 112,
    bytesRead: 2 * (384 + 112),
    bytesWritten: 2 * 512,
  });
});

Deno.test("conv: depthwise has one channel's products an output", () => {
  assertEquals(costOf(conv({ outChannels: 8, groups: 8, bias: false }), [[1, 8, 4, 4]]), {
    macs: 128 * 9,
    operations: 0,
    params: 72,
    bytesRead: 4 * (128 + 72),
    bytesWritten: 4 * 128,
  });
});

Deno.test("conv: two groups, 1×1, and stride", () => {
  // Outputs 6·2·2 = 24 of 8/2 products; 6·4 weights and 6 biases.
  const options = conv({ outChannels: 6, groups: 2, kernel: [1, 1], stride: [2, 2], pad: [0, 0, 0, 0] });
  const { macs, params, operations } = costOf(options, [[1, 8, 4, 4]]);
  assertEquals([macs, params, operations], [96, 30, 24]);
});

Deno.test("conv: dilation costs no more products", () => {
  const { macs } = costOf(conv({ dilation: [2, 2], pad: [2, 2, 2, 2] }), [[2, 3, 8, 8]]);
  assertEquals(macs, 512 * 27);
});

Deno.test("dense: 128 vectors of 512 to 10", () => {
  assertEquals(costOf({ kind: "dense", op: "dense", outChannels: 10, bias: true }, [[128, 512]]), {
    macs: 655_360,
    operations: 1280,
    params: 5130,
    bytesRead: 4 * (65_536 + 5130),
    bytesWritten: 4 * 1280,
  });
});

Deno.test("dense: tokens share the weights; an executed node may keep its image's shape", () => {
  const tokens = costOf({ kind: "dense", op: "dense", outChannels: 16, bias: false }, [[2, 5, 8]]);
  assertEquals([tokens.macs, tokens.params], [2 * 5 * 8 * 16, 8 * 16]);
  const image = cost({
    kind: "dense",
    op: "dense",
    outChannels: 10,
    bias: true,
    inputShape: [2, 4, 3, 3],
    inElements: 72,
    outputShape: [2, 10],
  }, "float32");
  assertEquals([image.macs, image.params], [2 * 36 * 10, 36 * 10 + 10]);
});

Deno.test("batch norm: scale and shift learned, mean and variance read", () => {
  assertEquals(costOf({ kind: "norm", op: "batch" }, [[2, 3, 4, 4]]), {
    macs: 0,
    operations: 2 * 96,
    params: 6,
    bytesRead: 4 * (96 + 6 + 6),
    bytesWritten: 4 * 96,
  });
  // A vector's channels are its width, a token's its last axis.
  assertEquals(costOf({ kind: "norm", op: "batch" }, [[2, 5]]).params, 10);
  assertEquals(costOf({ kind: "norm", op: "batch" }, [[2, 7, 5]]).params, 10);
});

Deno.test("LRN: 2n + 3 operations an element, nothing learned", () => {
  assertEquals(costOf({ kind: "norm", op: "lrn", size: 5 }, [[1, 8, 2, 2]]), {
    macs: 0,
    operations: 32 * 13,
    params: 0,
    bytesRead: 128,
    bytesWritten: 128,
  });
});

Deno.test("pools: one operation a window's pixel; the global window is the image", () => {
  assertEquals(costOf(pool("max"), [[1, 2, 7, 7]]), {
    macs: 0,
    operations: 2 * 3 * 3 * 9,
    params: 0,
    bytesRead: 4 * 98,
    bytesWritten: 4 * 18,
  });
  assertEquals(costOf(pool("average"), [[1, 2, 7, 7]]).operations, 162);
  assertEquals(costOf(pool("global_average"), [[1, 2, 7, 7]]).operations, 98);
  assertEquals(costOf(pool("global_max"), [[1, 2, 7, 7]]).operations, 98);
});

Deno.test("elementwise: operations an element of the plain definitions", () => {
  const operations = (op: "relu" | "relu6" | "sigmoid" | "tanh" | "silu" | "add" | "mul", ...inputs: Shape[]) =>
    costOf({ kind: "elementwise", op }, inputs).operations;
  assertEquals(operations("relu", [1, 10]), 10);
  assertEquals(operations("relu6", [1, 10]), 20);
  assertEquals(operations("sigmoid", [1, 10]), 30);
  assertEquals(operations("tanh", [1, 10]), 50);
  assertEquals(operations("silu", [1, 10]), 40);
  assertEquals(operations("add", [1, 10], [1, 10]), 10);
  assertEquals(operations("add", [1, 10], [1, 10], [1, 10]), 20);
});

Deno.test("elementwise: a broadcast gate is read once", () => {
  assertEquals(costOf({ kind: "elementwise", op: "mul" }, [[1, 4, 3, 3], [1, 4, 1, 1]]), {
    macs: 0,
    operations: 36,
    params: 0,
    bytesRead: 4 * 40,
    bytesWritten: 4 * 36,
  });
});

Deno.test("softmax computes, concat moves, views do nothing", () => {
  assertEquals(costOf({ kind: "softmax", op: "softmax" }, [[2, 10]]).operations, 80);
  assertEquals(costOf({ kind: "move", op: "concat", axis: 1 }, [[1, 3, 2, 2], [1, 5, 2, 2]]), {
    macs: 0,
    operations: 0,
    params: 0,
    bytesRead: 4 * 32,
    bytesWritten: 4 * 32,
  });
  const nothing = { macs: 0, operations: 0, params: 0, bytesRead: 0, bytesWritten: 0 };
  assertEquals(costOf({ kind: "view", op: "flatten" }, [[1, 3, 2, 2]]), nothing);
  assertEquals(costOf({ kind: "view", op: "dropout" }, [[1, 3, 2, 2]]), nothing);
});

Deno.test("totalCost adds every number up", () => {
  assertEquals(totalCost([]), { macs: 0, operations: 0, params: 0, bytesRead: 0, bytesWritten: 0 });
  assertEquals(
    totalCost([
      { macs: 1, operations: 2, params: 3, bytesRead: 4, bytesWritten: 5 },
      { macs: 10, operations: 20, params: 30, bytesRead: 40, bytesWritten: 50 },
    ]),
    { macs: 11, operations: 22, params: 33, bytesRead: 44, bytesWritten: 55 },
  );
});
