import { assertEquals, assertThrows } from "@std/assert";
import { type Layer, type Network, network, networkCost, type NetworkDefinition } from "neuralpower/dsl";
import { readPublicBytes, testOnPublicSet } from "../../tests/public_data.ts";
import { FormatError, type ReadOptions } from "./format_error.ts";
import { int, ints } from "./onnx_builder.ts";
import { readOnnx } from "./onnx_read.ts";
import { layersOf, type NodeText, number, sizes, type SmallGraph, smallOnnx, withoutWeights } from "./onnx_testing.ts";
import { onnxGraph, onnxModel } from "./onnx_write.ts";

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
  // Padding as TensorFlow's, which depends on the image: max((⌈9 / 2⌉ − 1) · 2 + 3 − 9, 0) = 2, half of it on each side.
  const padded: SmallGraph = {
    input: [1, 8, "height", 9],
    constants: {
      ...{ two: number(2), one: number(1), three: number(3), zero: number(0), place: sizes(2), first: sizes(0) },
      ...{ none: ["float32", [2], [0, 0]], last: ["float32", [1], [0]], half: number(0.5) },
    },
    nodes: [
      ["Shape", ["x"], "shape"],
      ["Gather", ["shape", "place"], "size"],
      ["Cast", ["size"], "height", { to: int(1) }],
      ["Div", ["height", "two"], "steps"],
      ["Ceil", ["steps"], "windows"],
      ["Sub", ["windows", "one"], "more"],
      ["Mul", ["more", "two"], "way"],
      ["Add", ["way", "three"], "reach"],
      ["Sub", ["reach", "height"], "missing"],
      ["Clip", ["missing", "zero"], "total"],
      ["Mul", ["total", "half"], "side"],
      ["Concat", ["none", "side", "last", "none", "side", "last"], "sides", { axis: int(0) }],
      ["Cast", ["sides"], "pads", { to: int(7) }],
      ["Pad", ["x", "pads"], "y"],
    ],
  };
  assertEquals(layersOf(padded, { image: 9 }), ["move pad 1×8×11×9"]);
});

Deno.test("parts that are empty are left out; a transposed convolution becomes as large as is wanted", () => {
  const parts: SmallGraph = {
    input: [2, 8, 4],
    constants: { parts: sizes(4, 0) },
    nodes: [
      ["Split", ["x", "parts"], ["a", "b"], { axis: int(2) }],
      ["Relu", ["a"], "r"],
      ["Concat", ["r", "b"], "y", { axis: int(2) }],
    ],
  };
  assertEquals(layersOf(parts), ["elementwise relu 2×8×4"]);
  const wanted: SmallGraph = {
    input: [1, 8, 3, 3],
    constants: { weight: ["float32", [8, 2, 3, 3]] },
    nodes: [["ConvTranspose", ["x", "weight"], "y", { strides: ints([3, 2]), output_shape: ints([10, 6]) }]],
  };
  // By itself 9 × 7: one more row, one column less.
  assertEquals(layersOf(wanted), ["deconv 1×2×10×6"]);
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

Deno.test("a learned table that is enlarged counts by itself, without the factors", () => {
  const enlarged: SmallGraph = {
    input: [1, 2, 8, 6],
    constants: { table: ["float32", [1, 1, 4, 3]], factors: ["float32", [4], [1, 1, 2, 2]] },
    nodes: [["Resize", ["table", "", "factors"], "wide"], ["Add", ["x", "wide"], "y"]],
  };
  assertEquals(networkCost(readOnnx(smallOnnx(enlarged))).params, 12);
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
  // What only works sizes out is not known for what is fed.
  const largest: SmallGraph = {
    input: [1, 5, 8],
    constants: { count: sizes(3) },
    nodes: [["TopK", ["x", "count"], ["values", "places"]], ["Relu", ["values"], "y"]],
  };
  refused(largest, "operators that are not known: TopK (1 node");
  assertEquals(layersOf(largest, { allowUnsupported: true }), ["view unsupported 1×5×3", "elementwise relu 1×5×3"]);
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
