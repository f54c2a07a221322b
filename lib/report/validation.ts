/**
 * How well predictions of networks hold, as text: the networks one by one, and each way of predicting them in a line.
 *
 * @module
 */
import { errors, spearman } from "../learn/metrics.ts";
import { number, percent, textTable } from "./text_table.ts";

/** A prediction with its 90 % interval; null where there is none. */
export interface Interval {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** A measured network and what was predicted of it. */
export interface ValidatedNetwork {
  readonly name: string;
  readonly batch: number;
  readonly image: number | null;
  readonly measured: number;
  readonly predicted: Interval;
  /** What else there is to say: `partial`. */
  readonly remark: string;
}

const right = "right" as const;

/** Each network: measured, predicted, interval, error. */
export function networksText(networks: readonly ValidatedNetwork[], unit: string): string {
  const sorted = [...networks].sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : a.batch - b.batch);
  return textTable(
    [
      { header: "network" },
      ...["batch", "image", `measured ${unit}`, `predicted ${unit}`, "90 %", "error"].map((header) => ({
        header,
        align: right,
      })),
      { header: "" },
    ],
    sorted.map(({ name, batch, image, measured, predicted: { value, low, high }, remark }) => [
      ...[name, String(batch), image === null ? "" : String(image), number(measured), number(value)],
      low === null || high === null ? "" : `${number(low)} … ${number(high)}`,
      percent(value / measured - 1),
      remark,
    ]),
  );
}

/** One way to predict networks, and what it says of each; null as a whole where it cannot be had. */
export interface Scored {
  readonly name: string;
  readonly predicted: readonly Interval[] | null;
}

/** Errors of each way to predict the same networks. */
export function scoresText(measured: readonly number[], scored: readonly Scored[]): string {
  return textTable(
    [
      { header: "prediction" },
      ...["MAPE", "RMSPE", "median", "within 10 %", "Spearman", "in 90 %"].map((header) => ({ header, align: right })),
    ],
    scored.map((
      { name, predicted },
    ) => [name, ...predicted === null ? Array(6).fill("–") : cells(measured, predicted)]),
  );
}

function cells(measured: readonly number[], predicted: readonly Interval[]): string[] {
  const values = predicted.map(({ value }) => value);
  const { mape, rmspe, medianApe, within10 } = errors(measured, values);
  const share = coverage(measured, predicted);
  return [
    ...[mape, rmspe, medianApe, within10].map((value) => percent(value)),
    spearman(measured, values)?.toFixed(3) ?? "–",
    percent(share),
  ];
}

/** Share of the measurements in their intervals; null where a prediction has none. */
export function coverage(measured: readonly number[], predicted: readonly Interval[]): number | null {
  if (predicted.some(({ low, high }) => low === null || high === null)) return null;
  return predicted.filter(({ low, high }, i) => low! <= measured[i] && measured[i] <= high!).length / measured.length;
}
