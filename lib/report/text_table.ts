/**
 * Aligned columns of text, and numbers as people read them.
 *
 * @module
 */
import { markdown } from "./escapes.ts";

/** A column: its header, and which side its cells stand on. */
export interface Column {
  readonly header: string;
  /** Left by default; numbers stand right. */
  readonly align?: "left" | "right";
}

/** Any table. */
export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

/** Characters to which a column is padded at most: one long cell must not widen all rows. */
const widestColumn = 120;

/** Rows in aligned columns, two blanks apart; the header first. A cell longer than {@linkcode widestColumn} shifts its own row alone. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ header }) => header), ...rows];
  const widths = columns.map((_, c) =>
    Math.min(lines.reduce((widest, line) => Math.max(widest, line[c].length), 0), widestColumn)
  );
  return lines.map((line) =>
    line.map((cell, c) => columns[c].align === "right" ? cell.padStart(widths[c]) : cell.padEnd(widths[c])).join("  ")
      .trimEnd()
  ).join("\n");
}

/** The same as a Markdown table; cells may have bold text. */
export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(markdown).join(" | ")} |`;
  const rule = columns.map(({ align }) => align === "right" ? "---:" : "---");
  return [line(columns.map(({ header }) => header)), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** Three significant digits, but whole numbers whole; a dash for what is not known. */
export function number(value: number | null): string {
  if (value === null) return "–";
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6));
}

/** A count with its prefix: 714M. */
export function count(value: number): string {
  for (const [unit, size] of [["T", 1e12], ["G", 1e9], ["M", 1e6], ["k", 1e3]] as const) {
    if (value >= size) return `${number(value / size)}${unit}`;
  }
  return String(value);
}

/** A share as percent; a dash for what is not known. */
export function percent(share: number | null, digits = 1): string {
  return share === null || Number.isNaN(share) ? "–" : `${(100 * share).toFixed(digits)} %`;
}

/** A shape as `128×64×55×55`. */
export function shape(sizes: readonly number[]): string {
  return sizes.join("×");
}

/** Names and messages come from files: what steers a terminal or turns text around must not reach it. Line breaks become blanks. */
export function plain(text: string): string {
  // From where blanks begin: from each of them their whole run would be read again.
  return text.replace(/(?<!\s)\s*[\n\r\u2028\u2029]\s*/g, " ").replace(/[\p{Cc}\p{Bidi_Control}\uFFFE\uFFFF]/gu, "�");
}
