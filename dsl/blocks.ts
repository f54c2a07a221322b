/**
 * Blocks that many networks are built of: plain functions of values, which add layers of the kinds there are. Given a `name`, a block's
 * layers are named after it, `NAME_conv1`; else after their sort and count, as everywhere.
 *
 * @module
 */
import { NetworkError } from "./errors.ts";
import type { ImageValue } from "./image_value.ts";
import { add, mul } from "./joins.ts";
import type { Activation } from "./layer.ts";
import { checkOptions, convOptionNames, type ConvOptions, type Named } from "./layer_options.ts";
import { show } from "./shape_checks.ts";
import type { TokensValue } from "./tokens_value.ts";
import { activated } from "./value.ts";

/**
 * A convolution, batch normalisation, and an activation where there is one: `NAME`, `NAME_bn`, `NAME_relu`.
 *
 * @param channels Filters.
 * @param options Of the convolution; it has no bias by default, since the normalisation shifts.
 *
 * @example
 * ```ts
 * import { convNorm, network } from "neuralpower/dsl";
 *
 * const stem = network("stem", { image: [3, 224, 224] }, (x) =>
 *   convNorm(x, 64, { kernel: 7, stride: 2, pad: 3, activation: "relu", name: "stem" }));
 * stem.build().layers.map((layer) => layer.name); // stem, stem_bn, stem_relu
 * ```
 */
export function convNorm(x: ImageValue, channels: number, options: ConvOptions): ImageValue {
  checkOptions("convNorm", options, convOptionNames, ["kernel"]);
  const { activation, ...own } = options;
  const conv = x.conv(channels, { bias: false, ...own });
  return activated(conv.batchNorm({ name: `${conv.name}_bn` }), activation, conv.name);
}

/** Options of a squeeze and excitation. */
export interface SqueezeExciteOptions extends Named {
  /** Channels between its two convolutions. */
  readonly squeeze: number;
  /** After the first convolution; relu by default. */
  readonly activation?: Activation;
  /** After the second one; sigmoid by default. */
  readonly gate?: Activation;
}

/**
 * Squeeze and excitation: each channel times a gate computed from all channels' averages (Hu et al., arXiv 1709.01507).
 *
 * @example
 * ```ts
 * import { network, networkCost, squeezeExcite } from "neuralpower/dsl";
 *
 * const gated = network("gated", { image: [64, 56, 56] }, (x) => squeezeExcite(x, { squeeze: 16 }));
 * networkCost(gated.build()).params; // 2128: 64 · 16 + 16 and 16 · 64 + 64
 * ```
 */
export function squeezeExcite(x: ImageValue, options: SqueezeExciteOptions): ImageValue {
  checkOptions("squeezeExcite", options, ["squeeze", "activation", "gate", "name"], ["squeeze"]);
  const { squeeze, activation = "relu", gate = "sigmoid" } = options;
  const named = namesAfter(options);
  const gates = x
    .globalAveragePool(named("pool"))
    .conv(squeeze, { kernel: 1, activation, ...named("reduce") })
    .conv(x.channels, { kernel: 1, activation: gate, ...named("expand") });
  return mul(x, gates);
}

/** Options of an inverted residual. */
export interface InvertedResidualOptions extends Named {
  /** Channels of the depthwise convolution; where they are the input's, nothing is expanded. */
  readonly expanded: number;
  /** Size of the depthwise convolution, an odd number; 3 by default. */
  readonly kernel?: number;
  /** Of the depthwise convolution; 1 by default. */
  readonly stride?: number;
  /** relu6 by default. */
  readonly activation?: Activation;
  /** Before the channels are projected; none by default. */
  readonly squeezeExcite?: Omit<SqueezeExciteOptions, "name">;
}

/**
 * Inverted residual: 1×1 to more channels, depthwise, 1×1 to `channels` without an activation; added to the input where the sizes are
 * equal (Sandler et al., arXiv 1801.04381).
 *
 * @example
 * ```ts
 * import { invertedResidual, network, networkCost } from "neuralpower/dsl";
 *
 * const block = network("block", { image: [24, 56, 56] }, (x) => invertedResidual(x, 24, { expanded: 144 }));
 * networkCost(block.build()).params; // 8832, as the third block of MobileNetV2
 * ```
 */
