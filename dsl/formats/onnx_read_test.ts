import { assertEquals, assertThrows } from "@std/assert";
import { type Layer, type Network, network, networkCost, type NetworkDefinition } from "neuralpower/dsl";
import { readPublicBytes, testOnPublicSet } from "../../tests/public_data.ts";
import { FormatError, type ReadOptions } from "./format_error.ts";
import { float, int, ints } from "./onnx_builder.ts";
import { readOnnx } from "./onnx_read.ts";
import { type NodeText, type SmallGraph, smallOnnx, withoutWeights } from "./onnx_testing.ts";
import { onnxGraph, onnxModel } from "./onnx_write.ts";

/** Kinds, ops and output shapes of what a small file becomes. */
function layersOf(graph: SmallGraph, options: ReadOptions = {}): string[] {
  return readOnnx(smallOnnx(graph), options).layers.map(({ kind, op, outputShape }) =>
    `${kind === op ? kind : `${kind} ${op}`} ${outputShape.join("×")}`
  );
}

function refused(graph: SmallGraph | Uint8Array, message: string, options: ReadOptions = {}): void {
  const file = graph instanceof Uint8Array ? graph : smallOnnx(graph);
  assertThrows(() => readOnnx(file, options), FormatError, message);
}

/**
 * The layers as a file has them: dropouts are left out, an adaptive pool is the plain one of the same windows, a window that is left out needs
 * no ceil mode, and parameters stand where they are first read.
 */
function asWritten({ layers }: Network): Layer[] {
  const dropped = new Map<string, string>();
  const kept = layers.flatMap((layer): Layer[] => {
    const inputs = layer.inputs.map((input) => dropped.get(input) ?? input);
    if (layer.op === "dropout") {
      dropped.set(layer.name, inputs[0]);
      return [];
    }
    return [{ ...layer, inputs }];
  });
  const parameters = new Map(kept.filter(({ op }) => op === "parameter").map((layer) => [layer.name, layer]));
  return kept.flatMap((layer) => {
    if (layer.op === "parameter") return [];
    const read = layer.inputs.flatMap((input) => {
      const parameter = parameters.get(input);
      parameters.delete(input);
      return parameter ?? [];
    });
    return [...read, layer];
  }).map((layer) => {
    if (layer.kind !== "pool" || !("outputSize" in layer)) return layer;
    const { outputSize: _, ...rest } = layer;
    return { ...rest, op: layer.op === "adaptive_max" ? "max" : "average" };
  });
}

