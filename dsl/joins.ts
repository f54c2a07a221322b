/**
 * Several values made one, and learned values of their own.
 *
 * @module
 */
import { ShapeError } from "./errors.ts";
import type { ImageValue } from "./image_value.ts";
import type { ImageAxis, Shape, TokensAxis } from "./layer.ts";
import { axisOf, checkOptions, type MatmulOptions, type Named } from "./layer_options.ts";
import { axisNames, show, yesOrNo } from "./shape_checks.ts";
import type { TokensValue } from "./tokens_value.ts";
import { checkValues, join, type Make, type Value } from "./value.ts";

/** The elementwise sum, with broadcasting of sizes 1. */
export function add<V extends Value>(...values: [first: V, second: V, ...more: V[]]): V {
  return join({ kind: "elementwise", op: "add" }, "add", values);
}

/** The elementwise product, with broadcasting of sizes 1: `mul(image, gate)` with a gate `[N, channels, 1, 1]`. */
export function mul<V extends Value>(...values: [first: V, second: V, ...more: V[]]): V {
  return join({ kind: "elementwise", op: "mul" }, "mul", values);
}

/** The elementwise maximum, with broadcasting of sizes 1. */
export function maximum<V extends Value>(...values: [first: V, second: V, ...more: V[]]): V {
  return join({ kind: "elementwise", op: "max" }, "max", values);
}

/** The elementwise minimum, with broadcasting of sizes 1. */
export function minimum<V extends Value>(...values: [first: V, second: V, ...more: V[]]): V {
  return join({ kind: "elementwise", op: "min" }, "min", values);
}

/** The elementwise difference, with broadcasting of sizes 1. */
export function sub<V extends Value>(...values: [first: V, second: V]): V {
  return join({ kind: "elementwise", op: "sub" }, "sub", values);
}

/** The elementwise quotient, with broadcasting of sizes 1. */
export function div<V extends Value>(...values: [first: V, second: V]): V {
  return join({ kind: "elementwise", op: "div" }, "div", values);
}

/** Each element to the power of another, with broadcasting of sizes 1. */
export function pow<V extends Value>(...values: [first: V, second: V]): V {
  return join({ kind: "elementwise", op: "pow" }, "pow", values);
}

/** Elements of the second value where the first is above 0, else of the third, with broadcasting of sizes 1. */
export function where<V extends Value>(...values: [condition: V, chosen: V, other: V]): V {
  return join({ kind: "elementwise", op: "where" }, "where", values);
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
export function concat<V extends Value>(...values: [first: V, second: V, ...more: V[]]): V {
  checkValues("concat", values);
  const rank = values[0].shape.length;
  return join({ kind: "move", op: "concat", axis: rank === 4 ? 1 : rank - 1 }, "concat", values);
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
export function concatAlong(axis: string, ...values: Value[]): Value {
  checkValues("concatAlong", values);
  const place = axisOf("concatAlong", axisNames(values[0].shape), axis);
  return join({ kind: "move", op: "concat", axis: place }, "concat", values);
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
  checkValues("matmul", [first, second]);
  yesOrNo(first.recorder.nextName("matmul", options.name), { transposed });
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
  checkValues("parameter", [like]);
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
