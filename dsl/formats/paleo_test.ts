import { assertEquals, assertThrows } from "@std/assert";
import { type Network, networkCost } from "../built_network.ts";
import type { NetworkDefinition } from "../network.ts";
import { readPublic, testOnPublicSet } from "../../tests/public_data.ts";
import cifar10 from "../../nets/cifar10_6conv.np.ts";
import inception from "../../nets/inception_v3.np.ts";
import nin from "../../nets/nin.np.ts";
import overfeat from "../../nets/overfeat.np.ts";
import vgg16 from "../../nets/vgg16.np.ts";
import { readCaffe } from "./caffe.ts";
import { FormatError, type ReadOptions } from "./format_error.ts";
import { readPaleo } from "./paleo.ts";

type Layers = Record<string, Record<string, unknown>>;
const data = { type: "Input", parents: [], tensor: [2, 16, 16, 4] };
const valid = { strides: [1, 1, 1, 1], padding: "VALID" };

function read(layers: Layers, options?: ReadOptions): Network {
  return readPaleo(JSON.stringify({ name: "test", layers: { data, ...layers } }), options);
}

/** Each layer as `name kind.op output`. */
function lines(layers: Layers, options?: ReadOptions): string[] {
  return read(layers, options).layers.map(({ name, kind, op, outputShape }) =>
    `${name} ${kind}.${op} ${outputShape.join("×")}`
  );
}

function counts(network: Network): { params: number; macs: number } {
  const { params, macs } = networkCost(network);
  return { params, macs: macs / network.batch };
}

async function file(name: string, options?: ReadOptions): Promise<Network> {
  return readPaleo(await readPublic(`nets/paleo/${name}.json`), options);
}

testOnPublicSet("nets/paleo", "files that the zoo's networks are made after give the same layers", async () => {
  const zoo: Record<string, NetworkDefinition> = { nin, overfeat, cifar10_6conv: cifar10 };
  for (const [name, definition] of Object.entries(zoo)) {
    const { layers, inputShape, batch, outputs } = await file(name);
    const built = definition.build();
    assertEquals({ layers, inputShape, batch, outputs }, {
      layers: built.layers,
      inputShape: built.inputShape,
      batch: built.batch,
      outputs: built.outputs,
    });
  }
});

testOnPublicSet("nets/paleo", "parameters and multiply-adds are those of the same networks elsewhere", async () => {
  assertEquals(counts(await file("vgg16")), counts(vgg16.build()));
  const lenet = readCaffe(await readPublic("nets/caffe/mnist_lenet.prototxt"));
  assertEquals(counts(await file("mnist")), counts(lenet));
  // The file's Mixed_6a lacks the 3×3 convolution 96 → 96 of TensorFlow's and torchvision's: the one before it has its stride.
  const [ours, theirs] = [counts(await file("inception_v3")), counts(inception.build())];
  const missing = { params: 9 * 96 * 96 + 2 * 96, macs: 9 * (35 * 35 * 64 * 96 + 17 * 17 * (96 * 96 - 64 * 96)) };
  assertEquals(ours, { params: theirs.params - missing.params, macs: theirs.macs - missing.macs });
});

testOnPublicSet("nets/paleo", "converted files differ from their originals by what the conversion lost", async () => {
  // Poolings do not round up any more: a dense layer of 3×3×64 instead of 4×4×64, convolutions on 15 and 7 instead of 16 and 8 pixels.
  const [json, original] = [
    counts(await file("cifar10")),
    counts(readCaffe(await readPublic("nets/caffe/cifar10.prototxt"))),
  ];
  assertEquals(original.params - json.params, (16 - 9) * 64 * 10);
  const less = (16 ** 2 - 15 ** 2) * 25 * 32 * 32 + (8 ** 2 - 7 ** 2) * 25 * 32 * 64 + (16 - 9) * 64 * 10;
  assertEquals(original.macs - json.macs, less);
  // Its first pooling gives 55 instead of 56 pixels, and each convolution has a bias instead of normalisation's scale and shift.
  const [resnet, caffe] = [
    counts(await file("resnet50")),
    counts(readCaffe(await readPublic("nets/caffe/resnet50.prototxt"))),
  ];
  const stage = 64 * 64 + 9 * 64 * 64 + 2 * 64 * 256 + 2 * (256 * 64 + 9 * 64 * 64 + 64 * 256);
  assertEquals(caffe.macs - resnet.macs, (56 ** 2 - 55 ** 2) * stage);
  assertEquals(resnet.params, 25557032 - 2 * 26560 + 26560);
});

