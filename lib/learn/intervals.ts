/**
 * Prediction intervals by split-conformal prediction on held-out log residuals (Lei et al. 2018): a prediction ŷ becomes
 * [ŷ·exp(−q), ŷ·exp(q)], q the ⌈0.9 (n + 1)⌉-th smallest of n held-out |ln y − ln ŷ|.
 *
 * @module
 */

/** The share of measurements that an interval is meant to hold. */
export const intervalLevel = 0.9;

/**
 * Half the interval's width on the log scale.
 *
 * @param measured y, all above 0.
 * @param predicted ŷ of models that have not seen the row, all above 0.
 * @returns q ≥ 0; null where so few rows cannot vouch for it (9 of 10 need at least 9).
 */
export function logHalfWidth(measured: ArrayLike<number>, predicted: ArrayLike<number>): number | null {
  const residuals = Float64Array.from(measured, (y, i) => logResidual(y, predicted[i])).sort();
  const rank = Math.ceil(intervalLevel * (residuals.length + 1));
  return rank > residuals.length ? null : residuals[rank - 1];
}

/**
 * The share of held-out measurements in the interval, the interval of each fold made from the other folds alone.
 *
 * @param folds Each row's fold.
 * @returns A fraction; null where a fold's others are too few for an interval.
 */
export function heldOutCoverage(
  measured: ArrayLike<number>,
  predicted: ArrayLike<number>,
  folds: ArrayLike<number>,
): number | null {
  const rows = Array.from(measured, (y, row) => ({ y, predicted: predicted[row], fold: folds[row] }));
  let covered = 0;
  for (const fold of new Set(rows.map((row) => row.fold))) {
    const others = rows.filter((row) => row.fold !== fold);
    const q = logHalfWidth(others.map(({ y }) => y), others.map(({ predicted }) => predicted));
    if (q === null) return null;
    covered += rows.filter((row) => row.fold === fold && logResidual(row.y, row.predicted) <= q).length;
  }
  return covered / rows.length;
}

function logResidual(y: number, predicted: number): number {
  return Math.abs(Math.log(y) - Math.log(predicted));
}
