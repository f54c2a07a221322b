import { assertEquals, assertThrows } from "@std/assert";
import { FormatError } from "./format_error.ts";
import { int, ints } from "./onnx_builder.ts";
import { readOnnx } from "./onnx_read.ts";
import { layersOf, sizes, type SmallGraph, smallOnnx } from "./onnx_testing.ts";

/** A detector's end: of an image by itself, those scores that are high, and what is at their places. */
const detector: SmallGraph = {
  input: [3, 8, 8],
  constants: {
    ...{ axis: sizes(0), weight: ["float32", [4, 3, 3, 3]], line: sizes(-1), least: ["float32", [], [0.5]] },
  },
  nodes: [
    ["Unsqueeze", ["x", "axis"], "image"],
    ["Conv", ["image", "weight"], "features", { pads: ints([1, 1, 1, 1]) }],
    ["Sigmoid", ["features"], "scores"],
    ["Reshape", ["scores", "line"], "all"],
    ["Greater", ["all", "least"], "high"],
    ["NonZero", ["high"], "places"],
    ["Gather", ["all", "places"], "kept", { axis: int(0) }],
    ["Wavelet", ["kept"], "waves"],
    ["NonZero", ["waves"], "again"],
    ["Gather", ["waves", "again"], "y", { axis: int(0) }],
  ],
};

Deno.test("sizes that only a run tells: an error with the first such nodes, or what follows them left out", () => {
  assertThrows(
    () => layersOf(detector),
    FormatError,
    'operators that are not known: Wavelet (1 node, first node "n7" (Wavelet)); operators whose sizes depend on what the network is fed: ' +
      'NonZero (1 node, first node "n5" (NonZero)); --allow-unsupported predicts the rest',
  );
  const read = readOnnx(smallOnnx(detector), { allowUnsupported: true });
  const kept = read.layers.filter(({ kind }) => kind !== "view");
  assertEquals(kept.map(({ op, outputShape }) => [op, outputShape]), [
    ["conv", [1, 4, 8, 8]],
    ["sigmoid", [1, 4, 8, 8]],
    ["shift", [1, 4, 8, 8]],
  ]);
  const rest = read.layers.at(-1)!;
  assertEquals(rest.op === "unsupported" && rest.operator, "NonZero and what follows");
  // Of the scores and of their places, which both are read after that.
  assertEquals([rest.inputs.length, read.outputs], [2, [rest.name]]);
});

Deno.test("an image without a batch is a batch of one", () => {
  const backbone: SmallGraph = { ...detector, nodes: [...detector.nodes.slice(0, 2), ["Relu", ["features"], "y"]] };
  const { batch, inputShape } = readOnnx(smallOnnx(backbone));
  assertEquals([batch, inputShape], [1, [1, 3, 8, 8]]);
  assertEquals(layersOf(backbone, { batch: 5 }), ["conv 5×4×8×8", "elementwise relu 5×4×8×8"]);
});

Deno.test("operators that are not known, and not as large as they were taken to be", () => {
  const graph: SmallGraph = {
    input: [1, 6, 4],
    constants: { sizes: sizes(1, 7) },
    nodes: [["Relu", ["x"], "r"], ["Wavelet", ["r"], "w"], ["Reshape", ["w", "sizes"], "z"], ["Relu", ["z"], "y"]],
  };
  assertThrows(() => layersOf(graph), FormatError, "operators that are not known: Wavelet (1 node");
  assertEquals(layersOf(graph, { allowUnsupported: true }).slice(0, 2), [
    "elementwise relu 1×6×4",
    "view unsupported 1×6×4",
  ]);
  assertEquals(readOnnx(smallOnnx(graph), { allowUnsupported: true }).layers.length, 3);
});

Deno.test("what decides on a branch and on a loop only a run tells", () => {
  const graph: SmallGraph = {
    input: [2, 4],
    nodes: [["Relu", ["x"], "r"], ["If", ["r"], "c"], ["NonMaxSuppression", ["r"], "n"], ["Add", ["c", "n"], "y"]],
  };
  assertThrows(
    () => layersOf(graph),
    FormatError,
    'operators whose sizes depend on what the network is fed: If (1 node, first node "n1" (If)), NonMaxSuppression (1 node',
  );
  assertEquals(layersOf(graph, { allowUnsupported: true }), ["elementwise relu 2×4", "view unsupported 2×1"]);
});

Deno.test("nodes that are no layers are told at once, and how many more of the same operator", () => {
  const apart = { kernel_shape: ints([3, 3]), dilations: ints([2, 2]) };
  const graph: SmallGraph = {
    input: [1, 3, 16, 16],
    nodes: [["MaxPool", ["x"], "a", apart], ["MaxPool", ["a"], "b", apart], ["ScatterND", ["b", "b", "b"], "y"]],
  };
  assertThrows(
    () => layersOf(graph),
    FormatError,
    'node "n0" (MaxPool): its window is dilated, which no pool here is (and 1 more of MaxPool); ' +
      'node "n2" (ScatterND): the places that it writes to depend on what the network is fed; --allow-unsupported',
  );
  assertEquals(layersOf(graph, { allowUnsupported: true }).slice(0, 2), [
    "view unsupported 1×3×12×12",
    "view unsupported 1×3×8×8",
  ]);
});
