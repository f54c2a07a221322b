/**
 * Weighted Lasso paths on cubic polynomials: {@link lassoPath}, and {@link crossValidateLasso} to choose λ.
 *
 * The objective is that of scikit-learn's `Lasso` on standardised columns,
 *
 *     min over b0, b of 1/(2 Σw) Σ_i w_i (y_i − b0 − x̃_i·b)² + λ‖b‖₁,
 *
 * x̃ being the columns less their weighted mean and over their weighted standard deviation. Without an intercept
 * nothing is centred and columns are scaled to a weighted root mean square of 1. With w = 1/y² the fit is a relative
 * one, and its intercept is still free of penalty. λ has the unit of y; coefficients come back in original units.
 *
 * @module
 */
import type { Moments } from "./lasso_moments.ts";
import { GramLasso, type SolveReport } from "./lasso_solver.ts";
export { type Design, Moments } from "./lasso_moments.ts";

/** What to solve, and how closely. */
export interface LassoOptions {
  /** Penalties, positive, in the unit of y; solved from the largest down. Default: {@link lambdaGrid}. */
  lambdas?: ArrayLike<number>;
  /** Length of the default grid: 100. */
  count?: number;
  /** Smallest over largest penalty of the default grid: 1e-6. */
  ratio?: number;
  /**
   * Relative duality gap to reach: 1e-6 of the objective at b = 0. Rounding in the Gram matrix of nearly collinear
   * columns can keep a solve from gaps below about 1e-10; it then ends with `converged: false`.
   */
  gap?: number;
  /** Sweeps and Newton steps a penalty may take: 1000. */
  maxIterations?: number;
}

/** A linear model: prediction = intercept + x·coefficients, in original units. */
export interface LinearModel {
  intercept: number;
  coefficients: Float64Array;
}

/** The model at one penalty, with the relative duality gap that it reached over all features. */
export interface LassoSolution extends LinearModel, SolveReport {
  lambda: number;
}

/**
 * Penalties spaced evenly in logarithm from the smallest one that leaves every coefficient 0 down to `ratio` of it.
 *
 * @throws {RangeError} when no column correlates with the target (λmax = 0), or count or ratio make no grid.
 * @example
 * ```ts
 * import { lambdaGrid, Moments } from "./lasso.ts";
 * const moments = Moments.of({ x: Float64Array.of(-1, 1), n: 2, p: 1, y: Float64Array.of(-3, 3) });
 * const grid = lambdaGrid(moments, { count: 2, ratio: 0.1 });
 * if (Math.abs(grid[0] - 3) + Math.abs(grid[1] - 0.3) > 1e-12) throw new Error("the largest is |x̃·y|/n = 3");
 * ```
 */
export function lambdaGrid(moments: Moments, options: { count?: number; ratio?: number } = {}): Float64Array {
  const { count = 100, ratio = 1e-6 } = options;
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`A grid of ${count} penalties: give 1 or more.`);
  if (!(ratio > 0 && ratio <= 1)) throw new RangeError(`The grid ratio is ${ratio}: give one above 0, at most 1.`);
  const largest = moments.standardise().c.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0);
  if (largest === 0) throw new RangeError("No column varies with the target: the largest penalty would be 0.");
  return Float64Array.from({ length: count }, (_, i) => i === 0 ? largest : largest * ratio ** (i / (count - 1)));
}

/**
 * Solves the Lasso for each penalty from the largest down, each solution starting from the one before.
 *
 * @throws {RangeError} on a penalty that is not positive, or on a grid that cannot be made.
 * @example
 * ```ts
 * import { lassoPath, Moments } from "./lasso.ts";
 * const x = Float64Array.of(1, 5, 2, 5, 3, 5, 4, 5); // The second column is constant.
 * const moments = Moments.of({ x, n: 4, p: 2, y: Float64Array.of(3, 5, 7, 9) });
 * const last = lassoPath(moments).at(-1)!;
 * if (!last.converged || Math.abs(last.coefficients[0] - 2) > 1e-5) throw new Error("the slope is 2");
 * if (last.coefficients[1] !== 0) throw new Error("a constant column gets no coefficient");
 * ```
 */
export function lassoPath(moments: Moments, options: LassoOptions = {}): LassoSolution[] {
  const { gap = 1e-6, maxIterations = 1_000 } = options;
  const lambdas = Float64Array.from(options.lambdas ?? lambdaGrid(moments, options)).sort().reverse();
  for (const lambda of lambdas) {
    if (!(lambda > 0 && lambda < Infinity)) throw new RangeError(`The penalty is ${lambda}: give a positive number.`);
  }
  const { gram, c, yy, restore } = moments.standardise();
  const solver = new GramLasso(gram, c, yy);
  return Array.from(lambdas, (lambda) => {
    const report = solver.solve(lambda, gap, maxIterations);
    return { lambda, ...restore(solver.b), ...report };
  });
}

/**
 * Predictions of a linear model for the chosen `rows` (all by default) of a row-major design with p columns.
 *
 * @example
 * ```ts
 * import { predictLinear } from "./lasso.ts";
 * const model = { intercept: 1, coefficients: Float64Array.of(2, 0) };
 * if (predictLinear(model, Float64Array.of(3, 9, 4, 9)).join() !== "7,9") throw new Error("1 + 2·3 and 1 + 2·4");
 * ```
 */
export function predictLinear(model: LinearModel, x: Float64Array, rows?: ArrayLike<number>): Float64Array {
  const { intercept, coefficients } = model, p = coefficients.length;
  const used = Array.from(coefficients.keys()).filter((j) => coefficients[j] !== 0);
  const out = new Float64Array(rows ? rows.length : x.length / p).fill(intercept);
  for (let r = 0; r < out.length; r++) {
    const start = (rows ? rows[r] : r) * p;
    for (const j of used) out[r] += coefficients[j] * x[start + j];
  }
  return out;
}
