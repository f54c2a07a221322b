/**
 * Text and tables as HTML: names come from files, and stay text.
 *
 * @module
 */
import type { Column } from "./text_table.ts";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it may stand between tags and in quoted attributes. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}

/** A table whose numbers stand right, in the page's own colours: for a notebook, where no style sheet is. */
export function plainTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const style = (column: Column) => ` style="text-align:${column.align ?? "left"}"`;
  const line = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((cell, c) => `<${tag}${style(columns[c])}>${escape(cell)}</${tag}>`).join("")}</tr>`;
  const body = rows.map((row) => line("td", row)).join("\n");
  return `<div style="max-height:26em;overflow:auto"><table>\n<thead>${
    line("th", columns.map(({ header }) => header))
  }</thead>\n<tbody>\n${body}\n</tbody>\n</table></div>`;
}
