/**
 * Predictions beside measurements: one against the other, and the errors by kind and by size.
 *
 * @module
 */
import { nodeCost } from "../node.ts";
import type { TableRow } from "../table.ts";
import { around, chart, colourBy, decades, guide, type Spec } from "./spec.ts";

/** Something measured, and what was predicted of it by a model that had not seen it. */
export interface Point {
  /** What it is: a layer's options, a network. */
  readonly name: string;
  /** The layer's kind, or the network's family or device: what the colour tells. */
  readonly group: string;
  /** Bytes that it reads and writes, or what else its size is taken to be. */
  readonly size: number;
  /** ms, W or mJ; above 0, as the prediction. */
  readonly measured: number;
  readonly predicted: number;
}

/** What the points' numbers are. */
export interface PointsOptions {
  /** `"runtime, ms"` by default: what is measured and predicted, with its unit. */
  readonly quantity?: string;
  readonly title?: string;
  /** What the size is: `"bytes read and written"` by default. */
  readonly size?: string;
}

/**
 * A layers table's rows with their held-out predictions, as points. Rows without a measurement are left out.
 *
 * @param predicted Of each row, ms or W, by a model that has not seen its configuration.
 */
export function heldOutPoints(
  rows: readonly TableRow[],
  predicted: ArrayLike<number>,
  target: "runtime" | "power" = "runtime",
): Point[] {
  return rows.flatMap(({ node, measured: { runtimeMs, powerW } }, i) => {
    const measured = target === "runtime" ? runtimeMs : powerW;
    if (measured === null) return [];
    const { kind, op, inputShape, outputShape } = node.layer;
    const { bytesRead, bytesWritten } = nodeCost(node);
    return [{
      name: `${op} ${inputShape.join("×")} → ${outputShape.join("×")}`,
      group: kind,
      size: bytesRead + bytesWritten,
      measured,
      predicted: predicted[i],
    }];
  });
}

/** Measured times of a layers table by what each row reads and writes: what there is to fit. */
export function measuredBySize(rows: readonly TableRow[], title = "Measured layers"): Spec {
  const points = heldOutPoints(rows, rows.map(() => NaN)).map(({ predicted: _, ...point }) => point);
  return chart({ text: title, subtitle: `${points.length} rows with a runtime` }, {
    data: { values: points },
    width: 460,
    height: 320,
    mark: { type: "circle", size: markSize(points.length), opacity: 0.5, tooltip: { content: "data" } },
    encoding: {
      x: decades("size", "bytes read and written", around(points.map(({ size }) => size)), "~s"),
      y: decades("measured", "runtime, ms", around(points.map(({ measured }) => measured))),
      color: colourBy("group", "kind", points.map(({ group }) => group)),
    },
  });
}

/** Predicted against measured, both on logarithmic axes of the same range, with the band of ±10 %. */
export function predictedAgainstMeasured(points: readonly Point[], options: PointsOptions = {}): Spec {
  const { quantity = "runtime, ms", title = "Predicted against measured" } = options;
  const [least, most] = around(points.flatMap(({ measured, predicted }) => [measured, predicted]));
  const ends = [least, most].map((at) => ({ at, low: 0.9 * at, high: 1.1 * at }));
  const within = points.filter(({ measured, predicted }) => Math.abs(predicted / measured - 1) <= 0.1 + 1e-12).length;
  const share = points.length === 0 ? "" : `, ${(100 * within / points.length).toFixed(1)} % within ±10 %`;
  const x = decades("at", `measured ${quantity}`, [least, most]);
  const y = decades("predicted", `predicted ${quantity}`, [least, most]);
  return chart({ text: title, subtitle: `${points.length} held out${share}` }, {
    width: 380,
    height: 380,
    layer: [
      {
        data: { values: ends },
        mark: { type: "area", color: guide, opacity: 0.25, clip: true },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } },
      },
      {
        data: { values: ends },
        mark: { type: "line", color: guide, strokeWidth: 1 },
        encoding: { x, y: { ...y, field: "at" } },
      },
      {
        data: { values: points },
        mark: { type: "circle", size: markSize(points.length), opacity: 0.6, tooltip: { content: "data" } },
        encoding: { x: { ...x, field: "measured" }, y, color: colourBy("group", "", points.map(({ group }) => group)) },
      },
    ],
  });
}

/** Errors by group (a box from the lower to the upper quartile, a line from the 5th to the 95th percentile), and each by its size. */
export function errorsByGroupAndSize(points: readonly Point[], options: PointsOptions = {}): Spec {
  const { title = "Errors on what the models have not seen", size = "bytes read and written" } = options;
  const all = points.map((point) => ({ ...point, error: 100 * (point.predicted / point.measured - 1) }));
  const groups = [...Map.groupBy(all, ({ group }) => group)].map(([group, members]) => {
    const errors = members.map(({ error }) => error).sort((a, b) => a - b);
    const at = (share: number) => quantile(errors, share);
    return { group, n: errors.length, p5: at(0.05), p25: at(0.25), median: at(0.5), p75: at(0.75), p95: at(0.95) };
  });
  const colour = colourBy("group", "", groups.map(({ group }) => group));
  const errors = all.map(({ error }) => error).sort((a, b) => a - b);
  // A few wild points must not flatten the rest: they are drawn at the edge.
  const domain = [Math.min(-20, quantile(errors, 0.02)), Math.max(20, quantile(errors, 0.98))];
  const y = { field: "error", type: "quantitative", title: "error, %", scale: { domain, clamp: true } };
  const x = { type: "quantitative", title: "error, %" };
  const groupAxis = { field: "group", type: "nominal", sort: null, title: null };
  const band = { data: { values: [{ low: -10, high: 10 }] }, mark: { type: "rect", color: guide, opacity: 0.2 } };
  return chart({ text: title, subtitle: "predicted over measured, less one; the band is ±10 %" }, {
    hconcat: [
      {
        width: 230,
        height: { step: 30 },
        layer: [
          { ...band, encoding: { x: { ...x, field: "low" }, x2: { field: "high" } } },
          {
            data: { values: groups },
            mark: { type: "rule", color: "#333" },
            encoding: { y: groupAxis, x: { ...x, field: "p5" }, x2: { field: "p95" } },
          },
          {
            data: { values: groups },
            mark: { type: "bar", height: 14, tooltip: { content: "data" } },
            encoding: {
              y: groupAxis,
              x: { ...x, field: "p25" },
              x2: { field: "p75" },
              color: colour,
            },
          },
          {
            data: { values: groups },
            mark: { type: "tick", color: "white", thickness: 2, size: 14 },
            encoding: { y: groupAxis, x: { ...x, field: "median" } },
          },
        ],
      },
      {
        width: 310,
        height: 240,
        layer: [
          { ...band, encoding: { y: { ...y, field: "low" }, y2: { field: "high" } } },
          {
            data: { values: all },
            mark: { type: "circle", size: markSize(all.length), opacity: 0.5, tooltip: { content: "data" } },
            encoding: { x: decades("size", size, around(all.map((point) => point.size)), "~s"), y, color: colour },
          },
        ],
      },
    ],
  });
}

/** Smaller marks where there are many. */
function markSize(count: number): number {
  return count > 1000 ? 8 : count > 200 ? 16 : 36;
}

/** Of sorted values, between the two nearest; 0 of none. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
  return low + (at - Math.floor(at)) * (high - low);
}
