/**
 * Whole networks from a few that were measured whole: the layer-wise sum, calibrated on them,
 *
 *     t = Σ_j w_j·B_j,   min over w ≥ 0 of Σ |Σ_j w_j·B_j − t| / t,
 *
 * B the sums of `network_terms.ts`; beyond a hundred networks times exp(trees), where that is better. Mean power is the average of the
 * terms' powers, weighed by the share of time that each takes, and each drawn to the mean P̄ of all,
 *
 *     P = Σ_j p_j·w_j·B_j/t,   min over p ≥ 0 of Σ ((Σ_j p_j·w_j·B_j/t − P) / P)² + λ·Σ_j (p_j/P̄ − 1)²,
 *
 * and energy is P·t. How finely nodes are told apart, λ, and whether trees help, is chosen by cross-validation within the measured
 * networks, whose residuals give the interval, too.
 *
 * @module
 */
import { fitBoosting, predictBoosting } from "../learn/boosting.ts";
import { foldsByGroup } from "../learn/folds.ts";
import { logHalfWidth } from "../learn/intervals.ts";
import { errors } from "../learn/metrics.ts";
import { nnls } from "../learn/nnls.ts";
import { type NetworkTerms, networkTerms, type Sorting, sortings } from "./network_terms.ts";
import type { Node } from "../node.ts";

/** One network's sums, by how finely its nodes are told apart. */
export type NetworkSums = Readonly<Record<Sorting, NetworkTerms>>;

/** A network's sums. */
export function networkSums(nodes: readonly Node[]): NetworkSums {
  return { kind: networkTerms(nodes, "kind"), op: networkTerms(nodes, "op") };
}

/** Networks to calibrate on. */
export interface MeasuredSums {
  /** One for each measurement. */
  readonly sums: readonly NetworkSums[];
  /** What was measured, all above 0. */
  readonly measured: Float64Array;
  /** Each one's network: measurements of one are never split. */
  readonly names: readonly string[];
}

/** A calibrated model of whole networks. */
export interface CalibratedSum {
  /** What cross-validation chose. */
  readonly form: string;
  /** q of the 90 % interval [ŷ·exp(−q), ŷ·exp(q)]; null where so few networks do not vouch for one. */
  readonly logHalfWidth: number | null;
  /** In the unit of what was measured. */
  readonly predict: (network: NetworkSums) => number;
}

/** Time's also tells which share of it each term takes. */
export interface CalibratedTime extends CalibratedSum {
  /** They add up to 1. */
  readonly shares: (network: NetworkSums) => NetworkTerms;
}

/** One way to see networks: terms whose rates are fitted, and how. */
interface Form {
  readonly name: string;
  readonly terms: (network: NetworkSums) => NetworkTerms;
  readonly rates: (terms: readonly NetworkTerms[], y: readonly number[]) => NetworkTerms;
  readonly boosted: boolean;
}

/** With fewer networks than this trees do harm (on ten of EC-NAS 17.8 % instead of 4.7 %). */
const leastToBoost = 100;
const boosting = {
  ...{ trees: 200, learningRate: 0.05, leaves: 6, minLeafRows: 5, lambda: 1, rowShare: 0.8, columnShare: 0.5, seed: 1 },
};
const innerFolds = 5;
/** How strongly the terms' powers may be drawn to their mean. */
const pulls = [0.001, 0.01, 0.1] as const;
/** Of the smallest measurement, what a sum may still say. */
const leastShare = 0.3;

/**
 * Calibrates time.
 *
 * @throws {RangeError} With fewer than five distinct networks.
 */
export function calibrateTime(networks: MeasuredSums): CalibratedTime {
  const forms = sortings.flatMap((sorting) =>
    [false, true].map((boosted): Form => ({
      name: `sum by ${sorting}${boosted ? ", boosted" : ""}`,
      terms: (network) => network[sorting],
      rates: absoluteRates,
      boosted,
    }))
  );
  const { form, rates, ...fitted } = calibrate(networks, forms);
  return {
    ...fitted,
    shares: (network) => {
      const parts = products(rates, form.terms(network));
      const total = added(parts);
      return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part / total]));
    },
    form: form.name,
  };
}

/**
 * Calibrates mean power.
 *
 * @param time Calibrated on the same networks.
 * @throws {RangeError} With fewer than five distinct networks.
 */
export function calibratePower(networks: MeasuredSums, time: CalibratedTime): CalibratedSum {
  const forms = pulls.flatMap((pull) =>
    [false, true].map((boosted): Form => ({
      name: `shares of time, drawn by ${pull}${boosted ? ", boosted" : ""}`,
      terms: time.shares,
      rates: (terms, y) => drawnRates(terms, y, pull),
      boosted,
    }))
  );
  const { form, rates: _, ...fitted } = calibrate(networks, forms);
  return { ...fitted, form: form.name };
}

