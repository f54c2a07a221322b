/**
 * Options of a value's methods, and what they mean in pixels.
 *
 * @module
 */
import { NetworkError } from "./errors.ts";
import type { Activation, Pair, Shape, Sides } from "./layer.ts";
import { samePadding } from "./shape.ts";

/** `[height, width]`, or one number for both. */
export type Size = number | Pair;

/**
 * Pixels on all sides, `[vertical, horizontal]`, `[top, left, bottom, right]`, `"valid"` for none, or `"same"` for as many as keep
 * ⌈size / stride⌉ outputs, the odd one at the bottom right.
 */
export type Padding = number | Pair | Sides | "same" | "valid";

/** What every layer may be given. */
export interface Named {
  /** Unique in the network. By default the layer's sort and its count: `conv1`, `conv2`, `max_pool1`. */
  readonly name?: string;
}

/** Options of a convolution. */
export interface ConvOptions extends Named {
  /** Size of the window. */
  readonly kernel: Size;
  /** 1 by default. */
  readonly stride?: Size;
  /** 0 by default. */
  readonly pad?: Padding;
  /** 1 by default. */
  readonly dilation?: Size;
  /** 1 by default; as many as input channels make it depthwise. */
  readonly groups?: number;
  /** True by default. */
  readonly bias?: boolean;
  /** None by default. It becomes a layer of its own, `NAME_relu`; whether it costs anything is the runtime's affair. */
  readonly activation?: Activation;
}

/** Options of a dense layer. */
export interface DenseOptions extends Named {
  /** True by default. */
  readonly bias?: boolean;
  /** None by default; see {@linkcode ConvOptions}. */
  readonly activation?: Activation;
}

/** Options of a maximum over a window. */
export interface PoolOptions extends Named {
  /** Size of the window. */
  readonly kernel: Size;
  /** The kernel's size by default. */
  readonly stride?: Size;
  /** 0 by default. */
  readonly pad?: Padding;
  /** Whether the output's size is rounded up; false by default. */
  readonly ceilMode?: boolean;
}

/** Options of an average over a window. */
export interface AveragePoolOptions extends PoolOptions {
  /** Whether padded pixels count in the average; false by default. */
  readonly countIncludePad?: boolean;
}

/** Net files run without having been compiled: a misspelt option must not make another network in silence. */
export function checkOptions(
  sort: string,
  options: object,
  known: readonly string[],
  needed: readonly string[] = [],
): void {
  if (typeof options !== "object" || options === null) {
    throw new NetworkError(`Options of ${sort} must be an object such as { ${known[0]}: … }, got ${String(options)}`);
  }
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new NetworkError(`Unknown option "${unknown}" of ${sort}; it has ${known.join(", ")}`);
  }
  const missing = needed.find((key) => (options as Record<string, unknown>)[key] === undefined);
  if (missing !== undefined) throw new NetworkError(`Option "${missing}" of ${sort} is missing; give it`);
}

/** Both sizes of one. */
export function pair(size: Size): Pair {
  return typeof size === "number" ? [size, size] : size;
}

/** The four sides' padding in pixels. */
export function sides(padding: Padding, input: Shape, kernel: Pair, stride: Pair, dilation: Pair): Sides {
  if (padding === "valid") return [0, 0, 0, 0];
  if (padding === "same") {
    const [top, bottom] = samePadding(input[2], kernel[0], stride[0], dilation[0]);
    const [left, right] = samePadding(input[3], kernel[1], stride[1], dilation[1]);
    return [top, left, bottom, right];
  }
  if (typeof padding === "number") return [padding, padding, padding, padding];
  return padding.length === 2 ? [padding[0], padding[1], padding[0], padding[1]] : padding;
}
