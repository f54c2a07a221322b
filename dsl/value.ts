/**
 * What all values have: a record of the layers that made them, and the functions of each element.
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
  type Shape,
  type UnaryOp,
} from "./layer.ts";
import { checkOptions, type Named } from "./layer_options.ts";
import { outputShape } from "./shape.ts";
import { show } from "./shape_checks.ts";

/** Collects the layers of one build, in execution order. */
export class Recorder {
  /** In execution order. */
  readonly layers: Layer[] = [];
  readonly #counts = new Map<string, number>();

  /** Records a layer; `sort` names it where `name` does not. */
  record(options: LayerOptions, inputs: readonly Value[], sort: string, name?: string): { name: string; shape: Shape } {
    if (name !== undefined && (typeof name !== "string" || name === "")) {
      throw new NetworkError(`A layer's name must be text, got ${show(name)}`);
    }
    const layer = this.nextName(sort, name);
    if (name === undefined) this.#counts.set(sort, this.#count(sort));
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
      inputShape: shapes[0] ?? shape,
      inElements: shapes.length === 0 ? elements(shape) : shapes.reduce((sum, input) => sum + elements(input), 0),
      outputShape: shape,
    });
    return { name: layer, shape };
  }

  /** What the next layer of a sort is called, given a name or none. */
  nextName(sort: string, name?: string): string {
    return name ?? `${sort}${this.#count(sort)}`;
  }

  #count(sort: string): number {
    return (this.#counts.get(sort) ?? 0) + 1;
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

  /** Normalises each pixel or token over its channels, with a scale and a shift for each channel. */
  layerNorm(options: Named = {}): this {
    return same(this, { kind: "norm", op: "layer" }, "layer_norm", options);
  }

  /** Divides each pixel or token by the root of its channels' mean square, with a scale for each channel. */
  rmsNorm(options: Named = {}): this {
    return same(this, { kind: "norm", op: "rms" }, "rms_norm", options);
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

  /** x · Φ(x), Φ the normal distribution, by its error function. */
  gelu(options: Named = {}): this {
    return activate(this, "gelu", options);
  }

  /** GELU by its approximation with a hyperbolic tangent. */
  geluTanh(options: Named = {}): this {
    return activate(this, "gelu_tanh", options);
  }

  /** x · min(max(x + 3, 0), 6) / 6. */
  hardSwish(options: Named = {}): this {
    return activate(this, "hard_swish", options);
  }

  /** min(max(x + 3, 0), 6) / 6. */
  hardSigmoid(options: Named = {}): this {
    return activate(this, "hard_sigmoid", options);
  }

  /** log(1 + exp(x)). */
  softplus(options: Named = {}): this {
    return activate(this, "softplus", options);
  }

  /** x · tanh(softplus(x)). */
  mish(options: Named = {}): this {
    return activate(this, "mish", options);
  }

  /** x above 0, a learned slope for each channel times x below. */
  prelu(options: Named = {}): this {
    return activate(this, "prelu", options);
  }

  /** Exponential. */
  exp(options: Named = {}): this {
    return activate(this, "exp", options);
  }

  /** Natural logarithm. */
  log(options: Named = {}): this {
    return activate(this, "log", options);
  }

  /** Square root. */
  sqrt(options: Named = {}): this {
    return activate(this, "sqrt", options);
  }

  /** Absolute value. */
  abs(options: Named = {}): this {
    return activate(this, "abs", options);
  }

  /** −x. */
  neg(options: Named = {}): this {
    return activate(this, "neg", options);
  }

  /** 1 / x. */
  reciprocal(options: Named = {}): this {
    return activate(this, "reciprocal", options);
  }

  /** Gauss's error function. */
  erf(options: Named = {}): this {
    return activate(this, "erf", options);
  }

  /**
   * x above 0, a fixed slope times x below.
   *
   * @param slope 0.01 by default.
   */
  leakyRelu(slope = 0.01, options: Named = {}): this {
    return same(
      this,
      { kind: "elementwise", op: "leaky_relu", alpha: checkNumber(slope, "leaky_relu") },
      "leaky_relu",
      options,
    );
  }

  /**
   * x above 0, alpha · (exp(x) − 1) below.
   *
   * @param alpha 1 by default.
   */
  elu(alpha = 1, options: Named = {}): this {
    return same(this, { kind: "elementwise", op: "elu", alpha: checkNumber(alpha, "elu") }, "elu", options);
  }

  /**
   * Times a number.
   *
   * @param factor The number.
   */
  scale(factor: number, options: Named = {}): this {
    return same(this, { kind: "elementwise", op: "scale", by: checkNumber(factor, "scale") }, "scale", options);
  }

  /**
   * Plus a number.
   *
   * @param addend The number.
   */
  shift(addend: number, options: Named = {}): this {
    return same(this, { kind: "elementwise", op: "shift", by: checkNumber(addend, "shift") }, "shift", options);
  }

  /**
   * To the power of a number.
   *
   * @param exponent The number.
   */
  power(exponent: number, options: Named = {}): this {
    return same(this, { kind: "elementwise", op: "power", by: checkNumber(exponent, "power") }, "power", options);
  }

  /**
   * Values below the least and above the greatest number become that number.
   *
   * @param least Any number.
   * @param greatest At least the least.
   */
  clip(least: number, greatest: number, options: Named = {}): this {
    if (!(checkNumber(least, "clip") <= checkNumber(greatest, "clip"))) {
      throw new NetworkError(`clip needs its least number first, got ${least} and ${greatest}`);
    }
    return same(this, { kind: "elementwise", op: "clip", limits: [least, greatest] }, "clip", options);
  }

  /** Dropout: free when a trained network runs. */
  dropout(options: Named = {}): this {
    return same(this, { kind: "view", op: "dropout" }, "dropout", options);
  }
}

/** What makes a value of a sort. */
export type Make<V extends Value> = new (recorder: Recorder, name: string, shape: Shape) => V;

/** Records a layer whose output is a value of another sort, or of this one. */
export function made<V extends Value>(
  make: Make<V>,
  input: Value,
  options: LayerOptions,
  sort: string,
  named: Named,
  inputs: readonly Value[] = [input],
): V {
  const { name, shape } = input.recorder.record(options, inputs, sort, named.name);
  return new make(input.recorder, name, shape);
}

/** Net files run without having been compiled: what is no value is refused before it is asked for its shape. */
export function checkValues(sort: string, given: readonly unknown[]): void {
  if (given.length === 0) throw new NetworkError(`${sort} takes values of the network, got none`);
  for (const value of given) {
    if (value instanceof Value) continue;
    const isList = Array.isArray(value) && value.some((item) => item instanceof Value);
    const got = isList ? "a list of them; give them one by one" : show(value);
    throw new NetworkError(`${sort} takes values of the network, got ${got}`);
  }
}

/** Records a layer whose output is a value of the first input's sort. */
export function join<V extends Value>(options: LayerOptions, sort: string, inputs: readonly V[], name?: string): V {
  checkValues(sort, inputs);
  return made(inputs[0].constructor as Make<V>, inputs[0], options, sort, { name }, inputs);
}

/** A layer of one input that has no options of its own. */
export function same<V extends Value>(input: V, options: LayerOptions, sort: string, named: Named): V {
  checkOptions(sort, named, ["name"]);
  return join(options, sort, [input], named.name);
}

function activate<V extends Value>(input: V, op: UnaryOp, named: Named): V {
  return same(input, { kind: "elementwise", op }, op, named);
}

/** The value, or with its activation as a layer of its own, `OWNER_relu`; the owner is the value's own layer unless told. */
export function activated<V extends Value>(value: V, activation: Activation | undefined, owner = value.name): V {
  if (activation !== undefined && !activations.includes(activation)) {
    throw new NetworkError(
      `Layer "${owner}": its activation must be one of ${activations.join(", ")}, got ${show(activation)}`,
    );
  }
  return activation === undefined ? value : activate(value, activation, { name: `${owner}_${activation}` });
}

function checkNumber(value: number, op: UnaryOp): number {
  if (Number.isFinite(value)) return value;
  throw new NetworkError(`${op} needs a finite number, got ${show(value)}`);
}
