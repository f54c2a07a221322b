/**
 * The width of one prediction's interval, by trees that `local_intervals.ts` fits: apart from it, since predicting needs no fitting.
 *
 * @module
 */
import { type BoostedTrees, predictBoosting } from "./trees.ts";

/** How wide the interval of a prediction is. */
export interface LocalWidth {
  /** They predict ln σ from the point model's columns and, last, ln ŷ. */
  readonly trees: BoostedTrees;
  /** Values of ln ŷ between the bins, ascending. */
  readonly edges: readonly number[];
  /** Each bin's q, one more than edges. */
  readonly quantiles: readonly number[];
}

/** Which bin a value of ln ŷ is in. */
export function binOf(size: number, edges: readonly number[]): number {
  const bin = edges.findIndex((edge) => size < edge);
  return bin < 0 ? edges.length : bin;
}

/** q·σ of one row: half of its interval's width on the log scale. */
export function localHalfWidth({ trees, edges, quantiles }: LocalWidth, row: Float64Array, predicted: number): number {
  const size = Math.log(predicted), inputs = new Float64Array(row.length + 1);
  inputs.set(row);
  inputs[row.length] = size;
  return quantiles[binOf(size, edges)] * Math.exp(predictBoosting(trees, inputs));
}
