/**
 * Fits the base and the boosted residual of a kind's time and power, each row also predicted by models that have not seen its
 * configuration.
 *
 * @module
 */
import { boostingToJson } from "../learn/trees_json.ts";
import type { LocalWidth } from "../learn/local_intervals.ts";
import { type Choice, chooseTerms, innerFoldsOf } from "./choose.ts";
import { fitPower, type Fitted, fitTime, type Measured, unseenTimes } from "./layer_model.ts";
import type { BaseFit, BoostedFit, StoredWidth } from "./model.ts";
import { outerFolds, vouched, vouchedLocally } from "./vouch.ts";

/** Forms of one target, each with every row's held-out prediction; NaN for rows without the target. */
export interface FittedForms {
  readonly base: { readonly fit: BaseFit; readonly predictions: Float64Array };
  readonly boosted: { readonly fit: BoostedFit; readonly predictions: Float64Array };
  /** Columns of the final fit, for widths. */
  readonly columns: readonly Float64Array[];
  /** Of the boosted form; null where rows are too few. */
  readonly width: LocalWidth | null;
}

/** Both targets, and what inner folds of all rows say of their forms: errors of time, predictions of power. */
export interface FittedLayers {
  readonly runtime: FittedForms;
  readonly power: FittedForms & { readonly inner: HeldOutValues } | null;
  readonly innerErrors: Choice["errors"];
  /** The rows with the terms that were chosen. */
  readonly measured: Measured;
}

/** Fits time, and power where `powered` rows are given, on the terms that suit the rows best. */
export function fitLayers(given: Measured, folds: Int32Array, powered: Uint32Array | null): FittedLayers {
  const count = given.sheet.rows, all = Uint32Array.from({ length: count }, (_, row) => row);
  const held = { time: blank(count), power: blank(count) };
  for (let fold = 0; fold < outerFolds; fold++) {
    const training = all.filter((row) => folds[row] !== fold);
    const { measured } = chooseTerms(given, training);
    const time = fitTime(measured, training);
    const withPower = powered?.filter((row) => folds[row] !== fold) ?? [];
    const power = withPower.length === 0
      ? null
      : fitPower(measured, withPower as Uint32Array, time, unseenTimes(measured, training, time));
    for (const row of all) {
      if (folds[row] !== fold) continue;
      keep(held.time, time, row);
      if (power) keep(held.power, power, row);
    }
  }
  const { measured, errors: innerErrors } = chooseTerms(given, all);
  const time = fitTime(measured, all);
  const runtime = forms(time, held.time, measured.runtimeMs, folds, all);
  if (powered === null) return { runtime, power: null, innerErrors, measured };
  const power = fitPower(measured, powered, time, held.time.boosted);
  const inner = innerPower(measured, powered, time, held.time.boosted);
  return {
    runtime,
    power: { ...forms(power, held.power, measured.powerW, folds, powered), inner },
    innerErrors,
    measured,
  };
}

/** Power of each row that has one, by models that were fitted on the other inner folds. */
function innerPower(measured: Measured, powered: Uint32Array, time: Fitted, unseenMs: Float64Array): HeldOutValues {
  const groups = Array.from(powered, (row) => measured.groups[row]);
  const folds = innerFoldsOf(groups);
  const inner = blank(measured.sheet.rows);
  for (const fold of new Set(folds)) {
    const power = fitPower(measured, powered.filter((_, i) => folds[i] !== fold), time, unseenMs);
    powered.forEach((row, i) => {
      if (folds[i] === fold) keep(inner, power, row);
    });
  }
  return inner;
}

interface HeldOutValues {
  readonly base: Float64Array;
  readonly boosted: Float64Array;
}

function blank(count: number): HeldOutValues {
  return { base: new Float64Array(count).fill(NaN), boosted: new Float64Array(count).fill(NaN) };
}

function keep({ base, boosted }: HeldOutValues, { baseValues, values }: Fitted, row: number): void {
  base[row] = baseValues[row];
  boosted[row] = values[row];
}

function forms(
  { base, residual, inputs }: Fitted,
  predictions: HeldOutValues,
  measured: Float64Array,
  folds: Int32Array,
  rows: Uint32Array,
): FittedForms {
  const of = (values: Float64Array) => Float64Array.from(rows, (row) => values[row]);
  const foldsOf = Int32Array.from(rows, (row) => folds[row]);
  const columns = inputs.values.map(of);
  const { vouched: boosted, width } = vouchedLocally({
    columns,
    measured: of(measured),
    predicted: of(predictions.boosted),
    folds: foldsOf,
  });
  return {
    columns,
    width,
    base: {
      fit: { ...base, ...vouched(of(measured), of(predictions.base), foldsOf) },
      predictions: predictions.base,
    },
    boosted: {
      fit: {
        columns: residual.columns,
        trees: residual.trees.map(boostingToJson),
        width: width && storedWidth(width),
        ...boosted,
      },
      predictions: predictions.boosted,
    },
  };
}

/** A width as it stands in a file. */
export function storedWidth({ trees, edges, quantiles }: LocalWidth): StoredWidth {
  return { trees: boostingToJson(trees), edges, quantiles };
}
