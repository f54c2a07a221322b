/**
 * Fits a target, runtime or power, of one kind's rows in all four forms, and chooses the default by inner folds.
 *
 * @module
 */
import { configurationKey } from "../learn/folds.ts";
import { median } from "../learn/metrics.ts";
import type { TableRow } from "../table.ts";
import type { Target } from "./candidates.ts";
import { fewRows } from "./choose.ts";
import type { FittedForms } from "./fit_layers.ts";
import { type Bounds, fitPolynomials, leastPolynomialRows } from "./fit_polynomials.ts";
import { isResolved, meterVariance, powerSpread } from "./fit_rows.ts";
import { type FormName, formNames, type TargetFit } from "./model.ts";

/** With fewer configurations no cross-validation within cross-validation is worth its name. */
export const leastConfigurations = 10;

/** The forms that may be the default where rows are few. */
const physicalForms: readonly FormName[] = ["base", "boosted"];
/** By chance a polynomial of few rows is a little better on inner folds now and then: it is taken where it is worth its place. */
const polynomialMargin = 1.05;

/** A layer smaller than all that were measured may be faster than they, but is not taken to need less than this share. */
const leastShare = 0.5;

/** Each form's prediction of each row by models that have not seen its configuration. */
export type HeldOutValues = Readonly<Record<FormName, Float64Array>>;

/** A target's fit, and each row's prediction by its default form fitted without the row's configuration. */
export interface FittedTarget {
  readonly fit: TargetFit;
  readonly predictions: ReadonlyMap<TableRow, number>;
  readonly forms: HeldOutValues;
}

/**
 * Fits one target.
 *
 * @param places Where the rows stand among those that the layer models were fitted on; in the same places by default.
 * @param inner What inner folds say of the layer models, which decides the default: their errors, or predictions in the rows' places.
 */
export function fitTarget(
  rows: readonly TableRow[],
  target: Target,
  callMs: number,
  folds: Int32Array,
  layers: FittedForms,
  { places, inner }: {
    readonly places?: Uint32Array;
    readonly inner: Readonly<Record<"base" | "boosted", number | Float64Array>>;
  },
): FittedTarget {
  const measured = Float64Array.from(
    rows,
    ({ measured }) => target === "runtime" ? measured.runtimeMs! : measured.powerW!,
  );
  const y = measured.map((value) => value - callMs);
  const spreads = rows.map((row) =>
    target === "runtime" ? ratio(row.measured.runtimeMsSpread, row.measured.runtimeMs) : powerSpread(row)
  );
  // The extremes of a power meter that steps more coarsely than the layer runs are the meter's, not the layer's.
  const resolved = y.map((_, row) => Number(target === "runtime" || isResolved(rows[row])));
  const boundsOf = (training: readonly number[]): Bounds => {
    const seen = training.some((row) => resolved[row]) ? training.filter((row) => resolved[row]) : training;
    const smallest = seen.reduce((smallest, row) => Math.min(smallest, y[row]), Infinity);
    const least = target === "runtime" ? leastShare * smallest : smallest;
    return { least, most: target === "power" ? seen.reduce((largest, row) => Math.max(largest, y[row]), 0) : null };
  };
  const { paper, relative } = fitPolynomials({
    rows,
    target,
    y,
    callMs,
    weights: relativeWeights(measured, target === "power" ? spreads : null),
    groups: rows.map(({ node }) => configurationKey(node)),
    folds,
    boundsOf,
  });
  const placed = (values: Float64Array) => places ? Float64Array.from(places, (row) => values[row]) : values;
  const predictions: Record<FormName, Float64Array> = {
    paper: paper.predictions,
    relative: relative.predictions,
    base: placed(layers.base.predictions),
    boosted: placed(layers.boosted.predictions),
  };
  const known = resolved.reduce((sum, flag) => sum + flag, 0) >= leastConfigurations;
  const error = (values: Float64Array) =>
    values.reduce(
      (sum, value, row) => sum + (known && !resolved[row] ? 0 : Math.abs(value / measured[row] - 1) / values.length),
      0,
    );
  const layerError = (given: number | Float64Array) => typeof given === "number" ? given : error(placed(given));
  const margin = rows.length < fewRows ? polynomialMargin : 1;
  const errors: Record<FormName, number> = {
    paper: margin * error(paper.innerPredictions),
    relative: margin * error(relative.innerPredictions),
    base: layerError(inner.base),
    boosted: layerError(inner.boosted),
  };
  // A base goes on as the quantities themselves do.
  const trusted = rows.length < leastPolynomialRows ? physicalForms : formNames;
  const best = trusted.reduce((best, name) => errors[name] < errors[best] ? name : best);
  return {
    fit: {
      default: best,
      ...boundsOf([...y.keys()]),
      noise: spreads.every((spread) => spread !== null) ? median(spreads as number[]) : null,
      analytical: null,
      polynomials: { paper: paper.polynomial, relative: relative.polynomial },
      base: layers.base.fit,
      boosted: layers.boosted.fit,
    },
    predictions: new Map(rows.map((row, i) => [row, predictions[best][i]])),
    forms: predictions,
  };
}

/** Weights 1/y², scaled to a mean of 1; rows whose meter is coarse weigh less. */
function relativeWeights(y: Float64Array, spreads: readonly (number | null)[] | null): Float64Array {
  const weights = y.map((value, i) => 1 / (value * value * meterVariance(spreads?.[i] ?? null)));
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return weights.map((weight) => weight / mean);
}

/** A spread as a share of its value. */
export function ratio(spread: number | null, value: number | null): number | null {
  return spread === null || value === null ? null : spread / value;
}
