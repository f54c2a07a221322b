/**
 * Mean power of samples over a span of time.
 *
 * @module
 */
import type { PowerSample } from "./meter.ts";

/** Mean over a span. */
export interface SampledPower {
  /** Time-weighted mean, W. */
  readonly powerW: number;
  /** Time-weighted standard deviation, W. */
  readonly spreadW: number;
  /** Samples within the span. */
  readonly samples: number;
}

/** Hole between samples, ms, over which the power is unknown rather than interpolated: two and a half of the sensor's updates. */
const MAX_GAP_MS = 250;

/**
 * Mean and standard deviation of a power reading over a span, by the trapezoid rule:
 * mean = 1/T ∫ p dt, spread = √(1/T ∫ (p − mean)² dt). Weighted by time, since samples come late when the machine is busy, which is
 * when the power is high.
 *
 * At the ends the power is interpolated between the samples around them; at an end of the trace, the last sample is held.
 *
 * @example
 * ```ts
 * import { reading } from "./meter.ts";
 * import { sampledPower } from "./samples.ts";
 *
 * const at = (timeMs: number, powerW: number) => ({ timeMs, ...reading({ powerW }) });
 * console.log(sampledPower([at(0, 100), at(100, 100), at(200, 300)], "powerW", 0, 200)); // powerW: 150, not (100 + 100 + 300) / 3
 * ```
 *
 * @param samples In the order of their times.
 * @returns The mean, or why there is none.
 */
export function sampledPower(
  samples: readonly PowerSample[],
  key: "powerW" | "averageW",
  fromMs: number,
  toMs: number,
): SampledPower | { readonly reason: string } {
  const points: { t: number; p: number }[] = [];
  for (const sample of samples) {
    const p = sample[key];
    if (p !== null) points.push({ t: sample.timeMs, p });
  }
  const inside = points.filter(({ t }) => t >= fromMs && t <= toMs);
  if (!(toMs > fromMs)) return { reason: `No time passed between ${fromMs} and ${toMs}` };
  if (inside.length < 2) {
    return { reason: `Only ${inside.length} power samples within ${Math.round(toMs - fromMs)} ms` };
  }
  const before = points.findLast(({ t }) => t < fromMs), after = points.find(({ t }) => t > toMs);
  const first = inside[0], last = inside[inside.length - 1];
  const span = [...(before ? [before] : []), ...inside, ...(after ? [after] : [])];
  const gaps = span.slice(1).map(({ t }, i) => t - span[i].t);
  const gap = Math.max(...gaps, first.t - (before?.t ?? fromMs), (after?.t ?? toMs) - last.t);
  if (gap > MAX_GAP_MS) return { reason: `The power samples have a hole of ${Math.round(gap)} ms` };
  const line = [
    { t: fromMs, p: before ? between(before, first, fromMs) : first.p },
    ...inside,
    { t: toMs, p: after ? between(last, after, toMs) : last.p },
  ];
  const powerW = mean(line, (p) => p);
  const spreadW = Math.sqrt(mean(line, (p) => (p - powerW) ** 2));
  return { powerW, spreadW, samples: inside.length };
}

type Point = { readonly t: number; readonly p: number };

function between(a: Point, b: Point, t: number): number {
  return a.p + (b.p - a.p) * (t - a.t) / (b.t - a.t);
}

function mean(line: readonly Point[], of: (p: number) => number): number {
  let integral = 0;
  for (let i = 1; i < line.length; i++) {
    integral += (line[i].t - line[i - 1].t) * (of(line[i].p) + of(line[i - 1].p)) / 2;
  }
  return integral / (line[line.length - 1].t - line[0].t);
}
