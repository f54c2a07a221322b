/**
 * The cells of one row of a CSV table, read by column name, with errors that say where.
 *
 * @module
 */

import { plain, quoted } from "../dsl/formats/format_error.ts";

/** A cell or a header that cannot be read. The message has the file, the line and the column. */
export class TableError extends SyntaxError {
  /** The class's name. */
  override readonly name = "TableError";
  /** The file, or what stands for it. */
  readonly file: string;
  /** Counted from 1, the header included. */
  readonly line: number;
  /** The column's name; null where the whole line is meant. */
  readonly column: string | null;

  /** Says what is wrong and what to do in `problem`. */
  constructor(file: string, line: number, column: string | null, problem: string) {
    super(`${file}, line ${line}${column === null ? "" : `, column ${plain(column).slice(0, 80)}`}: ${problem}`);
    this.file = file;
    this.line = line;
    this.column = column;
  }
}

/** One row's cells. An absent column and an empty cell are the same: not given. */
export class Cells {
  readonly #cells: Readonly<Record<string, string | undefined>>;
  readonly #file: string;
  readonly #line: number;

  /** `line` counts from 1, the header included. */
  constructor(cells: Readonly<Record<string, string | undefined>>, file: string, line: number) {
    this.#cells = cells;
    this.#file = file;
    this.#line = line;
  }

  /** The cell's text, or null where it is not given. */
  text(column: string): string | null {
    const text = this.#cells[column]?.trim();
    return text === undefined || text === "" ? null : text;
  }

  /** One of `allowed`; `fallback` where the cell is not given, an error without one. */
  oneOf<T extends string>(column: string, allowed: readonly T[], fallback?: T): T {
    const text = this.text(column);
    if (text === null) return fallback ?? this.fail(column, `is empty; it must be one of ${allowed.join(", ")}`);
    const found = allowed.find((value) => value === text.toLowerCase());
    return found ?? this.fail(column, `must be one of ${allowed.join(", ")}, got ${quoted(text)}`);
  }

  /** A whole number of at least `least`; `fallback` where the cell is not given, an error without one. */
  whole(column: string, least: number, fallback?: number): number {
    const text = this.text(column);
    if (text === null) return fallback ?? this.fail(column, "is empty; a whole number is needed");
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= least) return value;
    return this.fail(column, `must be a whole number of at least ${least}, got ${quoted(text)}`);
  }

  /** 1, 0, true or false; `fallback` where the cell is not given. */
  flag(column: string, fallback: boolean): boolean {
    const text = this.text(column)?.toLowerCase();
    if (text === undefined) return fallback;
    if (text === "1" || text === "true") return true;
    return text === "0" || text === "false" ? false : this.fail(column, `must be 1 or 0, got ${quoted(text)}`);
  }

  /** A measured number above 0; null where the cell is not given. */
  measured(column: string): number | null {
    return this.#number(column, "a number above 0, or empty where it is not known", (value) => value > 0);
  }

  /** A measured number of at least 0; null where the cell is not given. */
  spread(column: string): number | null {
    return this.#number(column, "a number of at least 0, or empty where it is not known", (value) => value >= 0);
  }

  /** Throws a {@linkcode TableError} for a column of this row. */
  fail(column: string | null, problem: string): never {
    throw new TableError(this.#file, this.#line, column, problem);
  }

  #number(column: string, wanted: string, holds: (value: number) => boolean): number | null {
    const text = this.text(column);
    if (text === null) return null;
    const value = Number(text);
    return Number.isFinite(value) && holds(value) ? value : this.fail(column, `must be ${wanted}, got ${quoted(text)}`);
  }
}
