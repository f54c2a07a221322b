/**
 * What each kind of layer is in ONNX: one exhaustive table, layer → nodes and constants.
 *
 * A layer's last node and its output tensor have the layer's name, which is how a profile's nodes lead back to the layers; what else
 * it needs is named after it: `conv1/weight`, `silu1/sigmoid`. Where there is a choice, nodes are those that PyTorch's exporter writes.
 *
 * @module
 */
import type { Dtype, Elementwise, Kind, LayerOptions, OptionsOf, Shape } from "../layer.ts";
import { type Attribute, constant, type OnnxNode, type OnnxTensor, type TensorDtype } from "./onnx_proto.ts";
import { heSpread, randomBytes, type Spread } from "./onnx_weights.ts";

/** A tensor that a layer reads. */
export interface Tensor {
  /** Its name in the graph. */
  readonly name: string;
  /** Sizes, batch first. */
  readonly shape: Shape;
}

type Attributes = Readonly<Record<string, Attribute>>;

/** Collects nodes and constants, with random weights. */
export class GraphBuilder {
  /** In execution order. */
  readonly nodes: OnnxNode[] = [];
  /** Weights and other constants. */
  readonly initializers: OnnxTensor[] = [];
  /** Number format of tensors and weights. */
  readonly dtype: Dtype;
  readonly #seed: number;
  readonly #taken: Set<string>;

  /**
   * Begins an empty graph.
   *
   * @param dtype Number format of tensors and weights.
   * @param seed Of the weights; a tensor's name and the seed make its numbers.
   * @param reserved Names that inputs and layers have, which no constant may take.
   */
  constructor(dtype: Dtype, seed: number, reserved: Iterable<string>) {
    this.dtype = dtype;
    this.#seed = seed;
    this.#taken = new Set(reserved);
  }

  /** Adds one node, whose name is also its output's. */
  node(name: string, op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    this.nodes.push({ name, op, inputs, outputs: [name], attributes });
    return name;
  }

