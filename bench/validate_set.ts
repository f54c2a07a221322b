/**
 * Predicts the networks of a public set by the layer-wise sum calibrated on a few of them, drawn at random again and again, beside
 * predictions that have seen none of them.
 *
 * @module
 */
import {
  analytical,
  type NetworkRow,
  type NetworkSet,
  type Node,
  plan,
  readNetworkSet,
  type Specification,
} from "neuralpower";
import { networkCost } from "neuralpower/dsl";
import { drawGroups } from "../lib/learn/folds.ts";
import { errors, median, spearman } from "../lib/learn/metrics.ts";
import { devicesOfCard, readDeviceName } from "../lib/model/device.ts";
import { nodeModel } from "../lib/model/node_model.ts";
import { calibratePower, calibrateTime, type NetworkSums, networkSums } from "../lib/model/network_sum.ts";
import { percent } from "../lib/report/text_table.ts";
import { type Comparison, coverage, type Interval, type Validation } from "../lib/report/validation.ts";

/** How to validate. */
export interface SetOptions {
  /** One of the set's; its first by default. */
  readonly device?: string;
  /** The set's first by default. */
  readonly batch?: number;
  /** How many networks to calibrate on: once for each. */
  readonly calibrateWith: readonly number[];
  /** How often networks are drawn anew. */
  readonly draws: number;
  readonly onProgress: (what: string) => void;
}

/** A measurement, the network's sums, and what predicts it without having seen any. */
interface Row {
  readonly network: string;
  readonly runtimeMs: number;
  readonly powerW: number | null;
  readonly sums: NetworkSums;
  readonly macs: number;
  readonly paleoMs: number | null;
  readonly rawMs: number | null;
}

/**
 * Validates.
 *
 * @returns Its networks are those that the last draw, the one that calibrates on most, has not calibrated on.
 */
export async function validateSet(
  set: NetworkSet,
  text: string,
  path: string,
  options: SetOptions,
): Promise<Validation> {
  const read = (await readNetworkSet(set, text, path)).filter(({ definition, runtimeMs }) =>
    definition !== null && runtimeMs !== null
  );
  const device = options.device ?? set.devices[0];
  const ofDevice = read.filter((row) => row.device === device);
  const batch = options.batch ?? ofDevice[0]?.batch;
  const chosen = ofDevice.filter((row) => row.batch === batch);
  const distinct = new Set(chosen.map(({ network }) => network)).size;
  const most = Math.max(...options.calibrateWith);
  if (distinct <= most) {
    throw new RangeError(
      `${path}: ${distinct} networks with layers on ${device} at batch ${
        batch ?? "any"
      }; more than ${most} are needed. It has ` +
        ([...new Set(read.map((row) => `${row.device} at batch ${row.batch}`))].join(", ") || "none"),
    );
  }
  options.onProgress(`building ${distinct} networks`);
  const rows = await rowsOf(chosen, device);
  const lines: string[][] = [];
  let last: Draw["heldOut"] = [];
  for (const count of options.calibrateWith) {
    options.onProgress(`calibrating on ${count} networks, ${options.draws} times`);
    const drawn = Array.from({ length: options.draws }, (_, seed) => validateDraw(rows, count, seed));
    for (const target of ["runtime", "power", "energy"] as const) {
      const scores = drawn.flatMap((draw) => draw[target] ?? []);
      if (scores.length > 0) lines.push(scoreLine(`${target}, calibrated on ${count}`, scores));
    }
    last = drawn.at(-1)!.heldOut;
  }
  const unseen = (name: string, predicted: readonly (number | null)[]) =>
    predicted.every((value) => value !== null)
      ? scoreLine(name, [score(rows.map(({ runtimeMs }) => runtimeMs), predicted.map(pointOf))])
      : [name, ...Array(7).fill("–")];
  const perMac = median(rows.map(({ runtimeMs, macs }) => runtimeMs / macs));
  return {
    device,
    method:
      `${set.name}, batch ${batch}: ${rows.length} measurements of ${distinct} networks. The layer-wise sum is calibrated on ` +
      `networks drawn at random, ${options.draws} times; these are those that the last draw has not calibrated on.`,
    networks: last.map(({ row: { network, runtimeMs, powerW }, runtime, power }) => ({
      ...{ name: network, batch, image: null, remark: "" },
      runtimeMs: compared(runtimeMs, runtime),
      powerW: power && compared(powerW!, power),
      energyMj: power && compared(powerW! * runtimeMs, pointOf(power.value * runtime.value)),
    })),
    tables: [{
      title: `Errors on the networks that are not calibrated on, means of ${options.draws} draws`,
      columns,
      rows: [
        ...lines,
        unseen("runtime, Paleo", rows.map(({ paleoMs }) => paleoMs)),
        unseen("runtime, raw sum of fitted layers", rows.map(({ rawMs }) => rawMs)),
        unseen("runtime, multiply-adds alone, at the median rate of all", rows.map(({ macs }) => perMac * macs)),
      ],
    }],
    notes: [],
  };
}

function compared(measured: number, { value, low, high }: Interval): Comparison {
  return { measured, predicted: value, low, high };
}

