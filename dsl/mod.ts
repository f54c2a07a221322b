/**
 * Describe a network: its layers, their sizes and costs.
 *
 * @example
 * ```ts
 * import { concat, network, networkCost } from "neuralpower/dsl";
 *
 * const tiny = network("tiny", { image: [3, 32, 32], batch: 128 }, (x) => {
 *   const a = x.conv(64, { kernel: 3, pad: "same", activation: "relu" }).maxPool({ kernel: 2 });
 *   const b = a.conv(32, { kernel: 1 });
 *   const c = a.conv(32, { kernel: 3, pad: "same" });
 *   return concat(b, c).flatten().dense(10).softmax();
 * });
 *
 * networkCost(tiny.build()).params; // 186250
 * ```
 *
 * @module
 */
export {
  bottleneck,
  type BottleneckOptions,
  convNorm,
  invertedResidual,
  type InvertedResidualOptions,
  squeezeExcite,
  type SqueezeExciteOptions,
  transformerBlock,
  type TransformerBlockOptions,
} from "./blocks.ts";
export { type Cost, cost, totalCost } from "./cost.ts";
export { NetworkError, ShapeError } from "./errors.ts";
export {
  type Activation,
  activations,
  type Attention,
  type Conv,
  type Deconv,
  type Dense,
  type Dtype,
  dtypeBytes,
  dtypes,
  elements,
  type Elementwise,
  elementwiseOps,
  type Filters,
  imageAxes,
  type ImageAxis,
  imageSizes,
  isUnary,
  type JoinOp,
  type Kind,
  kinds,
  type Layer,
  type LayerOptions,
  type Matmul,
  type Move,
  type Norm,
  type OptionsByKind,
  type OptionsOf,
  type Pair,
  type Pool,
  type Reduce,
  type Shape,
  type Sides,
  type SizedLayer,
  type Sizes,
  type Softmax,
  tokensAxes,
  type TokensAxis,
  type UnaryOp,
  type View,
} from "./layer.ts";
export { checkNetwork, layerCost, type Network, networkCost } from "./built_network.ts";
export { type BuildOptions, type Defaults, type Input, network, NetworkDefinition } from "./network.ts";
export { outputShape } from "./shape.ts";
export { samePadding } from "./window_shape.ts";
export type {
  AttentionOptions,
  AveragePoolOptions,
  ConvOptions,
  DeconvOptions,
  DenseOptions,
  LpPoolOptions,
  MatmulOptions,
  Named,
  Padding,
  PixelPadding,
  PoolOptions,
  Size,
  SliceOptions,
  UpsampleOptions,
} from "./layer_options.ts";
export { ImageValue } from "./image_value.ts";
export { add, concat, concatAlong, div, matmul, maximum, minimum, mul, parameter, pow, sub, where } from "./joins.ts";
export { TokensValue, VectorValue } from "./tokens_value.ts";
export { Value } from "./value.ts";
