/**
 * Grows one regression tree leaf by leaf: the leaf whose best split gains most is split next (LightGBM, Ke et al. 2017).
 *
 * With S = Σ w·r of a leaf's residuals r and W = Σ w, its value is S / (W + λ), and splitting it into L and R gains
 * S_L² / (W_L + λ) + S_R² / (W_R + λ) − S² / (W + λ). Sums by bin (histograms) give every candidate's S and W in one pass; only the
 * smaller child's are summed, the other's are its parent's less those.
 *
 * A bin's count n and its sum are one number, n·2^k + Σ q, q the whole number nearest to w·r in small units: one addition a row
 * instead of two, and exact, so that a parent less a child is the other child to the last bit.
 *
 * @module
 */
import type { Binned } from "./boosting_bins.ts";

/** How far a tree grows. */
export interface GrowOptions {
  readonly leaves: number;
  readonly minLeafRows: number;
  readonly lambda: number;
}

/** A tree in arrays that the next one overwrites. */
export interface Grown {
  /** How many splits; leaves are one more. */
  splits: number;
  readonly feature: Uint16Array;
  readonly bin: Uint8Array;
  /** As in BoostedTrees. */
  readonly children: Int16Array;
  /** Leaf l's rows are rows[start[l] … end[l] − 1] of the sorted rows. */
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly value: Float64Array;
}

/** Counts with sums, and sums of weights where rows have any, by column and bin. */
interface Histogram {
  readonly packed: Float64Array;
  readonly weights: Float64Array;
}

/** Less of the leaf's own term than this is rounding, not gain. */
const LEAST_GAIN = 1e-12;

/**
 * A function that grows trees on the same bins.
 *
 * @param weights Each row's weight; all 1 unless told.
 * @returns `grow(residuals, rows, columns)`: takes w·r, and sorts `rows` by leaf.
 */
export function makeGrower(
  { codes, edges }: Binned,
  { leaves, minLeafRows, lambda }: GrowOptions,
  weights?: Float64Array,
): (residuals: Float64Array, rows: Uint32Array, columns: Uint16Array) => Grown {
  const rowCount = codes[0]?.length ?? 0;
  const offsets = new Uint32Array(codes.length + 1);
  edges.forEach(({ length }, c) => offsets[c + 1] = offsets[c] + length + 1);
  const total = offsets[codes.length];
  const histograms: Histogram[] = [];
  const packed = new Float64Array(rowCount), ordered = new Float64Array(rowCount);
  const orderedWeights = new Float64Array(weights ? rowCount : 0);
  const aside = new Uint32Array(rowCount);
  const S = new Float64Array(leaves), W = new Float64Array(leaves);
  /** The link of `children` that leads to each leaf. */
  const link = new Int32Array(leaves);
  const best = {
    gain: new Float64Array(leaves),
    column: new Uint16Array(leaves),
    bin: new Uint8Array(leaves),
    sum: new Float64Array(leaves),
    weight: new Float64Array(leaves),
  };
  const grown: Grown = {
    splits: 0,
    feature: new Uint16Array(leaves),
    bin: new Uint8Array(leaves),
    children: new Int16Array(2 * leaves),
    start: new Uint32Array(leaves),
    end: new Uint32Array(leaves),
    value: new Float64Array(leaves),
  };
  const { start, end } = grown;
  let one = 1, scale = 1;

  /** Packs the residuals of a tree; false where all are 0. */
  function pack(residuals: Float64Array, rows: Uint32Array): boolean {
    let size = 0;
    for (let i = 0; i < rows.length; i++) size += Math.abs(residuals[rows[i]]);
    if (size === 0) return false;
    // 53 bits hold the rows' count and, with its sign and roundings, any sum of residuals.
    one = 2 ** (53 - Math.ceil(Math.log2(rows.length + 1)));
    scale = (one / 2 - rows.length) / size;
    let sum = 0, weight = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i], q = Math.round(residuals[row] * scale);
      packed[row] = one + q;
      sum += q;
      weight += weights ? weights[row] : 1;
    }
    S[0] = sum;
    W[0] = weight;
    return true;
  }

  function sumUp(leaf: number, rows: Uint32Array, columns: Uint16Array): void {
    const histogram = histograms[leaf] ??= {
      packed: new Float64Array(total),
      weights: new Float64Array(weights ? total : 0),
    };
    const from = start[leaf], to = end[leaf];
    histogram.packed.fill(0);
    gather(ordered, packed, rows, from, to);
    let i = 0;
    for (; i + 3 < columns.length; i += 4) {
      const a = columns[i], b = columns[i + 1], c = columns[i + 2], d = columns[i + 3];
      // deno-fmt-ignore
      sumFour(codes[a], codes[b], codes[c], codes[d], offsets[a], offsets[b], offsets[c], offsets[d],
        rows, from, to, ordered, histogram.packed);
    }
    for (; i < columns.length; i++) {
      sumOne(codes[columns[i]], offsets[columns[i]], rows, from, to, ordered, histogram.packed);
    }
    if (!weights) return;
    histogram.weights.fill(0);
    gather(orderedWeights, weights, rows, from, to);
    for (const c of columns) sumOne(codes[c], offsets[c], rows, from, to, orderedWeights, histogram.weights);
  }

  function search(leaf: number, columns: Uint16Array): void {
    const { packed, weights: weightSums } = histograms[leaf];
    const weighted = weightSums.length > 0, perOne = 1 / one;
    const most = end[leaf] - start[leaf] - minLeafRows, sum = S[leaf], weight = W[leaf];
    const own = sum * sum / (weight + lambda);
    let bar = own * (1 + LEAST_GAIN);
    best.gain[leaf] = 0;
    for (let i = 0; i < columns.length; i++) {
      const c = columns[i], first = offsets[c], last = offsets[c + 1] - 1;
      let both = 0, w = 0;
      for (let b = first; b < last; b++) {
        const here = packed[b];
        if (here === 0) continue;
        both += here;
        if (weighted) w += weightSums[b];
        const n = Math.floor(both * perOne + 0.5);
        if (n < minLeafRows) continue;
        if (n > most) break;
        const s = both - n * one, rest = sum - s;
        if (!weighted) w = n;
        const restWeight = weight - w;
        const gain = s * s / (w + lambda) + rest * rest / (restWeight + lambda);
        // Weights by subtraction can come out below 0 by rounding.
        if (gain > bar && w > 0 && restWeight > 0) {
          bar = gain;
          best.gain[leaf] = gain - own;
          best.column[leaf] = c;
          best.bin[leaf] = b - first;
          best.sum[leaf] = s;
          best.weight[leaf] = w;
        }
      }
    }
  }

  /** Makes split number k of the leaf: the left child keeps the leaf's number, the right child is number k + 1. */
  function split(leaf: number, k: number, rows: Uint32Array): void {
    const c = best.column[leaf], fresh = k + 1;
    grown.feature[k] = c;
    grown.bin[k] = best.bin[leaf];
    if (k > 0) grown.children[link[leaf]] = k;
    link[leaf] = 2 * k;
    link[fresh] = 2 * k + 1;
    grown.children[2 * k] = -1 - leaf;
    grown.children[2 * k + 1] = -1 - fresh;
    const middle = partition(codes[c], best.bin[leaf], rows, start[leaf], end[leaf], aside);
    start[fresh] = middle;
    end[fresh] = end[leaf];
    end[leaf] = middle;
    S[fresh] = S[leaf] - best.sum[leaf];
    W[fresh] = W[leaf] - best.weight[leaf];
    S[leaf] = best.sum[leaf];
    W[leaf] = best.weight[leaf];
    best.gain[leaf] = best.gain[fresh] = 0;
    grown.splits = k + 1;
  }

  const splittable = (leaf: number) => end[leaf] - start[leaf] >= 2 * minLeafRows;

  return (residuals, rows, columns) => {
    grown.splits = start[0] = 0;
    end[0] = rows.length;
    if (!pack(residuals, rows)) return grown;
    sumUp(0, rows, columns);
    search(0, columns);
    for (let k = 0; k < leaves - 1; k++) {
      let leaf = 0;
      for (let l = 1; l <= k; l++) if (best.gain[l] > best.gain[leaf]) leaf = l;
      if (!(best.gain[leaf] > 0)) break;
      split(leaf, k, rows);
      const fresh = k + 1;
      if (fresh === leaves - 1 || !(splittable(leaf) || splittable(fresh))) continue;
      const [small, large] = end[leaf] - start[leaf] <= end[fresh] - start[fresh] ? [leaf, fresh] : [fresh, leaf];
      if (large === fresh) [histograms[leaf], histograms[fresh]] = [histograms[fresh], histograms[leaf]];
      sumUp(small, rows, columns);
      for (const c of columns) subtract(histograms[large].packed, histograms[small].packed, offsets[c], offsets[c + 1]);
      if (weights) subtract(histograms[large].weights, histograms[small].weights, 0, total);
      if (splittable(small)) search(small, columns);
      if (splittable(large)) search(large, columns);
    }
    for (let l = 0; l <= grown.splits; l++) grown.value[l] = S[l] / scale / (W[l] + lambda);
    return grown;
  };
}

