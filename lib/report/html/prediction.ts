/**
 * A prediction as a page: summary, warnings, charts, the network as a graph, a table, and how the figures were made.
 *
 * @module
 */
import type { Network } from "neuralpower/dsl";
import { around } from "../../charts/spec.ts";
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
  const { total } = prediction;
  const unitOf = { runtime: "ms", power: "W", energy: "mJ" } as const;
  const value = { runtime: total.runtimeMs, power: total.powerW, energy: total.energyMj } as const;
  return totals(prediction).map(([name, text]) => {
    const figure = name in value ? value[name as keyof typeof value] : null;
    if (figure === null) return `<div><dt>${escape(name)}</dt><dd>${escape(text)}</dd></div>`;
    const shown = `${number(figure)} ${unitOf[name as keyof typeof unitOf]}`;
    const more = text.replace(shown, "").replace(/^[ ,]+/, "");
    return `<div><dt>${name}</dt><dd><span class="figure" data-figure="${name}" data-value="${figure}">${shown}</span>${
      more === "" ? "" : ` <span class="soft">${escape(more)}</span>`
    }</dd></div>`;
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
  const layers = prediction.layers.filter(({ macs, runtimeMs }) => macs > 0 && runtimeMs !== null && runtimeMs > 0);
  if (specification === null || layers.length === 0) return "";
  const { peakTflops: { float32, float16 }, bandwidthGBs } = specification;
  const peak = 1000 * (prediction.dtype === "float16" ? float16 ?? float32 : float32);
  const rate = ({ macs, runtimeMs }: LayerPrediction) => 2 * macs / (runtimeMs! * 1e6);
  const x = around([peak / bandwidthGBs, ...layers.map(({ macs, bytes }) => 2 * macs / bytes)], 2);
  const y = around([peak, ...layers.map(rate)], 1.6);
  const longest = Math.max(...layers.map(({ runtimeMs }) => runtimeMs!));
  return `<p class="soft">The line is ${escape(specification.title)}: ${
    count(peak * 1e9)
  } operations a second at most, ${bandwidthGBs} GB/s. A
multiply-add is two operations; dots are layers with multiply-adds, larger for more time.</p>
${
    plot({
      id: `${prefix}-roof`,
      label: `Roofline of ${prediction.network}: rate against operations per byte`,
      x: "operations per byte read and written",
      y: "10⁹ operations per second",
      domain: [x, y],
      guides: [{ points: [[x[0], x[0] * bandwidthGBs], [peak / bandwidthGBs, peak], [x[1], peak]] }],
      dots: layers.map((layer) => ({
        x: 2 * layer.macs / layer.bytes,
        y: rate(layer),
        radius: 4 + 8 * Math.sqrt(layer.runtimeMs! / longest),
        kind: layer.kind,
        row: idOf(layer),
        name: `${layer.name}: ${number(rate(layer))} GFLOP/s`,
      })),
    })
  }`;
}
