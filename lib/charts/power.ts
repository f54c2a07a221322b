/**
 * A power meter's trace.
 *
 * @module
 */
import { chart, colourBy, guide, type Spec } from "./spec.ts";

/** What a chart needs of a trace of `bench/power/meter.ts`. */
export interface TraceLike {
  readonly source: string;
  readonly samples: readonly {
    readonly timeMs: number;
    readonly powerW: number | null;
    readonly averageW: number | null;
  }[];
}

/** A span of time, epoch ms. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** What a chart needs of a window of `bench/power/window.ts`. */
export interface WindowLike {
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly powerW: number | null;
}

/**
 * Each source's readings over time, the span in which the load ran, and within it the window that the mean was taken over. Time starts
 * with the first sample; readings of the moment where a source has them, else its averages.
 */
export function powerTrace(traces: readonly TraceLike[], load: Span, window: WindowLike, title = "Power trace"): Spec {
  const start = Math.min(...traces.map(({ samples }) => samples[0]?.timeMs ?? Infinity), load.startMs);
  const seconds = (timeMs: number) => (timeMs - start) / 1000;
  const values = traces.flatMap(({ source, samples }) => {
    const now = samples.some(({ powerW }) => powerW !== null);
    return samples.flatMap(({ timeMs, powerW, averageW }) => {
      const watts = now ? powerW : averageW;
      return watts === null ? [] : [{ source, seconds: seconds(timeMs), watts }];
    });
  });
  const spans = [
    { span: "load", from: seconds(load.startMs), to: seconds(load.endMs) },
    ...window.startMs === null || window.endMs === null
      ? []
      : [{ span: "window", from: seconds(window.startMs), to: seconds(window.endMs) }],
  ];
  const opened = spans.at(-1)!;
  const mean = window.powerW === null || spans.length < 2
    ? []
    : [{ from: opened.from, to: opened.to, watts: window.powerW }];
  const x = { field: "seconds", type: "quantitative", title: "seconds" };
  const y = { field: "watts", type: "quantitative", title: "power, W" };
  const subtitle = mean.length === 0
    ? "no window: see the reasons"
    : `${window.powerW!.toPrecision(4)} W over a window of ${(opened.to - opened.from).toFixed(2)} s`;
  return chart({ text: title, subtitle }, {
    width: 520,
    height: 240,
    layer: [
      {
        data: { values: spans },
        mark: { type: "rect", opacity: 0.18, color: guide },
        encoding: { x: { ...x, field: "from" }, x2: { field: "to" } },
      },
      {
        data: { values },
        mark: { type: "line", interpolate: "step-after", strokeWidth: 1.5 },
        encoding: { x, y, color: colourBy("source", "", traces.map(({ source }) => source)) },
      },
      {
        data: { values: mean },
        mark: { type: "rule", strokeWidth: 2, color: "#c8373a" },
        encoding: { x: { ...x, field: "from" }, x2: { field: "to" }, y },
      },
      {
        data: { values: spans },
        mark: { type: "text", align: "left", baseline: "bottom", dx: 4, dy: -4, fontSize: 10, color: "#555" },
        encoding: { x: { ...x, field: "from" }, y: { value: 240 }, text: { field: "span", type: "nominal" } },
      },
    ],
  });
}
