/**
 * Predicts nodes on a device: by what was fitted on rows of their kind, else as `unmeasured.ts` does.
 *
 * @module
 */
import type { Kind } from "neuralpower/dsl";
import { featureNames, featureVector } from "../features.ts";
import { compileTerms, parseTerm, type TermEvaluator } from "../learn/terms.ts";
import type { Node } from "../node.ts";
import { analytical } from "./analytical.ts";
import type { Device } from "./device.ts";
import { compileLayers, distanceOutside, type LayerEstimate, type Spread } from "./compile_layers.ts";
import { around, type Estimate } from "./estimate.ts";
import { assumedCorrelation, type FormName, type KindFit, type PolynomialName, type TargetFit } from "./model.ts";
import { ModelFileError } from "./model_check.ts";
import { doubled, flattened, onlyVectors } from "./shapes.ts";
import { unmeasured, withAnalyticalPower } from "./unmeasured.ts";

/** Which models to use: `auto` takes what inner folds of a kind's rows say is best, and holds extrapolations within the analytical model. */
export const modelChoices = ["auto", "paper", "relative", "base", "boosted", "analytical"] as const;
/** Which models to use. */
export type ModelChoice = (typeof modelChoices)[number];

export type { Estimate };

/** Where a prediction is from. */
export type Origin = "fitted" | "analytical";

/** What a node is predicted to take. */
export interface NodePrediction {
  /** Its own time, without the call's. */
  readonly runtimeMs: Estimate;
  /** Where the time is from. */
  readonly runtimeFrom: Origin;
  /** Mean power; null where neither a model nor a specification can tell. */
  readonly powerW: Estimate | null;
  /** Power times runtime; null where the power is. */
  readonly energyMj: Estimate | null;
  /** Where the power is from; null where there is none. */
  readonly powerFrom: Origin | null;
  /** Features outside the ranges that the models were fitted in. */
  readonly extrapolates: readonly string[];
  /** What a measured row of this node would hold beside the node's own time, in ms. */
  readonly callMs: number;
  /** How much of its error's variance it shares with the other nodes of its network, 0 … 1. */
  readonly correlation: number;
}

/** Predicts one node; null where nothing can. */
export type NodeModel = (node: Node) => NodePrediction | null;

/**
 * Compiles a device's models.
 *
 * @param choice Which models; `auto` by default.
 */
export function nodeModel(device: Device, choice: ModelChoice = "auto"): NodeModel {
  const fits = lazyFits(device, choice);
  return (node) => {
    if (device.runtime.executedElsewhere(node.layer) !== null) return null;
    const parts = fittedParts(node, fits);
    if (parts !== null) {
      return withAnalyticalPower(combine(parts.map(({ fit, node }) => fit.predict(node))), node, device);
    }
    return unmeasured(node, device, choice !== "analytical");
  };
}

/** What most networks have. */
const likelyKinds: readonly Kind[] = ["conv", "dense"];

/**
 * Compiles fits that a network is likely to need, where there is time before it is known.
 *
 * @throws {ModelFileError} When one cannot be read.
 */
export function compileLikely(device: Device, choice: ModelChoice, pass: Node["pass"] = "forward"): void {
  const fits = lazyFits(device, choice);
  for (const kind of likelyKinds) fits.get(fitKey(kind, { pass, dtype: "float32" }))?.();
}

/** Of each device's model, by choice. */
const compiledFits = new WeakMap<Device, Map<ModelChoice, ReadonlyMap<string, LazyFit>>>();

/** A device's fits: a network needs few of them, and starting is most of a command's time. */
function lazyFits(device: Device, choice: ModelChoice): ReadonlyMap<string, LazyFit> {
  const byChoice = compiledFits.get(device) ?? new Map<ModelChoice, ReadonlyMap<string, LazyFit>>();
  compiledFits.set(device, byChoice);
  const known = byChoice.get(choice);
  if (known !== undefined) return known;
  const fits = new Map<string, LazyFit>();
  for (const fit of choice === "analytical" ? [] : device.model?.fits ?? []) {
    let compiled: CompiledFit | undefined;
    fits.set(fitKey(fit.kind, fit), () => compiled ??= compileChosen(fit, choice, device));
  }
  byChoice.set(choice, fits);
  return fits;
}

function fitKey(kind: Kind, { pass, dtype }: Pick<Node, "pass" | "dtype">): string {
  return `${kind} ${pass} ${dtype}`;
}

