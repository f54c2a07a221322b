import { assertEquals } from "@std/assert";
import { float, floats, int, ints, text } from "./onnx_builder.ts";
import { readOnnx } from "./onnx_read.ts";
import { type NodeText, number, sizes, type SmallGraph, smallOnnx } from "./onnx_testing.ts";

/** Ops, output shapes and numbers of the layers that a file becomes. */
function numberedLayers(graph: SmallGraph): string[] {
  return readOnnx(smallOnnx(graph)).layers.map((layer) => {
    const { op, outputShape } = layer;
    const by = "by" in layer && layer.by !== undefined ? ` ${layer.by}` : "";
    const limits = "limits" in layer && layer.limits ? ` ${layer.limits}` : "";
    return `${op}${by}${limits} ${outputShape.join("×")}`;
  });
}

const numbers = (...values: number[]) => ["float32", [values.length], values] as const;
const none = ["float32", [0], []] as const;

/** One operator on an image of 2 × 8 × 4 × 6, as versions of ONNX's operators write it, and what each becomes. */
interface Forms {
  readonly input?: SmallGraph["input"];
  readonly layers: readonly string[];
  /** Nodes by the first version that writes them so. */
  readonly nodes: Readonly<Record<number, readonly NodeText[]>>;
  readonly constants?: SmallGraph["constants"];
}

const node = (op: string, inputs: readonly string[], attributes: NodeText[3] = {}): NodeText[] => [
  [op, ["x", ...inputs], "y", attributes],
];

