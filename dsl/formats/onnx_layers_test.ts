import { assertEquals, assertThrows } from "@std/assert";
import { layerCost, networkCost } from "neuralpower/dsl";
import { FormatError } from "./format_error.ts";
import { int, ints } from "./onnx_builder.ts";
import { readOnnx } from "./onnx_read.ts";
import { layersOf, sizes, type SmallGraph, smallOnnx } from "./onnx_testing.ts";

/** Two images, each cut into four of 6 × 7 pixels, which go through one node. */
const onFour = (node: SmallGraph["nodes"][number], constants: SmallGraph["constants"] = {}): SmallGraph => ({
  input: [2, 16, 6, 7],
  constants: { cut: sizes(8, 4, 6, 7), flat: sizes(2, -1), ...constants },
  nodes: [["Reshape", ["x", "cut"], "four"], node, ["Reshape", ["z", "flat"], "y"]],
});

Deno.test("a convolution of several images for each of the batch: as many multiply-adds, weights and outputs", () => {
  const strided = onFour(["Conv", ["four", "weight"], "z", { strides: ints([2, 1]), pads: ints([1, 2, 1, 2]) }], {
    weight: ["float32", [16, 4, 3, 5]],
  });
  const { params, macs } = networkCost(readOnnx(smallOnnx(strided)));
  assertEquals([params, macs], [16 * 4 * 3 * 5, 8 * 16 * 3 * 7 * 4 * 3 * 5]);
  assertEquals(layersOf(strided).slice(-2), ["conv 2×16×12×7", `view flatten 2×${4 * 16 * 3 * 7}`]);
  const transposed = onFour(["ConvTranspose", ["four", "weight"], "z", { strides: ints([2, 2]) }], {
    weight: ["float32", [4, 8, 2, 2]],
  });
  assertEquals(layersOf(transposed).slice(-2), ["deconv 2×8×48×14", `view flatten 2×${4 * 8 * 12 * 14}`]);
  // Without padding its windows would reach from one image into the next.
  const skipping = onFour(["Conv", ["four", "weight"], "z"], { weight: ["float32", [16, 4, 3, 3]] });
  const message = "its windows skip rows of each of 4 images, which no layer here does; --allow-unsupported predicts";
  assertThrows(() => layersOf(skipping), FormatError, message);
  assertEquals(layersOf(skipping, { allowUnsupported: true }), ["view unsupported 2×256×5", "view flatten 2×1280"]);
});

Deno.test("pools, norms and resizes of several images for each of the batch", () => {
  const halves = { kernel_shape: ints([2, 2]), strides: ints([2, 2]) };
  const last = (graph: SmallGraph) => layersOf(graph).filter((layer) => !layer.startsWith("view"));
  assertEquals(last(onFour(["MaxPool", ["four"], "z", halves])), ["pool max 2×4×12×3"]);
  assertEquals(last(onFour(["GlobalAveragePool", ["four"], "z"])), ["reduce mean 2×16×1"]);
  assertEquals(last(onFour(["PRelu", ["four", "slope"], "z"], { slope: ["float32", [4, 1, 1]] })), [
    "elementwise prelu 2×4×24×7",
  ]);
  const twice = onFour(["Resize", ["four", "", "scales"], "z"], { scales: ["float32", [4], [1, 1, 2, 2]] });
  assertEquals(last(twice), ["move upsample_nearest 2×4×48×14"]);
});

Deno.test("a convolution of volumes that reaches along two axes is one of images", () => {
  const graph = (kernel: readonly number[]): SmallGraph => ({
    input: [2, 1, 9, 70],
    constants: { volume: sizes(2, 1, 9, 7, 10), weight: ["float32", [16, 1, ...kernel]], flat: sizes(2, -1) },
    nodes: [
      ["Reshape", ["x", "volume"], "v"],
      ["Conv", ["v", "weight"], "z", { pads: ints([1, 0, 0, 1, 0, 0]) }],
      ["Reshape", ["z", "flat"], "y"],
    ],
  });
  const { params, macs } = networkCost(readOnnx(smallOnnx(graph([3, 5, 1]))));
  assertEquals([params, macs], [16 * 3 * 5, 2 * 16 * 9 * 3 * 10 * 3 * 5]);
  assertThrows(() => layersOf(graph([3, 5, 2])), FormatError, "it works on 3 axes beside batch and channels");
});

Deno.test("windows added up to an image", () => {
  const fold: SmallGraph = {
    input: [2, 72, 16],
    constants: { image: sizes(8, 8), block: sizes(3, 3) },
    nodes: [["Col2Im", ["x", "image", "block"], "y", { strides: ints([2, 2]), pads: ints([1, 1, 1, 1]) }]],
  };
  assertEquals(layersOf(fold).filter((layer) => !layer.startsWith("view")), [
    "reduce sum 2×8×1×16",
    "move upsample_nearest 2×8×1×64",
  ]);
  assertThrows(
    () => layersOf({ ...fold, input: [2, 72, 15] }),
    FormatError,
    "[2, 72, 15] are no windows of 3×3 on an image of 8×8",
  );
});

