/**
 * One case of `bench/accuracy.ts` in a thread of its own: every form's held-out errors, by the functions that make the shipped files.
 *
 * @module
 */
import { errors, featureVector, type TableRow } from "neuralpower";
import { fitBoosting, predictBoostingRows } from "../lib/learn/boosting.ts";
import { fitGroup } from "../lib/model/fit.ts";
import type { FormName, HeldOut } from "../lib/model/model.ts";
import { configurationFolds, outerFolds, vouched } from "../lib/model/vouch.ts";
import { ablate, type Ablated } from "./accuracy_ablation.ts";
import type { Case } from "./accuracy_cases.ts";
import { heldTogether, judgePooled } from "./accuracy_pooled.ts";
import { readCase } from "./accuracy_rows.ts";

/** What a worker is sent. */
export interface Task {
  readonly index: number;
  readonly each: Case;
  readonly data: string;
  /** Whether to leave out parts of the model instead of judging the whole one. */
  readonly ablation: boolean;
}

/** One line of the table: a case's time, power or energy. */
export interface Line {
  readonly target: "time" | "time, unseen card" | "time, unseen generation" | "power" | "energy";
  readonly rows: number;
  /** MAPE by form, with boosting on plain sizes beside them; null where it was not tried. */
  readonly mape: Readonly<Record<FormName | "plain", number | null>>;
  /** Of our model, as the other columns. */
  readonly rmspe: number;
  readonly medianApe: number;
  readonly within10: number;
  /** Of our model's 90 % intervals on all rows: the share that they hold, and the least share of five bins by size. */
  readonly coverage90: number | null;
  readonly worstBin90: number | null;
  readonly goal: number | null;
}

/** What a worker answers. */
export interface Answer {
  readonly index: number;
  /** Of the table, or of the ablation. */
  readonly lines: readonly Line[];
  readonly ablated: readonly Ablated[];
  readonly seconds: number;
}

declare const self: { onmessage: (event: MessageEvent<Task>) => void; postMessage(answer: Answer): void };

self.onmessage = async ({ data: { index, each, data, ablation } }) => {
  const begin = performance.now();
  const lines = ablation ? [] : await judge(each, data), ablated = ablation ? await ablate(each, data) : [];
  self.postMessage({ index, lines, ablated, seconds: (performance.now() - begin) / 1000 });
};

/** A pooled model: a goal is set for configurations that it has not seen; of unseen cards it is told how far they are off. */
async function judgeCards(each: Case, data: string): Promise<Line[]> {
  const { rows, by } = await judgePooled(each, data);
  const ms = rows.map(({ measured }) => measured.runtimeMs!);
  return heldTogether.map((together) => {
    const { folds, base, boosted } = by[together];
    const forms = { paper: null, relative: null, base, boosted, plain: null };
    const known = together === "configuration";
    return line(
      known ? "time" : `time, unseen ${together}`,
      [...ms.keys()],
      ms,
      forms,
      vouched(ms, boosted, folds).heldOut,
      known ? each.goals.time : null,
    );
  });
}

async function judge(each: Case, data: string): Promise<Line[]> {
  if (each.pooled) return judgeCards(each, data);
  const { rows, callMs, options } = await readCase(each, data);
  const group = fitGroup(rows, callMs, options);

  const ms = rows.map(({ measured }) => measured.runtimeMs!);
  const judged = [...rows.keys()].filter((row) => ms[row] >= (each.leastMs ?? 0));
  const forms = { ...group.runtime, plain: plainBoosting(rows, ms) };
  const lines = [line("time", judged, ms, forms, group.fit.runtime.boosted!.heldOut, each.goals.time)];
  if (!each.powered || group.power === null) return lines;
  const powered = [...rows.keys()].filter((row) => rows[row].measured.powerW !== null);
  const resolved = [...powered.keys()].filter((place) => {
    const { powerW, powerWSpread } = rows[powered[place]].measured;
    return powerWSpread! / powerW! <= 0.05;
  });
  const watts = powered.map((row) => rows[row].measured.powerW!);
  const joules = powered.map((row) => rows[row].measured.energyMj!);
  const energies = Object.fromEntries(
    Object.entries(group.power).map(([form, values]) => {
      const times = group.runtime[form as FormName];
      return [form, values.map((value, place) => value * times[powered[place]])];
    }),
  ) as typeof group.power;
  const { power, energy } = group.fit;
  return [
    ...lines,
    line("power", resolved, watts, { ...group.power, plain: null }, power!.boosted!.heldOut, each.goals.power ?? null),
    line("energy", resolved, joules, { ...energies, plain: null }, energy!.heldOut, each.goals.energy ?? null),
  ];
}

function line(
  target: Line["target"],
  judged: readonly number[],
  measured: readonly number[],
  predicted: Readonly<Record<FormName | "plain", Float64Array | null>>,
  { coverage90, worstBin90 }: HeldOut,
  goal: number | null,
): Line {
  const of = (values: Float64Array) => errors(judged.map((row) => measured[row]), judged.map((row) => values[row]));
  const mape = Object.fromEntries(
    Object.entries(predicted).map(([form, values]) => [form, values && of(values).mape]),
  ) as Line["mape"];
  const { rmspe, medianApe, within10 } = of(predicted.boosted!);
  return { target, rows: judged.length, mape, rmspe, medianApe, within10, coverage90, worstBin90, goal };
}

/** Held-out predictions of the usual way: boosted trees (100 of 31 leaves) of the logarithm on a layer's plain features. */
function plainBoosting(rows: readonly TableRow[], ms: readonly number[]): Float64Array {
  const vectors = rows.map(({ node }) => featureVector(node));
  const columns = Array.from(vectors[0], (_, c) => Float64Array.from(vectors, (vector) => vector[c]));
  const target = Float64Array.from(ms, Math.log);
  const folds = configurationFolds(rows);
  const predictions = new Float64Array(rows.length);
  for (let fold = 0; fold < outerFolds; fold++) {
    const training = Uint32Array.from(folds.keys()).filter((row) => folds[row] !== fold);
    const trees = fitBoosting(columns, target, { trees: 100, learningRate: 0.1, leaves: 31 }, { rows: training });
    predictBoostingRows(trees, columns).forEach((value, row) => {
      if (folds[row] === fold) predictions[row] = Math.exp(value);
    });
  }
  return predictions;
}
