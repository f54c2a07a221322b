/**
 * Images, and what can be done to them.
 *
 * @module
 */
import { NetworkError } from "./errors.ts";
import { imageAxes, type ImageAxis, type Pair, type Pool, type Reduce, type Shape } from "./layer.ts";
import {
  type AveragePoolOptions,
  axesOf,
  axisOf,
  checkOptions,
  checkPadding,
  convOptionNames,
  type ConvOptions,
  type DeconvOptions,
  deconvSides,
  fourSides,
  type LpPoolOptions,
  type Named,
  type Padding,
  pair,
  type PixelPadding,
  type PoolOptions,
  sameOutputPad,
  sides,
  type Size,
  type SliceOptions,
  type UpsampleOptions,
} from "./layer_options.ts";
import { lengths, outputSize, show } from "./shape_checks.ts";
import { cut, divide } from "./slices.ts";
import { TokensValue, VectorValue } from "./tokens_value.ts";
import { activated, join, made, same, Value } from "./value.ts";

type Windowed = Pick<Pool, "kernel" | "stride" | "pad" | "ceilMode" | "countIncludePad">;
type WithoutWindow<P> = P extends Pool ? Omit<P, "kind" | keyof Windowed> : never;
/** What tells pools apart beside their window. */
type PoolOp = WithoutWindow<Pool>;

