/**
 * What each layer costs, counted from its sizes alone. The conventions, for the whole batch:
 *
 * - `macs`: multiply-adds of convolutions, dense layers and matrix products, those within an attention included; one multiply and one add
 *   count as one. A bias is no multiply-add, a padded pixel's product is counted (as every framework's counter does), and all other
 *   layers' arithmetic is none.
 * - `operations`: arithmetic that is not multiply-adds, one for each add, multiply, comparison, division, exponential or root of the
 *   plain definition: relu 1 an element, batch norm 2 (scale, shift), an average over k pixels k, softmax 4 (maximum, subtract
 *   with exponential as one, sum, divide), LRN over n channels 2n + 3, layer norm 7 (mean 1, variance 2, subtract, divide, scale, shift).
 * - `params`: learned numbers. Batch norm has two a channel; its running mean and variance are not learned and not counted.
 *   An attention's are its projections' and its table of relative positions.
 * - `bytesRead`: every input element and parameter once, of a slice, split or crop the elements that it keeps; `bytesWritten`: every
 *   output element once. Caches, padding and workspaces are not counted. Views read and write nothing. Running statistics of batch norm
 *   are read (two more numbers a channel).
 *
 * @module
 */
import {
  type Dtype,
  dtypeBytes,
  elements,
  type Elementwise,
  imageSizes,
  isUnary,
  type Kind,
  type Pair,
  type SizedLayer,
  type UnaryOp,
} from "./layer.ts";
import { visibleTokens } from "./shape.ts";

/** A layer's or a network's costs for the whole batch; see the module for the conventions. */
export interface Cost {
  /** Multiply-adds of convolutions and matrix products. */
  readonly macs: number;
  /** Arithmetic operations that are no multiply-adds. */
  readonly operations: number;
  /** Learned numbers. */
  readonly params: number;
  /** Inputs, parameters and statistics. */
  readonly bytesRead: number;
  /** Outputs. */
  readonly bytesWritten: number;
}

/** Counts in elements; `reads` are elements read beside inputs and parameters. */
interface Count {
  readonly macs?: number;
  readonly operations?: number;
  readonly params?: number;
  readonly reads?: number;
}

type Counter<K extends Kind> = (layer: SizedLayer<K>) => Count;

/** Operations for one element of the plain definition: sigmoid is exp, add, divide; silu one multiply more. */
const unaryOperations: { readonly [Op in UnaryOp]: number } = {
  relu: 1,
  relu6: 2,
  sigmoid: 3,
  tanh: 5,
  silu: 4,
  leaky_relu: 2,
  prelu: 2,
  elu: 4,
  gelu: 5,
  gelu_tanh: 13,
  hard_swish: 5,
  hard_sigmoid: 4,
  softplus: 3,
  mish: 9,
  exp: 1,
  log: 1,
  sqrt: 1,
  abs: 1,
  neg: 1,
  reciprocal: 1,
  erf: 1,
  clip: 2,
  scale: 1,
  shift: 1,
  power: 1,
};

const normOperations = { batch: 2, layer: 7, group: 7, instance: 7, rms: 5 } as const;