/** Fits the form that predicts networks best that it has not seen, by mean relative error. */
function calibrate({ sums, measured, names }: MeasuredSums, forms: readonly Form[]) {
  const enough = new Set(names).size >= leastToBoost;
  const folds = foldsByGroup(names, innerFolds);
  const tried = forms.filter(({ boosted }) => enough || !boosted).map((form) => {
    const terms = sums.map(form.terms);
    const heldOut = new Float64Array(sums.length);
    for (let fold = 0; fold < innerFolds; fold++) {
      const training = [...sums.keys()].filter((i) => folds[i] !== fold);
      const { predict } = fit(form, training.map((i) => terms[i]), training.map((i) => measured[i]));
      for (const i of sums.keys()) if (folds[i] === fold) heldOut[i] = predict(terms[i]);
    }
    return { form, terms, heldOut, error: errors(measured, heldOut).mape };
  });
  const best = tried.reduce((best, each) => each.error < best.error ? each : best);
  const { rates, predict } = fit(best.form, best.terms, Array.from(measured));
  return {
    form: best.form,
    rates,
    logHalfWidth: logHalfWidth(measured, best.heldOut),
    predict: (network: NetworkSums) => predict(best.form.terms(network)),
  };
}

function fit({ rates: fitRates, boosted }: Form, rows: readonly NetworkTerms[], y: readonly number[]) {
  const rates = fitRates(rows, y);
  const least = leastShare * Math.min(...y);
  const base = (terms: NetworkTerms) => Math.max(least, added(products(rates, terms)));
  if (!boosted) return { rates, predict: base };

  const names = namesOf(rows);
  const inputs = (terms: NetworkTerms) => {
    const value = base(terms);
    const shares = names.map((name) => (rates[name] ?? 0) * (terms[name] ?? 0) / value);
    return Float64Array.of(value, ...names.map((name) => terms[name] ?? 0), ...shares);
  };
  const cells = rows.map(inputs);
  const columns = Array.from(cells[0], (_, column) => Float64Array.from(cells, (row) => row[column]));
  const trees = fitBoosting(columns, Float64Array.from(rows, (row, i) => Math.log(y[i] / base(row))), boosting);
  return { rates, predict: (terms: NetworkTerms) => base(terms) * Math.exp(predictBoosting(trees, inputs(terms))) };
}

/** Rounds of weights, and the relative residual below which a network weighs no more: with these the sums are settled. */
const rounds = 8;
const settled = 0.005;

/** Rates of the least sum of relative errors: least squares again and again, each network weighing 1/|its residual|. */
function absoluteRates(rows: readonly NetworkTerms[], y: readonly number[]): NetworkTerms {
  const names = namesOf(rows);
  const relative = rows.map((row, i) => names.map((name) => (row[name] ?? 0) / y[i]));
  const design = { x: Float64Array.from(relative.flat()), n: y.length, p: names.length, y: ones(y.length) };
  let { coefficients } = nnls(design);
  for (let round = 0; round < rounds; round++) {
    const weights = Float64Array.from(relative, (row) => {
      const residual = row.reduce((sum, value, j) => sum + value * coefficients[j], -1);
      return 1 / Math.max(Math.abs(residual), settled);
    });
    ({ coefficients } = nnls({ ...design, weights }));
  }
  return Object.fromEntries(names.map((name, j) => [name, coefficients[j]]));
}

/** Rates of least squared relative errors, each drawn to the harmonic mean of y as by √pull measurements of its term alone. */
function drawnRates(rows: readonly NetworkTerms[], y: readonly number[], pull: number): NetworkTerms {
  const names = namesOf(rows);
  const mean = y.length / y.reduce((sum, value) => sum + 1 / value, 0);
  const relative = rows.map((row, i) => names.map((name) => (row[name] ?? 0) / y[i]));
  const drawn = names.map((name) => names.map((other) => other === name ? Math.sqrt(pull) / mean : 0));
  const n = y.length + names.length;
  const target = ones(n).fill(Math.sqrt(pull), y.length);
  const { coefficients } = nnls({
    x: Float64Array.from([...relative, ...drawn].flat()),
    n,
    p: names.length,
    y: target,
  });
  return Object.fromEntries(names.map((name, j) => [name, coefficients[j]]));
}

function namesOf(rows: readonly NetworkTerms[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

function ones(count: number): Float64Array {
  return new Float64Array(count).fill(1);
}

function products(rates: NetworkTerms, terms: NetworkTerms): NetworkTerms {
  return Object.fromEntries(Object.entries(rates).map(([name, rate]) => [name, rate * (terms[name] ?? 0)]));
}

function added(parts: NetworkTerms): number {
  return Object.values(parts).reduce((sum, part) => sum + part, 0);
}
