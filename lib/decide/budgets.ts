/**
 * Budgets: whether a prediction keeps within what its user can afford.
 *
 * @module
 */
import type { Prediction } from "../predict.ts";

/** What may be limited. */
export type Budgeted = "runtimeMs" | "energyMj" | "powerW";

/** Their names and units. */
export const budgeted: Readonly<Record<Budgeted, { readonly name: string; readonly unit: string }>> = {
  runtimeMs: { name: "runtime", unit: "ms" },
  energyMj: { name: "energy", unit: "mJ" },
  powerW: { name: "power", unit: "W" },
};

/** The most that one call may take, the whole batch at once; the power is the call's mean. */
export type Budgets = { readonly [B in Budgeted]?: number };

/**
 * How a budget fared: only `"met"` is good. `"partial"`: the total leaves layers out that nothing predicts, so that it says too little;
 * `"no interval"`: the risk was asked for, and how far off the prediction may be is not known.
 */
export type Outcome = "met" | "exceeded" | "at risk" | "unknown" | "partial" | "no interval";

/** A budget and what was predicted. */
export interface Verdict {
  /** What is limited. */
  readonly target: Budgeted;
  /** The most allowed. */
  readonly budget: number;
  /** Null where it is not known. */
  readonly predicted: number | null;
  /** Upper end of the 90 % interval; null where it is not known. */
  readonly high: number | null;
  /** How it fared. */
  readonly outcome: Outcome;
}

/** How to judge. */
export interface JudgeOptions {
  /** Whether a budget is also broken when only the interval's upper end exceeds it; false by default. */
  readonly atRisk?: boolean;
}

/**
 * Judges a prediction by budgets, in the order runtime, energy, power. What is not known meets no budget.
 *
 * @example
 * ```ts
 * import { judge, loadDevice, predict } from "neuralpower";
 * import { network } from "neuralpower/dsl";
 *
 * const net = network("net", { image: [3, 64, 64], batch: 8 }, (x) => x.conv(64, { kernel: 3, activation: "relu" }));
 * const prediction = predict(net.build(), await loadDevice("h200"));
 * for (const { target, outcome } of judge(prediction, { runtimeMs: 5, powerW: 700 })) console.log(target, outcome);
 * ```
 */
export function judge(prediction: Prediction, budgets: Budgets, { atRisk = false }: JudgeOptions = {}): Verdict[] {
  const { total } = prediction;
  const highs = { runtimeMs: total.runtimeMsHigh, energyMj: total.energyMjHigh, powerW: powerHighW(prediction) };
  return (Object.keys(budgeted) as Budgeted[]).flatMap((target) => {
    const budget = budgets[target];
    if (budget === undefined) return [];
    const [predicted, high] = [total[target], highs[target]];
    return [{ target, budget, predicted, high, outcome: outcomeOf() }];

    function outcomeOf(): Outcome {
      if (predicted === null || !Number.isFinite(predicted)) return "unknown";
      // Layers left out only add time and energy, but may draw less than the others.
      if (predicted > budget! && !(total.partial && target === "powerW")) return "exceeded";
      if (total.partial) return "partial";
      if (!atRisk) return "met";
      return high === null || !Number.isFinite(high) ? "no interval" : high > budget! ? "at risk" : "met";
    }
  });
}

/** Upper end of the mean power, all layers' errors taken as one; null where a layer's is not known. */
function powerHighW({ layers, total: { powerW, runtimeMs } }: Prediction): number | null {
  if (powerW === null || !runtimeMs) return null;
  const rises = layers.filter((layer) => layer.runtimeMs !== 0).map((layer) =>
    layer.powerWHigh === null ? null : (layer.powerWHigh - layer.powerW!) * layer.runtimeMs! / runtimeMs
  );
  return rises.reduce((high: number | null, rise) => high === null || rise === null ? null : high + rise, powerW);
}