const counters: { readonly [K in Kind]: Counter<K> } = {
  conv(layer) {
    const perOutput = layer.kernel[0] * layer.kernel[1] * layer.inputShape[1] / layer.groups;
    const out = elements(layer.outputShape);
    return {
      macs: out * perOutput,
      operations: layer.bias ? out : 0,
      params: layer.outChannels * (perOutput + (layer.bias ? 1 : 0)),
    };
  },
  deconv(layer) {
    // Each input element is multiplied with a window of each output channel of its group.
    const perInput = layer.kernel[0] * layer.kernel[1] * layer.outChannels / layer.groups;
    return {
      macs: elements(layer.inputShape) * perInput,
      operations: layer.bias ? elements(layer.outputShape) : 0,
      params: layer.inputShape[1] * perInput + (layer.bias ? layer.outChannels : 0),
    };
  },
  dense(layer) {
    const out = elements(layer.outputShape);
    // Not the last axis: as an executed node, a dense layer keeps the image's shape from before it was flattened.
    const width = elements(layer.inputShape) * layer.outChannels / out;
    return {
      macs: out * width,
      operations: layer.bias ? out : 0,
      params: layer.outChannels * (width + (layer.bias ? 1 : 0)),
    };
  },
  matmul: (layer) => ({ macs: elements(layer.outputShape) * imageSizes(layer.inputShape).channels / layer.groups }),
  attention(layer) {
    const { channels: width, height: length } = imageSizes(layer.inputShape);
    const tokens = layer.inputShape[0] * length;
    const seen = visibleTokens(layer, [layer.inputShape[0], length, width]);
    const scores = tokens * seen * layer.heads;
    const [rows, columns]: Pair = layer.op === "attention" ? [0, 0] : layer.window;
    const positions = layer.op === "attention" ? 0 : (2 * rows - 1) * (2 * columns - 1) * layer.heads;
    return {
      macs: tokens * (4 * width ** 2 + 2 * seen * width),
      // Each score is scaled and goes through a softmax; a window's has a position's bias.
      operations: scores * (layer.op === "attention" ? 5 : 6) + (layer.bias ? 4 * tokens * width : 0),
      params: 4 * width ** 2 + (layer.bias ? 4 * width : 0) + positions,
    };
  },
  pool: (layer) => ({ operations: layer.inputShape[0] * layer.inputShape[1] * windowElements(layer) }),
  norm(layer) {
    const out = elements(layer.outputShape);
    if (layer.op === "lrn") return { operations: out * (2 * layer.size + 3) };
    const { channels } = imageSizes(layer.inputShape);
    const params = (layer.op === "rms" ? 1 : 2) * channels;
    return { operations: normOperations[layer.op] * out, params, reads: layer.op === "batch" ? params : 0 };
  },
  elementwise(layer) {
    const out = elements(layer.outputShape);
    if (isUnary(layer.op)) {
      return { operations: out * unaryOperations[layer.op], params: preluSlopes(layer) };
    }
    if (layer.op === "where") return { operations: out };
    // n inputs take n − 1 operations an element; at least one, also where broadcasting hides how many there are.
    const operands = Math.max(2, Math.round(layer.inElements / out));
    return { operations: out * (operands - 1) };
  },
  reduce: (layer) => ({ operations: layer.inElements * (layer.op === "l2" ? 2 : 1) }),
  softmax: (layer) => ({ operations: 4 * elements(layer.outputShape) }),
  move: (layer) => ({ operations: layer.op === "upsample_bilinear" ? 7 * elements(layer.outputShape) : 0 }),
  view: (layer) => ({ params: layer.op === "parameter" ? elements(layer.shape) : 0 }),
};

function preluSlopes({ op, inputShape }: Elementwise & { readonly inputShape: readonly number[] }): number {
  return op === "prelu" ? imageSizes(inputShape).channels : 0;
}

/** Elements that one channel's windows hold together. */
function windowElements(layer: SizedLayer<"pool">): number {
  const [height, width] = layer.inputShape.slice(2);
  if (layer.op.startsWith("global")) return height * width;
  const [outHeight, outWidth] = layer.outputShape.slice(2);
  if (layer.op === "adaptive_max" || layer.op === "adaptive_average") {
    return adaptiveReach(height, outHeight) * adaptiveReach(width, outWidth);
  }
  return outHeight * outWidth * layer.kernel[0] * layer.kernel[1];
}

/**
 * Rows (columns) that all windows of an adaptive pool hold together: windows that meet within one of them both hold it, which all do but
 * where the sizes' common divisor has them meet.
 */
function adaptiveReach(size: number, out: number): number {
  return size + out - greatestDivisor(size, out);
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** Elements of its inputs that a layer reads: all, but where it keeps a part. */
export function elementsRead(layer: SizedLayer): number {
  const keepsPart = layer.op === "slice" || layer.op === "split" || layer.op === "crop";
  return keepsPart ? elements(layer.outputShape) : layer.inElements;
}

/**
 * Counts one layer's costs.
 *
 * @param layer Options and sizes.
 * @param dtype Number format of its tensors and weights.
 * @returns Counts and bytes for the whole batch.
 *
 * @example
 * ```ts
 * import { cost } from "neuralpower/dsl";
 *
 * const { macs, params } = cost({
 *   kind: "dense", op: "dense", outChannels: 10, bias: true,
 *   inputShape: [128, 512], inElements: 128 * 512, outputShape: [128, 10],
 * }, "float32");
 * // macs 655360, params 5130
 * ```
 */
export function cost(layer: SizedLayer, dtype: Dtype): Cost {
  const counter = counters[layer.kind] as Counter<Kind>;
  const { macs = 0, operations = 0, params = 0, reads = 0 } = counter(layer);
  const moved = layer.kind === "view" ? 0 : 1;
  return {
    macs,
    operations,
    params,
    bytesRead: moved * (elementsRead(layer) + params + reads) * dtypeBytes[dtype],
    bytesWritten: moved * elements(layer.outputShape) * dtypeBytes[dtype],
  };
}

/** Adds costs up. */
export function totalCost(costs: Iterable<Cost>): Cost {
  const total = { macs: 0, operations: 0, params: 0, bytesRead: 0, bytesWritten: 0 };
  for (const cost of costs) {
    for (const key of Object.keys(total) as (keyof Cost)[]) total[key] += cost[key];
  }
  return total;
}
