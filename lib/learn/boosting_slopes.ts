/**
 * Slopes for the leaves of a grown tree: a leaf's value also rises or falls along one column, so that few leaves follow what a staircase
 * would need many for. LightGBM's linear trees (Shi et al. 2019, "Gradient boosting with piece-wise linear regression trees") fit all
 * columns on a leaf's path; one of them has most of the gain, and takes four bytes.
 *
 * @module
 */
import type { Grown } from "./boosting_grow.ts";
import { logOf } from "./trees.ts";

/** Added to the sum of squares along a column: rows that hardly differ along it tell no slope. */
const LAMBDA = 0.01;

/** The slopes of a tree's leaves, and the columns that they go along. */
export interface GrownSlopes {
  /** Each leaf's column. */
  readonly column: Uint16Array;
  /** Each leaf's slope per unit of {@linkcode logOf}, the learning rate in it. */
  readonly slope: Float64Array;
  /** Each column's rows as slopes see them. */
  readonly logs: readonly Float64Array[];
}

/** How to find slopes. */
export interface SlopeOptions {
  readonly leaves: number;
  readonly learningRate: number;
  /** Each row's; all 1 unless told. */
  readonly weights?: Float64Array;
}

/**
 * Finds the slopes of trees on the same columns. The next tree's overwrite them.
 *
 * @param rows Those to fit: beyond their values slopes go no further.
 */
export function slopeFinder(
  columns: readonly Float64Array[],
  rows: Uint32Array,
  { leaves, learningRate, weights }: SlopeOptions,
) {
  const ranges = rangesOf(columns, rows), logs = logsWithin(columns, ranges);
  const column = new Uint16Array(leaves), slope = new Float64Array(leaves);
  return {
    ...{ ranges, logs, column, slope },
    /**
     * Gives each leaf a slope along the column of its path that lowers the squared error most; its value becomes that where the column
     * is 0.
     *
     * @param tree Its values have the learning rate in them already.
     * @param residuals w·r of each row.
     * @param grown The rows that it was grown on, sorted by leaf.
     */
    find(tree: Grown, residuals: Float64Array, grown: Uint32Array): void {
      paths(tree).forEach((path, leaf) => {
        const own = grown.subarray(tree.start[leaf], tree.end[leaf]);
        let best = { gain: 0, column: 0, slope: 0, mean: 0 };
        for (const column of path) {
          const line = lineAlong(logs[column], residuals, own, weights);
          if (line.gain > best.gain) best = { ...line, column };
        }
        // As a file has it: what is lost is left for the trees after it.
        column[leaf] = best.column;
        slope[leaf] = Math.f16round(learningRate * best.slope);
        tree.value[leaf] = Math.f16round(tree.value[leaf] - slope[leaf] * best.mean);
      });
    },
  };
}

/** Columns as slopes see them. */
export function logsWithin(columns: readonly Float64Array[], ranges: Float64Array): Float64Array[] {
  return columns.map((column, c) => column.map((value) => logOf(value, ranges[2 * c], ranges[2 * c + 1])));
}

/** Each column's least and greatest value, in turn. */
function rangesOf(columns: readonly Float64Array[], rows: Uint32Array): Float64Array {
  return Float64Array.from(columns.flatMap((column) => {
    let least = Infinity, most = -Infinity;
    for (const row of rows) {
      least = Math.min(least, column[row]);
      most = Math.max(most, column[row]);
    }
    return [least, most];
  }));
}

/** The line of least squared error, drawn towards a level one. */
function lineAlong(log: Float64Array, residuals: Float64Array, rows: Uint32Array, weights?: Float64Array) {
  let weight = 0, sum = 0;
  for (const row of rows) {
    const w = weights ? weights[row] : 1;
    weight += w;
    sum += w * log[row];
  }
  const mean = sum / weight;
  let squares = 0, product = 0;
  for (const row of rows) {
    const d = log[row] - mean;
    squares += (weights ? weights[row] : 1) * d * d;
    product += d * residuals[row];
  }
  const slope = product / (squares + LAMBDA);
  return { gain: slope * product, slope, mean };
}

/** The distinct columns that are asked about on the way to each leaf. */
function paths({ splits, feature, children }: Grown): number[][] {
  const ofSplit: number[][] = [[]], ofLeaf: number[][] = [];
  for (let split = 0; split < splits; split++) {
    const above = ofSplit[split], column = feature[split];
    const path = above.includes(column) ? above : [...above, column];
    // Children come after their parents.
    for (const child of [children[2 * split], children[2 * split + 1]]) {
      if (child >= 0) ofSplit[child] = path;
      else ofLeaf[-1 - child] = path;
    }
  }
  return ofLeaf;
}