/** The fit of the node's own pass, or for training those of its forward and backward pass. */
function fittedParts(node: Node, fits: ReadonlyMap<string, LazyFit>): { fit: CompiledFit; node: Node }[] | null {
  const part = (as: Node) => {
    const fit = fits.get(fitKey(as.layer.kind, as));
    return fit && { fit: fit(), node: as };
  };
  const whole = part(node);
  if (whole) return [whole];
  if (node.pass !== "training") return null;
  const parts = (["forward", "backward"] as const).map((pass) => part({ ...node, pass, optimizer: null }));
  return parts.every((each) => each !== undefined) ? parts : null;
}

type LazyFit = () => CompiledFit;

function compileChosen(fit: KindFit, choice: ModelChoice, device: Device): CompiledFit {
  try {
    return choice === "auto" ? compileFit(fit, null, device) : compileFit(fit, choice as FormName, device);
  } catch (error) {
    throw new ModelFileError(device.name, `its terms of ${fit.kind}: ${(error as Error).message}; fit the model again`);
  }
}

interface CompiledFit {
  predict(node: Node): NodePrediction;
}

/** @param name Which form; null for each target's default, which the analytical model then holds outside what was measured. */
function compileFit(fit: KindFit, name: FormName | null, device: Device): CompiledFit {
  const names = featureNames(fit.kind);
  const vector = new Float64Array(names.length);
  const [lows, highs] = [0, 1].map((end) => Float64Array.from(names, (feature) => fit.ranges[feature][end]));
  const [runtimeForm, powerForm] = [formOf(fit.runtime, name), fit.power && formOf(fit.power, name)];
  const runtime = isPolynomial(runtimeForm) ? compilePolynomial(fit.runtime, names, runtimeForm) : null;
  const power = fit.power && isPolynomial(powerForm) ? compilePolynomial(fit.power, names, powerForm) : null;
  const layers = runtime && (power || !fit.power) ? null : compileLayers(fit);
  const vectorsOnly = onlyVectors(fit.kind, fit.ranges);
  const mostW = name === null ? device.specification?.boardW ?? Infinity : Infinity;
  return {
    predict(node) {
      const shaped = vectorsOnly ? flattened(node) : node;
      featureVector(shaped, vector);
      const extrapolates: string[] = [];
      const distance = distanceOutside(vector, lows, highs, (i) => extrapolates.push(names[i]));
      const layer = layers?.(shaped, vector, distance);
      const runtimeMs = runtime === null
        ? heldBelowTwice(rowEstimate(formSpread(layer!.runtimeMs, runtimeForm), fit.callMs, fit.runtime.least), shaped)
        : polynomialRuntime(runtime.evaluate(vector), runtime.logHalfWidth);
      const spread = fit.power && (power ? polynomialPower() : formSpread(layer!.powerW!, powerForm!));
      const { least, most } = fit.power ?? { least: 0, most: null };
      const powerW = spread && Math.min(Math.max(spread.value, least), most ?? Infinity, mostW);
      const energyWidth = powerW === null
        ? null
        : layer?.energyHalfWidth?.(powerW * (runtimeMs.value + fit.callMs)) ?? fit.energy?.logHalfWidth ?? null;
      return {
        runtimeMs,
        runtimeFrom: "fitted",
        powerW: powerW === null ? null : around(powerW, spread!.halfWidth),
        energyMj: powerW === null ? null : energyOf(powerW, runtimeMs, energyWidth, fit.callMs),
        powerFrom: powerW === null ? null : "fitted",
        extrapolates,
        callMs: fit.callMs,
        correlation: fit.correlation ?? assumedCorrelation,
      };

      /** Half of a batch is never dearer than the whole: where trees say so, its interval reaches down to the whole's time. */
      function heldBelowTwice(estimate: Estimate, node: Node): Estimate {
        if (estimate.low === null) return estimate;
        const twice = doubled(node), itsVector = featureVector(twice);
        const { runtimeMs } = layers!(twice, itsVector, distanceOutside(itsVector, lows, highs, () => {}), false);
        const whole = Math.max(formSpread(runtimeMs, runtimeForm).value - fit.callMs, fit.runtime.least);
        return { ...estimate, low: Math.min(estimate.low, whole) };
      }
      /** The held-out errors are of whole rows: the interval is the row's, less the call. */
      function polynomialRuntime(value: number, q: number | null): Estimate {
        const inside = around(value, q, fit.callMs, fit.runtime.least);
        return extrapolates.length === 0 || name !== null ? inside : held(inside, node, fit, device);
      }
      function polynomialPower(): Spread {
        return { value: power!.evaluate(vector), halfWidth: power!.logHalfWidth };
      }
    },
  };
}