  /** Adds random weights. */
  weight(name: string, shape: Shape, spread: Spread): string {
    const free = this.free(name);
    const count = shape.reduce((product, size) => product * size, 1);
    const data = randomBytes(count, this.dtype, spread, this.#seed, name);
    this.initializers.push({ name: free, dtype: this.dtype, shape, data });
    return free;
  }

  /** Adds a constant. */
  constant(name: string, dtype: TensorDtype, shape: Shape, values: readonly number[]): string {
    const free = this.free(name);
    this.initializers.push({ name: free, dtype, shape, data: constant(dtype, values) });
    return free;
  }

  /** The name, or with underscores after it where it is taken: a layer may be named as another's weights would be. */
  free(name: string): string {
    while (this.#taken.has(name)) name += "_";
    this.#taken.add(name);
    return name;
  }
}

/** One layer in its place: what the table's functions get, beside its options. */
class Place {
  constructor(
    readonly graph: GraphBuilder,
    readonly name: string,
    readonly inputs: readonly Tensor[],
    readonly outputShape: Shape,
  ) {}

  get input(): Tensor {
    return this.inputs[0];
  }

  get rank(): number {
    return this.input.shape.length;
  }

  /** The axis of the channels. */
  get channelAxis(): number {
    return this.rank === 4 ? 1 : this.rank - 1;
  }

  /** The layer's last node. */
  last(op: string, inputs: readonly string[], attributes?: Attributes): void {
    this.graph.node(this.name, op, inputs, attributes);
  }

  /** A node before the last. */
  inner(suffix: string, op: string, inputs: readonly string[], attributes?: Attributes): string {
    return this.graph.node(this.graph.free(`${this.name}/${suffix}`), op, inputs, attributes);
  }

  weight(suffix: string, shape: Shape, spread: Spread): string {
    return this.graph.weight(`${this.name}/${suffix}`, shape, spread);
  }

  constant(suffix: string, dtype: TensorDtype, shape: Shape, values: readonly number[]): string {
    return this.graph.constant(`${this.name}/${suffix}`, dtype, shape, values);
  }
}

type Writer<K extends Kind> = (layer: OptionsOf<K>, at: Place) => void;

const int = (value: number): Attribute => ({ type: "int", value });
const ints = (value: readonly number[]): Attribute => ({ type: "ints", value });
const float = (value: number): Attribute => ({ type: "float", value });

/** Biases and shifts are not 0, so that a deep network's activations cannot fade to nothing. */
const shift: Spread = { mean: 0, reach: 0.1 };

const poolOps = {
  max: "MaxPool",
  average: "AveragePool",
  global_max: "GlobalMaxPool",
  global_average: "GlobalAveragePool",
} as const;

/** The functions of elements; sums and products of more than two are chains, as ONNX's take two. */
const elementwise: { readonly [Op in Elementwise["op"]]: (at: Place) => void } = {
  relu: (at) => at.last("Relu", [at.input.name]),
  relu6(at) {
    const limits = [0, 6].map((limit) => at.constant(limit === 0 ? "min" : "max", at.graph.dtype, [], [limit]));
    at.last("Clip", [at.input.name, ...limits]);
  },
  sigmoid: (at) => at.last("Sigmoid", [at.input.name]),
  tanh: (at) => at.last("Tanh", [at.input.name]),
  silu: (at) => at.last("Mul", [at.input.name, at.inner("sigmoid", "Sigmoid", [at.input.name])]),
  add: (at) => chain(at, "Add"),
  mul: (at) => chain(at, "Mul"),
};

function chain(at: Place, op: string): void {
  const [first, ...others] = at.inputs.map((input) => input.name);
  const last = others.pop()!;
  const before = others.reduce((left, right, i) => at.inner(`${op.toLowerCase()}${i + 1}`, op, [left, right]), first);
  at.last(op, [before, last]);
}

/**
 * Whether a pool is written in ceil mode. Where a last window is left out because it would begin in the padding, ONNX's own shape
 * inference counts it all the same (up to opset 18), and runtimes warn of the difference: plain mode gives the same windows then.
 */
function roundsUp(layer: OptionsOf<"pool">, { input, outputShape }: Place): boolean {
  const steps = [0, 1].map((axis) =>
    (input.shape[2 + axis] + layer.pad[axis] + layer.pad[2 + axis] - layer.kernel[axis]) / layer.stride[axis]
  );
  const leftOut = steps.some((step, axis) => outputShape[2 + axis] < Math.ceil(step) + 1);
  const plain = steps.every((step, axis) => outputShape[2 + axis] === Math.floor(step) + 1);
  return layer.ceilMode && !(leftOut && plain);
}

const writers: { readonly [K in Kind]: Writer<K> } = {
  conv(layer, at) {
    const { outChannels, kernel, groups } = layer;
    const inChannels = at.input.shape[1] / groups;
    const weight = at.weight(
      "weight",
      [outChannels, inChannels, ...kernel],
      heSpread(inChannels * kernel[0] * kernel[1]),
    );
    const bias = layer.bias ? [at.weight("bias", [outChannels], shift)] : [];
    at.last("Conv", [at.input.name, weight, ...bias], {
      dilations: ints(layer.dilation),
      group: int(groups),
      kernel_shape: ints(kernel),
      // Both count top, left, bottom, right.
      pads: ints(layer.pad),
      strides: ints(layer.stride),
    });
  },
  dense({ outChannels, bias }, at) {
    const width = at.input.shape[at.rank - 1];
    if (at.rank === 2) {
      const weight = at.weight("weight", [outChannels, width], heSpread(width));
      const added = bias ? [at.weight("bias", [outChannels], shift)] : [];
      return at.last("Gemm", [at.input.name, weight, ...added], { transB: int(1) });
    }
    const product = [at.input.name, at.weight("weight", [width, outChannels], heSpread(width))];
    if (!bias) return at.last("MatMul", product);
    at.last("Add", [at.inner("matmul", "MatMul", product), at.weight("bias", [outChannels], shift)]);
  },
  pool(layer, at) {
    const windowed = layer.op === "max" || layer.op === "average";
    at.last(
      poolOps[layer.op],
      [at.input.name],
      windowed
        ? {
          ceil_mode: int(Number(roundsUp(layer, at))),
          ...(layer.op === "average" ? { count_include_pad: int(Number(layer.countIncludePad)) } : {}),
          kernel_shape: ints(layer.kernel),
          pads: ints(layer.pad),
          strides: ints(layer.stride),
        }
        : {},
    );
  },
  norm(layer, at) {
    if (layer.op === "lrn") {
      // AlexNet's constants (Krizhevsky et al. 2012, as in Caffe); alpha is divided by the size.
      const constants = { alpha: float(1e-4), beta: float(0.75), bias: float(1) };
      return at.last("LRN", [at.input.name], { ...constants, size: int(layer.size) });
    }
    const channels = at.input.shape[at.channelAxis];
    const near1: Spread = { mean: 1, reach: 0.1 };
    const learned = [at.weight("scale", [channels], near1), at.weight("shift", [channels], shift)];
    const running = [at.weight("mean", [channels], shift), at.weight("variance", [channels], near1)];
    const parameters = [...learned, ...running];
    const epsilon = { epsilon: float(1e-5) };
    if (at.rank !== 3) return at.last("BatchNormalization", [at.input.name, ...parameters], epsilon);
    // ONNX's channels are the second axis. Tokens as rows have them there, and reshaping moves nothing.
    const asRows = at.constant("rows_shape", "int64", [2], [-1, channels]);
    const rows = at.inner("rows", "Reshape", [at.input.name, asRows]);
    const normed = at.inner("norm", "BatchNormalization", [rows, ...parameters], epsilon);
    const asTokens = at.constant("tokens_shape", "int64", [3], [-1, at.input.shape[1], channels]);
    at.last("Reshape", [normed, asTokens]);
  },
  elementwise: (layer, at) => elementwise[layer.op](at),
  softmax: (_layer, at) => at.last("Softmax", [at.input.name], { axis: int(at.channelAxis) }),
  move: (_layer, at) => at.last("Concat", at.inputs.map((input) => input.name), { axis: int(at.channelAxis) }),
  view(layer, at) {
    if (layer.op === "flatten") at.last("Flatten", [at.input.name], { axis: int(1) });
    // A trained network drops nothing out. Whoever can reads the layer's input instead, and this is not called.
    else at.last("Identity", [at.input.name]);
  },
};

/**
 * Adds a layer's nodes and constants to a graph.
 *
 * @param graph Where to.
 * @param name The layer's name, which its last node and its output tensor get.
 * @param layer What it computes.
 * @param inputs The tensors it reads, in order.
 * @param outputShape What it makes of them.
 * @returns The output tensor's name: `name`.
 */
export function writeLayer(
  graph: GraphBuilder,
  name: string,
  layer: LayerOptions,
  inputs: readonly Tensor[],
  outputShape: Shape,
): string {
  const write = writers[layer.kind] as Writer<Kind>;
  write(layer, new Place(graph, name, inputs, outputShape));
  return name;
}