export function invertedResidual(x: ImageValue, channels: number, options: InvertedResidualOptions): ImageValue {
  const known = ["expanded", "kernel", "stride", "activation", "squeezeExcite", "name"];
  checkOptions("invertedResidual", options, known, ["expanded"]);
  const { expanded, kernel = 3, stride = 1, activation = "relu6" } = options;
  // Another has no middle, and no padding of whole pixels that keeps the image's size.
  if (kernel % 2 !== 1) {
    throw new NetworkError(`The kernel of invertedResidual must be an odd number, got ${show(kernel)}`);
  }
  const named = namesAfter(options);
  let y = x;
  if (expanded !== x.channels) y = convNorm(y, expanded, { kernel: 1, activation, ...named("expand") });
  const pad = (kernel - 1) / 2;
  y = convNorm(y, expanded, { kernel, stride, pad, groups: expanded, activation, ...named("depthwise") });
  if (options.squeezeExcite !== undefined) y = squeezeExcite(y, { ...options.squeezeExcite, ...named("se") });
  y = convNorm(y, channels, { kernel: 1, ...named("project") });
  return stride === 1 && x.channels === channels ? add(x, y) : y;
}

/** Options of a bottleneck. */
export interface BottleneckOptions extends Named {
  /** Channels of the 3×3 convolution. */
  readonly width: number;
  /** Of the 3×3 convolution; 1 by default. */
  readonly stride?: number;
  /** Of the 3×3 convolution; 1 by default. */
  readonly groups?: number;
  /** After the 3×3 convolution; none by default. */
  readonly squeezeExcite?: Omit<SqueezeExciteOptions, "name">;
}

/**
 * Bottleneck: 1×1 to `width` channels, 3×3, 1×1 to `channels`, added to the input, which is projected where the sizes differ (He et al.,
 * arXiv 1512.03385; with groups Xie et al., arXiv 1611.05431; with squeeze and excitation RegNetY, Radosavovic et al., arXiv 2003.13678).
 *
 * @example
 * ```ts
 * import { bottleneck, network, networkCost } from "neuralpower/dsl";
 *
 * const block = network("block", { image: [256, 56, 56] }, (x) => bottleneck(x, 256, { width: 64 }));
 * networkCost(block.build()).params; // 70400, as the second block of ResNet-50
 * ```
 */
export function bottleneck(x: ImageValue, channels: number, options: BottleneckOptions): ImageValue {
  checkOptions("bottleneck", options, ["width", "stride", "groups", "squeezeExcite", "name"], ["width"]);
  const { width, stride = 1, groups = 1 } = options;
  const named = namesAfter(options);
  let y = convNorm(x, width, { kernel: 1, ...named("conv1") }).relu(named("relu1"));
  y = convNorm(y, width, { kernel: 3, stride, pad: 1, groups, ...named("conv2") }).relu(named("relu2"));
  if (options.squeezeExcite !== undefined) y = squeezeExcite(y, { ...options.squeezeExcite, ...named("se") });
  y = convNorm(y, channels, { kernel: 1, ...named("conv3") });
  const fits = stride === 1 && x.channels === channels;
  const shortcut = fits ? x : convNorm(x, channels, { kernel: 1, stride, ...named("downsample") });
  return add(y, shortcut).relu(named("relu3"));
}

/** Options of a transformer block. */
export interface TransformerBlockOptions extends Named {
  /** Heads that the width is divided among. */
  readonly heads: number;
  /** Width between the two dense layers; four times the tokens' width by default. */
  readonly hidden?: number;
  /** Between the two dense layers; gelu by default. */
  readonly activation?: Activation;
}

/**
 * Transformer block, normalised first: attention added to the input, then two dense layers added to that (Dosovitskiy et al., arXiv
 * 2010.11929). Dropouts drop nothing when a trained network runs, and are left out.
 *
 * @example
 * ```ts
 * import { network, networkCost, transformerBlock } from "neuralpower/dsl";
 *
 * const block = network("block", { tokens: [197, 768] }, (x) => transformerBlock(x, { heads: 12 }));
 * networkCost(block.build()).params; // 7087872
 * ```
 */
export function transformerBlock(x: TokensValue, options: TransformerBlockOptions): TokensValue {
  checkOptions("transformerBlock", options, ["heads", "hidden", "activation", "name"], ["heads"]);
  const width = x.shape[2];
  const { heads, hidden = 4 * width, activation = "gelu" } = options;
  const named = namesAfter(options);
  const y = add(x, x.layerNorm(named("norm1")).attention({ heads, ...named("attention") }));
  const mlp = y.layerNorm(named("norm2")).dense(hidden, { activation, ...named("mlp1") }).dense(width, named("mlp2"));
  return add(y, mlp);
}

/** Names of a block's layers, or none if it has none itself. */
function namesAfter({ name }: Named): (part: string) => Named {
  return (part) => name === undefined ? {} : { name: `${name}_${part}` };
}
