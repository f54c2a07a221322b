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

Deno.test("deconv: each input element is multiplied with a window of its group's output channels", () => {
  // 2·4·5·5 = 200 inputs, each with 3·3·6/2 products; 4·27 weights and 6 biases; 2·6·11·11 outputs.
  const options = {
    ...conv({ outChannels: 6, groups: 2, stride: [2, 2] }),
    pad: [0, 0, 0, 0],
    outputPad: [0, 0],
  } as const;
  assertEquals(costOf({ ...options, kind: "deconv", op: "deconv" }, [[2, 4, 5, 5]]), {
    macs: 200 * 27,
    operations: 1452,
    params: 4 * 27 + 6,
    bytesRead: 4 * (200 + 114),
    bytesWritten: 4 * 1452,
  });
});

Deno.test("matmul: rows · inner size · columns of each group, and nothing learned", () => {
  const { macs, params, bytesRead } = costOf({ kind: "matmul", op: "matmul", groups: 4 }, [[2, 5, 28], [2, 7, 12]]);
  assertEquals([macs, params, bytesRead], [2 * 4 * 5 * 7 * 3, 0, 4 * (2 * 5 * 28 + 2 * 7 * 12)]);
  const scores = costOf({ kind: "matmul", op: "matmul_transposed", groups: 4 }, [[2, 5, 28], [2, 9, 28]]);
  assertEquals(scores.macs, 2 * 4 * 5 * 7 * 9);
});

Deno.test("attention: four projections, the scores and what they weigh; a window's table of positions", () => {
  // ViT-B/16's: 197 tokens of 768, twelve heads.
  const whole = costOf({ kind: "attention", op: "attention", heads: 12, bias: true }, [[1, 197, 768]]);
  assertEquals(whole.macs, 197 * 4 * 768 ** 2 + 2 * 197 * 197 * 768);
  assertEquals(whole.params, 4 * 768 ** 2 + 4 * 768);
  assertEquals(whole.operations, 5 * 197 * 197 * 12 + 4 * 197 * 768);
  // Swin-T's first: 56² tokens of 96 in windows of 7², three heads, (2·7 − 1)² positions each.
  const window = { kind: "attention", op: "window_attention", heads: 3, bias: true, window: [7, 7] } as const;
  const windowed = costOf(window, [[1, 3136, 96]]);
  assertEquals(windowed.macs, 3136 * 4 * 96 ** 2 + 2 * 3136 * 49 * 96);
  assertEquals(windowed.params, 4 * 96 ** 2 + 4 * 96 + 169 * 3);
  assertEquals(costOf({ ...window, bias: false }, [[1, 3136, 96]]).params, 4 * 96 ** 2 + 169 * 3);
});

Deno.test("norms by their own statistics: 7 operations an element, scale and shift; rms 5 and a scale", () => {
  for (const norm of [{ op: "layer" }, { op: "instance" }, { op: "group", groups: 4 }] as const) {
    const { operations, params, bytesRead } = costOf({ kind: "norm", ...norm }, [[2, 8, 3, 3]]);
    assertEquals([operations, params, bytesRead], [7 * 144, 16, 4 * (144 + 16)], norm.op);
  }
  const rms = costOf({ kind: "norm", op: "rms" }, [[2, 7, 8]]);
  assertEquals([rms.operations, rms.params], [5 * 112, 8]);
});

Deno.test("adaptive pools: windows from ⌊i·in/out⌋ to ⌈(i+1)·in/out⌉, counted one by one", () => {
  const window = (i: number, size: number, out: number) => Math.ceil((i + 1) * size / out) - Math.floor(i * size / out);
  for (let size = 1; size <= 24; size++) {
    for (let out = 1; out <= 30; out++) {
      const rows = Array.from({ length: out }, (_, i) => window(i, size, out)).reduce((sum, pixels) => sum + pixels);
      const { op: _, ...rest } = pool("max");
      const { operations } = costOf({ ...rest, op: "adaptive_max", outputSize: [out, 2] }, [[1, 3, size, 6]]);
      assertEquals(operations, 3 * rows * 6, `${size} to ${out}`);
    }
  }
});

Deno.test("reduce reads each element once, and squares it for l2; slopes of prelu are learned", () => {
  assertEquals(costOf({ kind: "reduce", op: "mean", axes: [2, 3] }, [[2, 8, 5, 4]]).operations, 320);
  assertEquals(costOf({ kind: "reduce", op: "l2", axes: [1] }, [[2, 8, 5, 4]]).operations, 640);
  assertEquals(costOf({ kind: "elementwise", op: "prelu" }, [[2, 8, 5, 4]]).params, 8);
  assertEquals(costOf({ kind: "elementwise", op: "where" }, [[2, 8], [2, 8], [2, 8]]).operations, 16);
});

Deno.test("moves write what they make; only interpolation computes; a parameter is learned and runs nothing", () => {
  const upsample = { kind: "move", op: "upsample_bilinear", size: [4, 4] } as const;
  const { operations, bytesRead, bytesWritten } = costOf(upsample, [[1, 3, 2, 2]]);
  assertEquals([operations, bytesRead, bytesWritten], [7 * 48, 4 * 12, 4 * 48]);
  assertEquals(costOf({ ...upsample, op: "upsample_nearest" }, [[1, 3, 2, 2]]).operations, 0);
  const part = costOf({ kind: "move", op: "split", axis: 1, start: 0, end: 2, step: 1 }, [[1, 4, 2, 2]]);
  // What is kept is read, and nothing else.
  assertEquals(Object.values(part), [0, 0, 0, 4 * 8, 4 * 8]);
  const crop = costOf({ kind: "move", op: "crop", pad: [1, 0, 0, 1] }, [[2, 3, 4, 4]]);
  assertEquals([crop.bytesRead, crop.bytesWritten], [4 * 54, 4 * 54]);
  assertEquals(
    cost({
      kind: "view",
      op: "parameter",
      shape: [1, 1, 768],
      inputShape: [1, 1, 768],
      inElements: 768,
      outputShape: [1, 1, 768],
    }, "float32"),
    { macs: 0, operations: 0, params: 768, bytesRead: 0, bytesWritten: 0 },
  );
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
