/**
 * How far the machine drifted during a sweep, by the anchor that is measured again and again.
 *
 * @module
 */
import { errors } from "neuralpower";
import { median } from "../lib/learn/metrics.ts";
import { fitLine } from "./slope_fit.ts";

/** One measurement of the anchor. */
export interface AnchorTime {
  /** When, epoch ms. */
  readonly timeMs: number;
  readonly ms: number;
}

/** How the note of a network ends that was measured as the anchor. */
export const anchorMark = " anchor";

/** A sweep's anchors, from the cells of its `networks.csv`; none where it was not written when they were measured. */
export function anchorsOf(networks: readonly Readonly<Record<string, string>>[]): AnchorTime[] {
  return networks.filter(({ note, measured_at }) => note.endsWith(anchorMark) && measured_at)
    .map(({ measured_at, runtime_ms }) => ({ timeMs: Date.parse(measured_at), ms: Number(runtime_ms) }))
    .sort((a, b) => a.timeMs - b.timeMs);
}

/** What anchors tell of a sweep. */
export interface Drift {
  /** Standard deviation over the median. */
  readonly spread: number;
  /** Change over the sweep by the line of least squares, over the median; null with less than three anchors. */
  readonly trend: number | null;
  /** Mean of the anchors' deviations from their median, as they are. */
  readonly deviation: number;
  /** The same, each corrected by the others alone; null with less than three anchors. The correction helps where this is smaller. */
  readonly correctedDeviation: number | null;
}

/**
 * How much slower the machine was at a moment than at the anchors' median: a time measured then is to be divided by it. The anchor's
 * time is interpolated between the two beside the moment; before the first and after the last it is theirs.
 *
 * @param anchors In the order of their times, one at least.
 *
 * @example
 * ```ts
 * import { slownessAt } from "./drift.ts";
 *
 * const anchors = [{ timeMs: 0, ms: 8 }, { timeMs: 100, ms: 10 }, { timeMs: 200, ms: 12 }];
 * slownessAt(anchors, 50); // 0.9
 * ```
 */
export function slownessAt(anchors: readonly AnchorTime[], timeMs: number): number {
  const usual = median(anchors.map(({ ms }) => ms));
  const after = anchors.findIndex((anchor) => anchor.timeMs > timeMs);
  if (after === 0) return anchors[0].ms / usual;
  if (after < 0) return anchors[anchors.length - 1].ms / usual;
  const [a, b] = [anchors[after - 1], anchors[after]];
  return (a.ms + (b.ms - a.ms) * (timeMs - a.timeMs) / (b.timeMs - a.timeMs)) / usual;
}

/** What the anchors, in the order of their times, tell of a sweep. */
export function drift(anchors: readonly AnchorTime[]): Drift {
  const times = anchors.map(({ ms }) => ms);
  const usual = median(times);
  const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length;
  const variance = times.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / Math.max(1, times.length - 1);
  const deviationOf = (values: readonly number[]) => errors(values.map(() => usual), values).mape;
  const few = anchors.length < 3;
  const line = few ? null : fitLine(anchors.map(({ timeMs }) => timeMs - anchors[0].timeMs), times);
  return {
    spread: Math.sqrt(variance) / usual,
    trend: line && line.slope * (anchors[anchors.length - 1].timeMs - anchors[0].timeMs) / usual,
    deviation: deviationOf(times),
    correctedDeviation: few
      ? null
      : deviationOf(anchors.map(({ timeMs, ms }, i) => ms / slownessAt(anchors.toSpliced(i, 1), timeMs))),
  };
}
