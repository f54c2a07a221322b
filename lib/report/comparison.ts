/**
 * Networks × devices × batches as a table: as text, Markdown and CSV.
 *
 * @module
 */
import type { Combination } from "../decide/comparison.ts";
import { type Column, markdownTable, number, percent, plain, textTable } from "./text_table.ts";

/** A column, how its cells read, and what to know of it. */
interface Shown extends Column {
  readonly cell: (row: Combination) => string;
  /** Whether the column is needed at all; it is by default. */
  readonly needed?: (rows: readonly Combination[]) => boolean;
  /** A line under the table. */
  readonly legend?: string;
}

const right = "right" as const;
const anyError = (rows: readonly Combination[]) => rows.some(({ error }) => error !== null);
const anyRatio = (rows: readonly Combination[]) => rows.some(({ m1 }) => m1 !== null);

const shown: readonly Shown[] = [
  { header: "network", cell: ({ network }) => plain(network) },
  { header: "device", cell: ({ device }) => device },
  { header: "batch", align: right, cell: ({ batch }) => batch === null ? "" : String(batch) },
  { header: "ms", align: right, cell: known(({ runtimeMs }) => runtimeMs) },
  {
    header: "90 %",
    align: right,
    cell: ({ runtimeMsLow: low, runtimeMsHigh: high }) =>
      low === null || high === null ? "" : `${number(low)} … ${number(high)}`,
    needed: (rows) => rows.some(({ runtimeMsHigh }) => runtimeMsHigh !== null),
  },
  {
    header: "ms/image",
    align: right,
    cell: known(({ runtimePerImageMs }) => runtimePerImageMs),
    needed: (rows) => rows.some(({ batch }) => batch !== null && batch > 1),
  },
  { header: "W", align: right, cell: known(({ powerW }) => powerW) },
  { header: "mJ/image", align: right, cell: known(({ energyPerImageMj }) => energyPerImageMj) },
  {
    header: "fitted",
    align: right,
    cell: ({ fittedShare, failed }) => failed === null ? percent(fittedShare, 0) : "",
    legend:
      "fitted: share of the time by models that were fitted on such layers; the rest is rough: by the device's own rates or its " +
      "specification, or outside of what was measured",
  },
  {
    header: "error",
    align: right,
    cell: ({ error, failed }) => failed === null ? percent(error) : "",
    needed: anyError,
    legend: "error: as --accuracy says, else top-1 on ImageNet as torchvision publishes it for its first weights",
  },
  ...([["M1", "m1"], ["M2", "m2"], ["M3", "m3"], ["M4", "m4"]] as const).map(([header, key], i): Shown => ({
    header,
    align: right,
    cell: known((row) => row[key]),
    needed: anyRatio,
    legend: i === 0 ? "M1 … M4: energy-precision ratio, error^α × mJ/image with α = 1 … 4; less is better" : undefined,
  })),
  {
    header: "front",
    cell: ({ onEnergyFront, onRuntimeFront }) =>
      [...onEnergyFront ? ["energy"] : [], ...onRuntimeFront ? ["time"] : []].join(", "),
    needed: anyError,
    legend: "front: no other row is better in error and in energy, or time, an image",
  },
  {
    header: "",
    cell: ({ failed, partial }) => failed !== null ? plain(failed) : partial ? "partial" : "",
    needed: (rows) => rows.some(({ failed, partial }) => failed !== null || partial),
  },
];

/** The rows in their order: a table's columns and rows. */
export function comparisonTable(rows: readonly Combination[]): [Column[], string[][]] {
  const columns = neededColumns(rows);
  return [
    columns.map(({ header, align }) => ({ header, align })),
    rows.map((row) => columns.map(({ cell }) => cell(row))),
  ];
}

/** As text, with what to know of its columns. */
export function comparisonText(rows: readonly Combination[]): string {
  return [textTable(...comparisonTable(rows)), "", ...legends(rows), ""].join("\n");
}

/** As Markdown. */
export function comparisonMarkdown(rows: readonly Combination[]): string {
  return [markdownTable(...comparisonTable(rows)), "", ...legends(rows).map((line) => `> ${line}\n`)].join("\n");
}

/** As CSV, with the fields of the JSON as columns. */
export async function comparisonCsv(rows: readonly Combination[]): Promise<string> {
  const { formatCsv } = await import("../table.ts");
  const cells = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [
        key,
        typeof value === "string" ? plain(value) : typeof value === "boolean" ? String(value) : value,
      ]),
    )
  );
  return await formatCsv(Object.keys(rows[0]), cells);
}

function neededColumns(rows: readonly Combination[]): Shown[] {
  return shown.filter(({ needed }) => needed === undefined || needed(rows));
}

function legends(rows: readonly Combination[]): string[] {
  return neededColumns(rows).flatMap(({ legend }) => legend ?? []);
}

/** A figure's cell: a dash where it is not known, nothing where the row failed. */
function known(of: (row: Combination) => number | null): Shown["cell"] {
  return (row) => row.failed === null ? number(of(row)) : "";
}
