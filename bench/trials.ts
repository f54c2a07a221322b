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

/** Trials of a measurement… */
export const trials = 3;
/** …and up to so many where their spread is above a share: then the machine is disturbed. */
const disturbed = { mostTrials: 7, spread: 0.03 };
/** Time that a trial's runs of one session may take… */
const trialMs = 400;
/** …but no fewer runs than this, and no more. */
const runsOfTrial = { least: 3, most: 50 };
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
 * Repeats trials until they agree.
 *
 * @param trial Runs a trial; its first run, which wakes the threads up, and `runs` more.
 * @param times What the trials add their times to.
 * @returns How many trials there were.
 */
export async function repeatTrials(
  trial: () => Promise<void>,
  times: readonly number[],
  runs: number,
): Promise<number> {
  for (let done = 1;; done++) {
    await trial();
    if (done < trials) continue;
    const { ms, spreadMs } = timingOf(times, runs);
    if (spreadMs <= disturbed.spread * ms || done === disturbed.mostTrials) return done;
  }
}

/**
 * The median over trials of each one's quieter half: disturbances only ever add, and a mean of several runs tells parts of the whole
 * microseconds that a profiler counts, which the smallest does not.
 *
 * @param times All runs in order; each trial's first one, which wakes the threads up, and `runs` more.
 */
export function timingOf(times: readonly number[], runs: number): Timing {
  const figures = Array.from(
    { length: times.length / (runs + 1) },
    (_, trial) => quietMean(times.slice(trial * (runs + 1) + 1, (trial + 1) * (runs + 1))),
  );
  const mean = figures.reduce((sum, ms) => sum + ms, 0) / figures.length;
  return {
    ms: median(figures),
    spreadMs: Math.sqrt(figures.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / (figures.length - 1)),
  };
}

/** Mean of the smaller half. */
function quietMean(times: readonly number[]): number {
  const quiet = times.toSorted((a, b) => a - b).slice(0, Math.ceil(times.length / 2));
  return quiet.reduce((sum, ms) => sum + ms, 0) / quiet.length;
}
