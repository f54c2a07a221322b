/**
 * Several values made one, and learned values of their own.
 *
 * @module
 */
import { ShapeError } from "./errors.ts";
import type { ImageValue } from "./image_value.ts";
import {
  axisOf,
  checkOptions,
  imageAxes,
  type ImageAxis,
  type MatmulOptions,
  type Named,
  tokensAxes,
  type TokensAxis,
} from "./layer_options.ts";
import type { Shape } from "./layer.ts";
import { show } from "./shape_checks.ts";
import type { TokensValue } from "./tokens_value.ts";
import { join, type Make, type Value } from "./value.ts";

/** The elementwise sum, with broadcasting of sizes 1. */
export function add<V extends Value>(first: V, second: V, ...more: V[]): V {
  return join({ kind: "elementwise", op: "add" }, "add", [first, second, ...more]);
}

/** The elementwise product, with broadcasting of sizes 1: `mul(image, gate)` with a gate `[N, channels, 1, 1]`. */
export function mul<V extends Value>(first: V, second: V, ...more: V[]): V {
  return join({ kind: "elementwise", op: "mul" }, "mul", [first, second, ...more]);
}

/** The elementwise maximum, with broadcasting of sizes 1. */
export function maximum<V extends Value>(first: V, second: V, ...more: V[]): V {
  return join({ kind: "elementwise", op: "max" }, "max", [first, second, ...more]);
}

/** The elementwise minimum, with broadcasting of sizes 1. */
export function minimum<V extends Value>(first: V, second: V, ...more: V[]): V {
  return join({ kind: "elementwise", op: "min" }, "min", [first, second, ...more]);
}

/** The elementwise difference, with broadcasting of sizes 1. */
export function sub<V extends Value>(first: V, second: V): V {
  return join({ kind: "elementwise", op: "sub" }, "sub", [first, second]);
}

/** The elementwise quotient, with broadcasting of sizes 1. */
export function div<V extends Value>(first: V, second: V): V {
  return join({ kind: "elementwise", op: "div" }, "div", [first, second]);
}

/** Each element to the power of another, with broadcasting of sizes 1. */
export function pow<V extends Value>(first: V, second: V): V {
  return join({ kind: "elementwise", op: "pow" }, "pow", [first, second]);
}

/** Elements of the second value where the first is above 0, else of the third, with broadcasting of sizes 1. */
export function where<V extends Value>(condition: V, chosen: V, other: V): V {
  return join({ kind: "elementwise", op: "where" }, "where", [condition, chosen, other]);
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
  const axis = first.shape.length === 4 ? 1 : first.shape.length - 1;
  return join({ kind: "move", op: "concat", axis }, "concat", [first, second, ...more]);
}

/**
 * Values joined along another axis: a class token before its tokens.
 *
 * @example
 * ```ts
 * import { concatAlong, network, parameter } from "neuralpower/dsl";
 *
 * const classed = network("classed", { tokens: [196, 768], batch: 8 }, (x) =>
 *   concatAlong("length", parameter(x, [1, 1, 768]).expand([x.shape[0], 1, 768]), x));
 * classed.build().layers.at(-1)?.outputShape; // [8, 197, 768]
 * ```
 */
export function concatAlong(axis: ImageAxis, first: ImageValue, second: ImageValue, ...more: ImageValue[]): ImageValue;
/** Tokens joined along their length or width. */
export function concatAlong(
  axis: TokensAxis,
  first: TokensValue,
  second: TokensValue,
  ...more: TokensValue[]
): TokensValue;
export function concatAlong(axis: string, first: Value, second: Value, ...more: Value[]): Value {
  const axes: readonly string[] = first.shape.length === 4 ? imageAxes : tokensAxes;
  return join({ kind: "move", op: "concat", axis: axisOf(axes, axis) }, "concat", [first, second, ...more]);
}

/**
 * The product of two tokens `[N, M, groups · K]` and `[N, K, groups · P]`, a matrix product for each image and group; `transposed`, the
 * second is `[N, P, groups · K]`.
 *
 * @returns `[N, M, groups · P]`.
 */
export function matmul(first: TokensValue, second: TokensValue, options: MatmulOptions = {}): TokensValue {
  checkOptions("matmul", options, ["groups", "transposed", "name"]);
  const { groups = 1, transposed = false } = options;
  return join(
    { kind: "matmul", op: transposed ? "matmul_transposed" : "matmul", groups },
    "matmul",
    [first, second],
    options.name,
  );
}

/**
 * A learned value that reads nothing: a class token, a table of positions, a scale for each channel. Its batch is 1: broadcasting takes it
 * along in sums and products, `expand` repeats it.
 *
 * @param like Any value of the same network and the same sort.
 * @param shape Sizes, the batch 1 first.
 * @throws {ShapeError} When they are not as many as those of `like`.
 */
export function parameter<V extends Value>(like: V, shape: Shape, options: Named = {}): V {
  checkOptions("parameter", options, ["name"]);
  const { name, shape: own } = like.recorder.record(
    { kind: "view", op: "parameter", shape },
    [],
    "parameter",
    options.name,
  );
  if (own.length !== like.shape.length) {
    throw new ShapeError(name, `its shape must have ${like.shape.length} sizes, as ${like.name} has, got ${show(own)}`);
  }
  return new (like.constructor as Make<V>)(like.recorder, name, own);
}
