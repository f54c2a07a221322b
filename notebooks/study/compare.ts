/**
 * Predictions side by side.
 *
 * @module
 */
import type { LayerPrediction, Node, Prediction } from "neuralpower";
import { type Column, count, number, percent, shape, type Table } from "../../lib/report/text_table.ts";

const right = (header: string): Column => ({ header, align: "right" });

/** Totals of predictions, a row each. */
export function comparison(title: string, predictions: readonly Prediction[]): Table {
  const columns = [
    ...[{ header: "network" }, { header: "device" }],
    ...["batch", "MACs", "ms", "90 %", "W", "mJ an image", "time by fitted models"].map(right),
    { header: "" },
  ];
  const rows = predictions.map(({ network, device, batch, layers, total }) => [
    ...[network, device, String(batch), count(total.macs), number(total.runtimeMs)],
    total.runtimeMsLow === null ? "–" : `${number(total.runtimeMsLow)} … ${number(total.runtimeMsHigh)}`,
    ...[number(total.powerW), number(total.energyPerImageMj), percent(fittedShare(layers), 0)],
    total.partial ? "without layers that nothing predicts" : "",
  ]);
  return { title, columns, rows };
}

/** The layers that take the most energy, and where they lie. */
export function costliest({ network, layers }: Prediction, most: number): Table {
  const known = layers.filter(({ energyMj }) => energyMj !== null && energyMj > 0);
  const all = known.reduce((sum, { energyMj }) => sum + energyMj!, 0);
  const first = known.toSorted((a, b) => b.energyMj! - a.energyMj!).slice(0, most);
  return {
    title: `${network}: the ${first.length} layers that take the most energy`,
    columns: [
      ...[{ header: "layer" }, { header: "kind" }, { header: "output" }],
      ...["MACs", "ms", "W", "mJ", "share of energy"].map(right),
    ],
    rows: first.map(({ name, kind, outputShape, macs, runtimeMs, powerW, energyMj }) => [
      ...[name, kind, shape(outputShape), count(macs), number(runtimeMs), number(powerW), number(energyMj)],
      percent(energyMj! / all),
    ]),
  };
}

/** Share of the layers' time that models of measurements gave. */
function fittedShare(layers: readonly LayerPrediction[]): number | null {
  const sum = (some: readonly LayerPrediction[]) => some.reduce((sum, { runtimeMs }) => sum + (runtimeMs ?? 0), 0);
  const all = sum(layers);
  return all === 0 ? null : sum(layers.filter(({ runtimeFrom }) => runtimeFrom === "fitted")) / all;
}

/** A table of plain rows; numbers stand right. */
export function rowsTable(
  title: string,
  headers: readonly string[],
  rows: readonly (readonly string[])[],
): Table {
  const columns = headers.map((header, i): Column => {
    const isNumber = rows.length > 0 && rows.every((row) => /^[-−]?[\d.]+(e[-+]?\d+)?( %)?$/.test(row[i]));
    return isNumber ? right(header) : { header };
  });
  return { title, columns, rows };
}

/** A node in a line: what it computes, from which shape to which. */
export function nodeTitle({ layer: { op, inputShape, outputShape }, activation }: Node): string {
  return `${op}${activation === null ? "" : ` + ${activation}`} ${shape(inputShape)} → ${shape(outputShape)}`;
}