async function rowsOf(networks: readonly NetworkRow[], device: string): Promise<Row[]> {
  const { runtime, specification } = readDeviceName(device);
  const fitted = await fittedModel(device, specification);
  const built = new Map<string, Pick<Row, "sums" | "macs" | "paleoMs" | "rawMs">>();
  const build = ({ definition, batch, dtype, pass }: NetworkRow) => {
    const network = definition!.build({ batch, dtype });
    const nodes = plan(network, runtime, { pass }).flatMap(({ node }) => node === null ? [] : [node]);
    const add = (ms: (node: Node) => number | null) =>
      nodes.map(ms).reduce((sum: number | null, value) => sum === null || value === null ? null : sum + value, 0);
    return {
      sums: networkSums(nodes),
      macs: networkCost(network).macs,
      paleoMs: specification && add((node) => analytical(node, specification).runtimeMs),
      rawMs: fitted && add((node) => fitted(node)?.runtimeMs.value ?? null),
    };
  };
  return networks.map((row) => {
    const known = built.get(row.network) ?? build(row);
    built.set(row.network, known);
    return { network: row.network, runtimeMs: row.runtimeMs!, powerW: row.powerW, ...known };
  });
}

/** What was fitted to the card's layers, in whichever runtime most kinds were measured; null where nothing can be used. */
async function fittedModel(device: string, specification: Specification | null) {
  if (specification === null) return null;
  const found = await devicesOfCard(specification.name).catch(() => []);
  const own = found.find(({ name }) => name === device) ?? found[0];
  return own === undefined ? null : nodeModel(own);
}

interface Score {
  readonly mape: number;
  readonly rmspe: number;
  readonly medianApe: number;
  readonly within10: number;
  readonly spearman: number | null;
  readonly coverage90: number | null;
}

interface Draw {
  readonly runtime: Score;
  readonly power: Score | null;
  readonly energy: Score | null;
  readonly heldOut: readonly { readonly row: Row; readonly runtime: Interval; readonly power: Interval | null }[];
}

/** Calibrates on `count` networks and predicts the others. */
function validateDraw(rows: readonly Row[], count: number, seed: number): Draw {
  const drawn = drawGroups(rows.map(({ network }) => network), count, seed);
  const calibration = rows.filter(({ network }) => drawn.has(network));
  const held = rows.filter(({ network }) => !drawn.has(network));
  const measuredBy = (own: readonly Row[], pick: (row: Row) => number) => ({
    sums: own.map(({ sums }) => sums),
    names: own.map(({ network }) => network),
    measured: Float64Array.from(own, pick),
  });
  const time = calibrateTime(measuredBy(calibration, ({ runtimeMs }) => runtimeMs));
  const predicted = held.map(({ sums }) => around(time.predict(sums), time.logHalfWidth));
  const runtime = score(held.map(({ runtimeMs }) => runtimeMs), predicted);
  const runtimes = held.map((row, i) => ({ row, runtime: predicted[i], power: null }));
  if (!rows.every(({ powerW }) => powerW !== null)) return { runtime, power: null, energy: null, heldOut: runtimes };
  const power = calibratePower(measuredBy(calibration, ({ powerW }) => powerW!), time);
  const watts = held.map(({ sums }) => around(power.predict(sums), power.logHalfWidth));
  return {
    runtime,
    power: score(held.map(({ powerW }) => powerW!), watts),
    energy: score(
      held.map(({ powerW, runtimeMs }) => powerW! * runtimeMs),
      watts.map(({ value }, i) => pointOf(value * predicted[i].value)),
    ),
    heldOut: runtimes.map((each, i) => ({ ...each, power: watts[i] })),
  };
}

function around(value: number, q: number | null): Interval {
  return q === null ? pointOf(value) : { value, low: value * Math.exp(-q), high: value * Math.exp(q) };
}

function pointOf(value: number | null): Interval {
  return { value: value!, low: null, high: null };
}

function score(measured: readonly number[], predicted: readonly Interval[]): Score {
  const values = predicted.map(({ value }) => value);
  return {
    ...errors(measured, values),
    spearman: spearman(measured, values),
    coverage90: coverage(measured, predicted),
  };
}

const columns = [
  { header: "prediction" },
  ...["MAPE", "worst draw", "RMSPE", "median", "within 10 %", "Spearman", "in 90 %"].map((header) => ({
    header,
    align: "right" as const,
  })),
];

function scoreLine(name: string, scores: readonly Score[]): string[] {
  const mean = (pick: (score: Score) => number | null) => {
    const values = scores.map(pick).filter((value) => value !== null);
    return values.length < scores.length ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return [
    name,
    percent(mean(({ mape }) => mape), 2),
    scores.length === 1 ? "" : percent(Math.max(...scores.map(({ mape }) => mape)), 2),
    percent(mean(({ rmspe }) => rmspe), 2),
    percent(mean(({ medianApe }) => medianApe), 2),
    percent(mean(({ within10 }) => within10)),
    mean(({ spearman }) => spearman)?.toFixed(3) ?? "–",
    percent(mean(({ coverage90 }) => coverage90)),
  ];
}
