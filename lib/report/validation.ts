/**
 * A device's validation: measured networks beside predictions by models that have seen nothing of them.
 *
 * @module
 */
import type { Point } from "../charts/measured.ts";
import { errors, spearman } from "../learn/metrics.ts";
import { type Column, number, percent, plain, type Table, textTable } from "./text_table.ts";

/** A prediction with its 90 % interval; null where there is none. */
export interface Interval {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** A measured figure beside its prediction, with the ends of its 90 % interval; null where it has none. */
export interface Comparison {
  readonly measured: number;
  readonly predicted: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** What a validation compares, with units: ms, W, mJ. */
export const validated = { runtimeMs: "runtime, ms", powerW: "power, W", energyMj: "energy, mJ" } as const;

/** One measured network. */
export interface ValidatedNetwork {
  readonly name: string;
  readonly batch: number;
  /** Side of the image where it is not the network's own. */
  readonly image: number | null;
  readonly runtimeMs: Comparison;
  /** Null where no meter was there. */
  readonly powerW: Comparison | null;
  readonly energyMj: Comparison | null;
  /** What to know of it: layers that nothing predicts, say. */
  readonly remark: string;
}

/** All that was compared, and how. */
export interface Validation {
  readonly device: string;
  /** How networks were kept from the models that predict them: a sentence. */
  readonly method: string;
  readonly networks: readonly ValidatedNetwork[];
  /** Errors of several ways to predict, say. */
  readonly tables: readonly Table[];
  /** What else to know, a sentence each. */
  readonly notes: readonly string[];
}

const right = "right" as const;

/** Every network with its error: a table's columns and rows. */
export function validationTable({ networks }: Validation): [Column[], string[][]] {
  const shown = figures(networks);
  const columns: Column[] = [
    { header: "network" },
    { header: "batch", align: right },
    { header: "image", align: right },
    ...shown.flatMap((figure) => [
      { header: `measured ${validated[figure]}`, align: right },
      { header: "predicted", align: right },
      { header: "90 %", align: right },
      { header: "error", align: right },
    ]),
    { header: "" },
  ];
  const rows = networks.map((network) => [
    plain(network.name),
    String(network.batch),
    network.image === null ? "" : String(network.image),
    ...shown.flatMap((figure) => cells(network[figure])),
    network.remark,
  ]);
  return [columns, rows];
}

/** Errors over all networks, one row for each figure. */
export function validationSummary({ networks }: Validation): [Column[], string[][]] {
  const headers = ["networks", "MAPE", "RMSPE", "median", "within 10 %", "in 90 %"];
  const rows = figures(networks).map((figure) => {
    const known = networks.map((network) => network[figure]).filter((comparison) => comparison !== null);
    const { rows, mape, rmspe, medianApe, within10 } = errors(
      known.map(({ measured }) => measured),
      known.map(({ predicted }) => predicted),
    );
    const vouched = known.filter(({ low, high }) => low !== null && high !== null);
    const inside = vouched.filter(({ measured, low, high }) => low! <= measured && measured <= high!).length;
    const covered = vouched.length === 0 ? null : inside / vouched.length;
    return [validated[figure], String(rows), ...[mape, rmspe, medianApe, within10, covered].map((x) => percent(x))];
  });
  return [[{ header: "" }, ...headers.map((header) => ({ header, align: right }))], rows];
}

/** The networks as points of a chart: the size is the measured figure itself. */
export function validationPoints({ networks }: Validation, figure: keyof typeof validated = "runtimeMs"): Point[] {
  return networks.flatMap((network) => {
    const comparison = network[figure];
    if (comparison === null) return [];
    const { measured, predicted } = comparison;
    const name = `${network.name}, batch ${network.batch}${network.image === null ? "" : `, image ${network.image}`}`;
    return [{ name, group: network.name, size: measured, measured, predicted }];
  });
}

/** One way to predict networks, and what it says of each; null as a whole where it cannot be had. */
export interface Scored {
  readonly name: string;
  readonly predicted: readonly Interval[] | null;
}

/** Errors of each way to predict the same networks. */
export function scoresTable(title: string, measured: readonly number[], scored: readonly Scored[]): Table {
  const headers = ["MAPE", "RMSPE", "median", "within 10 %", "Spearman", "in 90 %"];
  const rows = scored.map(({ name, predicted }) => {
    if (predicted === null) return [name, ...headers.map(() => "–")];
    const values = predicted.map(({ value }) => value);
    const { mape, rmspe, medianApe, within10 } = errors(measured, values);
    return [
      ...[name, ...[mape, rmspe, medianApe, within10].map((share) => percent(share))],
      ...[spearman(measured, values)?.toFixed(3) ?? "–", percent(coverage(measured, predicted))],
    ];
  });
  return { title, columns: [{ header: "prediction" }, ...headers.map((header) => ({ header, align: right }))], rows };
}

/** Share of the measurements in their intervals; null where a prediction has none. */
export function coverage(measured: readonly number[], predicted: readonly Interval[]): number | null {
  if (predicted.some(({ low, high }) => low === null || high === null)) return null;
  return predicted.filter(({ low, high }, i) => low! <= measured[i] && measured[i] <= high!).length / measured.length;
}

/**
 * The validation as text.
 *
 * @param listed Which of its networks are listed, with the errors over them: all by default.
 */
export function validationText(validation: Validation, listed = validation.networks): string {
  const { device, method, networks, tables, notes } = validation;
  const shown = { ...validation, networks: listed };
  return [
    `${device}: ${networks.length} measured networks. ${method}`,
    ...listed.length === 0
      ? []
      : ["", textTable(...validationTable(shown)), "", textTable(...validationSummary(shown))],
    ...tables.flatMap(({ title, columns, rows }) => ["", `${title}:`, textTable(columns, rows)]),
    ...notes.length === 0 ? [] : ["", ...notes],
    "",
  ].join("\n");
}

/** Which figures any network has. */
function figures(networks: readonly ValidatedNetwork[]): (keyof typeof validated)[] {
  const all = Object.keys(validated) as (keyof typeof validated)[];
  return all.filter((figure) => networks.some((network) => network[figure] !== null));
}

function cells(comparison: Comparison | null): string[] {
  if (comparison === null) return ["–", "–", "", ""];
  const { measured, predicted, low, high } = comparison;
  const interval = low === null || high === null ? "" : `${number(low)} … ${number(high)}`;
  return [number(measured), number(predicted), interval, percent(predicted / measured - 1)];
}
