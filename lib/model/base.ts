/**
 * The physical base of a model: a layer's time (or energy) as a sum of its terms, each at a rate ≥ 0,
 *
 *     min over w ≥ 0 of Σ ((Σ_j w_j·B_j − y) / y)²,
 *
 * so that small layers count as much as large ones. It extrapolates as the quantities themselves do.
 *
 * @module
 */
import { nnls } from "../learn/nnls.ts";
import type { Sheet } from "./sheet.ts";

/** Rates by term. */
export interface Base {
  /** No value is below this. */
  readonly least: number;
  /** Those above 0. */
  readonly rates: Readonly<Record<string, number>>;
}

/** A rate that fewer rows tell is a guess: its term is left out. */
const leastTermRows = 5;

/** Of the smallest measurement, what a base may still say. */
const leastShare = 0.3;

/**
 * Fits a base.
 *
 * @param y Measurements > 0.
 * @param rows Those to fit.
 * @param weights Each row's, beside 1/y²; 1 by default.
 */
export function fitBase(
  { terms, termValues }: Sheet,
  y: Float64Array,
  rows: Uint32Array,
  weights?: Float64Array,
): Base {
  const n = rows.length, p = terms.length;
  const x = new Float64Array(n * p);
  termValues.forEach((values, j) => {
    const told = rows.reduce((count, row) => count + Number(values[row] !== 0), 0);
    if (told >= leastTermRows) rows.forEach((row, i) => x[i * p + j] = values[row] / y[row]);
  });
  const { coefficients } = nnls({
    x,
    n,
    p,
    y: new Float64Array(n).fill(1),
    weights: weights && Float64Array.from(rows, (row) => weights[row]),
  });
  const smallest = rows.reduce((least, row) => Math.min(least, y[row]), Infinity);
  return {
    least: leastShare * smallest,
    rates: Object.fromEntries(terms.map((term, j) => [term, coefficients[j]] as const).filter(([, rate]) => rate > 0)),
  };
}

/** The base's value of every row of a sheet. */
export function baseValues({ rows, terms, termValues }: Sheet, { least, rates }: Base): Float64Array {
  const values = new Float64Array(rows);
  terms.forEach((term, j) => {
    const rate = rates[term] ?? 0;
    if (rate > 0) termValues[j].forEach((value, row) => values[row] += rate * value);
  });
  return values.map((value) => Math.max(value, least));
}
