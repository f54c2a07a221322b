/**
 * Choice of the Lasso penalty by cross-validation over folds that the caller has made.
 *
 * @module
 */
import { lambdaGrid, type LassoOptions, lassoPath, type LassoSolution, predictLinear } from "./lasso.ts";
import { type Design, Moments } from "./lasso_moments.ts";

/** {@link LassoOptions} and how to hold rows out. */
export interface LassoCvOptions extends LassoOptions {
  /** Fold of each row, any integers; rows that belong together (one network, say) share a fold. */
  folds: ArrayLike<number>;
  /** Whether to centre and fit an intercept without penalty: true. */
  intercept?: boolean;
  /** Loss of one held-out row, averaged with the rows' weights: (y − prediction)² by default. */
  loss?: (y: number, prediction: number) => number;
}

/** Errors over the grid and the fit at the best penalty. */
export interface LassoCvResult {
  /** Penalties, largest first, in the unit of y. */
  lambdas: Float64Array;
  /** Weighted mean loss of held-out rows at each penalty, over the rows of all folds together. */
  errors: Float64Array;
  /** Index of the smallest error. */
  best: number;
  /** Prediction of each row at the best penalty by the model fitted without the row's fold. */
  predictions: Float64Array;
  /** Path on all rows from the largest penalty down to the best. */
  path: LassoSolution[];
  /** The last of the path: the model to keep. */
  fit: LassoSolution;
  /** Solves, of all folds and of the path, that stopped before the gap asked for; 0 when all is well. */
  unconverged: number;
}

/**
 * Fits a path without each fold in turn and takes the penalty with the smallest weighted mean held-out loss.
 *
 * The grid comes from all rows' λmax, as in scikit-learn's `LassoCV`; columns are standardised within each training
 * set, and its sums are those of all rows less the fold's own, so rows are read once, not once per fold.
 *
 * @throws {RangeError} on fewer than two folds, a fold that holds all the weight, or a bad design, grid or penalty.
 * @example
 * ```ts
 * import { crossValidateLasso } from "./lasso_cv.ts";
 * const x = Float64Array.from({ length: 20 }, (_, i) => i);
 * const y = x.map((value) => 3 + 2 * value);
 * const { fit, unconverged } = crossValidateLasso({ x, n: 20, p: 1, y }, { folds: x.map((i) => i % 4) });
 * if (unconverged > 0 || Math.abs(fit.coefficients[0] - 2) > 1e-4) throw new Error("the slope is 2");
 * ```
 */
export function crossValidateLasso(design: Design, options: LassoCvOptions): LassoCvResult {
  const { x, y, n, weights } = design;
  const { folds, intercept = true, loss = (value, prediction) => (value - prediction) ** 2 } = options;
  const total = Moments.of(design, { intercept });
  // Where no column tells anything of the target, the intercept stands alone at any penalty.
  const isFlat = total.standardise().c.every((value) => value === 0);
  const lambdas = Float64Array.from(options.lambdas ?? (isFlat ? [1] : lambdaGrid(total, options))).sort().reverse();
  if (lambdas.length === 0) throw new RangeError("The list of penalties is empty: give one or more.");
  const groups = groupRows(folds, n);
  const errors = new Float64Array(lambdas.length);
  const fits = groups.map(({ inside, outside }) => {
    const path = lassoPath(trainingMoments(design, total, inside, outside), { ...options, lambdas });
    path.forEach((model, k) => {
      const predictions = predictLinear(model, x, inside);
      // error_k = Σ_i w_i loss(y_i, ŷ_i) / Σ_i w_i, each ŷ_i from the model that has not seen row i
      inside.forEach((i, r) => errors[k] += (weights ? weights[i] : 1) * loss(y[i], predictions[r]) / total.weight);
    });
    return { inside, path };
  });
  let best = 0;
  errors.forEach((error, k) => {
    if (error < errors[best]) best = k;
  });
  const predictions = new Float64Array(n);
  for (const { inside, path } of fits) {
    const held = predictLinear(path[best], x, inside);
    inside.forEach((i, r) => predictions[i] = held[r]);
  }
  const path = lassoPath(total, { ...options, lambdas: lambdas.subarray(0, best + 1) });
  const unconverged = [...fits.flatMap((fit) => fit.path), ...path].filter((model) => !model.converged).length;
  return { lambdas, errors, best, predictions, path, fit: path[best], unconverged };
}

/** A training set with a smaller share of the weight than this keeps too few digits of the sums of all rows. */
const LOST = 1e-6;

/** Sums of the rows outside a fold: by subtraction, unless that cancels (say, the fold holds all the large rows). */
function trainingMoments(design: Design, total: Moments, inside: Int32Array, outside: Int32Array): Moments {
  const rest = total.subtract(total.part(design, inside));
  if (!rest.cancelled && rest.weight > LOST * total.weight) return rest;
  return Moments.of(design, { intercept: total.intercept, rows: outside });
}

function groupRows(folds: ArrayLike<number>, n: number): { inside: Int32Array; outside: Int32Array }[] {
  if (folds.length !== n) throw new RangeError(`There are ${folds.length} fold numbers for ${n} rows: give one a row.`);
  const ids = [...new Set(Array.from(folds))].sort((one, other) => one - other);
  if (ids.length < 2) throw new RangeError(`There is ${ids.length} fold: rows must lie in two or more.`);
  const rows = Int32Array.from({ length: n }, (_, i) => i);
  return ids.map((id) => ({
    inside: rows.filter((i) => folds[i] === id),
    outside: rows.filter((i) => folds[i] !== id),
  }));
}
