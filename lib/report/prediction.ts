/**
 * A prediction as text for a terminal, as Markdown and as CSV.
 *
 * @module
 */
import type { LayerPrediction, Prediction } from "../predict.ts";
import { markdown } from "./escapes.ts";
import { type Column, count, markdownTable, number, percent, plain, shape, textTable } from "./text_table.ts";

const barWidth = 16;
const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

const columns: readonly Column[] = [
  { header: "layer" },
  { header: "kind" },
  { header: "output" },
  { header: "MACs", align: "right" },
  { header: "ms", align: "right" },
  { header: "90 %", align: "right" },
  { header: "W", align: "right" },
  { header: "mJ", align: "right" },
  { header: "share of time" },
  { header: "" },
];

/** How to print to a terminal. */
export interface TextOptions {
  /** Whether escape codes may be used; false by default. */
  readonly colour?: boolean;
}

/** The prediction as a table with bars, subtotals by kind, the total, and warnings. */
export function predictionText(prediction: Prediction, { colour = false }: TextOptions = {}): string {
  const paint = (code: number, text: string) => colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  const total = layersMs(prediction);
  const lines = textTable(columns, prediction.layers.map((layer) => cells(layer, total))).split("\n");
  const [header, ...layers] = lines;
  const shown = layers.map((line, i) => {
    const { runtimeFrom } = prediction.layers[i];
    return runtimeFrom === "free" ? paint(2, line) : runtimeFrom === "fitted" ? line : paint(33, line);
  });
  return [
    paint(1, title(prediction)),
    "",
    paint(1, header),
    ...shown,
    "",
    textTable(...byKind(prediction)),
    "",
    ...totals(prediction).map((total) => `${total.name.padEnd(10)}${paint(1, totalText(total))}`),
    ...prediction.warnings.map((warning) => paint(33, `! ${plain(warning)}`)),
    "",
  ].join("\n");
}

/** The prediction as Markdown: for a pull request or a summary. */
export function predictionMarkdown(prediction: Prediction): string {
  return [
    `### ${markdown(title(prediction))}`,
    "",
    ...totals(prediction).map((total) => `- ${total.name}: **${totalText(total)}**`),
    "",
    markdownTable(...byKind(prediction)),
    "",
    markdownTable(
      ...byLayer(prediction),
    ),
    "",
    ...prediction.warnings.map((warning) => `> ${markdown(plain(warning))}\n`),
  ].join("\n");
}

/** Every layer: a table's columns and rows, with a remark in place of the bars. */
export function byLayer(prediction: Prediction): [Column[], string[][]] {
  const total = layersMs(prediction);
  return [
    [...columns.slice(0, -2), { header: "remark" }],
    prediction.layers.map((layer) => cells(layer, total).toSpliced(-2, 1)),
  ];
}

/** All layers of all predictions as CSV, with the fields of the JSON as columns, and a row `total` for each network. */
export async function predictionCsv(predictions: readonly Prediction[]): Promise<string> {
  const rows = predictions.flatMap(({ network, device, model, pass, batch, dtype, layers, total }) => {
    const common = { network, device, model, pass, batch, dtype };
    return [...layers.map((layer) => ({ ...common, ...layer })), { ...common, name: "total", ...total }].map((row) =>
      Object.fromEntries(
        Object.entries(row).map((
          [key, value],
        ) => [key, Array.isArray(value) ? value.join(" ") : typeof value === "string" ? plain(value) : value]),
      )
    );
  });
  const { formatCsv } = await import("../table.ts");
  return await formatCsv([...new Set(rows.flatMap(Object.keys))], rows);
}

/** Which prediction it is, in a line. */
export function title({ network, device, batch, dtype, pass, model }: Prediction): string {
  const how = model === "auto" ? "" : `, model ${model}`;
  return `${plain(network)} on ${device}: ${pass} pass, batch ${batch}, ${dtype}${how}`;
}

function layersMs({ layers }: Prediction): number {
  return layers.reduce((sum, { runtimeMs }) => sum + (runtimeMs ?? 0), 0);
}

function cells(layer: LayerPrediction, totalMs: number): string[] {
  const { runtimeMs, runtimeMsLow, runtimeMsHigh, energyMj, powerW, runtimeFrom } = layer;
  const free = runtimeFrom === "free";
  return [
    plain(layer.name),
    layer.kind === layer.op ? layer.kind : `${layer.kind} ${layer.op}`,
    shape(layer.outputShape),
    layer.macs === 0 ? "" : count(layer.macs),
    free ? "" : number(runtimeMs),
    free ? "" : range(runtimeMsLow, runtimeMsHigh),
    free ? "" : number(powerW),
    free ? "" : number(energyMj),
    free ? "" : bar((runtimeMs ?? 0) / (totalMs || 1)),
    remark(layer),
  ];
}

