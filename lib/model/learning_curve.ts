/**
 * Held-out error of time by number of rows: how much more measuring would buy.
 *
 * Five folds by configuration; in each, models are fitted on so many of the other folds' rows, drawn by configuration, and judged on the
 * fold's. What is chosen is chosen within those rows.
 *
 * @module
 */
import { configurationKey, foldsByGroup } from "../learn/folds.ts";
import { type Design, predictLinear } from "../learn/lasso.ts";
import { crossValidateLasso } from "../learn/lasso_cv.ts";
import type { TableRow } from "../table.ts";
import { chooseTerms, rowsOf } from "./choose.ts";
import { fitTime, type Measured } from "./layer_model.ts";
import { type FormName, type PolynomialName, polynomialNames } from "./model.ts";
import { sourceTerm } from "./sheet.ts";
import { termTable } from "./term_table.ts";
import { outerFolds } from "./vouch.ts";

/** Numbers of rows, as far as there are as many; then all. */
export const curveSizes = [50, 150, 500, 1500] as const;

/** The mean relative errors with so many rows. */
export interface CurvePoint {
  readonly rows: number;
  /** Each form by itself. */
  readonly forms: Readonly<Record<FormName, number>>;
  /** Whichever form inner folds of the rows say is best. */
  readonly chosen: number;
  /** The same where the source's time may be corrected; null without a source. */
  readonly transferred: number | null;
}

/** What a curve is drawn of. */
export interface CurveRows {
  /** Of one kind, pass and number format. */
  readonly rows: readonly TableRow[];
  /** Of the same rows; its sheet has the source where there is one. */
  readonly measured: Measured;
  /** What of each row is the call's. */
  readonly callMs: number;
}

/** How a curve is drawn. */
export interface CurveOptions {
  /** Numbers of rows: {@linkcode curveSizes} unless told. */
  readonly sizes?: readonly number[];
  /** How many of the five folds are judged: all unless told. */
  readonly folds?: number;
  /** Whether the Lasso is fitted too, which takes most of the time: true unless told. */
  readonly lasso?: boolean;
}

/** Judged rows of a fold, at most. */
const mostHeld = 600;

/** Draws the learning curve of rows of one kind. */
export function learningCurve(
  curve: CurveRows,
  { sizes = curveSizes, folds = outerFolds, lasso = true }: CurveOptions = {},
): CurvePoint[] {
  const groups = curve.rows.map(({ node }) => configurationKey(node));
  const fold = foldsByGroup(groups, outerFolds);
  // As many folds as configurations: each one's place in a shuffled order.
  const place = foldsByGroup(groups, new Set(groups).size, 6);
  const order = Uint32Array.from(groups.keys()).sort((a, b) => place[a] - place[b]);
  // In each fold so many are to be had.
  const most = Math.floor(groups.length * (1 - 1 / outerFolds));
  const fewer = sizes.filter((size) => size < most);
  return (fewer.length < sizes.length ? [...fewer, most] : fewer).map((size) => {
    const errors = Array.from({ length: folds }, (_, held) => {
      const training = order.filter((row) => fold[row] !== held).subarray(0, size);
      return judge(curve, training, order.filter((row) => fold[row] === held).subarray(0, mostHeld), lasso);
    });
    const mean = (pick: (errors: Judged) => number) => errors.reduce((sum, each) => sum + pick(each), 0) / folds;
    const { sheet } = curve.measured;
    return {
      rows: size,
      forms: {
        paper: mean(({ forms }) => forms.paper),
        relative: mean(({ forms }) => forms.relative),
        base: mean(({ forms }) => forms.base),
        boosted: mean(({ forms }) => forms.boosted),
      },
      chosen: mean(({ chosen }) => chosen),
      transferred: sheet.terms.includes(sourceTerm) ? mean(({ transferred }) => transferred) : null,
    };
  });
}

type Judged = Pick<CurvePoint, "forms" | "chosen"> & { readonly transferred: number };

/** A form's error on inner folds of the training rows, and on the rows held out. */
interface Tried {
  readonly inner: number;
  readonly held: number;
}

function judge(
  { rows, measured, callMs }: CurveRows,
  training: Uint32Array,
  held: Uint32Array,
  lasso: boolean,
): Judged {
  const part = rowsOf(measured, Uint32Array.of(...training, ...held));
  const inner = Uint32Array.from(training.keys());
  const own = layerForms(part, inner, false);
  const polynomials = lasso
    ? lassoForms([...training, ...held].map((row) => rows[row]), training.length, callMs)
    : { paper: unknown, relative: unknown };
  const transferred = part.sheet.terms.includes(sourceTerm) ? Object.values(layerForms(part, inner, true)) : [];
  const all = { ...polynomials, ...own };
  return {
    forms: {
      paper: all.paper.held,
      relative: all.relative.held,
      base: all.base.held,
      boosted: all.boosted.held,
    },
    chosen: best(Object.values(all)).held,
    transferred: best([...Object.values(all), ...transferred]).held,
  };
}

const unknown: Tried = { inner: Infinity, held: NaN };

function best(tried: readonly Tried[]): Tried {
  return tried.reduce((best, each) => each.inner < best.inner ? each : best);
}

/** The base and the boosted residual, on the terms that inner folds chose. */
function layerForms(part: Measured, training: Uint32Array, withSource: boolean): Record<"base" | "boosted", Tried> {
  const { measured, errors } = chooseTerms(part, training, withSource);
  const { baseValues, values } = fitTime(measured, training);
  const held = (predicted: Float64Array) =>
    meanError(measured.runtimeMs.subarray(training.length), predicted.subarray(training.length));
  return {
    base: { inner: errors.base, held: held(baseValues) },
    boosted: { inner: errors.boosted, held: held(values) },
  };
}

/** Of a layer's own time half of the smallest is the least, as in fitting all rows. */
function lassoForms(rows: readonly TableRow[], training: number, callMs: number): Record<PolynomialName, Tried> {
  const { layer: { kind }, pass } = rows[0].node;
  const { terms, x } = termTable(rows, kind, "runtime", pass);
  const measured = Float64Array.from(rows, (row) => row.measured.runtimeMs!);
  const own = measured.map((value) => value - callMs), y = own.subarray(0, training);
  const least = 0.5 * y.reduce((least, value) => Math.min(least, value), Infinity);
  const groups = rows.slice(0, training).map(({ node }) => configurationKey(node));
  const folds = foldsByGroup(groups, Math.min(10, new Set(groups).size));
  const row = (value: number) => Math.max(value, least) + callMs;
  const [paper, relative] = polynomialNames.map((name): Tried => {
    const weights = name === "paper" ? undefined : measured.slice(0, training).map((value) => 1 / (value * value));
    const design: Design = { x: x.subarray(0, training * terms.length), n: training, p: terms.length, y, weights };
    const { fit, predictions } = crossValidateLasso(design, { folds });
    const held = rows.map((_, i) => i).slice(training);
    return {
      inner: meanError(measured.subarray(0, training), predictions.map(row)),
      held: meanError(measured.subarray(training), predictLinear(fit, x, held).map(row)),
    };
  });
  return { paper, relative };
}

function meanError(measured: Float64Array, predicted: Float64Array): number {
  return measured.reduce((sum, y, i) => sum + Math.abs(predicted[i] / y - 1), 0) / measured.length;
}
