/**
 * Grows one regression tree leaf by leaf: the leaf whose best split gains most is split next (LightGBM, Ke et al. 2017).
 *
 * With S = Σ w·r of a leaf's residuals r and W = Σ w, its value is S / (W + λ), and splitting it into L and R gains
 * S_L² / (W_L + λ) + S_R² / (W_R + λ) − S² / (W + λ). Sums by bin (histograms) give every candidate's S and W in one pass; only the
 * smaller child's are summed, the other's are its parent's less those.
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

/** Sums by column and bin. */
interface Histogram {
  readonly sums: Float64Array;
  readonly weights: Float64Array;
  readonly counts: Uint32Array;
}

/** Less of the leaf's own term than this is rounding, not gain. */
const LEAST_GAIN = 1e-12;

/**
 * A function that grows trees on the same bins.
 *
 * @param weights Each row's weight; all 1 unless told.
 * @returns `grow(residuals, rows, columns)`, which sorts `rows` by leaf.
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
  const ordered = new Float64Array(rowCount), orderedWeights = new Float64Array(weights ? rowCount : 0);
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

  function sumUp(leaf: number, residuals: Float64Array, rows: Uint32Array, columns: Uint16Array): void {
    const { sums, weights: weightSums, counts } = histograms[leaf] ??= {
      sums: new Float64Array(total),
      weights: new Float64Array(weights ? total : 0),
      counts: new Uint32Array(total),
    };
    const from = start[leaf], to = end[leaf];
    sums.fill(0);
    weightSums.fill(0);
    counts.fill(0);
    gather(ordered, residuals, rows, from, to);
    if (weights) gather(orderedWeights, weights, rows, from, to);
    for (const c of columns) {
      sumColumn(codes[c], rows, from, to, ordered, sums, counts, offsets[c]);
      if (weights) sumWeights(codes[c], rows, from, to, orderedWeights, weightSums, offsets[c]);
    }
  }

  function search(leaf: number, columns: Uint16Array): void {
    const { sums, weights: weightSums, counts } = histograms[leaf];
    const weighted = weightSums.length > 0;
    const rows = end[leaf] - start[leaf], sum = S[leaf], weight = W[leaf], own = sum * sum / (weight + lambda);
    let most = own * (1 + LEAST_GAIN);
    best.gain[leaf] = 0;
    for (const c of columns) {
      const first = offsets[c], last = offsets[c + 1] - 1;
      let s = 0, w = 0, n = 0;
      for (let b = first; b < last; b++) {
        const count = counts[b];
        if (count === 0) continue;
        n += count;
        s += sums[b];
        w = weighted ? w + weightSums[b] : n;
        if (n < minLeafRows) continue;
        if (rows - n < minLeafRows) break;
        const rest = sum - s, restWeight = weight - w;
        // Weights by subtraction can come out below 0 by rounding.
        if (!(w > 0 && restWeight > 0)) continue;
        const both = s * s / (w + lambda) + rest * rest / (restWeight + lambda);
        if (both > most) {
          most = both;
          best.gain[leaf] = both - own;
          best.column[leaf] = c;
          best.bin[leaf] = b - first;
          best.sum[leaf] = s;
          best.weight[leaf] = w;
        }
      }
    }
  }

  return (residuals, rows, columns) => {
    // Residuals come times their weights: what is summed is w·r.
    grown.splits = 0;
    start[0] = 0;
    end[0] = rows.length;
    link[0] = -1;
    S[0] = W[0] = 0;
    for (const row of rows) {
      S[0] += residuals[row];
      W[0] += weights ? weights[row] : 1;
    }
    sumUp(0, residuals, rows, columns);
    search(0, columns);
    while (grown.splits < leaves - 1) {
      const k = grown.splits;
      let leaf = 0;
      for (let l = 1; l <= k; l++) if (best.gain[l] > best.gain[leaf]) leaf = l;
      if (!(best.gain[leaf] > 0)) break;
      const c = best.column[leaf], fresh = k + 1;
      // Split number k takes the leaf's place; its left child keeps the leaf's number, its right child has a new one.
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
      grown.splits++;
      const splittable = (l: number) => end[l] - start[l] >= 2 * minLeafRows;
      if (grown.splits === leaves - 1 || !(splittable(leaf) || splittable(fresh))) continue;
      const [small, large] = end[leaf] - start[leaf] <= end[fresh] - start[fresh] ? [leaf, fresh] : [fresh, leaf];
      if (large === fresh) {
        const parent = histograms[leaf];
        histograms[leaf] = histograms[fresh];
        histograms[fresh] = parent;
      }
      sumUp(small, residuals, rows, columns);
      for (const c of columns) subtract(histograms[large], histograms[small], offsets[c], offsets[c + 1]);
      if (splittable(small)) search(small, columns);
      if (splittable(large)) search(large, columns);
    }
    for (let l = 0; l <= grown.splits; l++) grown.value[l] = S[l] / (W[l] + lambda);
    return grown;
  };
}

function gather(out: Float64Array, values: Float64Array, rows: Uint32Array, from: number, to: number): void {
  for (let i = from; i < to; i++) out[i - from] = values[rows[i]];
}

function sumColumn(
  codes: Uint8Array,
  rows: Uint32Array,
  from: number,
  to: number,
  ordered: Float64Array,
  sums: Float64Array,
  counts: Uint32Array,
  offset: number,
): void {
  for (let i = from; i < to; i++) {
    const b = offset + codes[rows[i]];
    sums[b] += ordered[i - from];
    counts[b]++;
  }
}

function sumWeights(
  codes: Uint8Array,
  rows: Uint32Array,
  from: number,
  to: number,
  ordered: Float64Array,
  weights: Float64Array,
  offset: number,
): void {
  for (let i = from; i < to; i++) weights[offset + codes[rows[i]]] += ordered[i - from];
}

function subtract(of: Histogram, less: Histogram, from: number, to: number): void {
  const weighted = of.weights.length > 0;
  for (let b = from; b < to; b++) {
    of.sums[b] -= less.sums[b];
    of.counts[b] -= less.counts[b];
    if (weighted) of.weights[b] -= less.weights[b];
  }
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
    const row = rows[i];
    if (codes[row] <= bin) rows[left++] = row;
    else aside[right++] = row;
  }
  rows.set(aside.subarray(0, right), left);
  return left;
}
