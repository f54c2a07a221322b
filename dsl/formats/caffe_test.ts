import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type Network, networkCost } from "../built_network.ts";
import { readPublic, readPublicBytes, testOnPublicSet } from "../../tests/public_data.ts";
import { readCaffe } from "./caffe.ts";
import { bytesSource, FormatError, type ReadOptions } from "./format_error.ts";
import { readOnnx } from "./onnx_read.ts";

const input =
  'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 4 dim: 16 dim: 16 } } }\n';

/** A layer's text, by default of `data` into a blob of the layer's name. */
function layer(name: string, type: string, rest = "", bottoms = ["data"], tops = [name]): string {
  const blobs = [...bottoms.map((blob) => `bottom: "${blob}"`), ...tops.map((blob) => `top: "${blob}"`)];
  return `layer { name: "${name}" type: "${type}" ${blobs.join(" ")} ${rest} }\n`;
}

function read(layers: string, options?: ReadOptions) {
  return readCaffe(input + layers, options);
}

/** Each layer as `name kind.op output`. */
function lines(layers: string, options?: ReadOptions): string[] {
  return read(layers, options).layers.map(({ name, kind, op, outputShape }) =>
    `${name} ${kind}.${op} ${outputShape.join("×")}`
  );
}

/**
 * Parameters and multiply-adds of one image, as published for these networks (VGG-19's are torchvision's, too). ResNet-50's parameters are
 * torchvision's 25,557,032 and the bias that this file's first convolution has; its stride is in the first convolution of a block.
 */
const counts: Record<string, { params: number; macs: number }> = {
  bvlc_alexnet: { params: 60965224, macs: 724406816 },
  bvlc_googlenet: { params: 6998552, macs: 1582671872 },
  cifar10: { params: 89578, macs: 12298240 },
  mnist_lenet: { params: 431080, macs: 2293000 },
  resnet50: { params: 25557032 + 64, macs: 3857973248 },
  VGG_ILSVRC_19_layers_deploy: { params: 143667240, macs: 19632062464 },
};

testOnPublicSet("nets/caffe", "Caffe's known networks have their parameters and multiply-adds", async () => {
  for (const [name, { params, macs }] of Object.entries(counts)) {
    const network = readCaffe(await readPublic(`nets/caffe/${name}.prototxt`), { batch: 1 });
    const cost = networkCost(network);
    assertEquals({ name, params: cost.params, macs: cost.macs }, { name, params, macs });
    assertEquals(network.outputs.length, 1);
  }
});

testOnPublicSet("nets/caffe", "the same networks in ONNX have the same parameters and multiply-adds", async () => {
  const counts = (network: Network) => {
    const { params, macs } = networkCost(network);
    return { params, macs };
  };
  const onnx = async (name: string, image: number) =>
    counts(readOnnx(bytesSource(await readPublicBytes(`nets/onnx/${name}.onnx`)), { batch: 1, image }));
  const caffe = (text: string) => counts(readCaffe(text, { batch: 1 }));
  const alexnet = await readPublic("nets/caffe/bvlc_alexnet.prototxt");
  assertEquals(caffe(alexnet), await onnx("light_bvlc_alexnet", 227));
  // The ONNX file's poolings round down, and the last one is padded to take the 6×6 pixels that this leaves.
  const googlenet = (await readPublic("nets/caffe/bvlc_googlenet.prototxt"))
    .replaceAll("pooling_param {", "pooling_param { round_mode: FLOOR")
    .replace(/pool: AVE\s+kernel_size: 7\s+stride: 1/, "pool: AVE global_pooling: true");
  assertEquals(caffe(googlenet), await onnx("light_inception_v1", 224));
});

testOnPublicSet("nets/caffe", "batch and image are as asked", async () => {
  const resnet = readCaffe(await readPublic("nets/caffe/resnet50.prototxt"), {
    batch: 3,
    image: [256, 224],
    name: "r",
  });
  assertEquals([resnet.name, ...resnet.inputShape], ["r", 3, 3, 256, 224]);
  // Its average pool is 7×7 of 8×7, rounded up.
  assertEquals(resnet.layers.find(({ name }) => name === "pool5")?.outputShape, [3, 2048, 2, 1]);
});