const zoo = new URL("../../nets/", import.meta.url);
for (const { name } of [...Deno.readDirSync(zoo)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  Deno.test(`${name}: written as ONNX and read, the same layers`, async () => {
    const { default: definition } = await import(new URL(name, zoo).href) as { default: NetworkDefinition };
    const built = definition.build({ batch: 2 });
    const read = readOnnx(withoutWeights(onnxGraph(built)));
    assertEquals(read.layers, asWritten(built));
    assertEquals([read.name, read.batch, read.dtype, read.outputs], [built.name, 2, "float32", built.outputs]);
    // A file made for one image, read for two.
    const single = readOnnx(withoutWeights(onnxGraph(definition.build({ batch: 1 }))), { batch: 2 });
    assertEquals(single.layers, read.layers);
  });
}

Deno.test("half floats, in the file and as asked for", () => {
  const net = network("half", { vector: 8 }, (x) => x.dense(4).tanh());
  assertEquals(readOnnx(onnxModel(net.build({ dtype: "float16" }))).dtype, "float16");
  assertEquals(readOnnx(onnxModel(net.build()), { dtype: "float16", name: "named" }).name, "named");
});

const one = ["float32", [], [1]] as const;
const number = (value: number) => ["float32", [], [value]] as const;
const sizes = (...values: number[]) => ["int64", [values.length], values] as const;

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

Deno.test("sizes worked out from shapes: the arithmetic that exporters leave", () => {
  const flatten: SmallGraph = {
    input: ["batch", 8, 4, 4],
    constants: { zero: ["int64", [], [0]], axis: sizes(0), rest: sizes(-1), weight: ["float32", [128, 10]] },
    nodes: [
      ["Shape", ["x"], "shape"],
      ["Gather", ["shape", "zero"], "first"],
      ["Unsqueeze", ["first", "axis"], "one"],
      ["Concat", ["one", "rest"], "wanted", { axis: int(0) }],
      ["Reshape", ["x", "wanted"], "flat"],
      ["MatMul", ["flat", "weight"], "y"],
    ],
  };
  assertEquals(layersOf(flatten, { batch: 3 }), ["view flatten 3×128", "dense 3×10"]);
});

Deno.test("a product and the sum with a bias after it are one layer; learned numbers are counted", () => {
  const read = readOnnx(smallOnnx({
    input: [2, 5, 8],
    constants: {
      weight: ["float32", [8, 6]],
      bias: ["float32", [6]],
      scale: ["float32", [6]],
      mask: ["int64", [6], [0, 1, 0, 1, 0, 1]],
    },
    nodes: [["MatMul", ["x", "weight"], "p"], ["Add", ["bias", "p"], "d"], ["Mul", ["d", "scale"], "y"]],
  }));
  assertEquals(read.layers.map(({ op, outputShape }) => [op, outputShape]), [
    ["dense", [2, 5, 6]],
    ["parameter", [1, 1, 6]],
    ["mul", [2, 5, 6]],
  ]);
});

Deno.test("open sizes: given, or told how to give them", () => {
  const open: SmallGraph = { input: ["n", 3, "height", "width"], nodes: [["Relu", ["x"], "y"]] };
  assertEquals(layersOf(open, { batch: 2, image: 32 }), ["elementwise relu 2×3×32×32"]);
  assertEquals(layersOf(open, { shapes: { x: [4, 3, 8, 6] } }), ["elementwise relu 4×3×8×6"]);
  refused(
    open,
    'the sizes of input "x" are open: [n, 3, height, width]; give --batch N and --image S, or --shape x=1x3x224x224',
  );
  refused(open, 'it has no input "image", its input is "x"', { shapes: { image: [1, 3, 8, 8] } });
  refused(open, "--batch 3 does not fit --shape", { batch: 3, shapes: { x: [1, 3, 8, 8] } });
  // Channels last, as TensorFlow has them.
  const last: SmallGraph = {
    input: [1, "h", "w", 3],
    nodes: [["Transpose", ["x"], "y", { perm: ints([0, 3, 1, 2]) }]],
  };
  assertEquals(layersOf(last, { image: 16 }), ["move permute 1×3×16×16"]);
});

const unknown: SmallGraph = {
  input: [1, 3, 8, 8],
  nodes: [
    ["GridSample", ["x", "x"], "a"],
    ["Wavelet", ["a"], "b"],
    ["GridSample", ["b", "b"], "c"],
    ["Relu", ["c"], "y"],
  ],
};

Deno.test("operators that are not known: all at once, or layers that nothing predicts", () => {
  refused(
    unknown,
    'operators that are not known: GridSample (2 nodes, first node "n0" (GridSample)), Wavelet (1 node, first node "n1" (Wavelet)); ' +
      "--allow-unsupported predicts the rest",
  );
  assertEquals(layersOf(unknown, { allowUnsupported: true }), [
    ...Array<string>(3).fill("view unsupported 1×3×8×8"),
    "elementwise relu 1×3×8×8",
  ]);
  const told = { ...unknown, values: { a: [1, 5, 2, 2] } };
  assertEquals(layersOf(told, { allowUnsupported: true })[3], "elementwise relu 1×5×2×2");
});

Deno.test("a branch on a constant, version 11", () => {
  const file = bytes("BRANCHES");
  const layers = (batch: number) => readOnnx(file, { batch }).layers.map(({ op, outputShape }) => [op, outputShape]);
  assertEquals(layers(5), [["conv", [5, 4, 6, 6]], ["global_average", [5, 4, 1, 1]], ["flatten", [5, 4]]]);
});

Deno.test("functions, with attributes of their calls", () => {
  const read = readOnnx(bytes("FUNCTIONS"));
  assertEquals(read.layers.map((layer) => [layer.name, layer.op, "alpha" in layer ? layer.alpha : undefined]), [
    ["call1/leaky", "leaky_relu", 0.25],
    ["call1/sig", "sigmoid", undefined],
    ["call2/leaky", "leaky_relu", 0.5],
    ["call2/sig", "sigmoid", undefined],
  ]);
});

Deno.test("weights in another file are not looked for; sizes there are told", () => {
  assertEquals(readOnnx(bytes("EXTERNAL")).layers.map(({ op, outputShape }) => [op, outputShape]), [["dense", [
    2,
    1024,
  ]]]);
  refused(
    bytes("EXTERNAL_SIZES"),
    'node "view" (Reshape): the numbers of its input "s" are needed, and are too many or not in this file',
  );
});

/** Totals of the networks that the light files are: parameters as published, multiply-adds as torchvision's, AlexNet's summed by hand. */
const light: Readonly<Record<string, readonly [params: number, macs: number]>> = {
  // Scales and shifts stand beside each of the 121 batch norms, whose own are 1 and 0: 83,648 more than the network has.
  densenet121: [7_978_856 + 83_648, 2_834_161_664],
  squeezenet: [1_235_496, 349_151_936],
  resnet50: [25_557_032, 4_089_184_256],
  inception_v1: [6_998_552, 1_431_556_352],
  // 54²: 34848; 26²: 307200; 12²: 884736 + 663552 + 442368; 1: 37748736 + 16777216 + 4096000.
  bvlc_alexnet: [60_965_224, 654_560_384],
};
for (const [name, [params, macs]] of Object.entries(light)) {
  testOnPublicSet("nets", `light_${name}.onnx: as many parameters and multiply-adds as the network`, async () => {
    const total = networkCost(readOnnx(await readPublicBytes(`nets/onnx/light_${name}.onnx`)));
    assertEquals([total.params, total.macs], [params, macs]);
  });
}

Deno.test("files that are none, or damaged, are refused in one line", () => {
  refused(new Uint8Array(), "is no ONNX file: it holds 0 graphs instead of one");
  refused(new Uint8Array(100), "is no ONNX file: no field begins at byte 0");
  refused(new TextEncoder().encode('{"name": "net"}'), "is no ONNX file: byte 0 begins a field of no known sort");
  const whole = smallOnnx(unknown);
  refused(whole.slice(0, whole.length - 30), "is cut off or damaged: at byte");
  const relu = (input: string, output: string): NodeText => ["Relu", [input], output];
  refused(
    { input: [1, 3], nodes: [["Add", ["x", "b"], "a"], relu("a", "b"), relu("b", "y")] },
    "reads what is made of its own output",
  );
  refused({ input: [1, 3], nodes: [relu("gone", "y")] }, "its outputs depend on no input");
  refused(
    { input: [1, 3], nodes: [["Add", ["x", "gone"], "y"]] },
    '"gone", read by node "n0" (Add), is made by no node',
  );
  refused({ input: [1, 3], nodes: [relu("x", "y"), relu("x", "y")] }, '"y" is made by two nodes');
  refused(
    { input: [1, 3], constants: { wanted: sizes(7) }, nodes: [["Reshape", ["x", "wanted"], "y"]] },
    'node "n0" (Reshape): [1, 3] cannot be seen as [7]; the file may be made for other sizes than these',
  );
  const repeats: SmallGraph = {
    input: [2 ** 20, 2 ** 20],
    constants: { by: sizes(2 ** 20, 1) },
    nodes: [["Tile", ["x", "by"], "y"]],
  };
  refused(repeats, 'node "n0" (Tile): it gives a tensor of sizes that cannot be');
});

/** A file in base64, made by ONNX's own package 1.23.2. */
function bytes(name: keyof typeof files): Uint8Array {
  return Uint8Array.from(atob(files[name]), (character) => character.charCodeAt(0));
}

const files = {
  // Conv, GlobalAveragePool, and an If on whether the pool's height is 1: Squeeze or Relu.
  BRANCHES:
    "CAY6mwYKFQoBeAoBdxIBYxoEY29udiIEQ29udgofCgFjEgFhGgRwb29sIhFHbG9iYWxBdmVyYWdlUG9vbAoNCgFhEgFzIgVTaGFwZQoTCgFzCg" +
    "N0d28SAWciBkdhdGhlcgoSCgFnCgNvbmUSAWUiBUVxdWFsCpoBCgFlEgF5IgJJZio3CgtlbHNlX2JyYW5jaDIlCg8KAWESBGtlcHQiBFJlbHUS" +
    "BGtlcHRiDAoEa2VwdBIECgIIAaABBSpVCgt0aGVuX2JyYW5jaDJDCiUKAWESCHNxdWVlemVkIgdTcXVlZXplKg0KBGF4ZXNAAkADoAEHEghzcX" +
    "VlZXplZGIQCghzcXVlZXplZBIECgIIAaABBRIIYnJhbmNoZXMqwAMIBAgDCAMIAxABIrADAACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAA" +
    "gD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPw" +
    "AAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACA" +
    "PwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AA" +
    "CAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/" +
    "AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/QgF3KgoQBzoBAk" +
    "IDdHdvKgoQBzoBAUIDb25lWhwKAXgSFwoVCAESEQoDEgFOCgIIAwoCCAgKAggIYgkKAXkSBAoCCAFCBAoAEAs=",
  // Twice a function of LeakyRelu, whose alpha is the call's slope, and Sigmoid.
  FUNCTIONS:
    "CAg6lQEKLgoBeBIBdBoFY2FsbDEiCEFjdGl2YXRlKg8KBXNsb3BlFQAAgD6gAQE6BHRlc3QKLgoBdBIBeRoFY2FsbDIiCEFjdGl2YXRlKg8KBX" +
    "Nsb3BlFQAAAD+gAQE6BHRlc3QSCWZ1bmN0aW9uc1oTCgF4Eg4KDAgBEggKAggCCgIIA2ITCgF5Eg4KDAgBEggKAggCCgIIA0IECgAQEkIICgR0" +
    "ZXN0EAHKAWcKCEFjdGl2YXRlIgFhKgFiMgVzbG9wZTosCgFhEgF0GgVsZWFreSIJTGVha3lSZWx1KhIKBWFscGhhoAEBqgEFc2xvcGU6FAoBdB" +
    "IBYhoDc2lnIgdTaWdtb2lkSgQKABASUgR0ZXN0",
  // A MatMul whose weight lies in another file; the same behind a Reshape whose sizes do.
  EXTERNAL:
    "CAg6vgEKFQoBeAoBdxIBeRoCZmMiBk1hdE11bBIIZXh0ZXJuYWwqSQiAIAiACBABQgF3ahkKCGxvY2F0aW9uEg1uZXQub25ueC5kYXRhagsKBm" +
    "9mZnNldBIBMGoSCgZsZW5ndGgSCDE2Nzc3MjE2cAEqJAgCEAdCAXNqGQoIbG9jYXRpb24SDW5ldC5vbm54LmRhdGFwAVoUCgF4Eg8KDQgBEgkK" +
    "AggCCgMIgCBiFAoBeRIPCg0IARIJCgIIAgoDCIAIQgQKABAS",
  EXTERNAL_SIZES:
    "CAg62AEKGAoBeAoBcxIBchoEdmlldyIHUmVzaGFwZQoVCgFyCgF3EgF5GgJmYyIGTWF0TXVsEghleHRlcm5hbCpJCIAgCIAIEAFCAXdqGQoIbG" +
    "9jYXRpb24SDW5ldC5vbm54LmRhdGFqCwoGb2Zmc2V0EgEwahIKBmxlbmd0aBIIMTY3NzcyMTZwASokCAIQB0IBc2oZCghsb2NhdGlvbhINbmV0" +
    "Lm9ubnguZGF0YXABWhQKAXgSDwoNCAESCQoCCAIKAwiAIGIUCgF5Eg8KDQgBEgkKAggCCgMIgAhCBAoAEBI=",
};