testOnPublicSet("nets/paleo", "networks that are in no other form have the sums of their layers", async () => {
  // TensorFlow-Slim's alexnet_v2: five convolutions and three dense layers as convolutions, each with a bias.
  const filters = [[11, 3, 64], [5, 64, 192], [3, 192, 384], [3, 384, 384], [3, 384, 256], [5, 256, 4096]];
  const dense = [[1, 4096, 4096], [1, 4096, 1000]];
  assertEquals(
    counts(await file("alex_v2")).params,
    [...filters, ...dense].reduce((sum, [kernel, from, to]) => sum + kernel * kernel * from * to + to, 0),
  );
  // DenseNet of three blocks of twelve layers with 12 filters each, from 16 channels.
  let [params, channels] = [27 * 16 + 16, 16];
  for (const block of [1, 2, 3]) {
    for (let i = 0; i < 12; i++, channels += 12) params += 2 * channels + 9 * channels * 12 + 12;
    params += 2 * channels + (block < 3 ? channels * channels + channels : 36 * channels * 10 + 10);
  }
  assertEquals(counts(await file("densenet")).params, params);
});

Deno.test("layers in any order, one's own names, batch and image as asked", () => {
  const layers: Layers = {
    b: { type: "ReLU", parents: ["c"] },
    c: { type: "Pooling", parents: ["data"], ksize: [1, 2, 2, 1], ...valid },
    a: { type: "Elementwise", parents: ["b", "c"] },
  };
  assertEquals(lines(layers, { batch: 3, image: 8 }), [
    "c pool.max 3×4×7×7",
    "b elementwise.relu 3×4×7×7",
    "a elementwise.add 3×4×7×7",
  ]);
  assertEquals(read(layers, { name: "own", shapes: { data: [1, 4, 5, 6] } }).inputShape, [1, 4, 5, 6]);
  assertEquals(read(layers, { name: "own" }).name, "own");
  assertThrows(
    () => read(layers, { shapes: { typo: [1, 4, 5, 6] } }),
    FormatError,
    'it has no input "typo", its input is "data"',
  );
});

Deno.test("convolutions: padding, activation, normalisation, bias, what comes in", () => {
  const conv = (rest: Record<string, unknown>) =>
    read({ conv: { type: "Convolution", parents: ["data"], filter: [3, 3, -1, 6], ...valid, ...rest } });
  const of = (rest: Record<string, unknown>) => conv(rest).layers.map(({ name }) => name);
  assertEquals(of({}), ["conv", "conv_relu"]);
  assertEquals(of({ activation_fn: null }), ["conv"]);
  assertEquals(of({ activation_fn: "tanh", normalizer_fn: "batch_norm" }), ["conv", "conv_bn", "conv_tanh"]);
  assertEquals(counts(conv({})).params, 9 * 4 * 6 + 6);
  assertEquals(counts(conv({ normalizer_fn: "batch_norm" })).params, 9 * 4 * 6 + 12);
  const size = (rest: Record<string, unknown>) => conv(rest).layers[0].outputShape;
  assertEquals(size({}), [2, 6, 14, 14]);
  assertEquals(size({ padding: "SAME", strides: [1, 3, 3, 1] }), [2, 6, 6, 6]);
  assertEquals(size({ padding: [2, 0] }), [2, 6, 18, 14]);
  assertEquals(size({ splits: 2 }), [2, 3, 14, 14]);
});

Deno.test("blocks have names of their own, and an end that others mean", () => {
  const relu = (...parents: string[]) => ({ type: "ReLU", parents });
  const layers: Layers = {
    block: {
      type: "Block",
      parents: ["data"],
      endpoint: "join",
      layers: { a: relu(), b: relu("a"), join: { type: "Concatenate", parents: ["a", "b"], dim: 3 } },
    },
    next: { type: "Block", parents: ["block"], layers: { a: relu() } },
    out: relu("next/a"),
  };
  assertEquals(lines(layers), [
    "block/a elementwise.relu 2×4×16×16",
    "block/b elementwise.relu 2×4×16×16",
    "block/join move.concat 2×8×16×16",
    "next/a elementwise.relu 2×8×16×16",
    "out elementwise.relu 2×8×16×16",
  ]);
});