Deno.test("recurrent networks are not known, what follows them has its sizes", () => {
  const graph: SmallGraph = {
    input: [5, 2, 6],
    constants: { w: ["float32", [2, 32, 6]], r: ["float32", [2, 32, 8]], flat: sizes(5, -1) },
    nodes: [
      ["LSTM", ["x", "w", "r"], ["all", "last"], { hidden_size: int(8) }],
      ["Reshape", ["all", "flat"], "y"],
    ],
  };
  assertThrows(() => layersOf(graph), FormatError, 'LSTM (1 node, first node "n0" (LSTM))');
  assertEquals(layersOf(graph, { allowUnsupported: true }).at(-1), "view flatten 5×32");
});

Deno.test("what is written over other elements, and they, are both read", () => {
  const graph = (updates: number, data = "r"): SmallGraph => ({
    input: [2, 8],
    constants: {
      shape: sizes(2, 8),
      places: ["int64", [2, updates, 2], Array.from({ length: 4 * updates }, () => 0)],
      first: sizes(0),
      last: sizes(updates),
      axis: sizes(1),
    },
    nodes: [
      ["Relu", ["x"], "r"],
      ["ConstantOfShape", ["shape"], "zeros"],
      ["Tanh", ["x"], "t"],
      ["Slice", ["t", "first", "last", "axis"], "part"],
      ["ScatterND", [data, "places", "part"], "y"],
    ],
  });
  const layers = (graph: SmallGraph) => layersOf(graph).filter((layer) => !layer.startsWith("view"));
  const part = "move slice 2×3";
  const partial = ["elementwise relu 2×8", "elementwise tanh 2×8", part, "move slice 2×1×5", "move concat 2×1×8"];
  assertEquals(layers(graph(3)), partial);
  // Everything is written anew: what was there is not read.
  assertEquals(layers(graph(8)), ["elementwise tanh 2×8", "move slice 2×8"]);
  assertEquals(layers(graph(3, "zeros")), ["elementwise tanh 2×8", part, "move pad 2×1×8×1"]);
});

Deno.test("elements from places all over a tensor: as many are copied", () => {
  const graph = (op: string, ...shape: number[]): SmallGraph => ({
    input: [2, 4, 5],
    constants: { places: ["int64", shape, Array<number>(shape.reduce((a, b) => a * b)).fill(0)] },
    nodes: [["Relu", ["x"], "r"], [op, ["r", "places"], "y"]],
  });
  const last = (graph: SmallGraph) => layersOf(graph).find((layer) => layer.startsWith("move"));
  assertEquals(last(graph("GatherElements", 2, 3, 5)), "move slice 2×1×15×1");
  assertEquals(last(graph("GatherND", 2, 6, 2)), "move upsample_nearest 2×1×30×1");
  const fed: SmallGraph = { input: [2, 4], nodes: [["Relu", ["x"], "r"], ["GatherElements", ["r", "r"], "y"]] };
  assertThrows(() => layersOf(fed), FormatError, "the places that it takes depend on what the network is fed");
});

Deno.test("weights that several layers have are counted once", () => {
  const graph: SmallGraph = {
    input: [2, 8, 6, 6],
    constants: { weight: ["float32", [8, 8, 3, 3]], dense: ["float32", [6, 6]] },
    nodes: [
      ["Conv", ["x", "weight"], "a", { pads: ints([1, 1, 1, 1]) }],
      ["Relu", ["a"], "b"],
      ["Conv", ["b", "weight"], "c", { pads: ints([1, 1, 1, 1]) }],
      ["MatMul", ["c", "dense"], "d"],
      ["MatMul", ["d", "dense"], "y"],
    ],
  };
  const read = readOnnx(smallOnnx(graph), { batch: 1 });
  assertEquals(read.layers.flatMap(({ kind, learned }) => learned === 0 ? [kind] : []), ["conv", "dense"]);
  assertEquals(networkCost(read).params, 8 * 8 * 9 + 36);
  assertEquals(read.layers.map((layer) => layerCost(layer, "float32").params), [8 * 8 * 9, 0, 0, 0, 0, 36, 0, 0, 0]);
  assertEquals(networkCost(read).macs, 2 * (8 * 36 * 8 * 9 + 48 * 36));
});

Deno.test("norms of which nothing is learned, along the axis that they name", () => {
  const norm = (op: string, options = {}): SmallGraph => ({
    input: [1, 512, 6, 4],
    nodes: [[op, ["x"], "y", options]],
  });
  for (
    const [graph, lines] of [
      [norm("LpNormalization", { axis: int(1) }), ["norm rms 1×512×6×4"]],
      [norm("LpNormalization", { axis: int(3) }), ["norm rms 1×3072×4"]],
      [norm("MeanVarianceNormalization"), ["norm instance 1×512×6×4"]],
    ] as const
  ) {
    assertEquals(layersOf(graph).filter((line) => line.startsWith("norm")), lines);
    assertEquals(networkCost(readOnnx(smallOnnx(graph))).params, 0);
  }
});

Deno.test("a layer norm without shift has half as many learned numbers", () => {
  const graph = (...inputs: string[]): SmallGraph => ({
    input: [2, 5, 8],
    constants: { scale: ["float32", [8]], shift: ["float32", [8]], two: sizes(8) },
    nodes: [["ConstantOfShape", ["two"], "zeros"], ["LayerNormalization", ["x", "scale", ...inputs], "y"]],
  });
  const params = (graph: SmallGraph) => networkCost(readOnnx(smallOnnx(graph))).params;
  assertEquals([graph("shift"), graph(), graph("zeros")].map(params), [16, 8, 8]);
});