Deno.test("the older form, its types by name and by number, in place", () => {
  const network = readCaffe(`
    input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
    layers { name: 'conv' type: CONVOLUTION bottom: "data" top: "conv" convolution_param { num_output: 4 kernel_size: 3 } }
    layers { name: 'relu' type: 18 bottom: "conv" top: "conv" }
    layers { name: 'ip' type: INNER_PRODUCT bottom: "conv" top: "ip" inner_product_param { num_output: 5 } }
    layers { name: 'loss' type: SOFTMAX_LOSS bottom: "ip" bottom: "label" }`);
  assertEquals(network.layers.map(({ name, inputs }) => [name, ...inputs]), [
    ["conv", "input"],
    ["relu", "conv"],
    ["ip_flatten", "relu"],
    ["ip", "ip_flatten"],
  ]);
  assertEquals(network.outputs, ["ip"]);
});

Deno.test("where images come from", () => {
  const conv = layer("conv", "Convolution", "convolution_param { num_output: 4 kernel_size: 3 }");
  const shapeOf = (text: string, options?: ReadOptions) => readCaffe(text + conv, options).inputShape;
  const data = (rest: string, phase = "") =>
    `layer { name: "data" type: "Data" top: "data" top: "label" ${rest} ${phase && `include { phase: ${phase} }`} }\n`;
  const crop = "transform_param { crop_size: 32 }";
  assertEquals(shapeOf(data(`${crop} data_param { batch_size: 7 }`)), [7, 3, 32, 32]);
  assertEquals(shapeOf(data("transform_param { crop_size: 32 force_gray: true } data_param { batch_size: 7 }")), [
    ...[7, 1, 32, 32],
  ]);
  assertEquals(shapeOf(data("data_param { batch_size: 7 }"), { image: 64 }), [7, 3, 64, 64]);
  assertEquals(shapeOf(data(crop), { batch: 9 }), [9, 3, 32, 32]);
  assertEquals(shapeOf(data(""), { shapes: { data: [1, 6, 10, 12] } }), [1, 6, 10, 12]);
  const asked = (options: ReadOptions) => () => shapeOf(data(""), { shapes: { data: [1, 6, 10, 12] }, ...options });
  assertThrows(asked({ batch: 2 }), FormatError, '--batch 2 does not fit --shape of input "data"; give one of them');
  assertThrows(asked({ image: 10 }), FormatError, '--image 10×10 does not fit --shape of input "data"');
  assertThrows(asked({ shapes: { typo: [1, 6, 10, 12] } }), FormatError, 'it has no input "typo", its input is "data"');
  assertThrows(
    () => shapeOf(data("")),
    FormatError,
    'Line 1: the file does not say all sizes of the input "data"; give --batch N and --image S',
  );
  assertEquals(shapeOf('input: "data" input_shape { dim: [1, 2, 9, 8] }'), [1, 2, 9, 8]);
  // Testing goes before training.
  const train = data(`${crop} data_param { batch_size: 256 }`, "TRAIN");
  assertEquals(shapeOf(train + data(`${crop} data_param { batch_size: 50 }`, "TEST")), [50, 3, 32, 32]);
  assertEquals(shapeOf(train), [256, 3, 32, 32]);
  const kind = (type: string, rest: string) => `layer { name: "data" type: "${type}" top: "data" ${rest} }\n`;
  const sizes = "channels: 2 height: 9 width: 8";
  assertEquals(shapeOf(kind("MemoryData", `memory_data_param { batch_size: 5 ${sizes} }`)), [5, 2, 9, 8]);
  assertEquals(shapeOf(kind("DummyData", `dummy_data_param { num: 5 ${sizes} }`)), [5, 2, 9, 8]);
  assertEquals(
    shapeOf(kind("ImageData", "image_data_param { batch_size: 5 new_height: 9 new_width: 8 is_color: false }")),
    [5, 1, 9, 8],
  );
});

Deno.test("layers of other phases and stages, losses and labels are left out", () => {
  const names = (layers: string, state = "") => readCaffe(state + input + layers).layers.map(({ name }) => name);
  const relu = (name: string, rule = "") => layer(name, "ReLU", rule);
  const layers = relu("always") + relu("train", "include { phase: TRAIN }") + relu("test", "include { phase: TEST }") +
    relu("not_test", "exclude { phase: TEST }") + relu("staged", 'include { stage: "deploy" }') +
    relu("deep", "include { min_level: 2 }") + layer("accuracy", "Accuracy", "", ["always", "label"]);
  assertEquals(names(layers), ["always", "test"]);
  assertEquals(names(layers, 'state { phase: TRAIN stage: "deploy" level: 2 } '), [
    ...["always", "train", "not_test", "staged", "deep"],
  ]);
});

