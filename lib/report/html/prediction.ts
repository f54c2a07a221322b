/**
 * A prediction as a page: summary, warnings, charts, the network as a graph, a table, and how the figures were made.
 *
 * @module
 */
import type { Network } from "neuralpower/dsl";
import { rooflineData } from "../../charts/roofline.ts";
import { around, largest } from "../../charts/spec.ts";
import type { Device } from "../../model/device.ts";
import type { LayerPrediction, Prediction } from "../../predict.ts";
import { budgetsResult, budgetsTable, type Judged, standing } from "../budgets.ts";
import { byKind, byLayer, title, totals } from "../prediction.ts";
import { count, number } from "../text_table.ts";
import { bars } from "./bars.ts";
import { conditions, method } from "./conditions.ts";
import { graph } from "./graph.ts";
import { page } from "./page.ts";
import { plot } from "./plot.ts";
import { escape, pageTable } from "./text.ts";

/** What a page tells of: a prediction, with its budgets where it has any. */
export interface Reported extends Judged {
  readonly network: Network;
}

/**
 * The whole page.
 *
 * @param reported One network or several, all on the same device.
 * @param command How to make the page again.
 */
export async function predictionHtml(reported: readonly Reported[], device: Device, command: string): Promise<string> {
  const single = reported.length === 1;
  const [{ prediction }] = reported;
  const heading = single ? title(prediction) : `${reported.length} networks on ${prediction.device}`;
  const body = [
    `<h1>${escape(heading)}</h1>`,
    `<p class="soft">Predicted runtime, power and energy with 90 % intervals; nothing here was measured on the network itself.</p>`,
    ...single ? [] : [totalsTable(reported)],
    ...budgets(reported),
    ...reported.map((each, i) => section(each, device, `r${i + 1}`, single ? 2 : 3)),
    `<section aria-label="Device"><h2>Device and conditions</h2>${
      conditions(device, reported.map((each) => each.prediction))
    }</section>`,
    `<section aria-label="Method"><h2>How the figures were made</h2>${method(device, command)}</section>`,
  ];
  return await page(heading, body.join("\n"));
}

/** @param level Of the parts' headings: the network's own is one above, and the page's where it is alone. */
function section({ prediction, network }: Reported, device: Device, prefix: string, level: 2 | 3): string {
  const rowOf = new Map(prediction.layers.map((layer, i) => [layer, `${prefix}-${i + 1}`]));
  const idOf = (layer: LayerPrediction) => rowOf.get(layer)!;
  const h = (text: string) => `<h${level}>${text}</h${level}>`;
  const kinds = Map.groupBy(prediction.layers, ({ kind }) => kind);
  const boxes = [...kinds].map(([kind, layers]) =>
    `<label class="k-${kind}"><input type="checkbox" class="kind" value="${kind}" checked> <span class="swatch"></span> ${kind} (${layers.length})</label>`
  );
  const warnings = prediction.warnings.map((warning) => `<li>${escape(warning)}</li>`);
  const roof = roofline(prediction, device, prefix, idOf);
  return `<section class="report" aria-label="${escape(network.name)}">
${level === 2 ? "" : `<h2>${escape(title(prediction))}</h2>`}
<dl class="tiles">${tiles(prediction)}</dl>
${
    warnings.length === 0
      ? ""
      : `${h("What to know before trusting it")}\n<ul class="warnings">${warnings.join("\n")}</ul>`
  }
${h("Where it goes")}
<div class="controls"><fieldset><legend>Kinds</legend>${boxes.join(" ")}</fieldset></div>
${bars(prediction, prefix, idOf)}
<div class="pair">
<div>
${h("By kind")}
${simpleTable(`${network.name}: by kind of layer`, byKind(prediction))}
</div>
${roof === "" ? "" : `<div>\n${h("Under the device's roof")}\n${roof}\n</div>`}
</div>
${h("The network")}
<p class="soft">Each executed layer with its time in ms; what runs within another is in its box.</p>
${graph(network, prediction, idOf)}
${h("All layers")}
<div class="controls"><label>Find <input type="search"></label> <span class="shown soft" role="status"></span></div>
${layersTable(prediction, idOf)}
</section>`;
}

