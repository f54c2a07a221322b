/**
 * One case of `bench/accuracy.ts` in a thread of its own: every form's held-out errors, by the functions that make the shipped files.
 *
 * @module
 */
import { datasets, errors, featureVector, readDataset, type TableRow } from "neuralpower";
import { fitBoosting, predictBoostingRows } from "../lib/learn/boosting.ts";
import { readDeviceName } from "../lib/model/device.ts";
import { fitGroup } from "../lib/model/fit.ts";
import { callFloors } from "../lib/model/fit_rows.ts";
import { hardwareOf } from "../lib/model/geometry.ts";
import { configurationFolds, outerFolds } from "../lib/model/vouch.ts";
import type { FormName } from "../lib/model/model.ts";
import type { Case } from "./accuracy_cases.ts";

/** What a worker is sent. */
export interface Task {
  readonly index: number;
  readonly each: Case;
  readonly data: string;
}

/** One line of the table: a case's time, power or energy. */
export interface Line {
  readonly target: "time" | "power" | "energy";
  readonly rows: number;
  /** MAPE by form, with boosting on plain sizes beside them; null where it was not tried. */
  readonly mape: Readonly<Record<FormName | "plain", number | null>>;
  readonly within10: number;
  readonly coverage90: number | null;
  readonly goal: number | null;
}

/** What a worker answers. */
export interface Answer {
  readonly index: number;
  readonly lines: readonly Line[];
  readonly seconds: number;
}

declare const self: { onmessage: (event: MessageEvent<Task>) => void; postMessage(answer: Answer): void };

self.onmessage = async ({ data: { index, each, data } }) => {
  const begin = performance.now();
  const lines = await judge(each, data);
  self.postMessage({ index, lines, seconds: (performance.now() - begin) / 1000 });
};

async function judge(each: Case, data: string): Promise<Line[]> {
  const set = datasets.find(({ name }) => name === each.set)!;
  const text = await Deno.readTextFile(`${data}/${each.set}/${each.file}`);
  const read = await readDataset(set, text, each.file, each.device);
  const wanted = read.rows.flatMap((row, i) => {
    const { layer: { kind }, pass } = row.node;
    return kind === each.kind && pass === "forward" && row.measured.runtimeMs !== null ? [{ row, i }] : [];
  });
  const rows = wanted.map(({ row }) => row);
  const covariates = each.covariate === undefined
    ? undefined
    : { [each.covariate]: Float64Array.from(wanted, ({ i }) => Number(read.cells[i][each.covariate!])) };
  const { specification, runtime } = readDeviceName(read.device);
  const floors = runtime.rowsHoldCall ? callFloors(rows, (specification?.launchUs ?? 5) / 1000) : {};
  const options = {
    rowsHoldCall: runtime.rowsHoldCall,
    specification,
    hardware: hardwareOf(specification, runtime.name),
    covariates,
  };
  const group = fitGroup(rows, floors[each.kind] ?? 0, options);

  const ms = rows.map(({ measured }) => measured.runtimeMs!);
  const judged = [...rows.keys()].filter((row) => ms[row] >= (each.leastMs ?? 0));
  const time = line("time", judged, ms, { ...group.runtime, plain: plainBoosting(rows, ms) }, each.goals.time);
  const lines = [{ ...time, coverage90: group.fit.runtime.boosted!.heldOut.coverage90 }];
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
  return [
    ...lines,
    {
      ...line("power", resolved, watts, { ...group.power, plain: null }, each.goals.power ?? null),
      coverage90: group.fit.power!.boosted!.heldOut.coverage90,
    },
    {
      ...line("energy", resolved, joules, { ...energies, plain: null }, each.goals.energy ?? null),
      coverage90: group.fit.energy!.heldOut.coverage90,
    },
  ];
}

function line(
  target: Line["target"],
  judged: readonly number[],
  measured: readonly number[],
  predicted: Readonly<Record<FormName | "plain", Float64Array | null>>,
  goal: number | null,
): Line {
  const of = (values: Float64Array) => errors(judged.map((row) => measured[row]), judged.map((row) => values[row]));
  const mape = Object.fromEntries(
    Object.entries(predicted).map(([form, values]) => [form, values && of(values).mape]),
  ) as Line["mape"];
  const { within10 } = of(predicted.boosted!);
  return { target, rows: judged.length, mape, within10, coverage90: null, goal };
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