Deno.test("pooling is rounded as Caffe rounds it", () => {
  const size = (rest: string) =>
    read(layer("pool", "Pooling", `pooling_param { ${rest} }`)).layers.at(-1)!.outputShape.slice(2);
  // Of 16 pixels: up, down, and a last window in the padding is left out.
  assertEquals(size("kernel_size: 3 stride: 2"), [8, 8]);
  assertEquals(size("kernel_size: 3 stride: 2 round_mode: FLOOR"), [7, 7]);
  assertEquals(size("pool: AVE kernel_size: 3 stride: 2 pad: 1"), [9, 9]);
  assertEquals(size("kernel_size: 2 stride: 3 pad: 1"), [6, 6]);
  assertEquals(size("kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 1"), [8, 15]);
  assertEquals(size("pool: AVE global_pooling: true"), [1, 1]);
  // Without padding a last, empty window stays: ⌈(16 − 1) / 2⌉ + 1, ⌈(16 − 2) / 3⌉ + 1 begins on pixel 15.
  assertEquals(lines(layer("pool", "Pooling", "pooling_param { kernel_size: 1 stride: 2 }")), [
    "pool_pad move.pad 2×4×17×17",
    "pool pool.max 2×4×9×9",
  ]);
  assertEquals(size("kernel_size: 2 stride: 3"), [6, 6]);
});