const forms: Readonly<Record<string, Forms>> = {
  "enlarged by factors": {
    layers: ["upsample_nearest 2×8×8×12"],
    constants: { factors: numbers(1, 1, 2, 2), nothing: none, all: sizes(2, 8, 8, 12), pixels: sizes(8, 12) },
    nodes: {
      7: node("Upsample", [], { scales: floats([1, 1, 2, 2]), mode: text("nearest") }),
      9: node("Upsample", ["factors"], { mode: text("nearest") }),
      10: node("Resize", ["factors"], { mode: text("nearest") }),
      11: node("Resize", ["nothing", "factors"]),
      12: node("Resize", ["nothing", "nothing", "all"]),
      13: node("Resize", ["", "factors"]),
      14: node("Resize", ["", "", "all"]),
      18: node("Resize", ["", "", "pixels"], { axes: ints([2, 3]) }),
      19: node("Resize", ["", "", "pixels"], { axes: ints([-2, -1]), keep_aspect_ratio_policy: text("not_larger") }),
    },
  },
  "enlarged linearly": {
    layers: ["upsample_bilinear 2×8×8×12"],
    constants: { factors: numbers(1, 1, 2, 2) },
    nodes: {
      7: node("Upsample", [], { scales: floats([1, 1, 2, 2]), mode: text("linear") }),
      9: node("Upsample", ["factors"], { mode: text("bilinear") }),
      10: node("Resize", ["factors"], { mode: text("linear") }),
      13: node("Resize", ["", "factors"], { mode: text("cubic") }),
    },
  },
  "a batch norm": {
    layers: ["batch 2×8×4×6"],
    constants: { scale: ["float32", [8]], shift: ["float32", [8]], mean: ["float32", [8]], variance: ["float32", [8]] },
    nodes: {
      7: node("BatchNormalization", ["scale", "shift", "mean", "variance"], { spatial: int(1), momentum: float(0.9) }),
      8: [[
        "BatchNormalization",
        ["x", "scale", "shift", "mean", "variance"],
        ["y", "m", "v", "sm", "sv"],
        { consumed_inputs: ints([0, 0, 0, 1, 1]) },
      ]],
      9: node("BatchNormalization", ["scale", "shift", "mean", "variance"]),
      14: node("BatchNormalization", ["scale", "shift", "mean", "variance"], { training_mode: int(0) }),
      15: [["BatchNormalization", ["x", "scale", "shift", "mean", "variance"], ["y", "m", "v"], {
        training_mode: int(1),
      }]],
    },
  },
  "a batch norm of each pixel": {
    layers: ["flatten 2×192", "batch 2×192", "reshape 2×8×4×6"],
    constants: {
      ...{ scale: ["float32", [8, 4, 6]], shift: ["float32", [8, 4, 6]] },
      ...{ mean: ["float32", [8, 4, 6]], variance: ["float32", [8, 4, 6]] },
    },
    nodes: { 7: node("BatchNormalization", ["scale", "shift", "mean", "variance"], { spatial: int(0) }) },
  },
  "a dropout": {
    layers: ["relu 2×8×4×6"],
    constants: { ratio: number(0.5), off: ["int64", [], [0]] },
    nodes: {
      7: [["Dropout", ["x"], "d", { ratio: float(0.5) }], ["Relu", ["d"], "y"]],
      10: [["Dropout", ["x"], ["d", "mask"], { ratio: float(0.5) }], ["Relu", ["d"], "y"]],
      12: [["Dropout", ["x", "ratio", "off"], "d", { seed: int(1) }], ["Relu", ["d"], "y"]],
      22: [["Dropout", ["x", "ratio"], ["d", "mask"]], ["Relu", ["d"], "y"]],
    },
  },
  "a part of the image": {
    layers: ["slice 2×8×2×6"],
    constants: { one: sizes(1), minus: sizes(-1), axis: sizes(2), step: sizes(1) },
    nodes: {
      7: node("Slice", [], { starts: ints([1]), ends: ints([-1]), axes: ints([2]) }),
      8: node("Slice", [], { starts: ints([0, 0, 1]), ends: ints([9, 2 ** 31, -1]) }),
      10: node("Slice", ["one", "minus", "axis"]),
      13: node("Slice", ["one", "minus", "axis", "step"]),
    },
  },
  "an edge of zeros": {
    layers: ["pad 2×8×6×8"],
    constants: { sides: sizes(0, 0, 1, 1, 0, 0, 1, 1), some: sizes(1, 1, 1, 1), axes: sizes(2, 3), zero: number(0) },
    nodes: {
      7: node("Pad", [], { pads: ints([0, 0, 1, 1, 0, 0, 1, 1]), mode: text("constant"), value: float(0) }),
      11: node("Pad", ["sides"]),
      13: node("Pad", ["sides", "zero"]),
      18: node("Pad", ["some", "", "axes"]),
      19: node("Pad", ["some", "zero", "axes"], { mode: text("constant") }),
    },
  },
  "axes dropped and added": {
    input: [2, 8, 1, 6],
    layers: ["relu 2×8×1×6", "flatten 2×48", "reshape 2×1×8×6"],
    constants: { second: sizes(2), first: sizes(1) },
    nodes: {
      7: [["Squeeze", ["x"], "s", { axes: ints([2]) }], ["Unsqueeze", ["s"], "u", { axes: ints([1]) }], [
        "Relu",
        ["u"],
        "y",
      ]],
      8: [["Squeeze", ["x"], "s"], ["Unsqueeze", ["s"], "u", { axes: ints([1]) }], ["Relu", ["u"], "y"]],
      11: [["Squeeze", ["x"], "s", { axes: ints([-2]) }], ["Unsqueeze", ["s"], "u", { axes: ints([-3]) }], [
        "Relu",
        ["u"],
        "y",
      ]],
      13: [["Squeeze", ["x", "second"], "s"], ["Unsqueeze", ["s", "first"], "u"], ["Relu", ["u"], "y"]],
    },
  },
  "numbers clipped": {
    layers: ["clip -1,2 2×8×4×6"],
    constants: { low: number(-1), high: number(2) },
    nodes: {
      7: node("Clip", [], { min: float(-1), max: float(2) }),
      11: node("Clip", ["low", "high"]),
    },
  },
  "numbers clipped at 0 alone": {
    layers: ["relu 2×8×4×6"],
    constants: { low: number(0) },
    nodes: { 7: node("Clip", [], { min: float(0) }), 11: node("Clip", ["low"]), 13: node("Clip", ["low", ""]) },
  },
  ...Object.fromEntries(
    (["Mean", "Sum", "Max", "Min", "L2"] as const).map((name): [string, Forms] => [`a reduction by ${name}`, {
      layers: [`${name.toLowerCase()} 2×8×4×1`],
      constants: { axes: sizes(3) },
      nodes: {
        7: node(`Reduce${name}`, [], { axes: ints([3]) }),
        11: node(`Reduce${name}`, [], { axes: ints([-1]), keepdims: int(1) }),
        [name === "Sum" ? 13 : 18]: node(`Reduce${name}`, ["axes"], { noop_with_empty_axes: int(0) }),
      },
    }]),
  ),
  "a reduction over nothing": {
    layers: ["relu 2×8×4×6"],
    constants: { nothing: ["int64", [0], []] },
    nodes: {
      13: [["ReduceSum", ["x", "nothing"], "s", { noop_with_empty_axes: int(1) }], ["Relu", ["s"], "y"]],
      18: [["ReduceSum", ["x"], "s", { noop_with_empty_axes: int(1) }], ["Relu", ["s"], "y"]],
    },
  },
  "a softmax of all axes after the batch": {
    layers: ["flatten 2×192", "softmax 2×192", "reshape 2×8×4×6"],
    nodes: {
      7: node("Softmax", []),
      11: node("Softmax", [], { axis: int(-3) }),
      13: [["Flatten", ["x"], "f"], ["Softmax", ["f"], "s", { axis: int(1) }], [
        "Reshape",
        ["s", "shape"],
        "y",
      ]],
    },
    constants: { shape: sizes(2, 8, 4, 6) },
  },
  "a softmax of the channels": { layers: ["softmax 2×8×4×6"], nodes: { 13: node("Softmax", [], { axis: int(1) }) } },
  "a split": {
    layers: ["split1 2×4×4×6", "split2 2×4×4×6", "mul 2×4×4×6"].map((layer) => layer.replace(/split\d/, "split")),
    constants: { parts: sizes(4, 4) },
    nodes: Object.fromEntries(
      ([
        [7, ["x"], { axis: int(1), split: ints([4, 4]) }],
        [8, ["x"], { axis: int(1) }],
        [11, ["x"], { axis: int(-3) }],
        [13, ["x", "parts"], { axis: int(1) }],
        [18, ["x"], { axis: int(1), num_outputs: int(2) }],
      ] as const).map(([version, inputs, attributes]) => [version, [
        ["Split", inputs, ["a", "b"], attributes],
        ["Mul", ["a", "b"], "y"],
      ] as NodeText[]]),
    ),
  },
  "a pool": {
    layers: ["average 2×8×2×3"],
    nodes: {
      7: node("AveragePool", [], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }),
      10: node("AveragePool", [], { kernel_shape: ints([2, 2]), strides: ints([2, 2]), ceil_mode: int(1) }),
      19: node("AveragePool", [], { kernel_shape: ints([2, 2]), strides: ints([2, 2]), dilations: ints([1, 1]) }),
    },
  },
  "a dense layer": {
    input: [2, 8],
    layers: ["dense 2×5"],
    constants: { w: ["float32", [8, 5]], b: ["float32", [5]], flipped: ["float32", [5, 8]] },
    nodes: {
      7: node("Gemm", ["w", "b"]),
      9: node("Gemm", ["flipped", "b"], { transB: int(1), alpha: float(1), beta: float(1) }),
      11: node("Gemm", ["w"]),
    },
  },
};

for (const [what, { input = [2, 8, 4, 6], layers, nodes, constants }] of Object.entries(forms)) {
  Deno.test(`${what}: as versions ${Object.keys(nodes).join(", ")} of the operators write it`, () => {
    for (const [opset, written] of Object.entries(nodes)) {
      assertEquals(
        numberedLayers({ input, nodes: written, constants, opset: Number(opset) }),
        layers,
        `version ${opset}`,
      );
    }
  });
}
