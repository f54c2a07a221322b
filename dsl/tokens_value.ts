/**
 * Tokens and vectors, and what can be done to them.
 *
 * @module
 */
import { ImageValue } from "./image_value.ts";
import { type Reduce, type Shape, tokensAxes, type TokensAxis } from "./layer.ts";
import {
  type AttentionOptions,
  axesOf,
  axisOf,
  checkOptions,
  type DenseOptions,
  type Named,
  pair,
  type Size,
  type SliceOptions,
} from "./layer_options.ts";
import { lengths } from "./shape_checks.ts";
import { cut, divide } from "./slices.ts";
import { activated, join, made, type Make, same, Value } from "./value.ts";

/** Tokens `[N, length, width]`. */
export class TokensValue extends Value {
  declare private readonly rank: "tokens";

  /** A matrix product with weights over each token. */
  dense(outWidth: number, options: DenseOptions = {}): TokensValue {
    return dense(this, outWidth, options, TokensValue);
  }

  /**
   * Multi-head self-attention with its projections; with a `window`, each token sees the tokens of its own window only, and each head
   * has a learned bias for each relative position in it.
   *
   * @throws {ShapeError} When heads do not divide the width, or windows the length.
   */
  attention(options: AttentionOptions): TokensValue {
    checkOptions("attention", options, ["heads", "window", "bias", "name"], ["heads"]);
    const { heads, window, bias = true } = options;
    const own = window === undefined
      ? { op: "attention" } as const
      : { op: "window_attention", window: pair(window) } as const;
    return join({ kind: "attention", ...own, heads, bias }, "attention", [this], options.name);
  }

  /** Softmax over the width, or the length. */
  softmax(options: Named & { readonly axis?: TokensAxis } = {}): TokensValue {
    checkOptions("softmax", options, ["axis", "name"]);
    // A layers table has tokens along the height, by which the op is named.
    const op = axisOf("softmax", tokensAxes, options.axis ?? "width") === 1 ? "softmax_height" : "softmax";
    return join({ kind: "softmax", op }, "softmax", [this], options.name);
  }

  /** A sum, average or extremum over whole axes, which keep size 1. */
  reduce(op: Reduce["op"], axes: readonly TokensAxis[], options: Named = {}): TokensValue {
    return same(
      this,
      { kind: "reduce", op, axes: axesOf("reduce", tokensAxes, axes) },
      `reduce_${op}`,
      options,
    );
  }

  /** An even division of an axis (the width by default) into parts. */
  split(parts: number, options: Named & { readonly axis?: TokensAxis } = {}): TokensValue[] {
    return divide(this, parts, "width", options);
  }

  /**
   * The elements of an axis from `start` to before `end` (all by default), every `step`-th.
   *
   * @throws {ShapeError} When they are not within the axis.
   */
  slice(axis: TokensAxis, options: SliceOptions = {}): TokensValue {
    return cut(this, axisOf("slice", tokensAxes, axis), options);
  }

  /** Length and width exchanged. */
  transpose(options: Named = {}): TokensValue {
    return same(this, { kind: "move", op: "permute", order: [0, 2, 1] }, "transpose", options);
  }

  /** Repeats what has size 1, up to `[N, length, width]`. */
  expand(shape: Shape, options: Named = {}): TokensValue {
    return same(this, { kind: "move", op: "expand", shape }, "expand", options);
  }

  /**
   * The tokens as the pixels of an image `[N, width, height, width of the image]`, row by row, or window by window.
   *
   * @param size Of the image; its pixels must be as many as the tokens.
   */
  toImage(size: Size, options: Named & { readonly window?: Size } = {}): ImageValue {
    checkOptions("toImage", options, ["window", "name"]);
    const to = pair(size);
    if (options.window === undefined) {
      return made(ImageValue, this, { kind: "move", op: "to_image", size: to }, "to_image", options);
    }
    const window = pair(options.window);
    return made(ImageValue, this, { kind: "move", op: "from_windows", window, size: to }, "from_windows", options);
  }

  /** The same elements in tokens of another length and width. */
  reshape(length: number, width: number, options: Named = {}): TokensValue {
    return same(this, { kind: "view", op: "reshape", shape: [this.shape[0], length, width] }, "reshape", options);
  }

  /** The same elements as a vector `[N, length · width]`. */
  flatten(options: Named = {}): VectorValue {
    checkOptions("flatten", options, ["name"]);
    return made(VectorValue, this, { kind: "view", op: "flatten" }, "flatten", options);
  }
}

/** A vector `[N, width]`. */
export class VectorValue extends Value {
  declare private readonly rank: "vector";

  /** A dense (fully connected, linear) layer of `outWidth` outputs. */
  dense(outWidth: number, options: DenseOptions = {}): VectorValue {
    return dense(this, outWidth, options, VectorValue);
  }

  /** Softmax over the width. */
  softmax(options: Named = {}): VectorValue {
    return same(this, { kind: "softmax", op: "softmax" }, "softmax", options);
  }

  /** An even division of the width into parts. */
  split(parts: number, options: Named = {}): VectorValue[] {
    checkOptions("split", options, ["name"]);
    return divide(this, parts, "width", options);
  }

  /**
   * The elements from `start` to before `end` (all by default), every `step`-th.
   *
   * @throws {ShapeError} When they are not within the width.
   */
  slice(options: SliceOptions = {}): VectorValue {
    return cut(this, 1, options);
  }

  /** The same elements as an image. */
  toImage(channels: number, size: Size, options: Named = {}): ImageValue {
    checkOptions("toImage", options, ["name"]);
    const to = pair(size);
    lengths(this.recorder.nextName("reshape", options.name), 2, { size: to });
    const shape = [this.shape[0], channels, ...to];
    return made(ImageValue, this, { kind: "view", op: "reshape", shape }, "reshape", options);
  }

  /** The same elements as tokens. */
  toTokens(length: number, width: number, options: Named = {}): TokensValue {
    checkOptions("toTokens", options, ["name"]);
    return made(
      TokensValue,
      this,
      { kind: "view", op: "reshape", shape: [this.shape[0], length, width] },
      "reshape",
      options,
    );
  }
}

function dense<V extends Value>(input: V, outWidth: number, options: DenseOptions, make: Make<V>): V {
  checkOptions("dense", options, ["bias", "activation", "name"]);
  const { bias = true } = options;
  const value = made(make, input, { kind: "dense", op: "dense", outChannels: outWidth, bias }, "dense", options);
  return activated(value, options.activation);
}
