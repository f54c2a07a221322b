/**
 * Non-negative least squares: min over b ≥ 0 of Σ w_i (y_i − x_i·b)², by the active-set method of Lawson and Hanson, "Solving least
 * squares problems" (1974), chapter 23, on the Gram matrix of columns scaled to length 1.
 *
 * @module
 */
import type { Design } from "./lasso_moments.ts";

/** Coefficients ≥ 0 in the columns' own units, and how close they are to the optimum. */
export interface NnlsSolution {
  /** As many as columns. */
  readonly coefficients: Float64Array;
  /** Columns taken in. */
  readonly iterations: number;
  /**
   * How far the conditions of an optimum (Karush, Kuhn, Tucker) are from holding: the largest correlation of a column with the
   * residual that could still lower the error, over the length of y. 0 is exact.
   */
  readonly kkt: number;
}

/** A correlation with the residual smaller than this share of y's length is rounding. */
const tolerance = 1e-9;
/** A column whose part outside the span of those taken is shorter than √ of this adds nothing but rounding errors. */
const pivot = 1e-11;

/**
 * Solves non-negative least squares.
 *
 * @param design Row-major x, y and weights (1 by default). A column of zeros gets the coefficient 0.
 *
 * @example
 * ```ts
 * import { nnls } from "./nnls.ts";
 * // Least squares alone would give the second column −1.
 * const { coefficients } = nnls({ x: Float64Array.of(1, 0, 0, 1), n: 2, p: 2, y: Float64Array.of(2, -1) });
 * if (coefficients.join() !== "2,0") throw new Error("negative coefficients are held at 0");
 * ```
 */
export function nnls(design: Design): NnlsSolution {
  const { gram, c, scales, length } = normalEquations(design);
  const p = c.length;
  const b = new Float64Array(p);
  const least = tolerance * length;
  // Columns that rounding keeps from improving the fit, until another one has.
  const refused = new Set<number>();
  let taken: number[] = [];
  let iterations = 0;
  for (; iterations < 10 * p; iterations++) {
    const g = gradient(gram, c, b);
    let best = -1;
    for (let j = 0; j < p; j++) {
      if (taken.includes(j) || refused.has(j) || scales[j] === 0) continue;
      if (g[j] > least && (best < 0 || g[j] > g[best])) best = j;
    }
    if (best < 0) break;
    const step = solve(gram, c, [...taken, best]);
    if (step === null || !(step[taken.length] > 0)) {
      refused.add(best);
      continue;
    }
    refused.clear();
    taken = descend(gram, c, b, [...taken, best], step);
  }
  const g = gradient(gram, c, b);
  const kkt = g.reduce((worst, value, j) => Math.max(worst, b[j] > 0 ? Math.abs(value) : value), 0) / (length || 1);
  return { coefficients: b.map((value, j) => value === 0 ? 0 : value / scales[j]), iterations, kkt };
}

/** Moves b towards the unconstrained optimum of the taken columns, dropping each one that reaches 0 on the way. */
function descend(
  gram: Float64Array,
  c: Float64Array,
  b: Float64Array,
  taken: number[],
  step: Float64Array | null,
): number[] {
  while (step !== null) {
    let share = 1;
    taken.forEach((j, i) => {
      if (step![i] <= 0) share = Math.min(share, b[j] / (b[j] - step![i]));
    });
    taken.forEach((j, i) => b[j] += share * (step![i] - b[j]));
    if (share === 1) break;
    taken = taken.filter((j, i) => {
      const stays = step![i] > 0 || b[j] > 1e-15;
      if (!stays) b[j] = 0;
      return stays;
    });
    step = solve(gram, c, taken);
  }
  return taken;
}

/** X'X, X'y of columns scaled to length 1, the scales, and the length of y. */
function normalEquations({ x, n, p, y, weights }: Design) {
  const gram = new Float64Array(p * p), c = new Float64Array(p);
  let yy = 0;
  for (let i = 0; i < n; i++) {
    const w = weights ? weights[i] : 1, row = i * p;
    yy += w * y[i] * y[i];
    for (let j = 0; j < p; j++) {
      const value = w * x[row + j];
      if (value === 0) continue;
      c[j] += value * y[i];
      for (let k = 0; k <= j; k++) gram[j * p + k] += value * x[row + k];
    }
  }
  const scales = Float64Array.from({ length: p }, (_, j) => Math.sqrt(gram[j * p + j]));
  for (let j = 0; j < p; j++) {
    c[j] /= scales[j] || 1;
    for (let k = 0; k <= j; k++) gram[k * p + j] = gram[j * p + k] /= (scales[j] * scales[k]) || 1;
  }
  return { gram, c, scales, length: Math.sqrt(yy) };
}

/** c − Gb: each column's correlation with the residual. */
function gradient(gram: Float64Array, c: Float64Array, b: Float64Array): Float64Array {
  const p = c.length;
  return c.map((value, j) => {
    for (let k = 0; k < p; k++) value -= gram[j * p + k] * b[k];
    return value;
  });
}

/** Least squares on the chosen columns by Cholesky's factor; null where they are dependent. */
function solve(gram: Float64Array, c: Float64Array, chosen: readonly number[]): Float64Array | null {
  const p = c.length, m = chosen.length;
  const factor = new Float64Array(m * m), z = new Float64Array(m);
  for (let i = 0; i < m; i++) {
    let rest = c[chosen[i]];
    for (let j = 0; j <= i; j++) {
      let value = gram[chosen[i] * p + chosen[j]];
      for (let k = 0; k < j; k++) value -= factor[i * m + k] * factor[j * m + k];
      if (i === j && value < pivot) return null;
      factor[i * m + j] = i === j ? Math.sqrt(value) : value / factor[j * m + j];
      if (j < i) rest -= factor[i * m + j] * z[j];
    }
    z[i] = rest / factor[i * m + i];
  }
  for (let i = m - 1; i >= 0; i--) {
    for (let k = i + 1; k < m; k++) z[i] -= factor[k * m + i] * z[k];
    z[i] /= factor[i * m + i];
  }
  return z;
}
