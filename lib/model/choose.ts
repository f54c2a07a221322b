/**
 * Chooses by inner cross-validation what the base of a kind's time is a sum of. With few rows all terms of the table are more than
 * they can tell apart; another device's time may say more than any.
 *
 * @module
 */
import { foldsByGroup } from "../learn/folds.ts";
import { fitTime, type Measured } from "./layer_model.ts";
import { clipsFor } from "./residual.ts";
import { type Sheet, sourceTerm } from "./sheet.ts";

/** Terms that every layer's time has. */
const fewTerms = [
  ...["call", "inputs", "outputs", "params", "weights", "macs", "operations", "windows"],
  ...["depthwise", "depthwiseInputs", "depthwiseOutputs", "spilled", "spilledHalf"],
  ...["product", "productMacs", "productInputs", "productOutputs", "productParams"],
];

/** With as many rows all terms can be told apart. */
const manyRows = 1500;
/** With as many rows a source adds little, and a file with both models is large. */
const ownRows = 4000;
/** By chance any source is a little better now and then: it is taken where it is worth its place. */
const sourceMargin = 1.05;
/** A choice is made on at most so many rows. */
const mostRows = 5000;
/** With fewer rows each choice is made with care, for it matters, and costs little. */
export const fewRows = 250;
/**
 * Each row's inner fold. Few rows are left out a tenth at a time, as the Lasso's are with which the errors are compared: a quarter less of them makes
 * trees much worse.
 */
export function innerFoldsOf(groups: readonly string[]): Int32Array {
  return foldsByGroup(groups, groups.length < fewRows ? Math.min(10, new Set(groups).size) : 4, 4);
}

/** Rows with the terms that were chosen, and the mean relative errors of base and residual on inner folds. */
export interface Choice {
  readonly measured: Measured;
  readonly errors: { readonly base: number; readonly boosted: number };
}

/**
 * Chooses the base's terms for the rows given.
 *
 * @param measured Its sheet has all terms, and that of the source where there is one.
 * @param withSource Whether the source may be chosen.
 */
export function chooseTerms(measured: Measured, rows: Uint32Array, withSource = true): Choice {
  const sheet = withSource ? measured.sheet : without(measured.sheet, sourceTerm);
  const choices = candidates(sheet, rows.length).map((sheet): Choice => {
    const own = { ...measured, sheet };
    return { measured: own, errors: innerErrors(own, rows) };
  });
  const least = ({ measured, errors }: Choice) =>
    Math.min(errors.base, errors.boosted) * (measured.sheet.terms.includes(sourceTerm) ? sourceMargin : 1);
  return choices.reduce((best, each) => least(each) < least(best) ? each : best);
}

/** Sheets with other terms: all or few of the table's; the source's alone, or with few. */
function candidates(sheet: Sheet, rows: number): Sheet[] {
  const own = without(sheet, sourceTerm);
  const few = own.terms.filter((term) => fewTerms.includes(term));
  return [
    own,
    ...rows < manyRows && few.length < own.terms.length ? [withTerms(own, few)] : [],
    ...sheet.terms.includes(sourceTerm) && rows < ownRows
      ? [withTerms(sheet, ["call", sourceTerm]), withTerms(sheet, [...few, sourceTerm])]
      : [],
  ];
}

function withTerms(sheet: Sheet, terms: readonly string[]): Sheet {
  const places = [...sheet.terms.keys()].filter((place) => terms.includes(sheet.terms[place]));
  return {
    ...sheet,
    terms: places.map((place) => sheet.terms[place]),
    termValues: places.map((place) => sheet.termValues[place]),
  };
}

function without(sheet: Sheet, name: string): Sheet {
  const places = [...sheet.columns.keys()].filter((place) => sheet.columns[place] !== name);
  return {
    ...withTerms(sheet, sheet.terms.filter((term) => term !== name)),
    columns: places.map((place) => sheet.columns[place]),
    columnValues: places.map((place) => sheet.columnValues[place]),
  };
}

function innerErrors(measured: Measured, rows: Uint32Array): Choice["errors"] {
  const step = Math.ceil(rows.length / mostRows);
  const part = rowsOf(measured, rows.filter((_, i) => i % step === 0));
  const all = Uint32Array.from(part.runtimeMs.keys());
  const folds = innerFoldsOf(part.groups);
  // Few rows may be fitted by either clip, and which it will be matters more to them than a quicker choice.
  const clips = clipsFor(rows.length);
  const sums = { base: 0, boosted: clips.map(() => 0) };
  for (const fold of new Set(folds)) {
    const training = all.filter((row) => folds[row] !== fold), held = all.filter((row) => folds[row] === fold);
    const error = (values: Float64Array) =>
      held.reduce((sum, row) => sum + Math.abs(values[row] / part.runtimeMs[row] - 1), 0);
    clips.forEach((clip, i) => {
      const { baseValues, values } = fitTime(part, training, clip);
      if (i === 0) sums.base += error(baseValues);
      sums.boosted[i] += error(values);
    });
  }
  return { base: sums.base / all.length, boosted: Math.min(...sums.boosted) / all.length };
}

/** The rows given alone. */
export function rowsOf(measured: Measured, rows: Uint32Array): Measured {
  const pick = (values: Float64Array) => Float64Array.from(rows, (row) => values[row]);
  const { sheet } = measured;
  return {
    sheet: {
      ...sheet,
      rows: rows.length,
      termValues: sheet.termValues.map(pick),
      columnValues: sheet.columnValues.map(pick),
      macs: pick(sheet.macs),
      elements: pick(sheet.elements),
    },
    runtimeMs: pick(measured.runtimeMs),
    powerW: pick(measured.powerW),
    powerWeights: pick(measured.powerWeights),
    groups: Array.from(rows, (row) => measured.groups[row]),
  };
}
