/**
 * How a public set of measurements becomes rows of the layers table.
 *
 * @module
 */
import { type LayersTable, parseCsv, readRow, tableColumns } from "../table.ts";
import { Cells, TableError } from "../table_cells.ts";

/** Cells of a layers table, by column; null is not known. Columns that a layers table does not read are kept. */
export type RowCells = Readonly<Record<string, string | number | null>>;

/** One public set: where it is from and what its rows mean. */
export interface Dataset {
  /** As it is named on the command line. */
  readonly name: string;
  /** Owner and repository on GitHub. */
  readonly repository: string;
  /** The commit's first seven digits. */
  readonly commit: string;
  /** By its SPDX name. */
  readonly licence: string;
  /**
   * Which device a file was measured on, by a part of the file's name, or with `deviceColumn` which a row was, by that cell; each
   * is a runtime's too: `v100-tf1`. None where the files do not say it.
   */
  readonly devices: Readonly<Record<string, string>>;
  /** The column that names each row's device, where one file has several. */
  readonly deviceColumn?: string;
  /** The file's rows where it is no CSV table. */
  readonly records?: (text: string, path: string) => DatasetRecord[];
  /** What every row undergoes: units, conventions. */
  readonly conversions: readonly string[];
  /**
   * One row of a file as rows of the layers table.
   *
   * @param cells The row, by the set's own columns.
   * @param file The file's name, which some sets keep the layer's kind in.
   * @param count Counts what is not taken as it stands, a row or one of its measurements, by what became of it.
   * @param order The row's place among those of its device, from 1.
   */
  readonly convert: (cells: Cells, file: string, count: (what: string) => void, order: number) => RowCells[];
}

/** One row of a file, by the set's own columns. */
export interface DatasetRecord {
  /** By column, as they stand in the file. */
  readonly cells: Record<string, string>;
  /** Where it stands, counted from 1. */
  readonly line: number;
}

/** A device's rows of a file as a layers table, and what became of those that are not taken as they stand. */
export interface DatasetRows extends LayersTable {
  /** Which device the rows were measured on. */
  readonly device: string;
  /** Rows in the file, of that device. */
  readonly read: number;
  /** Rows and measurements not taken as they stand, by what became of them. */
  readonly counted: Readonly<Record<string, number>>;
}

/**
 * Reads one file of a set.
 *
 * @param text The file's text.
 * @param path Its path; the name says the device and, in some sets, the kind.
 * @param device Which device's rows, where the file has several.
 * @throws {TableError} A file that is not the set's, a device that it has not, or a cell that cannot be read: file, line, column.
 */
export async function readDataset(set: Dataset, text: string, path: string, device?: string): Promise<DatasetRows> {
  const file = path.split(/[/\\]/).at(-1)!;
  const named = set.deviceColumn === undefined ? deviceOfFile(set, file, path, device) : null;
  const all = set.records?.(text, path) ?? (await parseCsv(text, path)).records;
  const { name, records } = named === null
    ? recordsOfDevice(set, set.deviceColumn!, all, path, device)
    : { name: named, records: all };
  const counted: Record<string, number> = {};
  const cells: Record<string, string>[] = [];
  const rows = records.flatMap(({ cells: own, line }, index) => {
    const count = (what: string) => {
      counted[what] = (counted[what] ?? 0) + 1;
    };
    return set.convert(new Cells(own, path, line), file, count, index + 1).map((row) => {
      const texts = Object.fromEntries(
        Object.entries(row).map(([column, value]) => [column, value === null ? "" : String(value)]),
      );
      cells.push(texts);
      return readRow(new Cells(texts, path, line));
    });
  });
  const columns = new Set(cells.flatMap(Object.keys));
  const header = [
    ...tableColumns.filter((column) => columns.has(column)),
    ...columns.difference(new Set(tableColumns)),
  ];
  return { device: name, header, rows, cells, read: records.length, counted };
}

function deviceOfFile(set: Dataset, file: string, path: string, device: string | undefined): string {
  if (Object.keys(set.devices).length === 0) {
    return device ?? fail(path, `files of ${set.name} do not say their device; name it with --device CARD-RUNTIME`);
  }
  const key = Object.keys(set.devices).find((part) => file.includes(part));
  if (key !== undefined) return set.devices[key];
  const parts = Object.keys(set.devices).join(", ");
  throw new TableError(path, 1, null, `is not a file of ${set.name}: its name must have one of ${parts}`);
}

function fail(path: string, problem: string): never {
  throw new TableError(path, 1, null, problem);
}

function recordsOfDevice(
  set: Dataset,
  column: string,
  records: readonly DatasetRecord[],
  path: string,
  device: string | undefined,
) {
  const byDevice = Map.groupBy(records, ({ cells, line }) => {
    const text = cells[column]?.trim() ?? "";
    if (Object.hasOwn(set.devices, text)) return set.devices[text];
    const known = Object.keys(set.devices).join(", ");
    throw new TableError(path, line, column, `must be one of ${known}, got "${text}"`);
  });
  const names = [...byDevice.keys()];
  const name = device ?? names[0];
  const own = byDevice.get(name);
  if (own === undefined || (device === undefined && names.length > 1)) {
    const problem = device === undefined ? "has several devices" : `has no rows of ${device}`;
    throw new TableError(path, 1, column, `${problem}; name one of ${names.join(", ")} with --device`);
  }
  return { name, records: own };
}
