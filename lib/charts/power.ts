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
    readonly limitW: number | null;
  }[];
}

/** What ran, when (epoch ms), and what a chart needs of its window of `bench/power/window.ts`. */
export interface LoadLike {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly window: {
    readonly startMs: number | null;
    readonly endMs: number | null;
    readonly powerW: number | null;
  };
}

/**
 * Each source's readings over time, of the moment and averaged by the device; the spans in which loads ran, and within them the windows that
 * the means were taken over; and the power limit in force. Time starts with the first sample.
 */
export function powerTrace(traces: readonly TraceLike[], loads: readonly LoadLike[], title = "Power trace"): Spec {
  const start = Math.min(...traces.map(({ samples }) => samples[0]?.timeMs ?? Infinity));
  const seconds = (timeMs: number) => (timeMs - start) / 1000;
  const readings = traces.flatMap(({ source, samples }) => [
    ...changes(samples, ({ powerW }) => powerW).map((value) => ({ reading: source, ...value })),
    ...changes(samples, ({ averageW }) => averageW).map((value) => ({ reading: `${source}, averaged`, ...value })),
  ]);
  const values = readings.map(({ reading, timeMs, watts }) => ({ reading, seconds: seconds(timeMs), watts }));
  const limits = new Set(traces.flatMap(({ samples }) => samples.map(({ limitW }) => limitW)));
  limits.delete(null);
  const spans = loads.map(({ name, startMs, endMs }) => ({ name, from: seconds(startMs), to: seconds(endMs) }));
  const windows = loads.flatMap(({ window: { startMs, endMs, powerW } }) =>
    startMs === null || endMs === null || powerW === null
      ? []
      : [{ from: seconds(startMs), to: seconds(endMs), watts: powerW, mean: `${powerW.toPrecision(3)} W` }]
  );
  const x = { field: "seconds", type: "quantitative", title: "seconds" };
  const y = { field: "watts", type: "quantitative", title: "power, W" };
  const across = { x: { ...x, field: "from" }, x2: { field: "to" } };
  const text = { type: "text", align: "left", dx: 4, fontSize: 10 };
  const told = windows.length === 0
    ? "no window: see the reasons"
    : `${windows.map(({ mean, from, to }) => `${mean} over ${(to - from).toFixed(2)} s`).join(", ")} (dark)`;
  return chart({ text: title, subtitle: told }, {
    width: 560,
    height: 260,
    layer: [
      ...[spans, windows].map((values) => ({
        data: { values },
        mark: { type: "rect", opacity: 0.18, color: guide },
        encoding: across,
      })),
      {
        data: { values: [...limits].map((watts) => ({ watts, limit: `limit of ${watts} W` })) },
        layer: [
          { mark: { type: "rule", strokeDash: [6, 4], color: guide }, encoding: { y } },
          {
            mark: { ...text, baseline: "bottom", x: 0, dy: -2 },
            encoding: { y, text: { field: "limit", type: "nominal" } },
          },
        ],
      },
      {
        data: { values },
        mark: { type: "line", interpolate: "step-after", strokeWidth: 1.5 },
        encoding: { x, y, color: colourBy("reading", "", values.map(({ reading }) => reading)) },
      },
      {
        data: { values: windows },
        mark: { type: "rule", strokeWidth: 2, color: "#c8373a" },
        encoding: { ...across, y },
      },
      {
        data: { values: spans },
        mark: { ...text, baseline: "bottom", dy: -4, y: "height" },
        encoding: { x: across.x, text: { field: "name", type: "nominal" } },
      },
    ],
  });
}

/** A reading's values where they change, and its last: in between sensors say the same again and again. */
function changes<T extends { readonly timeMs: number }>(samples: readonly T[], of: (sample: T) => number | null) {
  const known = samples.flatMap((sample) => {
    const watts = of(sample);
    return watts === null ? [] : [{ timeMs: sample.timeMs, watts }];
  });
  return known.filter(({ watts }, i) => i === known.length - 1 || watts !== known[i - 1]?.watts);
}
