import { assertEquals } from "@std/assert";
import { networkCost } from "neuralpower/dsl";
import { float, int, ints } from "./onnx_builder.ts";
import { readOnnx } from "./onnx_read.ts";
import { layersOf, type NodeText, number, sizes, type SmallGraph, smallOnnx } from "./onnx_testing.ts";

const one = number(1);

Deno.test("activations, whatever they are written with", () => {
  const written: Record<string, SmallGraph> = {
    silu: { input: [2, 3], nodes: [["Sigmoid", ["x"], "s"], ["Mul", ["s", "x"], "y"]] },
    hard_swish: {
      input: [2, 3],
      constants: { three: number(3), six: number(6), zero: number(0) },
      nodes: [
        ["Add", ["x", "three"], "a"],
        ["Clip", ["a", "zero", "six"], "c"],
        ["Mul", ["x", "c"], "m"],
        ["Div", ["m", "six"], "y"],
      ],
    },
    hard_sigmoid: { input: [2, 3], nodes: [["HardSigmoid", ["x"], "y", { alpha: float(1 / 6) }]] },
    gelu: {
      input: [2, 3],
      constants: { root: number(Math.SQRT1_2), one, half: number(0.5) },
      nodes: [
        ["Mul", ["x", "root"], "a"],
        ["Erf", ["a"], "e"],
        ["Add", ["one", "e"], "b"],
        ["Mul", ["half", "x"], "h"],
        ["Mul", ["h", "b"], "y"],
      ],
    },
    gelu_tanh: {
      input: [2, 3],
      constants: { three: number(3), k: number(0.044715), root: number(0.7978846), one, half: number(0.5) },
      nodes: [
        ["Pow", ["x", "three"], "cube"],
        ["Mul", ["k", "cube"], "small"],
        ["Add", ["x", "small"], "sum"],
        ["Mul", ["sum", "root"], "inside"],
        ["Tanh", ["inside"], "t"],
        ["Add", ["t", "one"], "b"],
        ["Mul", ["x", "b"], "m"],
        ["Mul", ["m", "half"], "y"],
      ],
    },
    relu: { input: [2, 3], constants: { zero: number(0) }, nodes: [["Max", ["x", "zero"], "y"]] },
    mish: { input: [2, 3], nodes: [["Softplus", ["x"], "s"], ["Tanh", ["s"], "t"], ["Mul", ["x", "t"], "y"]] },
  };
  for (const [op, graph] of Object.entries(written)) assertEquals(layersOf(graph), [`elementwise ${op} 2×3`]);
});

Deno.test("what is nearly an activation stays what it is", () => {
  // x · sigmoid(1.702 x)
  const quick: SmallGraph = {
    input: [2, 3],
    constants: { k: number(1.702) },
    nodes: [["Mul", ["x", "k"], "a"], ["Sigmoid", ["a"], "s"], ["Mul", ["x", "s"], "y"]],
  };
  assertEquals(layersOf(quick), ["elementwise scale 2×3", "elementwise sigmoid 2×3", "elementwise mul 2×3"]);
});

const layerNorm: readonly NodeText[] = [
  ["ReduceMean", ["x"], "mean", { axes: ints([-1]) }],
  ["Sub", ["x", "mean"], "d"],
  ["Pow", ["d", "two"], "square"],
  ["ReduceMean", ["square"], "variance", { axes: ints([-1]) }],
  ["Add", ["variance", "epsilon"], "v"],
  ["Sqrt", ["v"], "root"],
  ["Div", ["d", "root"], "n"],
  ["Mul", ["n", "scale"], "m"],
];

Deno.test("normalisations written out", () => {
  const constants = {
    ...{ two: number(2), epsilon: number(1e-5), one },
    ...{ scale: ["float32", [8]] as const, shift: ["float32", [8]] as const },
  };
  assertEquals(layersOf({ input: [2, 5, 8], constants, nodes: [...layerNorm, ["Add", ["m", "shift"], "y"]] }), [
    "norm layer 2×5×8",
  ]);
  const rms: NodeText[] = [
    ["Mul", ["x", "x"], "square"],
    ["ReduceMean", ["square"], "mean", { axes: ints([2]) }],
    ["Add", ["mean", "epsilon"], "v"],
    ["Sqrt", ["v"], "root"],
    ["Div", ["one", "root"], "inverse"],
    ["Mul", ["x", "inverse"], "n"],
    ["Mul", ["scale", "n"], "y"],
  ];
  assertEquals(layersOf({ input: [2, 5, 8], constants, nodes: rms }), ["norm rms 2×5×8"]);
});

