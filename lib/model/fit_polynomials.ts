/**
 * The Lasso in two forms, the paper's and the one with weights 1/y², with each row's prediction by a fit that has not seen its
 * configuration.
 *
 * @module
 */
import { foldsByGroup } from "../learn/folds.ts";
import { type Design, predictLinear } from "../learn/lasso.ts";
import { crossValidateLasso } from "../learn/lasso_cv.ts";
import type { TableRow } from "../table.ts";
import type { Target } from "./candidates.ts";
import { fewRows } from "./choose.ts";
import { type Polynomial, type PolynomialName, polynomialNames, type TargetFit } from "./model.ts";
import { nonZero, termTable } from "./term_table.ts";
import { vouched } from "./vouch.ts";

/** The penalty comes from this many folds within each training set, as in the paper; fewer configurations are left out one at a time. */
const mostInnerFolds = 10;

/** With fewer rows a polynomial is no default: of a handful it says anything of a larger layer. */
export const leastPolynomialRows = 50;
/** Folds in each of which a penalty is chosen anew; the more, the longer it takes. */
const nestedFolds = 5;

/** What no prediction is below, and for power above. */
export type Bounds = Pick<TargetFit, "least" | "most">;

/** What both forms are fitted to. */
export interface PolynomialRows {
  readonly rows: readonly TableRow[];
  readonly target: Target;
  /** What the polynomial is of: the layer's own time, or its power. */
  readonly y: Float64Array;
  /** What of each row is the call's: added back before errors are taken. */
  readonly callMs: number;
  /** For the relative form. */
  readonly weights: Float64Array;
  /** Each row's configuration, and its fold. */
  readonly groups: readonly string[];
  readonly folds: Int32Array;
  /** Bounds of predictions by what training rows show. */
  readonly boundsOf: (training: readonly number[]) => Bounds;
}

/** A form, and each row's held-out prediction. */
export interface FittedPolynomial {
  readonly polynomial: Polynomial;
  readonly predictions: Float64Array;
  /**
   * The same by inner folds: for a choice that the errors above do not decide. Where rows are many, by those that chose the penalty, which
   * flatters few.
   */
  readonly innerPredictions: Float64Array;
}

/** Fits both forms. */
export function fitPolynomials(fit: PolynomialRows): Record<PolynomialName, FittedPolynomial> {
  const { rows, target, y, callMs, groups, folds, boundsOf } = fit;
  const { layer: { kind }, pass } = rows[0].node;
  const table = termTable(rows, kind, target, pass);
  const measured = y.map((value) => value + callMs);
  const [paper, relative] = polynomialNames.map((name): FittedPolynomial => {
    const weights = name === "paper" ? undefined : fit.weights;
    const design: Design = { x: table.x, n: rows.length, p: table.terms.length, y, weights };
    const predictions = heldOutPredictions(design, fit).map((value) => value + callMs);
    const { fit: best, unconverged, predictions: flattered } = crossValidateLasso(design, {
      folds: innerFolds(groups),
    });
    const polynomial: Polynomial = {
      lambda: best.lambda,
      gap: best.gap,
      unconverged,
      intercept: best.intercept,
      coefficients: nonZero(table.terms, best.coefficients),
      ...vouched(measured, predictions, folds),
    };
    const { least, most } = boundsOf([...rows.keys()]);
    const inner = rows.length >= leastPolynomialRows && rows.length < fewRows
      ? heldOutPredictions(design, { ...fit, folds: foldsByGroup(groups, nestedFolds, 4) })
      : flattered.map((value) => Math.min(Math.max(value, least), most ?? Infinity));
    const innerPredictions = inner.map((value) => value + callMs);
    return { polynomial, predictions, innerPredictions };
  });
  return { paper, relative };
}

/** Each row's prediction by a Lasso that has not seen its configuration, neither for its coefficients nor for its penalty. */
function heldOutPredictions(design: Design, { groups, folds, boundsOf }: PolynomialRows): Float64Array {
  const predictions = new Float64Array(design.n);
  const all = Array.from(folds.keys());
  for (const fold of new Set(folds)) {
    const training = all.filter((row) => folds[row] !== fold);
    const held = all.filter((row) => folds[row] === fold);
    const inner = innerFolds(training.map((row) => groups[row]), 1);
    const { fit } = crossValidateLasso(pick(design, training), { folds: inner });
    const { least, most } = boundsOf(training);
    predictLinear(fit, design.x, held).forEach((value, i) => {
      predictions[held[i]] = Math.min(Math.max(value, least), most ?? Infinity);
    });
  }
  return predictions;
}

function innerFolds(groups: readonly string[], seed?: number): Int32Array {
  return foldsByGroup(groups, Math.min(mostInnerFolds, new Set(groups).size), seed);
}

function pick({ x, p, y, weights }: Design, rows: readonly number[]): Design {
  const part = new Float64Array(rows.length * p);
  rows.forEach((row, i) => part.set(x.subarray(row * p, (row + 1) * p), i * p));
  return {
    x: part,
    n: rows.length,
    p,
    y: Float64Array.from(rows, (row) => y[row]),
    weights: weights && Float64Array.from(rows, (row) => weights[row]),
  };
}
