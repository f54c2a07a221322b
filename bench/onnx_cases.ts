/**
 * Small networks that between them have every op, with the options that runtimes are known to differ in: what is written as ONNX is
 * compared with the definitions on them, and checked by ONNX's own checker.
 *
 * @module
 */
import {
  add,
  concat,
  concatAlong,
  div,
  elementwiseOps,
  type ImageValue,
  matmul,
  maximum,
  minimum,
  mul,
  network,
  type NetworkDefinition,
  parameter,
  pow,
  sub,
  type TokensValue,
  type UnaryOp,
  type Value,
  type VectorValue,
  where,
} from "neuralpower/dsl";

const image = (
  describe: (x: ImageValue) => Value | readonly Value[],
  sizes: [channels: number, height: number, width: number] = [6, 9, 8],
) => network("case", { image: sizes, batch: 2 }, describe);
const tokens = (
  describe: (x: TokensValue) => Value | readonly Value[],
  sizes: [length: number, width: number] = [5, 12],
) => network("case", { tokens: sizes, batch: 3 }, describe);
const vector = (describe: (x: VectorValue) => Value | readonly Value[], width = 40) =>
  network("case", { vector: width }, describe);

/** Numbers above 0, for roots and logarithms. */
const above0 = <V extends Value>(x: V) => x.abs().shift(0.25);

/** Each function of one tensor, by its method. */
const unary: { readonly [Op in UnaryOp]: (x: VectorValue) => Value | readonly Value[] } = {
  relu: (x) => x.relu(),
  relu6: (x) => [x.relu6(), x.scale(9).relu6()],
  sigmoid: (x) => x.sigmoid(),
  tanh: (x) => x.tanh(),
  silu: (x) => x.silu(),
  leaky_relu: (x) => [x.leakyRelu(), x.leakyRelu(0.2)],
  elu: (x) => [x.elu(), x.elu(0.5)],
  gelu: (x) => [x.gelu(), x.scale(4).gelu()],
  gelu_tanh: (x) => [x.geluTanh(), x.scale(4).geluTanh()],
  hard_swish: (x) => [x.hardSwish(), x.scale(5).hardSwish()],
  hard_sigmoid: (x) => [x.hardSigmoid(), x.scale(5).hardSigmoid()],
  softplus: (x) => x.softplus(),
  mish: (x) => x.mish(),
  prelu: (x) => x.prelu(),
  exp: (x) => x.exp(),
  log: (x) => above0(x).log(),
  sqrt: (x) => above0(x).sqrt(),
  abs: (x) => x.abs(),
  neg: (x) => x.neg(),
  reciprocal: (x) => above0(x).reciprocal(),
  erf: (x) => [x.erf(), x.scale(3).erf()],
  clip: (x) => x.clip(-0.25, 0.5),
  scale: (x) => x.scale(-1.5),
  shift: (x) => x.shift(0.75),
  power: (x) => [x.power(2), above0(x).power(-1.5)],
};

