/**
 * Text and tables as HTML: names come from files, and stay text.
 *
 * @module
 */
import { type Column, plain } from "../text_table.ts";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it may stand between tags and in quoted attributes. */
export function escape(text: string): string {
  return plain(text).replace(/[&<>"']/g, (character) => entities[character]);
}

/** A table whose numbers stand right, in the page's own colours: for a notebook, where no style sheet is. */
export function plainTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const style = ({ align }: Column) => ` style="text-align:${align === "right" ? "right;white-space:nowrap" : "left"}"`;
  const line = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((cell, c) => `<${tag}${style(columns[c])}>${escape(cell)}</${tag}>`).join("")}</tr>`;
  const body = rows.map((row) => line("td", row)).join("\n");
  return `<div style="max-height:26em;overflow:auto"><table>\n<thead>${
    line("th", columns.map(({ header }) => header))
  }</thead>\n<tbody>\n${body}\n</tbody>\n</table></div>`;
}

/** A row of a page's table. */
export interface HtmlRow {
  readonly cells: readonly string[];
  /** The numbers that the cells show, exactly; null and undefined where a cell shows none. */
  readonly values?: readonly (number | null | undefined)[];
  /** Attributes of the row, without what needs escaping. */
  readonly attributes?: string;
}

/** A table of the report's page; with values, columns can be sorted by. Columns of empty cells alone are left out. */
export function pageTable(caption: string, columns: readonly Column[], rows: readonly HtmlRow[], name = ""): string {
  const shown = [...columns.keys()].filter((c) => rows.some(({ cells }) => cells[c] !== ""));
  const sortable = rows.some(({ values }) => values !== undefined);
  const number = (c: number) => columns[c].align === "right" ? ' class="number"' : "";
  const head = shown.map((c) => {
    const header = escape(columns[c].header);
    if (header === "") return "<td></td>";
    const text = sortable ? `<button type="button">${header}</button>` : header;
    return `<th scope="col"${sortable ? ' aria-sort="none"' : ""}${number(c)}>${text}</th>`;
  });
  const body = rows.map(({ cells, values, attributes = "" }) => {
    const line = shown.map((c) => {
      const value = values?.[c];
      const exact = typeof value === "number" ? ` data-value="${value}"` : "";
      const text = escape(cells[c]);
      return c === 0 ? `<th scope="row">${text}</th>` : `<td${number(c)}${exact}>${text}</td>`;
    });
    return `<tr${attributes}>${line.join("")}</tr>`;
  });
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escape(caption)}">
<table class="${sortable ? "sortable " : ""}${name}">
<caption>${escape(caption)}</caption>
<thead><tr>${head.join("")}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table>
</div>`;
}