function isPolynomial(form: FormName | null): form is PolynomialName {
  return form === "paper" || form === "relative";
}

/** The form asked for, or the default where the file has not got it. */
function formOf(target: TargetFit, name: FormName | null): FormName {
  if (name === null || isPolynomial(name)) return name ?? target.default;
  return target[name] === null ? target.default : name;
}

function formSpread(forms: LayerEstimate["runtimeMs"], form: FormName): Spread {
  return form === "boosted" && forms.boosted ? forms.boosted : forms.base;
}

/** A node's own time: the row's less the call, and not less than a layer of its kind needs. */
function rowEstimate({ value: row, halfWidth }: Spread, callMs: number, least: number): Estimate {
  const value = Math.max(row - callMs, least);
  if (halfWidth === null) return { value, low: null, high: null };
  const [low, high] = [-halfWidth, halfWidth].map((log) => row * Math.exp(log) - callMs);
  return { value, low: Math.max(low, least), high: Math.max(high, value) };
}

/**
 * Outside what was measured a polynomial may say anything. It is held within the 90 % interval of the analytical time scaled to the
 * kind's rows, and its own interval is widened to that one.
 */
function held(inside: Estimate, node: Node, { runtime }: KindFit, { specification }: Device): Estimate {
  if (specification === null || runtime.analytical === null || runtime.analytical.scaledLogHalfWidth === null) {
    return inside;
  }
  const { scale, scaledLogHalfWidth } = runtime.analytical;
  const level = analytical(node, specification).runtimeMs * scale;
  const [least, most] = [-1, 1].map((sign) => level * Math.exp(sign * scaledLogHalfWidth));
  // A polynomial at its floor has run away below it, and says nothing.
  const value = inside.value <= runtime.least ? level : Math.min(Math.max(inside.value, least), most);
  const shift = value / inside.value;
  const [low, high] = [inside.low, inside.high].map((bound) => bound === null ? null : bound * shift);
  return {
    value,
    low: low && Math.min(low, least),
    high: high && Math.max(high, most),
  };
}

interface CompiledTarget {
  readonly logHalfWidth: number | null;
  evaluate(vector: Float64Array): number;
}

/** prediction = min(max(intercept + Σ coefficient · term, least), most) */
function compilePolynomial(target: TargetFit, features: readonly string[], name: PolynomialName): CompiledTarget {
  const { intercept, coefficients, logHalfWidth } = target.polynomials[name];
  const terms: TermEvaluator = compileTerms(Object.keys(coefficients).map(parseTerm), features);
  const values = Float64Array.from(Object.values(coefficients));
  const [least, most] = [target.least, target.most ?? Infinity];
  return {
    logHalfWidth,
    evaluate: (vector) => Math.min(Math.max(intercept + terms.dot(vector, values), least), most),
  };
}

/** Power times runtime; its interval is that of the whole row, less the call, and at least as wide as the runtime's. */
function energyOf(powerW: number, runtime: Estimate, q: number | null, callMs: number): Estimate {
  const { value, low, high } = around(powerW * runtime.value, q, powerW * callMs);
  return {
    value,
    low: low === null || runtime.low === null ? low : Math.min(low, powerW * runtime.low),
    high: high === null || runtime.high === null ? high : Math.max(high, powerW * runtime.high),
  };
}

/** Passes one after the other: their times and energies add up, and so do the ends of their intervals. */
function combine(parts: readonly NodePrediction[]): NodePrediction {
  if (parts.length === 1) return parts[0];
  const runtimeMs = sum(parts.map((part) => part.runtimeMs));
  const energies = parts.map((part) => part.energyMj);
  const energyMj = energies.every((energy) => energy !== null) ? sum(energies) : null;
  return {
    ...parts[0],
    runtimeMs,
    energyMj,
    powerW: energyMj && { value: energyMj.value / runtimeMs.value, low: null, high: null },
    powerFrom: energyMj && "fitted",
    extrapolates: [...new Set(parts.flatMap((part) => part.extrapolates))],
    correlation: Math.max(...parts.map((part) => part.correlation)),
  };
}

/** The sum, its interval as wide as if all errors were one: on the safe side. */
function sum(parts: readonly Estimate[]): Estimate {
  const add = (pick: (part: Estimate) => number | null) =>
    parts.reduce((total: number | null, part) => {
      const value = pick(part);
      return total === null || value === null ? null : total + value;
    }, 0);
  return { value: add((part) => part.value)!, low: add((part) => part.low), high: add((part) => part.high) };
}