Deno.test("every type that can be read", () => {
  const cases: Record<string, string[]> = {
    [
      layer(
        "c",
        "Convolution",
        "convolution_param { num_output: 6 group: 2 kernel_h: 3 kernel_w: 5 pad_h: 1 dilation: 2 }",
      )
    ]: ["c conv.conv 2×6×14×8"],
    [layer("c", "DepthwiseConvolution", "convolution_param { num_output: 8 kernel_size: 3 stride: 2 }")]: [
      "c conv.conv 2×8×7×7",
    ],
    [layer("c", "Deconvolution", "convolution_param { num_output: 4 group: 4 kernel_size: 4 stride: 2 pad: 1 }")]: [
      "c deconv.deconv 2×4×32×32",
    ],
    [layer("r", "ReLU", "relu_param { negative_slope: 0.1 }")]: ["r elementwise.leaky_relu 2×4×16×16"],
    [layer("p", "Power", "power_param { power: -0.5 scale: 2 shift: 1 }")]: [
      "p_scale elementwise.scale 2×4×16×16",
      "p_shift elementwise.shift 2×4×16×16",
      "p elementwise.power 2×4×16×16",
    ],
    [layer("e", "Exp") + layer("l", "Log", "log_param { base: 2 }", ["e"])]: [
      "e elementwise.exp 2×4×16×16",
      "l_log elementwise.log 2×4×16×16",
      "l elementwise.scale 2×4×16×16",
    ],
    [layer("n", "LRN")]: ["n norm.lrn 2×4×16×16"],
    [layer("n", "LRN", "lrn_param { local_size: 3 norm_region: WITHIN_CHANNEL }")]: [
      "n_square elementwise.power 2×4×16×16",
      "n_pool pool.average 2×4×16×16",
      "n_power_shift elementwise.shift 2×4×16×16",
      "n_power elementwise.power 2×4×16×16",
      "n elementwise.mul 2×4×16×16",
    ],
    [
      layer("bn", "BatchNorm") + layer("s", "Scale", "scale_param { bias_term: true }", ["bn"], ["bn"]) +
      layer("s2", "Scale", "scale_param { bias_term: true }", ["bn"])
    ]: [
      "bn norm.batch 2×4×16×16",
      "s2_weights view.parameter 1×4×1×1",
      "s2 elementwise.mul 2×4×16×16",
      "s2_bias_weights view.parameter 1×4×1×1",
      "s2_bias elementwise.add 2×4×16×16",
    ],
    [
      layer("g", "Pooling", "pooling_param { pool: AVE global_pooling: true }") + layer("f", "Flatten", "", ["g"]) +
      layer("s", "Scale", "scale_param { axis: 0 }", ["data", "f"]) + layer("a", "Axpy", "", ["g", "data", "s"])
    ]: [
      "g pool.global_average 2×4×1×1",
      "f view.flatten 2×4",
      "s_view view.reshape 2×4×1×1",
      "s elementwise.mul 2×4×16×16",
      "a_mul elementwise.mul 2×4×16×16",
      "a elementwise.add 2×4×16×16",
    ],
    [layer("s", "Softmax") + layer("d", "Dropout", "", ["s"], ["s"])]: [
      "s softmax.softmax 2×4×16×16",
      "d view.dropout 2×4×16×16",
    ],
    [
      layer("r", "ReLU") + layer("m", "Eltwise", "eltwise_param { operation: MAX }", ["r", "data"]) +
      layer("d", "Eltwise", "eltwise_param { coeff: 1 coeff: -1 }", ["r", "data"]) +
      layer("w", "Eltwise", "eltwise_param { coeff: [1, 0.5] }", ["m", "d"])
    ]: [
      "r elementwise.relu 2×4×16×16",
      "m elementwise.max 2×4×16×16",
      "d elementwise.sub 2×4×16×16",
      "w_coeff2 elementwise.scale 2×4×16×16",
      "w elementwise.add 2×4×16×16",
    ],
    [
      layer("s", "Slice", "slice_param { slice_point: 1 }", ["data"], ["a", "b"]) +
      layer("c", "Concat", "concat_param { axis: -2 }", ["data", "data"]) +
      layer("d", "Concat", "", ["b", "a"])
    ]: [
      "s_1 move.slice 2×1×16×16",
      "s_2 move.slice 2×3×16×16",
      "c move.concat 2×4×32×16",
      "d move.concat 2×4×16×16",
    ],
    [layer("s", "Slice", "", ["data"], ["a", "b"])]: ["s_1 move.split 2×2×16×16", "s_2 move.split 2×2×16×16"],
    [
      layer("p", "Pooling", "pooling_param { kernel_size: 2 stride: 2 }") +
      layer("c", "Crop", "crop_param { offset: 1 offset: 2 }", ["data", "p"])
    ]: [
      "p pool.max 2×4×8×8",
      "c move.crop 2×4×8×8",
    ],
    [
      layer("r", "Reshape", "reshape_param { shape { dim: 0 dim: 2 dim: -1 dim: 16 } }") +
      layer("v", "Reshape", "reshape_param { shape { dim: -1 } axis: 1 }")
    ]: [
      "r view.reshape 2×2×32×16",
      "v view.flatten 2×1024",
    ],
    [layer("u", "Upsample", "upsample_param { scale: 3 }") + layer("i", "Interp", "interp_param { zoom_factor: 2 }")]: [
      "u move.upsample_nearest 2×4×48×48",
      "i move.upsample_bilinear 2×4×31×31",
    ],
    [
      layer("p", "Permute", "permute_param { order: [0, 2, 3, 1] }") +
      layer("c", "ShuffleChannel", "shuffle_channel_param { group: 2 }")
    ]: [
      "p move.permute 2×16×16×4",
      "c move.channel_shuffle 2×4×16×16",
    ],
    [layer("s", "Split", "", ["data"], ["a", "b"]) + layer("t", "TanH", "", ["b"]) + layer("t", "PReLU", "", ["a"])]: [
      "t elementwise.tanh 2×4×16×16",
      "t_2 elementwise.prelu 2×4×16×16",
    ],
  };
  for (const [layers, expected] of Object.entries(cases)) assertEquals(lines(layers), expected, layers);
  const window = lines(layer("n", "LRN", "lrn_param { norm_region: WITHIN_CHANNEL alpha: 2 }"));
  assertEquals(window[2], "n_power_scale elementwise.scale 2×4×16×16");
});

Deno.test("local normalisation within channels is what Caffe computes", () => {
  const [, pool, scale, shift, power] =
    read(layer("n", "LRN", "lrn_param { local_size: 3 alpha: 5e-05 beta: 0.75 norm_region: WITHIN_CHANNEL }")).layers;
  assertEquals(pool.kind === "pool" && [pool.kernel, pool.pad], [[3, 3], [1, 1, 1, 1]]);
  const by = [scale, shift, power].map((layer) => layer.kind === "elementwise" ? layer.by! : NaN);
  for (const [i, expected] of [5e-5, 1, -0.75].entries()) assertAlmostEquals(by[i], expected);
});

