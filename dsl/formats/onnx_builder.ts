/**
 * Builds a graph layer by layer: nodes, random weights, constants, and names for all of them.
 *
 * @module
 */
import type { Dtype, Shape } from "../layer.ts";
import { type Attribute, constant, type OnnxNode, type OnnxTensor, type TensorDtype } from "./onnx_proto.ts";
import { randomBytes, type Spread } from "./onnx_weights.ts";

/** A tensor that a layer reads. */
export interface Tensor {
  /** Its name in the graph. */
  readonly name: string;
  /** Sizes, batch first. */
  readonly shape: Shape;
}

/** A node's options by name. */
export type Attributes = Readonly<Record<string, Attribute>>;

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

  /** Adds one node of several outputs, `NAME/1`, `NAME/2` … */
  outputs(name: string, op: string, inputs: readonly string[], count: number, attributes: Attributes = {}): string[] {
    const outputs = Array.from({ length: count }, (_, i) => this.free(`${name}/${i + 1}`));
    this.nodes.push({ name, op, inputs, outputs, attributes });
    return outputs;
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

/** One layer in its place: what the writers get, beside its options. */
export class Place {
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

  /** A reshape before the last node. The batch, first, stays as it is. */
  reshape(suffix: string, input: string, sizes: readonly number[]): string {
    const shape = this.constant(`${suffix}_shape`, "int64", [sizes.length + 1], [0, ...sizes]);
    return this.inner(suffix, "Reshape", [input, shape]);
  }

  /** The layer's last node as a reshape. */
  lastReshape(input: string, sizes: readonly number[]): void {
    this.last("Reshape", [input, this.constant("shape", "int64", [sizes.length + 1], [0, ...sizes])]);
  }

  /** Axes in another order, as a node before the last. */
  transpose(suffix: string, input: string, order: readonly number[]): string {
    return this.inner(suffix, "Transpose", [input], { perm: ints(order) });
  }

  /** A node before the last that makes several tensors. */
  several(suffix: string, op: string, inputs: readonly string[], outputs: number, attributes?: Attributes): string[] {
    const name = this.graph.free(`${this.name}/${suffix}`);
    return this.graph.outputs(name, op, inputs, outputs, attributes);
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

/** A whole number. */
export const int = (value: number): Attribute => ({ type: "int", value });
/** Whole numbers. */
export const ints = (value: readonly number[]): Attribute => ({ type: "ints", value });
/** Numbers. */
export const floats = (value: readonly number[]): Attribute => ({ type: "floats", value });
/** A number. */
export const float = (value: number): Attribute => ({ type: "float", value });
/** A word. */
export const text = (value: string): Attribute => ({ type: "string", value });

/** Biases and shifts are not 0, so that a deep network's activations cannot fade to nothing. */
export const shift: Spread = { mean: 0, reach: 0.1 };
/** Scales are near 1. */
export const near1: Spread = { mean: 1, reach: 0.1 };
/**
 * The variance that weights at He's scale make of inputs whose mean square is 1. As a batch norm's running variance it takes back what
 * they double where no relu has halved it, so that sums over many residual blocks stay within float16.
 */
export const heVariance: Spread = { mean: 2, reach: 0.2 };
