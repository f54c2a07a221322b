/**
 * How a public set of measurements becomes rows of the layers table.
 *
 * @module
 */
import { parseCsv, readRow, type TableRow } from "../table.ts";
import { Cells, TableError } from "../table_cells.ts";

/** Cells of a layers table, by column; null is not known. */
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
  /** Which device a file was measured on, by a part of the file's name; each is a runtime's too: `v100-tf1`. */
  readonly devices: Readonly<Record<string, string>>;
  /** What every row undergoes: units, conventions. */
  readonly conversions: readonly string[];
  /**
   * One row of a file as rows of the layers table.
   *
   * @param cells The row, by the set's own columns.
   * @param file The file's name, which some sets keep the layer's kind in.
   * @param count Counts what is not taken as it stands, a row or one of its measurements, by what became of it.
   */
  readonly convert: (cells: Cells, file: string, count: (what: string) => void) => RowCells[];
}

/** A file's rows, and what became of those that are not taken as they stand. */
export interface DatasetRows {
  /** Which device the file was measured on. */
  readonly device: string;
  /** Rows of the layers table. */
  readonly rows: readonly TableRow[];
  /** Rows in the file. */
  readonly read: number;
  /** Rows and measurements not taken as they stand, by what became of them. */
  readonly counted: Readonly<Record<string, number>>;
}

/**
 * Reads one file of a set.
 *
 * @param text The file's text.
 * @param path Its path; the name says the device and, in some sets, the kind.
 * @throws {TableError} A file that is not the set's, or a cell that cannot be read: file, line, column.
 */
export async function readDataset(set: Dataset, text: string, path: string): Promise<DatasetRows> {
  const file = path.split(/[/\\]/).at(-1)!;
  const key = Object.keys(set.devices).find((part) => file.includes(part));
  if (key === undefined) {
    const parts = Object.keys(set.devices).join(", ");
    throw new TableError(path, 1, null, `is not a file of ${set.name}: its name must have one of ${parts}`);
  }
  const { records } = await parseCsv(text, path);
  const counted: Record<string, number> = {};
  const rows = records.flatMap(({ cells, line }) => {
    const converted = set.convert(new Cells(cells, path, line), file, (what) => {
      counted[what] = (counted[what] ?? 0) + 1;
    });
    return converted.map((row) => {
      const texts = Object.entries(row).map(([column, value]) => [column, value === null ? "" : String(value)]);
      return readRow(new Cells(Object.fromEntries(texts), path, line));
    });
  });
  return { device: set.devices[key], rows, read: records.length, counted };
}
