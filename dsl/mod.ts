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
export { type Cost, cost, totalCost } from "./cost.ts";
export { NetworkError, ShapeError } from "./errors.ts";
export {
  type Activation,
  activations,
  type Conv,
  type Dense,
  type Dtype,
  dtypeBytes,
  dtypes,
  elements,
  type Elementwise,
  imageSizes,
  type Kind,
  kinds,
  type Layer,
  type LayerOptions,
  type Move,
  type Norm,
  type OptionsOf,
  type Pair,
  type Pool,
  type Shape,
  type Sides,
  type SizedLayer,
  type Sizes,
  type Softmax,
  type View,
} from "./layer.ts";
export {
  type BuildOptions,
  checkNetwork,
  type Defaults,
  type Input,
  type Network,
  network,
  networkCost,
  NetworkDefinition,
} from "./network.ts";
export { outputShape, samePadding } from "./shape.ts";
export type {
  AveragePoolOptions,
  ConvOptions,
  DenseOptions,
  Named,
  Padding,
  PoolOptions,
  Size,
} from "./layer_options.ts";
export { add, concat, ImageValue, mul, TokensValue, Value, VectorValue } from "./values.ts";
