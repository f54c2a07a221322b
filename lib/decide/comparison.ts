/**
 * Compares networks × devices × batches: what each costs, and which nothing else beats.
 *
 * @module
 */
import type { Prediction } from "../predict.ts";
import { alphas, energyPrecision, paretoFront } from "./front.ts";

/** What is combined. */
export interface Combined {
  /** The network's file, as the user gave it. */
  readonly file: string;
  /** The network's name; the file where it has no other or shares it with another file. */
  readonly network: string;
  readonly device: string;
  /** Images at once; null where the network could not be built for its own. */
  readonly batch: number | null;
}

/** What a call costs, and an image of it. Intervals are 90 %; null is not known. */
export interface Costs {
  readonly macs: number | null;
  readonly params: number | null;
  readonly runtimeMs: number | null;
  readonly runtimeMsLow: number | null;
  readonly runtimeMsHigh: number | null;
  readonly runtimePerImageMs: number | null;
  readonly powerW: number | null;
  readonly energyMj: number | null;
  readonly energyMjLow: number | null;
  readonly energyMjHigh: number | null;
  readonly energyPerImageMj: number | null;
  /** Share of the layers' time by models that were fitted on such layers: neither the specification's nor outside of what was measured. */
  readonly fittedShare: number | null;
  /** Whether layers that nothing predicts are left out; such a row is on no front. */
  readonly partial: boolean;
}

/** One combination: a row, flat as JSON and CSV have it. */
export interface Combination extends Combined, Costs {
  /** How often it errs, a fraction. */
  readonly error: number | null;
  /** Energy-precision ratio errorᵅ · energy an image, α from 1 to 4; less is better. */
  readonly m1: number | null;
  readonly m2: number | null;
  readonly m3: number | null;
  readonly m4: number | null;
  /** Whether no other row is better in both error and energy an image. */
  readonly onEnergyFront: boolean;
  /** The same of error and time an image. */
  readonly onRuntimeFront: boolean;
  /** Why it could not be predicted; null where it is. */
  readonly failed: string | null;
}

/** By what rows are ordered: least first. */
export const sortKeys = {
  "image-runtime": (row) => row.runtimePerImageMs,
  runtime: (row) => row.runtimeMs,
  power: (row) => row.powerW,
  energy: (row) => row.energyPerImageMj,
  error: (row) => row.error,
  m1: (row) => row.m1,
  m2: (row) => row.m2,
  m3: (row) => row.m3,
  m4: (row) => row.m4,
  batch: (row) => row.batch,
  network: (row) => row.network,
  device: (row) => row.device,
} as const satisfies Readonly<Record<string, (row: Combination) => number | string | null>>;

/** Name of an order. */
export type SortKey = keyof typeof sortKeys;

/** A combination that was predicted. */
export function combination(where: Combined, { batch, layers, total }: Prediction, error: number | null): Combination {
  const { runtimeMs, energyPerImageMj: image } = total;
  const ratios = alphas.map((alpha) =>
    error === null || image === null || total.partial ? null : energyPrecision(error, image, alpha)
  );
  const [m1, m2, m3, m4] = ratios;
  const ms = (chosen: typeof layers) => chosen.reduce((sum, layer) => sum + (layer.runtimeMs ?? 0), 0);
  const fitted = layers.filter(({ runtimeFrom, extrapolates }) =>
    runtimeFrom === "fitted" && extrapolates.length === 0
  );
  return {
    ...where,
    batch,
    macs: total.macs,
    params: total.params,
    runtimeMs,
    runtimeMsLow: total.runtimeMsLow,
    runtimeMsHigh: total.runtimeMsHigh,
    runtimePerImageMs: runtimeMs === null ? null : runtimeMs / batch,
    powerW: total.powerW,
    energyMj: total.energyMj,
    energyMjLow: total.energyMjLow,
    energyMjHigh: total.energyMjHigh,
    energyPerImageMj: image,
    fittedShare: ms(layers) === 0 ? null : ms(fitted) / ms(layers),
    partial: total.partial,
    ...{ error, m1, m2, m3, m4, onEnergyFront: false, onRuntimeFront: false, failed: null },
  };
}

/** A combination that could not be predicted, and why. */
export function failedCombination(where: Combined, failed: string): Combination {
  return {
    ...where,
    ...{ macs: null, params: null, runtimeMs: null, runtimeMsLow: null, runtimeMsHigh: null, runtimePerImageMs: null },
    ...{ powerW: null, energyMj: null, energyMjLow: null, energyMjHigh: null, energyPerImageMj: null },
    ...{ fittedShare: null, partial: false, error: null, m1: null, m2: null, m3: null, m4: null },
    ...{ onEnergyFront: false, onRuntimeFront: false, failed },
  };
}

/** Marks the fronts and orders the rows: least first, then what is not known, then what could not be predicted. */
export function ranked(rows: readonly Combination[], by: SortKey = "image-runtime"): Combination[] {
  const energy = onFront(rows, ({ energyPerImageMj }) => energyPerImageMj);
  const runtime = onFront(rows, ({ runtimePerImageMs }) => runtimePerImageMs);
  return rows
    .map((row) => ({ ...row, onEnergyFront: energy.has(row), onRuntimeFront: runtime.has(row) }))
    .sort((a, b) => Number(a.failed !== null) - Number(b.failed !== null) || compare(sortKeys[by](a), sortKeys[by](b)));
}

function onFront(rows: readonly Combination[], cost: (row: Combination) => number | null): Set<Combination> {
  const known = rows.filter((row) => row.error !== null && cost(row) !== null && !row.partial);
  return new Set(paretoFront(known, (row) => [cost(row)!, row.error!]));
}

function compare(a: number | string | null, b: number | string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a < b ? -1 : a > b ? 1 : 0;
}
