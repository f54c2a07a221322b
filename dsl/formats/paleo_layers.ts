/**
 * What each of Paleo's layer types becomes: an entry a type. Types that Paleo itself takes as they come, converted from Caffe, are the
 * functions of their names.
 *
 * @module
 */
import { type Activation, activations, elements, type Pair, type Sides, type UnaryOp } from "../layer.ts";
import type { Value } from "../value.ts";
import { samePadding } from "../window_shape.ts";
import type { FileGraph } from "./file_graph.ts";
import type { PaleoLayer } from "./paleo_graph.ts";

/** Adds a layer of the file to the network. */
type PaleoReader = (layer: PaleoLayer, parents: readonly Value[], graph: FileGraph) => Value;

/** All types that can be read, but for Input. */
export const paleoReaders: Readonly<Record<string, PaleoReader>> = {
  Convolution(layer, parents, graph) {
    const [height, width, inChannels, filters] = layer.wholes("filter", -1, 4);
    const { shape } = image(layer, parents);
    if (inChannels !== -1 && inChannels !== shape[1]) {
      layer.fail(`its filter takes ${inChannels} channels, its parent has ${shape[1]}`);
    }
    const kernel: Pair = [height, width];
    const stride = middle(layer, "strides");
    const options = { kind: "conv", op: "conv", kernel, stride, dilation: [1, 1], groups: 1 } as const;
    const pad = padding(layer, [shape[2], shape[3]], kernel, stride);
    const outChannels = Math.floor(filters / layer.splits);
    return finished(layer, graph, (bias) => graph.add(layer.name, { ...options, outChannels, pad, bias }, ...parents));
  },
  /** Its filter is that of the convolution that it turns around: `[H, W, out, in]`. */
  Deconvolution(layer, parents, graph) {
    const [height, width, outChannels, inChannels] = layer.wholes("filter", -1, 4);
    const [, outHeight, outWidth] = layer.wholes("output_shape", -1, 4);
    const { shape } = image(layer, parents);
    if (inChannels !== -1 && inChannels !== shape[1]) {
      layer.fail(`its filter takes ${inChannels} channels, its parent has ${shape[1]}`);
    }
    const [kernel, stride] = [[height, width] as const, middle(layer, "strides")];
    // What the strides alone make is more than asked for, and is cut, or less, and is added to.
    const excess = [outHeight, outWidth].map((size, i) => (shape[2 + i] - 1) * stride[i] + kernel[i] - size);
    const [vertical, horizontal] = excess.map((size) => Math.max(0, size));
    const pad: Sides = [
      ...[Math.floor(vertical / 2), Math.floor(horizontal / 2)] as const,
      ...[Math.ceil(vertical / 2), Math.ceil(horizontal / 2)] as const,
    ];
    const outputPad: Pair = [Math.max(0, -excess[0]), Math.max(0, -excess[1])];
    const options = { kind: "deconv", op: "deconv", kernel, stride, pad, outputPad, dilation: [1, 1] } as const;
    return finished(
      layer,
      graph,
      (bias) => graph.add(layer.name, { ...options, outChannels, groups: 1, bias }, ...parents),
    );
  },
  Pooling: (layer, parents, graph) => pool("max", layer, parents, graph),
  AvgPool: (layer, parents, graph) => pool("average", layer, parents, graph),
  UpSampling2D(layer, parents, graph) {
    const { shape } = image(layer, parents);
    const [height, width] = middle(layer, "ksize");
    const size = [shape[2] * height, shape[3] * width] as const;
    return graph.add(layer.name, { kind: "move", op: "upsample_nearest", size }, ...parents);
  },
  InnerProduct(layer, parents, graph) {
    const [parent] = parents;
    const vector = parent.shape.length === 2
      ? parent
      : graph.add(`${layer.name}_flatten`, { kind: "view", op: "flatten" }, ...parents);
    return graph.add(
      layer.name,
      { kind: "dense", op: "dense", outChannels: layer.whole("num_outputs", 1), bias: true },
      vector,
    );
  },
  Concatenate(layer, parents, graph) {
    const rank = parents[0].shape.length;
    const dim = layer.whole("dim", -rank, rank - 1);
    if (parents.length === 1) return parents[0];
    const axis = axisOf(layer, dim < 0 ? dim + rank : dim, rank);
    return graph.add(layer.name, { kind: "move", op: "concat", axis }, ...parents);
  },
  Elementwise: sum,
  Eltwise: sum,
  /** To a vector, or another image of the same batch; −1 is the batch at the beginning, and what is left at the end. */
  Reshape(layer, [parent], graph) {
    const [, ...own] = layer.wholes("output_shape", -1);
    const perImage = elements(parent.shape) / parent.shape[0];
    const known = elements(own.filter((size) => size !== -1));
    const [height, width, channels] = own.map((size) => size === -1 ? perImage / known : size);
    if (own.length === 1) {
      if (height !== perImage) layer.fail(`${parent.shape.join("×")} cannot be seen as a vector of ${height}`);
      return flattened(layer, parent, graph);
    }
    if (own.length !== 3) layer.fail(`a shape of ${own.length + 1} axes cannot be read`);
    const shape = [parent.shape[0], channels, height, width];
    return graph.add(layer.name, { kind: "view", op: "reshape", shape }, parent);
  },
  Flatten: (layer, [parent], graph) => flattened(layer, parent, graph),
  Dropout: ({ name }, parents, graph) => graph.add(name, { kind: "view", op: "dropout" }, ...parents),
  Softmax: softmax,
  SoftmaxWithLoss: softmax,
  BatchNorm: ({ name }, parents, graph) => graph.add(name, { kind: "norm", op: "batch" }, ...parents),
  /** Batch normalisation has its scale already. */
  Scale: (layer, [parent], graph) =>
    graph.madeBy(parent)?.op === "batch"
      ? graph.alias(parent)
      : layer.fail("a Scale that follows no BatchNorm cannot be read"),
  /** Paleo keeps no size of it: Caffe's default. */
  LRN: ({ name }, parents, graph) => graph.add(name, { kind: "norm", op: "lrn", size: 5 }, ...parents),
  ReLU: unary("relu"),
  ReLU6: unary("relu6"),
  PReLU: unary("prelu"),
  ELU: unary("elu"),
  Sigmoid: unary("sigmoid"),
  TanH: unary("tanh"),
  AbsVal: unary("abs"),
  Split: (_layer, [parent]) => parent,
};

