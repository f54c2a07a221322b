/**
 * Options of a value's methods, and what they mean in pixels.
 *
 * @module
 */
import { NetworkError, ShapeError } from "./errors.ts";
import type { Activation, Pair, Shape, Sides } from "./layer.ts";
import { show } from "./shape_checks.ts";
import { samePadding } from "./window_shape.ts";

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

/** Options of a transposed convolution. With padding `"same"` it has size · stride outputs. */
export interface DeconvOptions extends ConvOptions {
  /** Pixels added at the bottom and the right of the output; 0 by default, with padding `"same"` what that lacks. */
  readonly outputPad?: Size;
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

/** Options of a p-norm over a window. */
export interface LpPoolOptions extends PoolOptions {
  /** 2 by default. */
  readonly p?: number;
}

/** Options of a self-attention. */
export interface AttentionOptions extends Named {
  /** Heads that the width is divided among. */
  readonly heads: number;
  /** Tokens of a window, height and width: the whole length by default. */
  readonly window?: Size;
  /** Whether the projections have biases; true by default. */
  readonly bias?: boolean;
}

/** Options of a product of two values. */
export interface MatmulOptions extends Named {
  /** Groups of channels that are multiplied by themselves; 1 by default. */
  readonly groups?: number;
  /** Whether the second value's groups have the inner size, as the keys of an attention; false by default. */
  readonly transposed?: boolean;
}

/** Options of a slice. */
export interface SliceOptions extends Named {
  /** The first element; 0 by default. */
  readonly start?: number;
  /** After the last element; the axis's size by default. */
  readonly end?: number;
  /** 1 by default. */
  readonly step?: number;
}

/** Options of an upsampling: a factor or a size. */
export interface UpsampleOptions extends Named {
  /** Output pixels for one input pixel. */
  readonly factor?: Size;
  /** The output's size. */
  readonly size?: Size;
  /** `"nearest"` by default. */
  readonly mode?: "nearest" | "bilinear";
}

/** An axis's place in the shape, the batch being 0. */
export function axisOf(sort: string, known: readonly string[], axis: string): number {
  const place = known.indexOf(axis);
  if (place < 0) throw new NetworkError(`An axis of ${sort} must be one of ${known.join(", ")}, got ${show(axis)}`);
  return place + 1;
}

/** The places of several axes. */
export function axesOf(sort: string, known: readonly string[], axes: readonly string[]): number[] {
  if (Array.isArray(axes)) return axes.map((axis) => axisOf(sort, known, axis));
  throw new NetworkError(`The axes of ${sort} must be a list such as ["${known[0]}"], got ${show(axes)}`);
}

/** Net files run without having been compiled: a misspelt option must not make another network in silence. */
export function checkOptions(
  sort: string,
  options: object,
  known: readonly string[],
  needed: readonly string[] = [],
): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new NetworkError(`Options of ${sort} must be an object such as { ${known[0]}: … }, got ${show(options)}`);
  }
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new NetworkError(`Unknown option "${unknown}" of ${sort}; it has ${known.join(", ")}`);
  }
  const given = options as Readonly<Record<string, unknown>>;
  // Null would pass for the default in some places, in others for a value.
  const empty = known.find((key) => given[key] === null);
  if (empty !== undefined) throw new NetworkError(`Option "${empty}" of ${sort} is null; leave it out or give a value`);
  const missing = needed.find((key) => given[key] === undefined);
  if (missing !== undefined) throw new NetworkError(`Option "${missing}" of ${sort} is missing; give it`);
}

/** Options of a convolution, by name. */
export const convOptionNames = ["kernel", "stride", "pad", "dilation", "groups", "bias", "activation", "name"];

/** Both sizes of one. */
export function pair(size: Size): Pair {
  return typeof size === "number" ? [size, size] : size;
}

/** Padding in pixels: on all sides, `[vertical, horizontal]`, or each side. */
export type PixelPadding = number | Pair | Sides;

/** Padding must have one of its forms, of words those that are `known`: another would be read letter by letter. */
export function checkPadding(layer: string, padding: unknown, known: readonly string[] = []): void {
  if (typeof padding === "number" || known.includes(padding as string)) return;
  if (Array.isArray(padding) && (padding.length === 2 || padding.length === 4)) return;
  const forms = ["a number", "[vertical, horizontal]", "[top, left, bottom, right]", ...known.map(show)];
  const listed = `${forms.slice(0, -1).join(", ")} or ${forms.at(-1)}`;
  throw new ShapeError(layer, `padding must be ${listed}, got ${show(padding)}`);
}

/** Each side's padding in pixels. */
export function fourSides(padding: PixelPadding): Sides {
  if (typeof padding === "number") return [padding, padding, padding, padding];
  return padding.length === 2 ? [padding[0], padding[1], padding[0], padding[1]] : padding;
}

/** The padding of a transposed convolution; `"same"` leaves size · stride pixels, the odd one at the bottom right. */
export function deconvSides(padding: Padding, kernel: Pair, stride: Pair, dilation: Pair): Sides {
  if (padding === "valid") return [0, 0, 0, 0];
  if (padding !== "same") return fourSides(padding);
  const [vertical, horizontal] = [0, 1].map((axis) =>
    Math.max(0, dilation[axis] * (kernel[axis] - 1) + 1 - stride[axis])
  );
  return [Math.floor(vertical / 2), Math.floor(horizontal / 2), Math.ceil(vertical / 2), Math.ceil(horizontal / 2)];
}

/** What `"same"` lacks where a window reaches less far than its step. */
export function sameOutputPad(kernel: Pair, stride: Pair, dilation: Pair): Pair {
  const lacking = (axis: 0 | 1) => Math.max(0, stride[axis] - dilation[axis] * (kernel[axis] - 1) - 1);
  return [lacking(0), lacking(1)];
}

/** The four sides' padding in pixels. */
export function sides(padding: Padding, input: Shape, kernel: Pair, stride: Pair, dilation: Pair): Sides {
  if (padding === "valid") return [0, 0, 0, 0];
  if (padding === "same") {
    const [top, bottom] = samePadding(input[2], kernel[0], stride[0], dilation[0]);
    const [left, right] = samePadding(input[3], kernel[1], stride[1], dilation[1]);
    return [top, left, bottom, right];
  }
  return fourSides(padding);
}
