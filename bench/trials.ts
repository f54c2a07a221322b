/**
 * Figures from repeated times on a shared machine.
 *
 * @module
 */
import { median } from "../lib/learn/metrics.ts";

/** A time and how far its trials lie apart. */
export interface Timing {
  readonly ms: number;
  /** Standard deviation of the trials, ms. */
  readonly spreadMs: number;
}

/** Trials of a measurement. */
export const trials = 3;
/** Time that a trial's runs of one session may take… */
const trialMs = 500;
/** …but no fewer runs than this, and no more. */
const runsOfTrial = { least: 3, most: 25 };
/** Warm-up ends when so many runs agree within a share, or after so many runs or so long. */
const warm = { agreeing: 3, share: 0.05, mostRuns: 15, mostMs: 3000 };

/**
 * Runs until the times settle. Nothing of it counts.
 *
 * @param run Runs once and returns how long it took, ms.
 * @returns The last time, ms.
 */
export async function warmUp(run: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  const begin = performance.now();
  for (;;) {
    times.push(await run());
    const last = times.slice(-warm.agreeing);
    const settled = last.length === warm.agreeing && Math.max(...last) <= (1 + warm.share) * Math.min(...last);
    const enough = times.length >= warm.mostRuns ||
      times.length >= warm.agreeing && performance.now() - begin >= warm.mostMs;
    if (settled || enough) return times[times.length - 1];
  }
}

/** How many runs a trial has of what takes so long. */
export function runsFor(runMs: number): number {
  return Math.min(Math.max(Math.ceil(trialMs / runMs), runsOfTrial.least), runsOfTrial.most);
}

/**
 * The median over trials of each one's smallest time: disturbances only ever add.
 *
 * @param times All runs in order; each trial's first one, which wakes the threads up, and `runs` more.
 */
export function timingOf(times: readonly number[], runs: number): Timing {
  const smallest = Array.from(
    { length: trials },
    (_, trial) => Math.min(...times.slice(trial * (runs + 1) + 1, (trial + 1) * (runs + 1))),
  );
  const mean = smallest.reduce((sum, ms) => sum + ms, 0) / trials;
  return {
    ms: median(smallest),
    spreadMs: Math.sqrt(smallest.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / (trials - 1)),
  };
}