function range(low: number | null, high: number | null): string {
  return low === null || high === null ? "" : `${number(low)} … ${number(high)}`;
}

function bar(share: number): string {
  const steps = Math.round(share * barWidth * 8);
  return `${"█".repeat(steps >> 3)}${eighths[steps & 7]} ${percent(share)}`.trim();
}

function remark({ runtimeFrom, fusedInto, extrapolates }: LayerPrediction): string {
  if (fusedInto !== null) return `runs within ${plain(fusedInto)}`;
  if (runtimeFrom === "free") return "costs nothing";
  if (runtimeFrom === null) return "not predicted";
  if (runtimeFrom === "analytical") return "analytical";
  if (extrapolates.length === 0) return "";
  return `outside: ${extrapolates.slice(0, 3).join(", ")}${extrapolates.length > 3 ? ", …" : ""}`;
}

/** Subtotals by kind, most time first: a table's columns and rows. */
export function byKind(prediction: Prediction): [Column[], string[][]] {
  const groups = Map.groupBy(prediction.layers.filter(({ runtimeFrom }) => runtimeFrom !== "free"), ({ kind }) => kind);
  const total = layersMs(prediction);
  const rows = [...groups].map(([kind, layers]) => {
    const sumOf = (pick: (layer: LayerPrediction) => number | null) =>
      layers.reduce(
        (sum: number | null, layer) => sum === null ? null : pick(layer) === null ? null : sum + pick(layer)!,
        0,
      );
    const ms = layers.reduce((sum, { runtimeMs }) => sum + (runtimeMs ?? 0), 0);
    const from = [...new Set(layers.map(({ runtimeFrom }) => runtimeFrom ?? "not predicted"))].join(", ");
    return {
      ms,
      cells: [
        kind,
        String(layers.length),
        number(ms),
        percent(ms / (total || 1)),
        number(sumOf(({ energyMj }) => energyMj)),
        from,
      ],
    };
  });
  return [
    [
      { header: "kind" },
      { header: "nodes", align: "right" },
      { header: "ms", align: "right" },
      { header: "share", align: "right" },
      { header: "mJ", align: "right" },
      { header: "time from" },
    ],
    rows.sort((a, b) => b.ms - a.ms).map(({ cells }) => cells),
  ];
}

/** One of a prediction's totals. */
export interface Total {
  readonly name: "runtime" | "power" | "energy" | "size";
  /** The number that `figure` shows, ms, W or mJ; null where it shows none. */
  readonly value: number | null;
  readonly figure: string;
  /** Its interval in brackets, and what else there is to say. */
  readonly more: readonly string[];
}

/** What stands under the table. */
export function totals({ total, batch }: Prediction): Total[] {
  const { runtimeMs, powerW, energyMj, overheadMs, energyPerImageMj } = total;
  const figure = (value: number | null, unit: string) => value === null ? "not known" : `${number(value)} ${unit}`;
  const interval = (low: number | null, high: number | null) =>
    low === null || high === null ? [] : [`(${range(low, high)})`];
  const runtime = runtimeMs === null ? [] : [
    ...interval(total.runtimeMsLow, total.runtimeMsHigh),
    ...overheadMs > 0 ? [`of which ${number(overheadMs)} for the call`] : [],
    ...total.partial ? ["partial"] : [],
  ];
  const energy = energyMj === null ? [] : [
    ...interval(total.energyMjLow, total.energyMjHigh),
    ...batch === 1 ? [] : [`${number(energyPerImageMj)} mJ an image`],
  ];
  return [
    { name: "runtime", value: runtimeMs, figure: figure(runtimeMs, "ms"), more: runtime },
    { name: "power", value: powerW, figure: figure(powerW, "W"), more: [] },
    { name: "energy", value: energyMj, figure: figure(energyMj, "mJ"), more: energy },
    { name: "size", value: null, figure: `${count(total.macs)} MACs, ${count(total.params)} parameters`, more: [] },
  ];
}

/** A total in a line, without its name. */
export function totalText({ figure, more }: Total): string {
  return [figure, ...more].join(", ").replace(", (", " (");
}
