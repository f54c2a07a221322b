/**
 * The values that a network is described with. Each call of a method records a layer and gives the value that it makes, so that an
 * editor knows what fits: an image can be convolved, a vector cannot.
 *
 * @module
 */
import { NetworkError } from "./errors.ts";
import {
  type Activation,
  activations,
  elements,
  type Layer,
  type LayerOptions,
  type Pool,
  type Shape,
} from "./layer.ts";
import {
  type AveragePoolOptions,
  checkOptions,
  type ConvOptions,
  type DenseOptions,
  type Named,
  pair,
  type PoolOptions,
  sides,
} from "./layer_options.ts";
import { outputShape } from "./shape.ts";

/** Collects the layers of one build, in execution order. */
export class Recorder {
  /** In execution order. */
  readonly layers: Layer[] = [];
  readonly #counts = new Map<string, number>();

  /** Records a layer; `sort` names it where `name` does not. */
  record(options: LayerOptions, inputs: readonly Value[], sort: string, name?: string): { name: string; shape: Shape } {
    if (name !== undefined && (typeof name !== "string" || name === "")) {
      throw new NetworkError(`A layer's name must be text, got ${JSON.stringify(name) ?? String(name)}`);
    }
    const layer = name ?? this.#nextName(sort);
    for (const input of inputs) {
      if (!(input instanceof Value) || input.recorder !== this) {
        throw new NetworkError(`Layer "${layer}": its inputs must be values of the same network and the same build`);
      }
    }
    const shapes = inputs.map((input) => input.shape);
    const shape = outputShape(options, shapes, layer);
    this.layers.push({
      ...options,
      name: layer,
      inputs: inputs.map((input) => input.name),
      inputShape: shapes[0],
      inElements: shapes.reduce((sum, input) => sum + elements(input), 0),
      outputShape: shape,
    });
    return { name: layer, shape };
  }

  #nextName(sort: string): string {
    const count = (this.#counts.get(sort) ?? 0) + 1;
    this.#counts.set(sort, count);
    return `${sort}${count}`;
  }
}

/** What all values have. Not to be made by hand: {@linkcode network} gives the first, each layer the next. */
export abstract class Value {
  /** @ignore */
  readonly recorder: Recorder;
  /** The layer that made it, `"input"` for the network's input. */
  readonly name: string;
  /** Its sizes, batch first. */
  readonly shape: Shape;

  /** @ignore */
  constructor(recorder: Recorder, name: string, shape: Shape) {
    this.recorder = recorder;
    this.name = name;
    this.shape = shape;
  }

  /** Batch normalisation with a scale and a shift for each channel. */
  batchNorm(options: Named = {}): this {
    return same(this, { kind: "norm", op: "batch" }, "batch_norm", options);
  }

  /** max(x, 0). */
  relu(options: Named = {}): this {
    return activate(this, "relu", options);
  }

  /** min(max(x, 0), 6). */
  relu6(options: Named = {}): this {
    return activate(this, "relu6", options);
  }

  /** 1 / (1 + exp(−x)). */
  sigmoid(options: Named = {}): this {
    return activate(this, "sigmoid", options);
  }

  /** Hyperbolic tangent. */
  tanh(options: Named = {}): this {
    return activate(this, "tanh", options);
  }

  /** x · sigmoid(x), also called swish. */
  silu(options: Named = {}): this {
    return activate(this, "silu", options);
  }

  /** Softmax over the channels of an image, or the last axis of tokens and vectors. */
  softmax(options: Named = {}): this {
    return same(this, { kind: "softmax", op: "softmax" }, "softmax", options);
  }

  /** Dropout: free when a trained network runs. */
  dropout(options: Named = {}): this {
    return same(this, { kind: "view", op: "dropout" }, "dropout", options);
  }
}

/** An image `[N, channels, height, width]`. */
export class ImageValue extends Value {
  declare private readonly rank: "image";

  /** How many channels it has. */
  get channels(): number {
    return this.shape[1];
  }

  /**
   * A convolution.
   *
   * @param outChannels Filters.
   * @throws {ShapeError} When groups do not divide the channels, or the kernel does not fit the padded image.
   */
  conv(outChannels: number, options: ConvOptions): ImageValue {
    checkOptions("conv", options, ["kernel", "stride", "pad", "dilation", "groups", "bias", "activation", "name"], [
      "kernel",
    ]);
    const [kernel, stride, dilation] = [options.kernel, options.stride ?? 1, options.dilation ?? 1].map(pair);
    const made = this.recorder.record(
      {
        kind: "conv",
        op: "conv",
        outChannels,
        kernel,
        stride,
        pad: sides(options.pad ?? 0, this.shape, kernel, stride, dilation),
        dilation,
        groups: options.groups ?? 1,
        bias: options.bias ?? true,
      },
      [this],
      "conv",
      options.name,
    );
    return activated(new ImageValue(this.recorder, made.name, made.shape), options.activation);
  }

  /** The maximum of each window. */
  maxPool(options: PoolOptions): ImageValue {
    return this.#pool("max", "max_pool", options);
  }

  /** The average of each window. */
  averagePool(options: AveragePoolOptions): ImageValue {
    return this.#pool("average", "average_pool", options);
  }

  /** The maximum of each channel: `[N, channels, 1, 1]`. */
  globalMaxPool(options: Named = {}): ImageValue {
    return this.#pool("global_max", "global_max_pool", { ...options, kernel: [this.shape[2], this.shape[3]] });
  }

