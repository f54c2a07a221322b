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

/** Each leaf's column and slope. */
export interface GrownSlopes {
  readonly column: Uint16Array;
  /** Per unit of {@linkcode logOf}, the learning rate in it. */
  readonly slope: Float64Array;
}

/** Columns as slopes see them. */
export interface SlopeColumns {
  /** Each column's least and greatest value among the rows to fit, in turn. */
  readonly ranges: Float64Array;
  /** Each column's rows. */
  readonly logs: readonly Float64Array[];
}

/** Columns as slopes see them, their ranges those of the rows given. */
export function slopeColumns(columns: readonly Float64Array[], rows: Uint32Array): SlopeColumns {
  const ranges = new Float64Array(2 * columns.length);
  const logs = columns.map((column, c) => {
    let least = Infinity, most = -Infinity;
    for (const row of rows) {
      least = Math.min(least, column[row]);
      most = Math.max(most, column[row]);
    }
    ranges.set([least, most], 2 * c);
    return column.map((value) => logOf(value, least, most));
  });
  return { ranges, logs };
}

/**
 * Finds each leaf's slope: along the column of its path that lowers the squared error most. The leaf's value becomes that where the
 * column is 0.
 *
 * @param tree Its values have the learning rate in them already.
 * @param residuals w·r of each row.
 * @param rows Those that the tree was grown on, sorted by leaf.
 * @param weights Each row's; all 1 unless told.
 * @param found What is overwritten.
 */
export function findSlopes(
  tree: Grown,
  { logs }: SlopeColumns,
  residuals: Float64Array,
  rows: Uint32Array,
  weights: Float64Array | undefined,
  learningRate: number,
  found: GrownSlopes,
): void {
  paths(tree).forEach((columns, leaf) => {
    const own = rows.subarray(tree.start[leaf], tree.end[leaf]);
    let best = { gain: 0, column: 0, slope: 0, mean: 0 };
    for (const column of columns) {
      const line = lineAlong(logs[column], residuals, own, weights);
      if (line.gain > best.gain) best = { ...line, column };
    }
    // As the file has it: what is lost is left for the trees after it.
    const slope = Math.f16round(learningRate * best.slope);
    found.column[leaf] = best.column;
    found.slope[leaf] = slope;
    tree.value[leaf] = Math.f16round(tree.value[leaf] - slope * best.mean);
  });
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
