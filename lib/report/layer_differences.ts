/**
 * What two versions of a network differ in, as text, Markdown, CSV and JSON.
 *
 * @module
 */
import type { LayerDifference } from "../decide/layer_differences.ts";
import type { LayerPrediction, Prediction } from "../predict.ts";
import { json, markdown } from "./escapes.ts";
import { type Column, markdownTable, number, percent, plain, shape, textTable } from "./text_table.ts";

/** Two versions, as their files are called, and their layers. */
export interface Versions {
  readonly files: readonly [old: string, new: string];
  readonly old: Prediction;
  readonly new: Prediction;
  readonly differences: readonly LayerDifference[];
}

const right = "right" as const;
const columns: readonly Column[] = [
  { header: "" },
  { header: "layer" },
  { header: "kind" },
  { header: "output" },
  { header: "old ms", align: right },
  { header: "new ms", align: right },
  { header: "difference", align: right },
  { header: "old mJ", align: right },
  { header: "new mJ", align: right },
  { header: "difference", align: right },
];

/** As text or Markdown: the greatest difference of time first, then the totals. */
export function layerDifferencesText(versions: Versions, format: "table" | "markdown" = "table"): string {
  const { files, differences, old, new: fresh } = versions;
  const told = differences.filter(costsSomething).toSorted((a, b) => size(b) - size(a));
  const rows = [...told.map(cells), totalCells(versions)];
  const same = differences.length - differences.filter(({ change }) => change !== "same").length;
  const free = differences.length - same - told.length;
  const title = `${
    files.map(plain).join(" → ")
  } on ${fresh.device}: ${fresh.pass} pass, batch ${fresh.batch}, ${fresh.dtype}`;
  return [
    ...format === "markdown" ? [`### ${markdown(title)}`] : [title],
    "",
    (format === "markdown" ? markdownTable : textTable)(columns, rows),
    "",
    `${same} layers are the same${free > 0 ? `, ${free} that differ cost nothing in either` : ""}`,
    ...old.total.partial || fresh.total.partial ? ["Layers that nothing predicts are left out of the totals"] : [],
    "",
  ].join("\n");
}

/** What JSON and CSV have of each layer, in the networks' order. */
function layerRows({ differences }: Versions) {
  return differences.map(({ change, old, new: fresh, runtimeMs, energyMj }) => ({
    change,
    old: old?.name ?? null,
    new: fresh?.name ?? null,
    kind: (fresh ?? old)!.kind,
    op: (fresh ?? old)!.op,
    oldRuntimeMs: old === null ? 0 : old.runtimeMs,
    newRuntimeMs: fresh === null ? 0 : fresh.runtimeMs,
    runtimeMs,
    oldEnergyMj: old === null ? 0 : old.energyMj,
    newEnergyMj: fresh === null ? 0 : fresh.energyMj,
    energyMj,
  }));
}

/** As JSON. */
export function layerDifferencesJson(versions: Versions): string {
  const { files: [oldFile, newFile], old, new: { device, batch, dtype, pass, total } } = versions;
  return json({
    ...{ oldFile, newFile, device, batch, dtype, pass },
    layers: layerRows(versions),
    oldTotal: old.total,
    newTotal: total,
  });
}

/** As CSV, the total last. */
export async function layerDifferencesCsv(versions: Versions): Promise<string> {
  const { formatCsv } = await import("../table.ts");
  const [{ total: old }, { total: fresh }] = [versions.old, versions.new];
  const total = {
    change: "total",
    ...{ oldRuntimeMs: old.runtimeMs, newRuntimeMs: fresh.runtimeMs, runtimeMs: less(fresh.runtimeMs, old.runtimeMs) },
    ...{ oldEnergyMj: old.energyMj, newEnergyMj: fresh.energyMj, energyMj: less(fresh.energyMj, old.energyMj) },
  };
  const layers = layerRows(versions).map((row) => ({
    ...row,
    ...{ old: row.old === null ? null : plain(row.old), new: row.new === null ? null : plain(row.new) },
  }));
  return await formatCsv(
    [...["change", "old", "new", "kind", "op"], ...Object.keys(total).slice(1)],
    [...layers, total],
  );
}

function less(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b;
}

function costsSomething({ change, old, new: fresh }: LayerDifference): boolean {
  return change !== "same" && [old, fresh].some((layer) => layer !== null && layer.runtimeMs !== 0);
}

function size({ runtimeMs }: LayerDifference): number {
  return runtimeMs === null ? Infinity : Math.abs(runtimeMs);
}

function cells({ change, old, new: fresh, runtimeMs, energyMj }: LayerDifference): string[] {
  const both = (text: (layer: LayerPrediction) => string) =>
    [
      ...new Set([old, fresh].filter((layer) => layer !== null).map(text)),
    ].join(" → ");
  const cost = (layer: LayerPrediction | null, key: "runtimeMs" | "energyMj") =>
    layer === null ? "" : number(layer[key]);
  return [
    change,
    both(({ name }) => plain(name)),
    both(({ kind, op }) => kind === op ? kind : `${kind} ${op}`),
    both(({ outputShape }) => shape(outputShape)),
    ...[cost(old, "runtimeMs"), cost(fresh, "runtimeMs"), signed(runtimeMs)],
    ...[cost(old, "energyMj"), cost(fresh, "energyMj"), signed(energyMj)],
  ];
}

function totalCells({ old: { total: old }, new: { total: fresh } }: Versions): string[] {
  const difference = (a: number | null, b: number | null) =>
    a === null || b === null ? "–" : `${signed(b - a)}${a === 0 ? "" : ` (${signedPercent(b / a - 1)})`}`;
  return [
    ...["", "the whole call", "", ""],
    ...[number(old.runtimeMs), number(fresh.runtimeMs), difference(old.runtimeMs, fresh.runtimeMs)],
    ...[number(old.energyMj), number(fresh.energyMj), difference(old.energyMj, fresh.energyMj)],
  ];
}

function signed(value: number | null): string {
  return value !== null && value > 0 ? `+${number(value)}` : number(value);
}

function signedPercent(share: number): string {
  return share > 0 ? `+${percent(share)}` : percent(share);
}
