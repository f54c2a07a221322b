/**
 * A network as the readers of other forms put it together: layers in order, each under a name of its own.
 *
 * @module
 */
import { ImageValue } from "../image_value.ts";
import type { Dtype, LayerOptions, Shape } from "../layer.ts";
import { checkNetwork, type Network } from "../built_network.ts";
import { checkTensor } from "../shape_checks.ts";
import { TokensValue, VectorValue } from "../tokens_value.ts";
import { Recorder, type Value } from "../value.ts";
import { FormatError, plain, quoted } from "./format_error.ts";

/** Longer names are no names; the commands refuse them, too. */
const longestName = 200;

/** The layers so far. */
export class FileGraph {
  readonly #recorder = new Recorder();
  /** How often each name was asked for. */
  readonly #names = new Map([["input", 1]]);
  readonly #madeBy = new WeakMap<Value, LayerOptions>();
  #inputShape: Shape = [];

  /** The network's input, batch first. */
  input(shape: Shape): Value {
    checkTensor("input", shape);
    this.#inputShape = shape;
    return this.#value("input", shape);
  }

  /**
   * Adds a layer.
   *
   * @param name As the file has it; another layer of that name makes it `NAME_2`.
   * @throws {ShapeError} When a size does not fit.
   */
  add(name: string, options: LayerOptions, ...inputs: Value[]): Value {
    const own = this.#unique(name);
    const { shape } = this.#recorder.record(options, inputs, options.kind, own);
    const value = this.#value(own, shape);
    this.#madeBy.set(value, options);
    return value;
  }

  /** Adds a layer of a type that is not known, which nothing predicts; its output is taken to be of its first input's size. */
  unsupported(name: string, operator: string, ...inputs: Value[]): Value {
    return this.add(name, { kind: "view", op: "unsupported", operator, shape: inputs[0].shape }, ...inputs);
  }

  /** What the layer is that made a value; undefined for the input and an alias. */
  madeBy(value: Value): LayerOptions | undefined {
    return this.#madeBy.get(value);
  }

  /** The same value, for a layer of the file that goes without one here. */
  alias({ name, shape }: Value): Value {
    return this.#value(name, shape);
  }

  /** All layers as a network; what no layer reads is its output. */
  network(name: string, dtype: Dtype): Network {
    const { layers } = this.#recorder;
    const read = new Set(layers.flatMap(({ inputs }) => inputs));
    const network: Network = {
      name,
      batch: this.#inputShape[0],
      dtype,
      inputShape: this.#inputShape,
      layers,
      outputs: layers.map(({ name }) => name).filter((name) => !read.has(name)),
    };
    checkNetwork(network);
    return network;
  }

  #unique(name: string): string {
    if (name === "" || name.length > longestName || plain(name) !== name) {
      throw new FormatError(
        `A layer's name must have 1 to ${longestName} characters that can be shown, got ${quoted(name)}`,
      );
    }
    const count = (this.#names.get(name) ?? 0) + 1;
    this.#names.set(name, count);
    return count === 1 ? name : this.#unique(`${name}_${count}`);
  }

  #value(name: string, shape: Shape): Value {
    if (shape.length === 4) return new ImageValue(this.#recorder, name, shape);
    if (shape.length === 3) return new TokensValue(this.#recorder, name, shape);
    if (shape.length === 2) return new VectorValue(this.#recorder, name, shape);
    throw new FormatError(`"${name}" has ${shape.length} axes; tensors of two to four axes can be read`);
  }
}
