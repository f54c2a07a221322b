/**
 * The line of K copies, whose slope is the time of one.
 *
 * @module
 */
import { chart, guide, type Spec } from "./spec.ts";

/** What a chart needs of a measurement of `bench/copies_line.ts`. */
export interface CopiesLike {
  readonly layer: string;
  readonly copies: readonly number[];
  /** A run's time of each number of copies, ms: one list a trial. */
  readonly trials: readonly (readonly number[])[];
  readonly fit: { readonly ms: number; readonly interceptMs: number; readonly r2: number };
}

/** Every trial's times by the number of copies, and the line that was fitted to them. */
export function copiesLine({ layer, copies, trials, fit: { ms, interceptMs, r2 } }: CopiesLike): Spec {
  const values = trials.flatMap((times) => times.map((time, i) => ({ copies: copies[i], ms: time })));
  const line = [0, Math.max(...copies)].map((count) => ({ copies: count, ms: interceptMs + count * ms }));
  const x = { field: "copies", type: "quantitative", title: "copies in the model" };
  const y = { field: "ms", type: "quantitative", title: "time of a run, ms" };
  const subtitle = `${ms.toPrecision(3)} ms a copy and ${interceptMs.toPrecision(3)} ms for the call; R² ${
    r2.toFixed(3)
  }`;
  return chart({ text: layer, subtitle }, {
    width: 420,
    height: 260,
    layer: [
      { data: { values: line }, mark: { type: "line", color: guide, strokeWidth: 1.5 }, encoding: { x, y } },
      {
        data: { values },
        mark: { type: "circle", size: 50, opacity: 0.7, tooltip: { content: "data" } },
        encoding: { x, y },
      },
    ],
  });
}
