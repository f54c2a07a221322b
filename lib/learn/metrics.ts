/**
 * How far predictions are from measurements.
 *
 * @module
 */

/** Errors of predictions ŷ of measurements y > 0. Shares are fractions, not percent. */
export interface Errors {
  /** How many measurements. */
  readonly rows: number;
  /** Mean of |ŷ − y| / y. */
  readonly mape: number;
  /** √ mean((ŷ − y)² / y²): what the NeuralPower paper reports. */
  readonly rmspe: number;
  /** √ mean((ŷ − y)²), in the measurements' unit. */
  readonly rmse: number;
  /** Median of |ŷ − y| / y. */
  readonly medianApe: number;
  /** Share with |ŷ − y| / y ≤ 0.1. */
  readonly within10: number;
  /** 1 − Σ(ŷ − y)² / Σ(y − ȳ)²; null where all measurements are equal. */
  readonly r2: number | null;
}

/**
 * The errors of predictions.
 *
 * @param measured y, all above 0.
 * @param predicted ŷ, as many, same unit.
 * @throws {RangeError} When there are none, or not as many of each.
 *
 * @example
 * ```ts
 * import { errors } from "neuralpower";
 *
 * errors([1, 2, 4], [1.1, 2, 2]).medianApe; // 0.1, but for rounding
 * ```
 */
export function errors(measured: ArrayLike<number>, predicted: ArrayLike<number>): Errors {
  const rows = measured.length;
  if (rows === 0 || predicted.length !== rows) {
    throw new RangeError(
      `Errors need as many predictions as measurements and at least one, got ${predicted.length} of ${rows}`,
    );
  }
  const mean = Array.from(measured).reduce((sum, y) => sum + y, 0) / rows;
  const relative = Array.from(measured, (y, i) => Math.abs(predicted[i] - y) / y);
  const squares = Array.from(measured, (y, i) => (predicted[i] - y) ** 2).reduce((sum, square) => sum + square, 0);
  const total = Array.from(measured, (y) => (y - mean) ** 2).reduce((sum, square) => sum + square, 0);
  return {
    rows,
    mape: relative.reduce((sum, error) => sum + error, 0) / rows,
    rmspe: Math.sqrt(relative.reduce((sum, error) => sum + error * error, 0) / rows),
    rmse: Math.sqrt(squares / rows),
    medianApe: median(relative),
    // A measured 2 predicted as 2.2 is within 10 %, whatever floating point makes of it.
    within10: relative.filter((error) => error <= 0.1 + 1e-12).length / rows,
    r2: total === 0 ? null : 1 - squares / total,
  };
}

/**
 * Spearman's correlation: that of ranks, equal values sharing the mean of theirs.
 *
 * @returns −1 … 1; null where all values of one side are equal.
 */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (a.length - 1) / 2;
  let xy = 0, xx = 0, yy = 0;
  for (let i = 0; i < x.length; i++) {
    xy += (x[i] - mean) * (y[i] - mean);
    xx += (x[i] - mean) ** 2;
    yy += (y[i] - mean) ** 2;
  }
  return xx === 0 || yy === 0 ? null : xy / Math.sqrt(xx * yy);
}

/** Each value's place among the sorted ones, from 0. */
function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from(values, (_, i) => i).sort((i, j) => values[i] - values[j]);
  const rank = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end + 1 < order.length && values[order[end + 1]] === values[order[start]]) end++;
    for (let place = start; place <= end; place++) rank[order[place]] = (start + end) / 2;
    start = end + 1;
  }
  return rank;
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