Deno.test("a model's splits are layers with their share of the filters", () => {
  const conv = { type: "Convolution", filter: [1, 1, -1, 8], ...valid, activation_fn: null };
  const layers: Layers = {
    both: {
      type: "ModelParallel",
      splits: 2,
      parents: ["data"],
      layers: {
        fc: { ...conv, parents: [] },
        all: { type: "Concatenate", parents: ["fc@all"], dim: 3 },
        next: { ...conv, parents: ["all@self"] },
      },
    },
    join: { type: "Concatenate", parents: ["both/next@all"], dim: 3 },
  };
  assertEquals(lines(layers), [
    "both/fc@0 conv.conv 2×4×16×16",
    "both/fc@1 conv.conv 2×4×16×16",
    "both/all@0 move.concat 2×8×16×16",
    "both/next@0 conv.conv 2×4×16×16",
    "both/all@1 move.concat 2×8×16×16",
    "both/next@1 conv.conv 2×4×16×16",
    "join move.concat 2×8×16×16",
  ]);
});

Deno.test("every type that can be read", () => {
  const of = (type: string, rest: Record<string, unknown> = {}, parents = ["data"]) => ({ type, parents, ...rest });
  const cases: [Layers, string[]][] = [
    [{ p: of("AvgPool", { ksize: [1, 3, 3, 1], strides: [1, 2, 2, 1], padding: "SAME" }) }, ["p pool.average 2×4×8×8"]],
    // A kernel of one pixel at strides of two, as the generator of NeuralPower draws them.
    [{ p: of("Pooling", { ksize: [1, 1, 1, 1], strides: [1, 2, 2, 1], padding: "VALID" }) }, ["p pool.max 2×4×8×8"]],
    [{ u: of("UpSampling2D", { ksize: [1, 2, 3, 1] }) }, ["u move.upsample_nearest 2×4×32×48"]],
    [
      {
        d: of("Deconvolution", {
          filter: [4, 3, 5, 4],
          strides: [1, 2, 2, 1],
          padding: "SAME",
          output_shape: [2, 32, 32, 5],
          activation_fn: null,
        }),
      },
      ["d deconv.deconv 2×5×32×32"],
    ],
    [
      {
        i: of("InnerProduct", { num_outputs: 10 }),
        s: of("Softmax", { num_classes: 10 }, ["i", "labels"]),
        labels: of("ReLU"),
      },
      [
        "i_flatten view.flatten 2×1024",
        "i dense.dense 2×10",
        "labels elementwise.relu 2×4×16×16",
        "s softmax.softmax 2×10",
      ],
    ],
    [{ r: of("Reshape", { output_shape: [-1, -1] }) }, ["r view.flatten 2×1024"]],
    [{ r: of("Reshape", { output_shape: [-1, 8, 32, 4] }), f: of("Flatten", {}, ["r"]) }, [
      "r view.reshape 2×4×8×32",
      "f view.flatten 2×1024",
    ]],
    [{ b: of("BatchNorm"), s: of("Scale", {}, ["b"]), l: of("LRN", {}, ["s"]), a: of("Accuracy", {}, ["l"]) }, [
      "b norm.batch 2×4×16×16",
      "l norm.lrn 2×4×16×16",
    ]],
    [{ s: of("Sigmoid"), d: of("Dropout", { dropout_keep_prob: 0.5 }, ["s"]), e: of("Eltwise", {}, ["d", "s"]) }, [
      "s elementwise.sigmoid 2×4×16×16",
      "d view.dropout 2×4×16×16",
      "e elementwise.add 2×4×16×16",
    ]],
    [{ c: of("Concatenate", { dim: 1 }, ["data", "data"]), t: of("TanH", {}, ["c"]), p: of("Split", {}, ["t"]) }, [
      "c move.concat 2×4×32×16",
      "t elementwise.tanh 2×4×32×16",
    ]],
  ];
  for (const [layers, expected] of cases) assertEquals(lines(layers), expected);
});