/** By what they show. */
export const onnxCases: Readonly<Record<string, NetworkDefinition>> = {
  "conv": image((x) => x.conv(4, { kernel: 3 })),
  "conv: groups, dilation, asymmetric padding and strides": image((x) =>
    x.conv(8, { kernel: [3, 2], groups: 2, dilation: [2, 3], pad: [0, 1, 2, 3], stride: [1, 2], bias: false })
  ),
  "conv: depthwise, same": image((x) => x.conv(12, { kernel: 3, groups: 6, pad: "same", stride: 2 })),
  "conv: 16 channels, each activation": image(
    (x) =>
      (["relu", "relu6", "sigmoid", "tanh", "silu", "leaky_relu", "gelu", "hard_swish"] as const).map((activation) =>
        x.conv(16, { kernel: 3, pad: 1, activation, name: activation })
      ),
    [16, 8, 8],
  ),
  "deconv": image((x) => [
    x.deconv(4, { kernel: 3 }),
    x.deconv(3, { kernel: 2, stride: 2, bias: false }),
    x.deconv(5, { kernel: 4, stride: 2, pad: "same", activation: "relu" }),
  ]),
  "deconv: output padding, groups, dilation, asymmetric padding and strides": image((x) => [
    x.deconv(4, { kernel: 3, stride: 2, pad: 1, outputPad: 1 }),
    x.deconv(4, { kernel: [3, 2], stride: [3, 2], pad: [0, 1, 2, 0], outputPad: [2, 0], groups: 2 }),
    x.deconv(6, { kernel: 3, groups: 6, dilation: [2, 3], stride: [2, 3], pad: [1, 2], outputPad: [1, 2] }),
  ], [6, 5, 4]),
  "dense on vectors": network("case", { vector: 12, batch: 3 }, (x) => [x.dense(5), x.dense(7, { bias: false })]),
  "dense on tokens": tokens((x) => [x.dense(5), x.dense(7, { bias: false })]),
  "matmul": tokens((x) => {
    const [long, wide] = [x.dense(8), x.transpose().dense(9)];
    return [
      matmul(x, wide),
      matmul(x.dense(10), x.transpose().dense(6).slice("length", { end: 5 }), { groups: 2 }),
      matmul(x, long.dense(12), { transposed: true }),
      matmul(long, concatAlong("length", long, long), { groups: 4, transposed: true }),
    ];
  }),
  "attention": tokens((x) => [
    x.attention({ heads: 1 }),
    x.attention({ heads: 3 }),
    x.attention({ heads: 4, bias: false }),
  ]),
  "attention in windows": tokens((x) => [
    x.attention({ heads: 2, window: [2, 3] }),
    x.attention({ heads: 3, window: 2, bias: false }),
    x.attention({ heads: 1, window: [3, 4] }),
  ], [12, 6]),
  "max pools": image((x) => [
    x.maxPool({ kernel: 3, stride: 2, pad: [0, 1, 1, 0] }),
    x.maxPool({ kernel: [3, 2], stride: 2, pad: 1, ceilMode: true }),
    x.maxPool({ kernel: 3, stride: 3, ceilMode: true }),
    x.maxPool({ kernel: 2, stride: 3, pad: 1, ceilMode: true }),
  ], [3, 9, 8]),
  "average pools": image((x) => [
    x.averagePool({ kernel: 3, stride: 2, pad: 1 }),
    x.averagePool({ kernel: 3, stride: 2, pad: 1, countIncludePad: true }),
    x.averagePool({ kernel: 3, stride: 2, pad: [1, 0, 0, 1], countIncludePad: true }),
    x.averagePool({ kernel: 3, stride: 2, pad: 1, ceilMode: true }),
    x.averagePool({ kernel: 3, stride: 2, pad: 1, ceilMode: true, countIncludePad: true }),
    x.averagePool({ kernel: 2, stride: 3, pad: 1, ceilMode: true, countIncludePad: true }),
  ], [3, 9, 8]),
  "norm pools": image((x) => [
    x.lpPool({ kernel: 3, stride: 2, pad: 1 }),
    x.lpPool({ kernel: [3, 2], stride: 2, p: 3 }),
    x.lpPool({ kernel: 3, stride: 3, p: 1, ceilMode: true }),
    x.lpPool({ kernel: 3, stride: 2, pad: 1, ceilMode: true }),
    x.lpPool({ kernel: 2, stride: 3, pad: 1, ceilMode: true }),
    x.lpPool({ kernel: [2, 3], stride: [2, 3], pad: [0, 1, 1, 0], ceilMode: true }),
  ], [3, 9, 8]),
  "global pools": image(
    (x) => [x.globalMaxPool(), x.globalAveragePool(), x.globalLpPool(), x.globalLpPool({ p: 3 })],
    [3, 9, 8],
  ),
  "adaptive pools that divide": image((x) => [
    x.adaptiveAveragePool([3, 2]),
    x.adaptiveMaxPool([3, 4]),
    x.adaptiveAveragePool([9, 8]),
    x.adaptiveMaxPool(1),
  ], [3, 9, 8]),
  "batch norm": image((x) => x.batchNorm()),
  "batch norm on vectors": network("case", { vector: 7, batch: 3 }, (x) => x.batchNorm()),
  "batch norm on tokens": tokens((x) => x.batchNorm()),
  "conv, batch norm, relu": image((x) => x.conv(8, { kernel: 1 }).batchNorm().relu()),
  "lrn": image((x) => x.relu().lrn()),
  "lrn: of 3 channels": image((x) => x.lrn({ size: 3 })),
  "norms of images": image((x) => [
    x.layerNorm(),
    x.rmsNorm(),
    x.instanceNorm(),
    x.groupNorm(1),
    x.groupNorm(3),
    x.groupNorm(6),
  ]),
  "norms of tokens": tokens((x) => [x.layerNorm(), x.rmsNorm()]),
  "norms of vectors": network("case", { vector: 7, batch: 3 }, (x) => [x.layerNorm(), x.rmsNorm()]),
  ...Object.fromEntries(elementwiseOps.one.map((op) => [op, vector(unary[op])])),
  "prelu of images and tokens": image((x) => [x.prelu(), x.toTokens().prelu()]),
  "add: three inputs": image((x) => add(x.sigmoid(), x, x.tanh())),
  "mul: a channel gate": image((x) => mul(x, x.globalAveragePool().sigmoid())),
  "mul: a pixel gate": image((x) => mul(x, x.conv(1, { kernel: 1 }))),
  "several inputs": image((x) => {
    const [gate, wave] = [x.globalAveragePool(), x.scale(2).tanh()];
    return [
      ...[maximum(x, gate), maximum(x, wave, gate), minimum(x, gate), minimum(x, wave, gate)],
      ...[sub(x, gate), sub(gate, x), div(x, above0(wave)), pow(above0(x), wave), mul(x, gate, wave)],
      ...[where(x, wave, gate), where(gate, x, wave)],
    ];
  }),
  "reduce an image": image((x) =>
    (["sum", "mean", "max", "min", "l2"] as const).flatMap((op) => [
      x.reduce(op, ["channels"]),
      x.reduce(op, ["height", "width"]),
      x.reduce(op, ["width", "channels"]),
    ])
  ),
  "reduce tokens": tokens((x) =>
    (["sum", "mean", "max", "min", "l2"] as const).flatMap((op) => [x.reduce(op, ["length"]), x.reduce(op, ["width"])])
  ),
  "softmax of images": image((x) => [x.softmax(), x.softmax({ axis: "height" }), x.softmax({ axis: "width" })]),
  "softmax of tokens": tokens((x) => [x.softmax(), x.softmax({ axis: "length" })]),
  "softmax of vectors": vector((x) => x.softmax()),
  "concat": image((x) => concat(x, x.conv(3, { kernel: 1 }), x.relu())),
  "concat of tokens": tokens((x) => concat(x.dense(4), x)),
  "concat along other axes": image((x) => [
    concatAlong("height", x, x.relu().slice("height", { end: 2 })),
    concatAlong("width", x.crop([0, 3, 0, 0]), x),
    concatAlong("length", x.toTokens(), x.relu().toTokens()),
  ]),
  "split": image((x) => [
    ...x.split(3),
    ...x.split(4, { axis: "width" }),
    ...x.toTokens().split(2, { axis: "length" }),
    ...x.flatten().split(4),
  ]),
  "slice": image((x) => [
    x.slice("channels", { start: 2 }),
    x.slice("height", { end: 8, step: 3 }),
    x.slice("width", { start: 1, end: 7, step: 2 }),
    x.toTokens().slice("length", { start: 5, end: 6 }),
    x.flatten().slice({ start: 3, step: 50 }),
  ]),
  "pad and crop": image((x) => [
    x.pad([1, 2, 3, 0]),
    x.pad([1, 2, 3, 0], { mode: "edge" }),
    x.pad([4, 2, 3, 0], { mode: "reflect" }),
    x.crop([1, 2, 3, 0]),
    x.crop(0),
  ]),
  "permute": image((x) => [
    x.permute(["height", "width", "channels"]),
    x.permute(["width", "channels", "height"]),
    x.permute(["channels", "width", "height"]),
    x.toTokens().transpose(),
  ]),
  "roll": image((x) => [x.roll(0), x.roll([2, 0]), x.roll([0, -3]), x.roll([-4, 3]), x.roll([20, -19])]),
  "shuffles": image((x) => [
    x.pixelShuffle(2),
    x.pixelShuffle(2).pixelUnshuffle(2),
    x.pixelUnshuffle(3),
    x.channelShuffle(2),
    x.channelShuffle(4),
  ], [8, 6, 9]),
  "upsample": image((x) => [
    x.upsample({ factor: 2 }),
    x.upsample({ factor: [1, 3], mode: "bilinear" }),
    x.upsample({ size: [14, 11] }),
    x.upsample({ size: [14, 11], mode: "bilinear" }),
    x.upsample({ size: [4, 3] }),
    // 73/36 in float32 is too small: its product with 36 is 73 only where that is rounded too, and a size then declared wrongly.
    concat(x.upsample({ size: [36, 2] }).upsample({ size: [73, 2] }), x.upsample({ size: [36, 2] }).pad([37, 0, 0, 0])),
    x.upsample({ size: [4, 3], mode: "bilinear" }),
    x.upsample({ size: [31, 29] }),
    x.upsample({ size: [31, 29], mode: "bilinear" }),
  ]),
  "expand": image((x) => [
    x.globalAveragePool().expand([2, 6, 3, 4]),
    x.reduce("mean", ["channels"]).expand([2, 5, 9, 8]),
    parameter(x, [1, 3, 1, 2]).expand([2, 3, 4, 2]),
  ]),
  "pixels as tokens": image((x) => [
    x.toTokens(),
    x.toTokens().relu().toImage([9, 8]),
    x.toTokens({ window: [3, 4] }),
    x.toTokens({ window: [3, 2] }).toImage([9, 8], { window: [3, 2] }),
    x.toTokens({ window: [9, 1] }).toImage([6, 12], { window: [3, 3] }),
  ]),
  "parameters": tokens((x) => {
    const classed = concatAlong("length", parameter(x, [1, 1, 12], { name: "class" }).expand([3, 1, 12]), x);
    return [add(classed, parameter(x, [1, 6, 12])), mul(parameter(x, [1, 1, 1]), x)];
  }),
  "an image of one pixel": image((x) => [
    x.conv(4, { kernel: 3, pad: 1 }),
    x.deconv(4, { kernel: 2, stride: 2 }),
    ...[x.layerNorm(), x.groupNorm(2), x.softmax({ axis: "height" }), x.roll([-1, 2])],
    ...[x.upsample({ size: 3, mode: "bilinear" }), x.toTokens(), x.globalAveragePool(), x.maxPool({ kernel: 1 })],
  ], [6, 1, 1]),
  "views": image((x) => x.dropout().relu().dropout().flatten().dropout(), [3, 4, 4]),
  "reshaped": tokens((x) => [
    x.reshape(10, 6).relu(),
    x.flatten().toImage(5, [3, 4]).relu(),
    x.flatten().toTokens(4, 15).relu(),
  ]),
  "flattened tokens": tokens((x) => x.flatten().dense(4).dropout().tanh()),
};