function flattened({ name }: PaleoLayer, parent: Value, graph: FileGraph): Value {
  return parent.shape.length === 2 ? parent : graph.add(name, { kind: "view", op: "flatten" }, parent);
}

function image(layer: PaleoLayer, parents: readonly Value[]): Value {
  if (parents[0].shape.length === 4) return parents[0];
  return layer.fail(`it takes an image, its parent is ${parents[0].shape.join("×")}`);
}

/** Height and width of `[1, height, width, 1]`. */
function middle(layer: PaleoLayer, field: string): Pair {
  const [batch, height, width, channels] = layer.wholes(field, 1, 4);
  if (batch !== 1 || channels !== 1) {
    layer.fail(`${field} must be [1, height, width, 1], got [${batch}, …, ${channels}]`);
  }
  return [height, width];
}

/** TensorFlow's "SAME" and "VALID", or Paleo's `[height, width]` in pixels. */
function padding(layer: PaleoLayer, size: Pair, kernel: Pair, stride: Pair): Sides {
  const given = layer.field("padding");
  if (given === "VALID") return [0, 0, 0, 0];
  if (given === "SAME") {
    if (Math.min(...kernel) < 1) layer.fail(`its window must be of at least 1×1, got ${kernel.join("×")}`);
    const [top, bottom] = samePadding(size[0], kernel[0], stride[0]);
    const [left, right] = samePadding(size[1], kernel[1], stride[1]);
    return [top, left, bottom, right];
  }
  if (!Array.isArray(given)) layer.fail(`padding must be "SAME", "VALID" or [height, width]`);
  const [height, width] = layer.wholes("padding", 0, 2);
  return [height, width, height, width];
}

function pool(op: "max" | "average", layer: PaleoLayer, parents: readonly Value[], graph: FileGraph): Value {
  const { shape } = image(layer, parents);
  const [kernel, stride] = [middle(layer, "ksize"), middle(layer, "strides")];
  const pad = padding(layer, [shape[2], shape[3]], kernel, stride);
  const rest = { pad, ceilMode: false, countIncludePad: false };
  return graph.add(layer.name, { kind: "pool", op, kernel, stride, ...rest }, ...parents);
}

/** A convolution with its normalisation, or else a bias, and its activation. */
function finished(layer: PaleoLayer, graph: FileGraph, filters: (bias: boolean) => Value): Value {
  const normalizer = layer.field("normalizer_fn") ?? null;
  if (normalizer !== null && normalizer !== "batch_norm") layer.fail(`normalizer_fn must be "batch_norm" or null`);
  const convolved = filters(normalizer === null);
  const normed = normalizer === null
    ? convolved
    : graph.add(`${layer.name}_bn`, { kind: "norm", op: "batch" }, convolved);
  const given = layer.field("activation_fn");
  if (given === null) return normed;
  const activation = activations.find((name) => name === (given ?? "relu"));
  if (activation === undefined) layer.fail(`activation_fn must be null or one of ${activations.join(", ")}`);
  return activated(layer, graph, normed, activation!);
}

function activated({ name }: PaleoLayer, graph: FileGraph, value: Value, op: Activation): Value {
  return graph.add(`${name}_${op}`, { kind: "elementwise", op }, value);
}

function unary(op: UnaryOp): PaleoReader {
  return ({ name }, parents, graph) => graph.add(name, { kind: "elementwise", op }, ...parents);
}

function sum({ name }: PaleoLayer, parents: readonly Value[], graph: FileGraph): Value {
  return parents.length === 1 ? parents[0] : graph.add(name, { kind: "elementwise", op: "add" }, ...parents);
}

/** Of the first parent: a loss's second one is its labels. */
function softmax(layer: PaleoLayer, [parent]: readonly Value[], graph: FileGraph): Value {
  const classes = layer.has("num_classes") ? layer.whole("num_classes", 1) : parent.shape[1];
  if (classes !== parent.shape[1]) layer.fail(`it has ${classes} classes, its parent has ${parent.shape[1]} channels`);
  return graph.add(layer.name, { kind: "softmax", op: "softmax" }, parent);
}

/** An axis of `[N, H, W, C]` as one of `[N, C, H, W]`. */
function axisOf(layer: PaleoLayer, dim: number, rank: number): number {
  if (dim === 0) layer.fail("images of a batch cannot be joined along it");
  return rank === 4 ? [0, 2, 3, 1][dim] : dim;
}