Deno.test("types that are not known can be layers that nothing predicts", () => {
  const layers = { x: { type: "LSTM", parents: ["data"] }, r: { type: "ReLU", parents: ["x"] } };
  assertEquals(lines(layers, { allowUnsupported: true }), [
    "x view.unsupported 2×4×16×16",
    "r elementwise.relu 2×4×16×16",
  ]);
});

Deno.test("what cannot be read is one line with the layer", () => {
  const of = (type: string, rest: Record<string, unknown> = {}, parents: unknown = ["data"]) => ({
    type,
    parents,
    ...rest,
  });
  const conv = (rest: Record<string, unknown>) => ({
    c: of("Convolution", { filter: [3, 3, -1, 6], ...valid, ...rest }),
  });
  const cases: [Layers, string][] = [
    [
      { x: of("LSTM"), y: of("LSTM") },
      'Layers of types that are not known here: "LSTM" (2, first "x"); --allow-unsupported predicts the rest',
    ],
    [{ x: of("ReLU", {}, ["y"]), y: of("ReLU", {}, ["x"]) }, 'Layer "y": it and "x" read each other in a circle'],
    [{ x: of("ReLU", {}, ["x"]) }, 'Layer "x": it and "x" read each other in a circle'],
    [{ x: of("ReLU", {}, ["nowhere"]) }, 'Layer "x": its parent "nowhere" is no layer of the file'],
    [{ x: of("ReLU", {}, "data") }, 'Layer "x": its parents must be a list of names'],
    [{ x: of("ReLU", {}, []) }, 'Layer "x": it has no parents; give it some'],
    [{ x: { parents: [] } }, 'Layer "x": its type must be text'],
    [{ other: data }, 'Networks with one layer of type Input can be read, got 2 "data", "other"'],
    [conv({ filter: [3, 3, 5, 6] }), 'Layer "c": its filter takes 5 channels, its parent has 4'],
    [conv({ filter: [3, 3, 4] }), 'Layer "c": filter must be 4 whole numbers of at least -1, got a list of 3'],
    [conv({ strides: [1, 0, 1, 1] }), 'Layer "c": strides must be 4 whole numbers of at least 1, got a list of 4'],
    [conv({ strides: [2, 1, 1, 1] }), 'Layer "c": strides must be [1, height, width, 1], got [2, …, 1]'],
    [conv({ padding: "FULL" }), 'Layer "c": padding must be "SAME", "VALID" or [height, width]'],
    [conv({ activation_fn: "swoosh" }), 'Layer "c": activation_fn must be null or one of relu, relu6'],
    [conv({ splits: 1e9 }), 'Layer "c": splits must be a whole number from 1 to 64, got 1000000000'],
    [conv({ filter: [0, 3, 4, 6] }), 'Layer "c": kernel height must be a whole number of at least 1, got 0'],
    [conv({ filter: [3, 3, 4, 9e15] }), "has more than 2⁵³ elements"],
    [{ s: of("Softmax", { num_classes: 9 }) }, 'Layer "s": it has 9 classes, its parent has 4 channels'],
    [
      { b: of("Block", { layers: { c: of("Block", { layers: {} }) } }) },
      'Layer "b": a block within a block cannot be read',
    ],
    [{ x: of("ReLU", {}, ["data@all"]) }, '"data@all" is named as a parent, but is not split'],
  ];
  for (const [layers, message] of cases) assertThrows(() => read(layers), Error, message);
  const texts: Record<string, string> = {
    "{": "The file is not whole JSON: Expected property name",
    "[]": "The file must be an object, got a list of 0",
    '{"layers": 3}': 'The file\'s "layers" must be an object, got 3',
    '{"layers": {"a": null}}': 'Layer "a" must be an object, got null',
    '{"layers": {}}': "Networks with one layer of type Input can be read, got 0",
    [`${"[".repeat(10_000)}${"]".repeat(10_000)}`]: "The file must be an object, got a list of 1",
  };
  for (const [text, message] of Object.entries(texts)) assertThrows(() => readPaleo(text), FormatError, message);
});

Deno.test("a chain of ten thousand layers, the last one first", () => {
  const layers = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, i) => [`r${10_000 - i}`, {
      type: "ReLU",
      parents: [i === 9_999 ? "data" : `r${9_999 - i}`],
    }]),
  );
  const network = read(layers);
  assertEquals([network.layers.length, network.layers[0].name, network.outputs], [10_000, "r1", ["r10000"]]);
});
