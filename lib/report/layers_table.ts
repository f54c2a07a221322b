/**
 * A layers table in short: how many rows of what, and what they span.
 *
 * @module
 */
import type { LayersTable, TableRow } from "../table.ts";
import { type Column, number, textTable } from "./text_table.ts";

const headers = ["rows", "runtime, ms", "with power", "power, W"];

/** One row for each kind, pass and number format, most rows first: a table's columns and rows. */
export function tableSummary({ rows }: LayersTable): [Column[], string[][]] {
  const groups = Map.groupBy(rows, ({ node: { layer, pass, dtype } }) => `${layer.kind} ${pass} ${dtype}`);
  const lines = [...groups].sort(([, a], [, b]) => b.length - a.length).map(([name, group]) => [
    name,
    String(group.length),
    span(group, ({ measured }) => measured.runtimeMs),
    String(group.filter(({ measured }) => measured.powerW !== null).length),
    span(group, ({ measured }) => measured.powerW),
  ]);
  return [[{ header: "kind" }, ...headers.map((header) => ({ header, align: "right" as const }))], lines];
}

/** The same as text. */
export function tableSummaryText(table: LayersTable): string {
  return `${table.rows.length} measured rows\n\n${textTable(...tableSummary(table))}\n`;
}

function span(rows: readonly TableRow[], pick: (row: TableRow) => number | null): string {
  const values = rows.map(pick).filter((value) => value !== null);
  if (values.length === 0) return "–";
  const [least, most] = values.reduce(([low, high], x) => [Math.min(low, x), Math.max(high, x)], [Infinity, -Infinity]);
  return `${number(least)} … ${number(most)}`;
}
