/**
 * The layers table: the one form of measurement data. A CSV with a header, one row an executed node, columns by name in any order;
 * an absent or empty option is at its default, an unknown measurement empty. Further columns are kept, not read.
 *
 * @module
 */
import { activations, dtypes } from "neuralpower/dsl";
import { showsItself } from "./shows_itself.ts";
import { type Node, optimizers, passes } from "./node.ts";
import { Cells, TableError } from "./table_cells.ts";
import { layerCells, layerColumns, readLayer } from "./table_layers.ts";

/** What was measured of a node. Spreads are standard deviations over trials, in the same unit. */
export interface Measurement {
  /** As the table's device measures rows: with the call's cost where the runtime's rows hold it. */
  readonly runtimeMs: number | null;
  /** Of the runtime, ms. */
  readonly runtimeMsSpread: number | null;
  /** Mean power while the node runs. */
  readonly powerW: number | null;
  /** Of the power, W. */
  readonly powerWSpread: number | null;
  /** W · ms = mJ. */
  readonly energyMj: number | null;
  /** Of the energy, mJ. */
  readonly energyMjSpread: number | null;
}

/** One row: a node and what was measured of it. */
export interface TableRow {
  /** What was executed. */
  readonly node: Node;
  /** What it took. */
  readonly measured: Measurement;
}

/** A table read from a file: its rows, and the file's own cells beside them. */
export interface LayersTable {
  /** Column names, in the file's order. */
  readonly header: readonly string[];
  /** In the file's order. */
  readonly rows: readonly TableRow[];
  /** Each row's cells as they stand in the file. */
  readonly cells: readonly Readonly<Record<string, string>>[];
}

const measuredColumns = [
  ...[
    "runtime_ms",
    "runtime_ms_spread",
    "power_w",
    "power_w_spread",
    "energy_mj",
    "energy_mj_spread",
    "trials",
    "note",
  ],
] as const;

/** All columns that this project writes, in their order. */
export const tableColumns: readonly string[] = [
  ...layerColumns,
  ...["activation", "fused_add", "dtype", "pass", "optimizer"],
  ...measuredColumns,
];

/**
 * Reads a layers table.
 *
 * @param text The CSV.
 * @param file Its name, for errors.
 * @throws {TableError} A missing column, a cell that cannot be read, sizes that do not fit: file, line, column.
 *
 * @example
 * ```ts
 * import { parseLayersTable } from "neuralpower";
 *
 * const table = await parseLayersTable("kind,batch,in_channels,out_channels,runtime_ms\ndense,128,512,10,0.31\n", "one.csv");
 * table.rows[0].measured.runtimeMs; // 0.31
 * ```
 */
export async function parseLayersTable(text: string, file: string): Promise<LayersTable> {
  const { header, records } = await parseCsv(text, file);
  for (const column of ["kind", "batch", "in_channels"]) {
    if (!header.includes(column)) throw new TableError(file, 1, column, "is missing; a layers table needs it");
  }
  const rows = records.map(({ cells, line }) => readRow(new Cells(cells, file, line)));
  return showsItself<LayersTable>({ header, rows, cells: records.map(({ cells }) => cells) });
}

/** Reads any CSV with a header: its records by column, with their lines. */
export async function parseCsv(
  text: string,
  file: string,
): Promise<{ header: string[]; records: { cells: Record<string, string>; line: number }[] }> {
  const { parse } = await import("@std/csv");
  let lines: string[][];
  try {
    lines = parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new TableError(file, 1, null, `is not a CSV table: ${(error as Error).message}`);
  }
  if (lines.length < 2) throw new TableError(file, 1, null, "has no rows; a header and at least one row are needed");
  const header = lines[0].map((name) => name.trim());
  const twice = header.find((name, index) => header.indexOf(name) !== index);
  if (twice !== undefined) throw new TableError(file, 1, twice, "stands in the header twice");
  const starts = lineNumbers(text, lines);
  const records = lines.slice(1).map((values, index) => {
    const line = starts[index + 1];
    if (values.length !== header.length) {
      throw new TableError(file, line, null, `has ${values.length} cells where the header has ${header.length}`);
    }
    return { cells: Object.fromEntries(header.map((name, i) => [name, values[i]])), line };
  });
  return { header, records };
}

/** The line that each record begins on: the parser leaves empty lines out, and quoted cells may span several. */
function lineNumbers(text: string, records: readonly (readonly string[])[]): number[] {
  const lines = text.split(/\r?\n/);
  let next = 0;
  return records.map((cells) => {
    while (lines[next] === "") next++;
    const start = next + 1;
    next += cells.reduce((count, cell) => count + cell.split("\n").length - 1, 1);
    return start;
  });
}

/** Reads one row of a layers table. */
export function readRow(cells: Cells): TableRow {
  const pass = cells.oneOf("pass", passes, "forward");
  const activation = cells.oneOf("activation", ["none", ...activations], "none");
  const optimizer = cells.oneOf("optimizer", ["none", ...optimizers], pass === "training" ? "sgd" : "none");
  if ((optimizer === "none") === (pass === "training")) {
    cells.fail("optimizer", `goes with pass "training" and no other, got "${optimizer}" with pass "${pass}"`);
  }
  const node: Node = {
    layer: readLayer(cells),
    activation: activation === "none" ? null : activation,
    fusedAdd: cells.flag("fused_add", false),
    dtype: cells.oneOf("dtype", dtypes, "float32"),
    pass,
    optimizer: optimizer === "none" ? null : optimizer,
  };
  return { node, measured: readMeasurement(cells) };
}

/** Of runtime, power and energy the third follows from two: W · ms = mJ. */
function readMeasurement(cells: Cells): Measurement {
  const runtimeMs = cells.measured("runtime_ms");
  const powerW = cells.measured("power_w");
  const energyMj = cells.measured("energy_mj");
  return {
    runtimeMs,
    runtimeMsSpread: cells.spread("runtime_ms_spread"),
    powerW: powerW ?? (energyMj !== null && runtimeMs !== null ? energyMj / runtimeMs : null),
    powerWSpread: cells.spread("power_w_spread"),
    energyMj: energyMj ?? (powerW !== null && runtimeMs !== null ? powerW * runtimeMs : null),
    energyMjSpread: cells.spread("energy_mj_spread"),
  };
}

/** A node's option cells; `parseLayersTable` gives the same node back. */
export function nodeCells(node: Node): Record<string, string | number> {
  return {
    ...layerCells(node.layer),
    activation: node.activation ?? "none",
    fused_add: Number(node.fusedAdd),
    dtype: node.dtype,
    pass: node.pass,
    optimizer: node.optimizer ?? "none",
  };
}

/**
 * Writes a CSV.
 *
 * @param header Column names.
 * @param rows Cells by column; null, undefined and absent become empty.
 */
export async function formatCsv(
  header: readonly string[],
  rows: readonly Readonly<Record<string, string | number | null | undefined>>[],
): Promise<string> {
  const { stringify } = await import("@std/csv");
  const csv: string = stringify(rows, { columns: header });
  // A line's first cell may be a command of GitHub's runner: quoted it is the same cell.
  return csv.replaceAll("\r\n", "\n").replace(
    /"[^"]*"|(?<![^\n])[^\S\n]*::[^,\n]*/g,
    (cell) => cell.startsWith('"') ? cell : `"${cell}"`,
  );
}
