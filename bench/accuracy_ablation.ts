/**
 * What each part of the layer model buys: held-out errors of time without it, by the functions that make the shipped files.
 *
 * @module
 */
import { errors } from "neuralpower";
import { configurationKey } from "../lib/learn/folds.ts";
import { fitTime, type Measured } from "../lib/model/layer_model.ts";
import { usualClip } from "../lib/model/residual.ts";
import { type Sheet, sheet } from "../lib/model/sheet.ts";
import { configurationFolds, outerFolds } from "../lib/model/vouch.ts";
import type { Case } from "./accuracy_cases.ts";
import { readCase } from "./accuracy_rows.ts";

/** A model without a part of it. */
export interface Ablated {
  readonly without: string;
  /** MAPE of held-out configurations: of the base, and with its residual. */
  readonly base: number;
  readonly boosted: number;
}

/** Terms and columns that know how a library computes, not only how much. */
const kernels =
  /tiles|waves|wave[0-9]|use[0-9]|winograd|fourier|lane|panel|edge|Sets|setInputs|passOutputs|rowWeights|path|plain|direct|unaligned|blocks|even|[co](32|128)$/i;
const sizesOnly = new Set(["call", "inputs", "outputs", "params", "weights", "macs", "windows"]);

/** Parts by name, and what a fit sees where they are left out. */
const parts: Readonly<Record<string, (whole: Sheet) => Sheet>> = {
  "nothing": (whole) => whole,
  "base: trees alone": (whole) => terms(whole, (name) => name === "call"),
  "base's terms but sizes": (whole) => terms(whole, (name) => sizesOnly.has(name)),
  "terms and columns of kernels": (whole) =>
    columns(terms(whole, (name) => !kernels.test(name)), (name) => !kernels.test(name)),
  "derived columns": (whole) => columns(whole, (name) => !name.startsWith("derived_")),
};

/** Fits a case without each part in turn. */
export async function ablate(each: Case, data: string): Promise<Ablated[]> {
  const { rows, options: { hardware, covariates } } = await readCase(each, data);
  const whole = sheet(rows.map(({ node }) => node), each.kind, hardware, covariates);
  const runtimeMs = Float64Array.from(rows, ({ measured }) => measured.runtimeMs!);
  const unknown = new Float64Array(rows.length).fill(NaN);
  const measured = {
    runtimeMs,
    powerW: unknown,
    powerWeights: unknown,
    groups: rows.map(({ node }) => configurationKey(node)),
  };
  const folds = configurationFolds(rows);
  return Object.entries(parts).map(([without, part]) => ({
    without,
    ...heldOut({ ...measured, sheet: part(whole) }, folds),
  }));
}

function heldOut(measured: Measured, folds: Int32Array): Pick<Ablated, "base" | "boosted"> {
  const all = Uint32Array.from(folds.keys());
  const base = new Float64Array(all.length), boosted = new Float64Array(all.length);
  for (let fold = 0; fold < outerFolds; fold++) {
    const fit = fitTime(measured, all.filter((row) => folds[row] !== fold), usualClip);
    for (const row of all) {
      if (folds[row] !== fold) continue;
      base[row] = fit.baseValues[row];
      boosted[row] = fit.values[row];
    }
  }
  return { base: errors(measured.runtimeMs, base).mape, boosted: errors(measured.runtimeMs, boosted).mape };
}

function terms(whole: Sheet, wanted: (name: string) => boolean): Sheet {
  const [names, values] = chosen(whole.terms, whole.termValues, wanted);
  return { ...whole, terms: names, termValues: values };
}

function columns(whole: Sheet, wanted: (name: string) => boolean): Sheet {
  const [names, values] = chosen(whole.columns, whole.columnValues, wanted);
  return { ...whole, columns: names, columnValues: values };
}

function chosen(
  names: readonly string[],
  values: readonly Float64Array[],
  wanted: (name: string) => boolean,
): [string[], Float64Array[]] {
  return [names.filter(wanted), values.filter((_, i) => wanted(names[i]))];
}