function windowOf({ kernel, stride = 1, dilation = 1 }: ConvOptions): [kernel: Pair, stride: Pair, dilation: Pair] {
  return [pair(kernel), pair(stride), pair(dilation)];
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
    checkOptions("conv", options, convOptionNames, ["kernel"]);
    const [kernel, stride, dilation] = windowOf(options);
    const pad = sides(this.#padding("conv", options), this.shape, kernel, stride, dilation);
    const { groups = 1, bias = true } = options;
    const conv = { kind: "conv", op: "conv", outChannels, kernel, stride, pad, dilation, groups, bias } as const;
    return activated(made(ImageValue, this, conv, "conv", options), options.activation);
  }

  /**
   * A transposed convolution ("deconvolution").
   *
   * @param outChannels Filters.
   * @throws {ShapeError} When groups do not divide the channels, or the output padding is not below the stride.
   */
  deconv(outChannels: number, options: DeconvOptions): ImageValue {
    checkOptions("deconv", options, [...convOptionNames, "outputPad"], ["kernel"]);
    const [kernel, stride, dilation] = windowOf(options);
    const pad = deconvSides(this.#padding("deconv", options), kernel, stride, dilation);
    const { groups = 1, bias = true } = options;
    const outputPad = pair(options.outputPad ?? (options.pad === "same" ? sameOutputPad(kernel, stride, dilation) : 0));
    const deconv = {
      kind: "deconv",
      op: "deconv",
      outChannels,
      kernel,
      stride,
      pad,
      outputPad,
      dilation,
      groups,
      bias,
    } as const;
    return activated(made(ImageValue, this, deconv, "deconv", options), options.activation);
  }

  /** The maximum of each window. */
  maxPool(options: PoolOptions): ImageValue {
    return this.#pool({ op: "max" }, "max_pool", options);
  }

  /** The average of each window. */
  averagePool(options: AveragePoolOptions): ImageValue {
    return this.#pool({ op: "average" }, "average_pool", options);
  }

  /** (Σ |x|ᵖ)^(1/p) of each window, p 2 by default. */
  lpPool(options: LpPoolOptions): ImageValue {
    // Whether there are options is checked with the window's.
    return this.#pool({ op: "lp", p: options?.p ?? 2 }, "lp_pool", options);
  }

  /** The maximum of each channel: `[N, channels, 1, 1]`. */
  globalMaxPool(options: Named = {}): ImageValue {
    return this.#wholePool({ op: "global_max" }, "global_max_pool", [1, 1], options);
  }

  /** The average of each channel: `[N, channels, 1, 1]`. */
  globalAveragePool(options: Named = {}): ImageValue {
    return this.#wholePool({ op: "global_average" }, "global_average_pool", [1, 1], options);
  }

  /** (Σ |x|ᵖ)^(1/p) of each channel, p 2 by default: `[N, channels, 1, 1]`. */
  globalLpPool(options: Named & { readonly p?: number } = {}): ImageValue {
    checkOptions("global_lp_pool", options, ["p", "name"]);
    const { p = 2, name } = options;
    return this.#wholePool({ op: "global_lp", p }, "global_lp_pool", [1, 1], { name });
  }

  /**
   * The average of as many windows as the output has pixels, whatever the image's size.
   *
   * @param size Of the output.
   */
  adaptiveAveragePool(size: Size, options: Named = {}): ImageValue {
    const to = pair(size);
    return this.#wholePool({ op: "adaptive_average", outputSize: to }, "adaptive_average_pool", to, options);
  }

  /**
   * The maximum of as many windows as the output has pixels, whatever the image's size.
   *
   * @param size Of the output.
   */
  adaptiveMaxPool(size: Size, options: Named = {}): ImageValue {
    const to = pair(size);
    return this.#wholePool({ op: "adaptive_max", outputSize: to }, "adaptive_max_pool", to, options);
  }

  /** Local response normalisation over `size` neighbouring channels, 5 by default (AlexNet). */
  lrn(options: Named & { readonly size?: number } = {}): ImageValue {
    checkOptions("lrn", options, ["size", "name"]);
    return join({ kind: "norm", op: "lrn", size: options.size ?? 5 }, "lrn", [this], options.name);
  }

  /** Normalises each group of channels of each image, with a scale and a shift for each channel. */
  groupNorm(groups: number, options: Named = {}): ImageValue {
    return same(this, { kind: "norm", op: "group", groups }, "group_norm", options);
  }

  /** Normalises each channel of each image, with a scale and a shift for each channel. */
  instanceNorm(options: Named = {}): ImageValue {
    return same(this, { kind: "norm", op: "instance" }, "instance_norm", options);
  }

  /** Softmax over the channels, or another axis. */
  softmax(options: Named & { readonly axis?: ImageAxis } = {}): ImageValue {
    checkOptions("softmax", options, ["axis", "name"]);
    const axis = axisOf("softmax", imageAxes, options.axis ?? "channels");
    const op = (["softmax", "softmax_height", "softmax_width"] as const)[axis - 1];
    return join({ kind: "softmax", op }, "softmax", [this], options.name);
  }

  /** A sum, average or extremum over whole axes, which keep size 1. */
  reduce(op: Reduce["op"], axes: readonly ImageAxis[], options: Named = {}): ImageValue {
    return same(
      this,
      { kind: "reduce", op, axes: axesOf("reduce", imageAxes, axes) },
      `reduce_${op}`,
      options,
    );
  }

  /** An even division of an axis (the channels by default) into parts. */
  split(parts: number, options: Named & { readonly axis?: ImageAxis } = {}): ImageValue[] {
    return divide(this, parts, "channels", options);
  }

  /**
   * The elements of an axis from `start` to before `end` (all by default), every `step`-th.
   *
   * @throws {ShapeError} When they are not within the axis.
   */
  slice(axis: ImageAxis, options: SliceOptions = {}): ImageValue {
    return cut(this, axisOf("slice", imageAxes, axis), options);
  }

  /** Pixels around the image: zeros, or by `mode` what the image shows there. */
  pad(pad: PixelPadding, options: Named & { readonly mode?: "constant" | "reflect" | "edge" } = {}): ImageValue {
    checkOptions("pad", options, ["mode", "name"]);
    checkPadding(this.recorder.nextName("pad", options.name), pad);
    return join(
      { kind: "move", op: "pad", pad: fourSides(pad), mode: options.mode ?? "constant" },
      "pad",
      [this],
      options.name,
    );
  }

  /** The image without as many pixels on its sides. */
  crop(pad: PixelPadding, options: Named = {}): ImageValue {
    checkOptions("crop", options, ["name"]);
    checkPadding(this.recorder.nextName("crop", options.name), pad);
    return same(this, { kind: "move", op: "crop", pad: fourSides(pad) }, "crop", options);
  }

  /** What leaves the image on one side comes in on the other, by as many pixels down and to the right. */
  roll(shift: Size, options: Named = {}): ImageValue {
    return same(this, { kind: "move", op: "roll", shift: pair(shift) }, "roll", options);
  }

  /** `[N, channels · factor², H, W]` to `[N, channels, H · factor, W · factor]` (sub-pixel convolution). */
  pixelShuffle(factor: number, options: Named = {}): ImageValue {
    return same(this, { kind: "move", op: "pixel_shuffle", factor }, "pixel_shuffle", options);
  }

  /** `[N, channels, H · factor, W · factor]` to `[N, channels · factor², H, W]` (space to depth). */
  pixelUnshuffle(factor: number, options: Named = {}): ImageValue {
    return same(this, { kind: "move", op: "pixel_unshuffle", factor }, "pixel_unshuffle", options);
  }

  /** The first channel of each group, then the second of each, and so on (ShuffleNet). */
  channelShuffle(groups: number, options: Named = {}): ImageValue {
    return same(this, { kind: "move", op: "channel_shuffle", groups }, "channel_shuffle", options);
  }

  /**
   * A larger (or smaller) image of the nearest pixels or interpolated ones.
   *
   * @param options `factor` or `size` of the output; `mode` is `"nearest"` by default.
   */
  upsample(options: UpsampleOptions): ImageValue {
    checkOptions("upsample", options, ["factor", "size", "mode", "name"]);
    const { factor, size, mode = "nearest" } = options;
    if ((factor === undefined) === (size === undefined)) {
      throw new NetworkError("upsample takes a factor or a size, one of them");
    }
    if (mode !== "nearest" && mode !== "bilinear") {
      throw new NetworkError(`The mode of upsample must be nearest or bilinear, got ${show(mode)}`);
    }
    const given = pair((factor ?? size)!);
    lengths(this.recorder.nextName("upsample", options.name), 2, { [size === undefined ? "factor" : "size"]: given });
    const to: Pair = size === undefined ? [this.shape[2] * given[0], this.shape[3] * given[1]] : given;
    return join({ kind: "move", op: `upsample_${mode}`, size: to }, "upsample", [this], options.name);
  }

  /** The axes in another order. */
  permute(order: readonly [ImageAxis, ImageAxis, ImageAxis], options: Named = {}): ImageValue {
    return same(
      this,
      { kind: "move", op: "permute", order: [0, ...axesOf("permute", imageAxes, order)] },
      "permute",
      options,
    );
  }

  /** Repeats what has size 1, up to `[N, channels, height, width]`. */
  expand(shape: Shape, options: Named = {}): ImageValue {
    return same(this, { kind: "move", op: "expand", shape }, "expand", options);
  }

  /** The pixels as tokens `[N, height · width, channels]`, row by row, or window by window. */
  toTokens(options: Named & { readonly window?: Size } = {}): TokensValue {
    checkOptions("toTokens", options, ["window", "name"]);
    if (options.window === undefined) {
      return made(TokensValue, this, { kind: "move", op: "to_tokens" }, "to_tokens", options);
    }
    return made(
      TokensValue,
      this,
      { kind: "move", op: "to_windows", window: pair(options.window) },
      "to_windows",
      options,
    );
  }

  /** The same elements as a vector `[N, channels · height · width]`. */
  flatten(options: Named = {}): VectorValue {
    checkOptions("flatten", options, ["name"]);
    return made(VectorValue, this, { kind: "view", op: "flatten" }, "flatten", options);
  }

  /** A window's padding, 0 by default, in one of its forms. */
  #padding(sort: string, { pad = 0, name }: PoolOptions): Padding {
    checkPadding(this.recorder.nextName(sort, name), pad, ["same", "valid"]);
    return pad;
  }

  #pool(own: PoolOp, sort: string, options: AveragePoolOptions & LpPoolOptions): ImageValue {
    const further = own.op === "average" ? ["countIncludePad"] : own.op === "lp" ? ["p"] : [];
    checkOptions(sort, options, ["kernel", "stride", "pad", "ceilMode", ...further, "name"], ["kernel"]);
    const kernel = pair(options.kernel);
    const stride = pair(options.stride ?? kernel);
    const pad = sides(this.#padding(sort, options), this.shape, kernel, stride, [1, 1]);
    const { ceilMode = false, countIncludePad = false } = options;
    return made(
      ImageValue,
      this,
      { kind: "pool", ...own, kernel, stride, pad, ceilMode, countIncludePad },
      sort,
      options,
    );
  }

  /** A pool whose windows follow from the output's size. */
  #wholePool(own: PoolOp, sort: string, size: Pair, options: Named): ImageValue {
    checkOptions(sort, options, ["name"]);
    outputSize(this.recorder.nextName(sort, options.name), size);
    const kernel: Pair = [Math.ceil(this.shape[2] / size[0]), Math.ceil(this.shape[3] / size[1])];
    const rest = { kernel, stride: kernel, pad: [0, 0, 0, 0], ceilMode: false, countIncludePad: false } as const;
    return made(ImageValue, this, { kind: "pool", ...own, ...rest }, sort, options);
  }
}
