/**
 * What each layer costs, counted from its sizes alone. The conventions, for the whole batch:
 *
 * - `macs`: multiply-adds with weights of convolutions and dense layers; one multiply and one add count as one. A bias, a padded
 *   pixel's product (it is counted, as every framework's counter does) and all other layers' arithmetic are no multiply-adds.
 * - `operations`: arithmetic that is not multiply-adds, one for each add, multiply, comparison, division, exponential or root of the
 *   plain definition: relu 1 an element, batch norm 2 (scale, shift), an average over k pixels k, softmax 4 (maximum, subtract
 *   with exponential as one, sum, divide), LRN over n channels 2n + 3.
 * - `params`: learned numbers. Batch norm has two a channel; its running mean and variance are not learned and not counted.
 * - `bytesRead`: every input element and parameter once; `bytesWritten`: every output element once. Caches, padding and workspaces
 *   are not counted. Views read and write nothing. Running statistics of batch norm are read (two more numbers a channel).
 *
 * @module
 */
import { type Dtype, dtypeBytes, elements, type Kind, type Shape, type SizedLayer } from "./layer.ts";

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

const channels = (shape: Shape) => shape.length === 4 ? shape[1] : shape[shape.length - 1];

/** Operations for one element of the plain definition: sigmoid is exp, add, divide; silu one multiply more. */
const elementwiseOperations = { relu: 1, relu6: 2, sigmoid: 3, tanh: 5, silu: 4 } as const;

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
  pool(layer) {
    const [, , height, width] = layer.inputShape;
    const global = layer.op === "global_max" || layer.op === "global_average";
    const window = global ? height * width : layer.kernel[0] * layer.kernel[1];
    return { operations: elements(layer.outputShape) * window };
  },
  norm(layer) {
    const out = elements(layer.outputShape);
    if (layer.op === "lrn") return { operations: out * (2 * layer.size + 3) };
    const affine = 2 * channels(layer.inputShape);
    return { operations: 2 * out, params: affine, reads: affine };
  },
  elementwise(layer) {
    if (layer.op !== "add" && layer.op !== "mul") {
      return { operations: elements(layer.outputShape) * elementwiseOperations[layer.op] };
    }
    // n inputs take n − 1 operations an element; at least one, also where broadcasting hides how many there are.
    const operands = Math.max(2, Math.round(layer.inElements / elements(layer.outputShape)));
    return { operations: elements(layer.outputShape) * (operands - 1) };
  },
  softmax: (layer) => ({ operations: 4 * elements(layer.outputShape) }),
  move: () => ({}),
  view: () => ({}),
};

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
    bytesRead: moved * (layer.inElements + params + reads) * dtypeBytes[dtype],
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