Deno.test("a scale and a shift by channel are a batch norm", () => {
  const graph: SmallGraph = {
    input: [2, 8, 4, 4],
    constants: { scale: ["float32", [1, 8, 1, 1]], shift: ["float32", [8, 1, 1]] },
    nodes: [["Mul", ["x", "scale"], "m"], ["Add", ["m", "shift"], "y"]],
  };
  assertEquals(layersOf(graph), ["norm batch 2×8×4×4"]);
  // Of each pixel, or of numbers that nobody learned, they are not.
  const wide = { ...graph, constants: { ...graph.constants, scale: ["float32", [1, 8, 4, 4]] as const } };
  assertEquals(layersOf(wide).at(-1), "elementwise add 2×8×4×4");
});

Deno.test("as TensorFlow writes them: a layer norm of two products, the bias of a dense layer behind a reshape", () => {
  // x · s + (β − mean · s) with s = γ / √(variance + ε); the mean goes through a reshape to the sizes that it has.
  const graph: SmallGraph = {
    input: [2, 48, 5, 5],
    constants: {
      ...{ epsilon: number(1e-3), same: sizes(-1, 1, 5, 5), apart: sizes(-1, 48), back: sizes(2, 25, 12) },
      ...{ gamma: ["float32", [1, 48, 1, 1]], beta: ["float32", [1, 48, 1, 1]] },
      ...{ weight: ["float32", [48, 12]], bias: ["float32", [12]] },
    },
    nodes: [
      ["ReduceMean", ["x"], "mean", { axes: ints([1]) }],
      ["Neg", ["mean"], "minus"],
      ["Reshape", ["mean", "same"], "mean2"],
      ["Sub", ["x", "mean2"], "d"],
      ["Mul", ["d", "d"], "square"],
      ["ReduceMean", ["square"], "variance", { axes: ints([1]) }],
      ["Add", ["variance", "epsilon"], "v"],
      ["Sqrt", ["v"], "root"],
      ["Reciprocal", ["root"], "inverse"],
      ["Mul", ["inverse", "gamma"], "s"],
      ["Mul", ["x", "s"], "scaled"],
      ["Mul", ["minus", "s"], "ofMean"],
      ["Add", ["ofMean", "beta"], "shift"],
      ["Add", ["scaled", "shift"], "n"],
      ["Transpose", ["n"], "t", { perm: ints([0, 2, 3, 1]) }],
      ["Reshape", ["t", "apart"], "rows"],
      ["MatMul", ["rows", "weight"], "product"],
      ["Reshape", ["product", "back"], "p"],
      ["Add", ["p", "bias"], "y"],
    ],
  };
  const { layers } = readOnnx(smallOnnx(graph));
  assertEquals(layers.map(({ op, outputShape }) => [op, outputShape]), [
    ["layer", [2, 48, 5, 5]],
    ["to_tokens", [2, 25, 48]],
    ["dense", [2, 25, 12]],
  ]);
  assertEquals(networkCost(readOnnx(smallOnnx(graph))).params, 2 * 48 + 48 * 12 + 12);
});

Deno.test("shuffles of channels and pixels, a global pool as a mean, an image rolled", () => {
  const order = { perm: ints([0, 2, 1, 3, 4]) };
  assertEquals(
    layersOf({
      input: [2, 8, 4, 4],
      constants: { apart: sizes(2, 2, 4, 4, 4), back: sizes(2, 8, 4, 4) },
      nodes: [["Reshape", ["x", "apart"], "a"], ["Transpose", ["a"], "t", order], ["Reshape", ["t", "back"], "y"]],
    }),
    ["move channel_shuffle 2×8×4×4"],
  );
  assertEquals(
    layersOf({
      input: [1, 8, 4, 4],
      constants: { apart: sizes(1, 2, 2, 2, 4, 4), back: sizes(1, 2, 8, 8) },
      nodes: [
        ["Reshape", ["x", "apart"], "a"],
        ["Transpose", ["a"], "t", { perm: ints([0, 1, 4, 2, 5, 3]) }],
        ["Reshape", ["t", "back"], "y"],
      ],
    }),
    ["move pixel_shuffle 1×2×8×8"],
  );
  assertEquals(
    layersOf({ input: [2, 8, 4, 4], nodes: [["ReduceMean", ["x"], "y", { axes: ints([2, 3]), keepdims: int(0) }]] }),
    ["pool global_average 2×8×1×1", "view flatten 2×8"],
  );
  assertEquals(
    layersOf({
      input: [2, 8, 4, 4],
      constants: { from: sizes(3), to: sizes(99), zero: sizes(0), axis: sizes(3) },
      nodes: [
        ["Slice", ["x", "from", "to", "axis"], "end"],
        ["Slice", ["x", "zero", "from", "axis"], "begin"],
        ["Concat", ["end", "begin"], "y", { axis: int(3) }],
      ],
    }),
    ["move roll 2×8×4×4"],
  );
});