/** How all budgets fared; nothing where none is given. */
function budgets(reported: readonly Reported[]): string[] {
  const standings = reported.flatMap(({ verdicts }) => verdicts.map(standing));
  if (standings.length === 0) return [];
  const [columns, cells] = budgetsTable(reported);
  // A page of one network has its name on top.
  const first = reported.length === 1 ? 1 : 0;
  const rows = cells.map((cells, i) => ({ cells: cells.slice(first), attributes: ` class="${standings[i]}"` }));
  const table = pageTable("What one call with the whole batch may cost", columns.slice(first), rows, "budgets");
  return [
    `<section aria-label="Budgets"><h2>Budgets: ${budgetsResult(reported)}</h2>\n${table}</section>`,
  ];
}

function totalsTable(reported: readonly Reported[]): string {
  const columns = ["runtime, ms", "90 %", "power, W", "energy, mJ", "an image, mJ"];
  const rows = reported.map(({ prediction: { network, batch, total } }) => {
    const { runtimeMs, runtimeMsLow, runtimeMsHigh, powerW, energyMj, energyPerImageMj } = total;
    const values = [runtimeMs, runtimeMsHigh, powerW, energyMj, energyPerImageMj];
    const interval = runtimeMs === null ? "" : `${number(runtimeMsLow)} … ${number(runtimeMsHigh)}`;
    const cells = [runtimeMs, null, powerW, energyMj, energyPerImageMj].map(number).with(1, interval);
    return { cells: [network, String(batch), ...cells], values: [null, batch, ...values] };
  });
  const right = ["batch", ...columns].map((header) => ({ header, align: "right" as const }));
  return pageTable("Totals", [{ header: "network" }, ...right], rows);
}

function tiles(prediction: Prediction): string {
  return totals(prediction).map(({ name, value, figure, more }) => {
    const exact = value === null ? "" : ` data-figure="${name}" data-value="${value}"`;
    const shown = name === "size" ? escape(figure) : `<span class="figure"${exact}>${escape(figure)}</span>`;
    const rest = more.length === 0 ? "" : ` <span class="soft">${escape(more.join(", "))}</span>`;
    return `<div><dt>${name}</dt><dd>${shown}${rest}</dd></div>`;
  }).join("\n");
}

function layersTable(prediction: Prediction, idOf: (layer: LayerPrediction) => string): string {
  const [columns, rows] = byLayer(prediction);
  const shown = prediction.layers.map((layer, i) => ({
    cells: rows[i],
    values: [
      ...[null, null, null, layer.macs, layer.runtimeMs, layer.runtimeMsHigh, layer.powerW, layer.energyMj, null],
    ],
    attributes: ` id="${idOf(layer)}" data-kind="${layer.kind}"`,
  }));
  return pageTable(`${prediction.network}: every layer`, columns, shown, "layers");
}

function simpleTable(caption: string, [columns, rows]: ReturnType<typeof byKind>): string {
  return pageTable(caption, columns, rows.map((cells) => ({ cells })));
}

/** Rate against intensity under the device's roof; nothing where the device has no specification. */
function roofline(
  prediction: Prediction,
  device: Device,
  prefix: string,
  idOf: (layer: LayerPrediction) => string,
): string {
  const { specification } = device;
  if (specification === null) return "";
  const { layers, roof, peakGflops } = rooflineData(prediction, specification);
  if (layers.length === 0) return "";
  const longest = largest(layers, ({ layer }) => layer.runtimeMs!);
  return `<p class="soft">The line is ${escape(specification.title)}: ${
    count(peakGflops * 1e9)
  } operations a second at most, ${specification.bandwidthGBs} GB/s. A
multiply-add is two operations; dots are layers with multiply-adds, larger for more time.</p>
${
    plot({
      id: `${prefix}-roof`,
      label: `Roofline of ${prediction.network}: rate against operations per byte`,
      x: "operations per byte read and written",
      y: "10⁹ operations per second",
      domain: [[roof[0].intensity, roof[2].intensity], around([...layers, ...roof].map(({ gflops }) => gflops), 1.6)],
      guides: [{ points: roof.map(({ intensity, gflops }) => [intensity, gflops]) }],
      dots: layers.map(({ layer, intensity, gflops }) => ({
        x: intensity,
        y: gflops,
        radius: 4 + 8 * Math.sqrt(layer.runtimeMs! / longest),
        kind: layer.kind,
        row: idOf(layer),
        name: `${layer.name}: ${number(gflops)} GFLOP/s`,
      })),
    })
  }`;
}
