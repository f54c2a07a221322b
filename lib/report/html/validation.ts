/**
 * A device's validation as a page: measured networks against predictions that have seen nothing of them.
 *
 * @module
 */
import { around } from "../../charts/spec.ts";
import type { Device } from "../../model/device.ts";
import {
  type Comparison,
  validated,
  type ValidatedNetwork,
  type Validation,
  validationSummary,
  validationTable,
} from "../validation.ts";
import { type Column, number } from "../text_table.ts";
import { conditions } from "./conditions.ts";
import { page } from "./page.ts";
import { plot } from "./plot.ts";
import { escape, pageTable } from "./text.ts";

type Figure = keyof typeof validated;

/**
 * The whole page.
 *
 * @param device With the models that were fitted on all that was measured; null where there are none yet.
 * @param command How to make the page again.
 */
export async function validationHtml(validation: Validation, device: Device | null, command: string): Promise<string> {
  const { networks, method, tables, notes } = validation;
  const heading = `${validation.device}: ${networks.length} measured networks against their predictions`;
  const figures = (Object.keys(validated) as Figure[]).filter((figure) =>
    networks.some((each) => each[figure] !== null)
  );
  const body = [
    `<h1>${escape(heading)}</h1>`,
    `<p>${escape(method)}</p>`,
    `<section class="report" aria-label="Networks">`,
    `<h2>Errors</h2>`,
    simpleTable("Over all networks of this page", ...validationSummary(validation)),
    ...tables.map(({ title, columns, rows }) => simpleTable(title, columns, rows)),
    ...notes.map((note) => `<p>${escape(note)}</p>`),
    `<h2>Predicted against measured</h2>`,
    `<p class="soft">The line is where both are equal, the band ±10 %.</p>`,
    `<div class="pair">${figures.map((figure) => comparisonPlot(networks, figure)).join("\n")}</div>`,
    `<h2>All networks</h2>`,
    `<div class="controls"><label>Find <input type="search"></label> <span class="shown soft" role="status"></span></div>`,
    networksTable(validation, figures),
    `</section>`,
    ...device === null
      ? []
      : [`<section aria-label="Device"><h2>Device and conditions</h2>${conditions(device)}</section>`],
    `<section aria-label="Method"><h2>To make this page again</h2>\n<pre>${escape(command)}</pre></section>`,
  ];
  return await page(heading, body.join("\n"));
}

function simpleTable(caption: string, columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  return pageTable(caption, columns, rows.map((cells) => ({ cells })));
}

function networksTable(validation: Validation, figures: readonly Figure[]): string {
  const [columns, cells] = validationTable(validation);
  const rows = validation.networks.map((network, i) => ({
    cells: cells[i],
    values: [null, network.batch, network.image, ...figures.flatMap((figure) => valuesOf(network[figure]))],
    attributes: ` id="${rowId(i)}"`,
  }));
  return pageTable("Every measured network", columns, rows, "layers");
}

function valuesOf(comparison: Comparison | null): (number | null)[] {
  if (comparison === null) return [null, null, null, null];
  const { measured, predicted, high } = comparison;
  return [measured, predicted, high, predicted / measured - 1];
}

function comparisonPlot(networks: readonly ValidatedNetwork[], figure: Figure): string {
  const dots = networks.flatMap(({ name, [figure]: comparison }, i) =>
    comparison === null ? [] : [{
      x: comparison.measured,
      y: comparison.predicted,
      radius: networks.length > 200 ? 3 : 6,
      kind: "conv",
      row: rowId(i),
      name: `${name}: measured ${number(comparison.measured)}, predicted ${number(comparison.predicted)}`,
    }]
  );
  const ends = around(dots.flatMap(({ x, y }) => [x, y]));
  const [low, high] = ends;
  return plot({
    id: `${figure}-plot`,
    label: `Predicted against measured ${validated[figure]}`,
    x: `measured ${validated[figure]}`,
    y: `predicted ${validated[figure]}`,
    domain: [ends, ends],
    guides: [
      { band: true, points: [[low, 0.9 * low], [high, 0.9 * high], [high, 1.1 * high], [low, 1.1 * low]] },
      { points: [[low, low], [high, high]] },
    ],
    dots,
  });
}

function rowId(i: number): string {
  return `network-${i + 1}`;
}
