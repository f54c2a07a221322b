/**
 * Networks: described once, built for any batch, image size and number format.
 *
 * @module
 */
import { checkNetwork, type Network } from "./built_network.ts";
import { NetworkError, ShapeError } from "./errors.ts";
import { type Dtype, dtypes, type Pair } from "./layer.ts";
import { ImageValue } from "./image_value.ts";
import { checkOptions, pair } from "./layer_options.ts";
import { lengths, positive, show } from "./shape_checks.ts";
import { TokensValue, VectorValue } from "./tokens_value.ts";
import { Recorder, Value } from "./value.ts";
import "./wrong_sorts.ts";

/** Sizes of a network's input without the batch. */
export type Input =
  | { readonly image: readonly [channels: number, height: number, width: number] }
  | { readonly tokens: readonly [length: number, width: number] }
  | { readonly vector: number };

/** What a network is built for unless told otherwise. */
export interface Defaults {
  /** 1 by default. */
  readonly batch?: number;
  /** `"float32"` by default. */
  readonly dtype?: Dtype;
}

/** What to build a network for, instead of its own defaults. */
export interface BuildOptions extends Defaults {
  /** Side of a square image, or `[height, width]`; for networks on images. */
  readonly image?: number | readonly [height: number, width: number];
}

/** What a network may take. */
const inputNames = ["image", "tokens", "vector"];

/** A network's description, which can be built for any batch, image size and number format. */
export class NetworkDefinition {
  /** The network's name. */
  readonly name: string;
  /** Sizes of its input without the batch. */
  readonly input: Input;
  readonly #defaults: Required<Defaults>;
  readonly #describe: (input: never) => Value | readonly Value[];

  /** Use {@linkcode network}, whose types know the input. */
  constructor(name: string, input: Input & Defaults, describe: (input: never) => Value | readonly Value[]) {
    if (typeof name !== "string" || name === "") {
      throw new NetworkError(`A network's name must be text, got ${show(name)}`);
    }
    checkOptions("network", input, [...inputNames, "batch", "dtype"]);
    const named = inputNames.filter((sort) => sort in input);
    if (named.length !== 1) {
      throw new NetworkError(
        `Network "${name}" takes one of ${inputNames.join(", ")}, got ${named.join(" and ") || "none"}`,
      );
    }
    if (typeof describe !== "function") {
      throw new NetworkError(
        `Network "${name}" needs a function that makes the output of its input, got ${show(describe)}`,
      );
    }
    this.name = name;
    this.input = input;
    this.#defaults = { batch: input.batch ?? 1, dtype: input.dtype ?? "float32" };
    this.#describe = describe;
  }

  /**
   * Runs the description.
   *
   * @param options Batch, image size and number format; the description's own by default.
   * @returns The layers with all sizes, checked.
   * @throws {ShapeError} When a size does not fit.
   * @throws {NetworkError} When names are not unique, a layer is not used, or the description returns something else than values.
   */
  build(options: BuildOptions = {}): Network {
    checkOptions("build", options, ["batch", "image", "dtype"]);
    const batch = options.batch ?? this.#defaults.batch;
    const dtype = options.dtype ?? this.#defaults.dtype;
    positive("input", { batch });
    if (!dtypes.includes(dtype)) {
      throw new NetworkError(`Network "${this.name}": dtype must be one of ${dtypes.join(", ")}, got ${show(dtype)}`);
    }
    const recorder = new Recorder();
    const input = this.#inputValue(recorder, batch, options.image);
    const described = this.#describe(input as never);
    const outputs = described instanceof Value ? [described] : described;
    if (
      !Array.isArray(outputs) || outputs.length === 0 ||
      !outputs.every((o) => o instanceof Value && o.recorder === recorder)
    ) {
      throw new NetworkError(`Network "${this.name}": its function must return the output value, or an array of them`);
    }
    const network: Network = {
      name: this.name,
      batch,
      dtype,
      inputShape: input.shape,
      layers: recorder.layers,
      outputs: outputs.map((output) => output.name),
    };
    checkNetwork(network);
    return network;
  }

  #inputValue(recorder: Recorder, batch: number, image: BuildOptions["image"]): Value {
    const input = this.input;
    if ("image" in input) {
      lengths("input", 3, { image: input.image });
      const [channels, height, width] = input.image;
      const [h, w] = image === undefined ? [height, width] : imageSize(image);
      positive("input", { channels, height: h, width: w });
      return new ImageValue(recorder, "input", [batch, channels, h, w]);
    }
    if (image !== undefined) {
      throw new ShapeError("input", `the network takes no image, so it has no image size ${show(image)}`);
    }
    if ("tokens" in input) {
      lengths("input", 2, { tokens: input.tokens });
      positive("input", { length: input.tokens[0], width: input.tokens[1] });
      return new TokensValue(recorder, "input", [batch, ...input.tokens]);
    }
    positive("input", { width: input.vector });
    return new VectorValue(recorder, "input", [batch, input.vector]);
  }
}

/** The size to build a network for: a square's side, or height and width. */
function imageSize(image: NonNullable<BuildOptions["image"]>): Pair {
  const size = pair(image);
  lengths("input", 2, { "image size": size });
  return size;
}

/**
 * Describes a network.
 *
 * @param name Its name, as it stands in tables.
 * @param input Sizes of its input without the batch: an image `[channels, height, width]`, tokens `[length, width]` or a vector's
 * width; and the batch and number format it is built for by default.
 * @param describe Takes the input's value and returns the output's, or several outputs in an array. It runs at each build and must
 * depend on nothing but its input.
 *
 * @example
 * ```ts
 * import { network } from "neuralpower/dsl";
 *
 * const tiny = network("tiny", { image: [3, 32, 32], batch: 128 }, (x) =>
 *   x.conv(64, { kernel: 3, pad: "same", activation: "relu" }).globalAveragePool().flatten().dense(10));
 *
 * tiny.build().layers.map((layer) => layer.name); // conv1, conv1_relu, global_average_pool1, flatten1, dense1
 * tiny.build({ batch: 1, image: 64 }).inputShape; // [1, 3, 64, 64]
 * ```
 */
export function network(
  name: string,
  input: { readonly image: readonly [channels: number, height: number, width: number] } & Defaults,
  describe: (image: ImageValue) => Value | readonly Value[],
): NetworkDefinition;
/** Describes a network on tokens. */
export function network(
  name: string,
  input: { readonly tokens: readonly [length: number, width: number] } & Defaults,
  describe: (tokens: TokensValue) => Value | readonly Value[],
): NetworkDefinition;
/** Describes a network on a vector. */
export function network(
  name: string,
  input: { readonly vector: number } & Defaults,
  describe: (vector: VectorValue) => Value | readonly Value[],
): NetworkDefinition;
export function network(
  name: string,
  input: Input & Defaults,
  describe: (input: never) => Value | readonly Value[],
): NetworkDefinition {
  return new NetworkDefinition(name, input, describe);
}