function gather(out: Float64Array, values: Float64Array, rows: Uint32Array, from: number, to: number): void {
  for (let i = from; i < to; i++) out[i - from] = values[rows[i]];
}

function sumOne(
  codes: Uint8Array,
  offset: number,
  rows: Uint32Array,
  from: number,
  to: number,
  ordered: Float64Array,
  sums: Float64Array,
): void {
  for (let i = from; i < to; i++) sums[offset + codes[rows[i]]] += ordered[i - from];
}

/** sumOne for four columns: a row and its residual are read once, and no addition waits for the one before. */
function sumFour(
  codesA: Uint8Array,
  codesB: Uint8Array,
  codesC: Uint8Array,
  codesD: Uint8Array,
  a: number,
  b: number,
  c: number,
  d: number,
  rows: Uint32Array,
  from: number,
  to: number,
  ordered: Float64Array,
  sums: Float64Array,
): void {
  for (let i = from; i < to; i++) {
    const row = rows[i], value = ordered[i - from];
    sums[a + codesA[row]] += value;
    sums[b + codesB[row]] += value;
    sums[c + codesC[row]] += value;
    sums[d + codesD[row]] += value;
  }
}

function subtract(of: Float64Array, less: Float64Array, from: number, to: number): void {
  for (let b = from; b < to; b++) of[b] -= less[b];
}

/** Moves the rows up to the bin before the others, each part in its order; returns where the others begin. */
function partition(
  codes: Uint8Array,
  bin: number,
  rows: Uint32Array,
  from: number,
  to: number,
  aside: Uint32Array,
): number {
  let left = from, right = 0;
  for (let i = from; i < to; i++) {
    const row = rows[i], goesRight = (bin - codes[row]) >>> 31;
    rows[left] = row;
    aside[right] = row;
    right += goesRight;
    left += 1 - goesRight;
  }
  rows.set(aside.subarray(0, right), left);
  return left;
}