Deno.test("types that are not known can be layers that nothing predicts", () => {
  const layers = layer("x", "Mystery", "", ["data"], ["a", "b"]) + layer("r", "ReLU", "", ["b"]) +
    layer("end", "DetectionOutput", "", ["r"], []);
  assertEquals(lines(layers, { allowUnsupported: true }), [
    "x view.unsupported 2×4×16×16",
    "x_2 view.unsupported 2×4×16×16",
    "r elementwise.relu 2×4×16×16",
    "end view.unsupported 2×4×16×16",
  ]);
});

Deno.test("what cannot be read is one line with the place", () => {
  const cases: Record<string, string> = {
    [layer("x", "Mystery") + layer("y", "Mystery") + layer("z", "SPP")]:
      'Layers of types that are not known here: "Mystery" (2, first "x"), "SPP" (1, first "z"); --allow-unsupported predicts the rest',
    [layer("c", "Convolution", "convolution_param { num_output: 4 kernal_size: 3 }")]:
      'Line 2, layer "c": its field "kernal_size" is not known here; remove it',
    [layer("c", "Convolution", "convolution_param { num_output: 4 }")]:
      'Line 2, layer "c": kernel_size is missing; give it',
    [layer("c", "Convolution", "convolution_param { num_output: 0 kernel_size: 3 }")]:
      'Line 2, layer "c": num_output must be a whole number of at least 1, got "0"',
    [layer("c", "Convolution", "convolution_param { num_output: 4 num_output: 4 kernel_size: 3 }")]:
      'Line 2, layer "c": num_output is given 2 times; give it once',
    [layer("c", "Convolution", 'convolution_param { num_output: "4" kernel_size: 3 }')]:
      'Line 2, layer "c": num_output must be a number, got "4"',
    [layer("c", "Convolution", "convolution_param { num_output: 4 kernel_size: 17 }")]:
      'Layer "c": a window of 17×17 does not fit an image of 16×16 with padding [0, 0, 0, 0]',
    [layer("r", "ReLU", "", ["nowhere"])]: 'Line 2, layer "r": it reads "nowhere", which no layer before it makes',
    [layer("r", "ReLU", "", ["data"], ["a", "b"])]: 'Line 2, layer "r": it has 2 tops; a layer of its type makes 1',
    [layer("r", "ReLU", "", [])]: 'Line 2, layer "r": it reads nothing; give it a bottom',
    [layer("c", "Concat", "concat_param { axis: 0 }", ["data", "data"])]:
      'Line 2, layer "c": axis 0 of a blob of 2×4×16×16 cannot be taken; it must be 1 to 3',
    [layer("p", "Pooling", "pooling_param { pool: STOCHASTIC kernel_size: 2 }")]:
      'Line 2, layer "p": stochastic pooling cannot be read; use MAX or AVE',
    [layer("r", "Reshape", "reshape_param { shape { dim: -1 dim: -1 } }")]:
      'Line 2, layer "r": 2×4×16×16 cannot be seen as -1×-1',
    "layers { layer { name: 'x' type: 'conv' } bottom: 'data' }":
      "Line 2, the network: it is of Caffe's oldest form; upgrade the file by Caffe's upgrade_net_proto_text",
    "": "The file has no layer that reads an input; give one that has",
    [layer("c", "Convolution", "convolution_param { num_output: 900719925474 kernel_size: 3 }")]:
      "The network's costs exceed 2⁵³ and cannot be counted; make it smaller",
  };
  for (const [layers, message] of Object.entries(cases)) assertThrows(() => read(layers), Error, message, layers);
  const second = 'layer { name: "im_info" type: "Input" top: "im_info" input_param { shape { dim: 1 dim: 3 } } }\n';
  assertThrows(
    () => read(second + layer("r", "ReLU") + layer("f", "Flatten", "", ["im_info"])),
    FormatError,
    'Line 4, layer "f": it reads a second input, "im_info" beside "data"; networks of one input can be read',
  );
});