  /** The average of each channel: `[N, channels, 1, 1]`. */
  globalAveragePool(options: Named = {}): ImageValue {
    return this.#pool("global_average", "global_average_pool", { ...options, kernel: [this.shape[2], this.shape[3]] });
  }

  /** Local response normalisation over `size` neighbouring channels, 5 by default (AlexNet). */
  lrn(options: Named & { readonly size?: number } = {}): ImageValue {
    checkOptions("lrn", options, ["size", "name"]);
    return same(this, { kind: "norm", op: "lrn", size: options.size ?? 5 }, "lrn", options);
  }

  /** The same elements as a vector `[N, channels · height · width]`. */
  flatten(options: Named = {}): VectorValue {
    const made = this.recorder.record({ kind: "view", op: "flatten" }, [this], "flatten", options.name);
    return new VectorValue(this.recorder, made.name, made.shape);
  }

  #pool(op: Pool["op"], sort: string, options: AveragePoolOptions): ImageValue {
    checkOptions(sort, options, ["kernel", "stride", "pad", "ceilMode", "countIncludePad", "name"], ["kernel"]);
    const kernel = pair(options.kernel);
    const stride = pair(options.stride ?? kernel);
    const made = this.recorder.record(
      {
        kind: "pool",
        op,
        kernel,
        stride,
        pad: sides(options.pad ?? 0, this.shape, kernel, stride, [1, 1]),
        ceilMode: options.ceilMode ?? false,
        countIncludePad: options.countIncludePad ?? false,
      },
      [this],
      sort,
      options.name,
    );
    return new ImageValue(this.recorder, made.name, made.shape);
  }
}

/** Tokens `[N, length, width]`. */
export class TokensValue extends Value {
  declare private readonly rank: "tokens";

  /** A matrix product with weights over each token. */
  dense(outWidth: number, options: DenseOptions = {}): TokensValue {
    return dense(this, outWidth, options, TokensValue);
  }

  /** The same elements as a vector `[N, length · width]`. */
  flatten(options: Named = {}): VectorValue {
    const made = this.recorder.record({ kind: "view", op: "flatten" }, [this], "flatten", options.name);
    return new VectorValue(this.recorder, made.name, made.shape);
  }
}

/** A vector `[N, width]`. */
export class VectorValue extends Value {
  declare private readonly rank: "vector";

  /** A dense (fully connected, linear) layer of `outWidth` outputs. */
  dense(outWidth: number, options: DenseOptions = {}): VectorValue {
    return dense(this, outWidth, options, VectorValue);
  }
}

/** The elementwise sum, with broadcasting of sizes 1. */
export function add<V extends Value>(first: V, second: V, ...more: V[]): V {
  return join({ kind: "elementwise", op: "add" }, "add", [first, second, ...more]);
}

/** The elementwise product, with broadcasting of sizes 1: `mul(image, gate)` with a gate `[N, channels, 1, 1]`. */
export function mul<V extends Value>(first: V, second: V, ...more: V[]): V {
  return join({ kind: "elementwise", op: "mul" }, "mul", [first, second, ...more]);
}

/**
 * Values side by side: images by channels, tokens and vectors by their last axis.
 *
 * @example
 * ```ts
 * import { concat, network } from "neuralpower/dsl";
 *
 * const fork = network("fork", { image: [3, 8, 8] }, (x) => concat(x.conv(4, { kernel: 1 }), x.conv(8, { kernel: 1 })));
 * fork.build().layers.at(-1)?.outputShape; // [1, 12, 8, 8]
 * ```
 */
export function concat<V extends Value>(first: V, second: V, ...more: V[]): V {
  return join({ kind: "move", op: "concat" }, "concat", [first, second, ...more]);
}

type Make<V extends Value> = new (recorder: Recorder, name: string, shape: Shape) => V;

/** Records a layer whose output is a value of the first input's sort. */
function join<V extends Value>(options: LayerOptions, sort: string, inputs: readonly V[], name?: string): V {
  const made = inputs[0].recorder.record(options, inputs, sort, name);
  return new (inputs[0].constructor as Make<V>)(inputs[0].recorder, made.name, made.shape);
}

function same<V extends Value>(input: V, options: LayerOptions, sort: string, named: Named): V {
  if (options.op !== "lrn") checkOptions(sort, named, ["name"]);
  return join(options, sort, [input], named.name);
}

function activate<V extends Value>(input: V, op: Activation, named: Named): V {
  return same(input, { kind: "elementwise", op }, op, named);
}

function activated<V extends Value>(value: V, activation: Activation | undefined): V {
  if (activation !== undefined && !activations.includes(activation)) {
    throw new NetworkError(
      `Layer "${value.name}": its activation must be one of ${activations.join(", ")}, got ${activation}`,
    );
  }
  return activation === undefined ? value : activate(value, activation, { name: `${value.name}_${activation}` });
}

function dense<V extends Value>(input: V, outWidth: number, options: DenseOptions, make: Make<V>): V {
  checkOptions("dense", options, ["bias", "activation", "name"]);
  const made = input.recorder.record(
    { kind: "dense", op: "dense", outChannels: outWidth, bias: options.bias ?? true },
    [input],
    "dense",
    options.name,
  );
  return activated(new make(input.recorder, made.name, made.shape), options.activation);
}
