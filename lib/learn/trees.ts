/**
 * Boosted trees as flat arrays, and what they predict: the base plus one leaf's value of each tree.
 *
 * @module
 */
import { encode } from "./boosting_bins.ts";

/**
 * The sum of a base and many small trees.
 *
 * Tree t's splits are numbers roots[t] … roots[t + 1] − 1 of `feature`, `bin` and (two each) `children`, the first its root; its
 * leaves, always one more than its splits, are `value` from roots[t] + t on.
 */
export interface BoostedTrees {
  /** What is predicted before the first tree. */
  readonly base: number;
  /** Each input column's edges that any split asks about, ascending; their count is the count of inputs. */
  readonly edges: readonly Float64Array[];
  /** Where each tree's splits begin, and at last where they all end: trees + 1 numbers. */
  readonly roots: Uint32Array;
  /** Each split's column. */
  readonly feature: Uint16Array;
  /** Each split's edge of that column: values up to it go left. */
  readonly bin: Uint8Array;
  /** Each split's left and right child, in turn: a split of the tree counted from its root, or −1 − a leaf of the tree. */
  readonly children: Int16Array;
  /** Each leaf's value, the learning rate in it. */
  readonly value: Float32Array;
  /** What is added to it; null where leaves are level. */
  readonly slopes: Slopes | null;
}

/** A leaf's prediction is value + slope · {@linkcode logOf} of one column. */
export interface Slopes {
  /** Each leaf's column. */
  readonly column: Uint16Array;
  readonly slope: Float32Array;
  /** Each input column's least and greatest value in fitting, in turn: beyond them a slope goes no further. */
  readonly ranges: Float64Array;
}

/** A column's value on the scale of slopes, held within a range: linear near 0, logarithmic far from it. */
export function logOf(value: number, least: number, most: number): number {
  return Math.asinh(Math.min(Math.max(value, least), most));
}

/** Rows that are walked through one tree before the next: few enough for their bins to stay in the first-level cache. */
const BLOCK = 256;

/**
 * Predicts one row.
 *
 * @param row One number a column, in the order of fitting; not NaN.
 * @throws {RangeError} Where their count differs, or one is NaN.
 */
export function predictBoosting(model: BoostedTrees, row: Float64Array): number {
  const { base, edges, roots, feature, bin, children, value, slopes } = model;
  if (row.length !== edges.length) throw new RangeError(`These trees take ${edges.length} columns, got ${row.length}`);
  const codes = new Uint8Array(row.length);
  for (let c = 0; c < row.length; c++) {
    if (Number.isNaN(row[c])) throw new RangeError(`Column ${c} is NaN at row 0; trees cannot tell where to send it`);
    encode(row, edges[c], codes, c, 0, c, c + 1);
  }
  const logs = slopes && row.map((value, c) => logOf(value, slopes.ranges[2 * c], slopes.ranges[2 * c + 1]));
  let sum = base;
  for (let t = 0; t + 1 < roots.length; t++) {
    const root = roots[t];
    let node = 0;
    do {
      const split = root + node;
      node = children[2 * split + ((bin[split] - codes[feature[split]]) >>> 31)];
    } while (node >= 0);
    const leaf = root + t - 1 - node;
    sum += value[leaf];
    if (logs !== null) sum += slopes!.slope[leaf] * logs[slopes!.column[leaf]];
  }
  return sum;
}

/**
 * Predicts many rows at once, much faster a row.
 *
 * @param columns The columns of fitting, one number a row.
 * @throws {RangeError} Where their count differs, or one is NaN.
 */
export function predictBoostingRows(model: BoostedTrees, columns: readonly Float64Array[]): Float64Array {
  const { edges, roots, feature, bin, children, value, slopes } = model;
  checkColumns(columns, edges.length);
  const rows = columns[0]?.length ?? 0;
  const sums = new Float64Array(rows).fill(model.base);
  const width = columns.length, codes = new Uint8Array(Math.min(BLOCK, rows) * width);
  const logs = slopes && logsOf(columns, slopes);
  for (let from = 0; from < rows; from += BLOCK) {
    const to = Math.min(rows, from + BLOCK);
    for (let c = 0; c < width; c++) if (edges[c].length) encode(columns[c], edges[c], codes, c, width, from, to);
    for (let t = 0; t + 1 < roots.length; t++) {
      const leaves = roots[t] + t;
      if (logs === null) walk(codes, width, sums, from, to, feature, bin, children, value, roots[t], leaves);
      else walkSloped(codes, width, sums, from, to, model, logs, roots[t], leaves);
    }
  }
  return sums;
}

/** @throws {RangeError} Where there are more or fewer columns, or a value is NaN. */
export function checkColumns(columns: readonly Float64Array[], count: number): void {
  if (columns.length !== count) throw new RangeError(`These trees take ${count} columns, got ${columns.length}`);
  columns.forEach((column, c) => {
    const bad = column.findIndex(Number.isNaN);
    if (bad >= 0) throw new RangeError(`Column ${c} is NaN at row ${bad}; trees cannot tell where to send it`);
  });
}

/** Adds one tree to the sums of a block of rows. A row goes right by the sign of edge − code, so that nothing is mispredicted. */
function walk(
  codes: Uint8Array,
  width: number,
  sums: Float64Array,
  from: number,
  to: number,
  feature: Uint16Array,
  bin: Uint8Array,
  children: Int16Array,
  value: Float32Array,
  root: number,
  leaves: number,
): void {
  for (let row = from, at = 0; row < to; row++, at += width) {
    let node = 0;
    do {
      const split = root + node;
      node = children[2 * split + ((bin[split] - codes[at + feature[split]]) >>> 31)];
    } while (node >= 0);
    sums[row] += value[leaves - 1 - node];
  }
}

/** The same with slopes. */
function walkSloped(
  codes: Uint8Array,
  width: number,
  sums: Float64Array,
  from: number,
  to: number,
  { feature, bin, children, value, slopes }: BoostedTrees,
  logs: readonly Float64Array[],
  root: number,
  leaves: number,
): void {
  const { column, slope } = slopes!;
  for (let row = from, at = 0; row < to; row++, at += width) {
    let node = 0;
    do {
      const split = root + node;
      node = children[2 * split + ((bin[split] - codes[at + feature[split]]) >>> 31)];
    } while (node >= 0);
    const leaf = leaves - 1 - node;
    sums[row] += value[leaf] + slope[leaf] * logs[column[leaf]][row];
  }
}

/** The columns that slopes go along, as they see them. */
function logsOf(columns: readonly Float64Array[], { column, ranges }: Slopes): Float64Array[] {
  const used = new Set(column);
  return columns.map((values, c) =>
    used.has(c) ? values.map((value) => logOf(value, ranges[2 * c], ranges[2 * c + 1])) : values
  );
}
