/**
 * The power that a node draws while nothing else runs.
 *
 * @module
 */
import type { PowerMeter } from "./power/meter.ts";
import { powerWindow, windowOf } from "./power/window.ts";

/** A session's power. */
export interface SessionPower {
  /** Mean, W; null when it could not be read. */
  readonly powerW: number | null;
  /** Standard deviation within the window, W. */
  readonly spreadW: number | null;
  /** Mean time of a run under this load, ms; null when there was none. */
  readonly runMs: number | null;
  /** Why something is null; idle power, clocks, temperature, what throttled and each source's mean, where they can be read. */
  readonly note: string;
}

/** Runs a session back to back for `ms` and reads the meter. Never rejects for want of power, but for a run that fails. */
export async function sessionPower(
  session: { run(): Promise<unknown> },
  meter: PowerMeter,
  ms: number,
): Promise<SessionPower> {
  try {
    await meter.start();
  } catch (error) {
    return { powerW: null, spreadW: null, runMs: null, note: firstLine(error) };
  }
  let runs = 0;
  const startMs = Date.now();
  let traces;
  try {
    do {
      await session.run();
      runs++;
    } while (Date.now() - startMs < ms);
  } finally {
    const endMs = Date.now();
    traces = await meter.stop().then((traces) => ({ traces, endMs }), (error) => ({ error, endMs }));
  }
  const runMs = (traces.endMs - startMs) / runs;
  if ("error" in traces) return { powerW: null, spreadW: null, runMs, note: firstLine(traces.error) };
  const {
    powerW,
    spreadW,
    reasons,
    disagrees,
    disagreement,
    idleBeforeW,
    smClockMhz,
    temperatureC,
    throttle,
    sampled,
  } = powerWindow(traces.traces, { startMs, endMs: traces.endMs }, windowOf(ms));
  const notes = [
    ...powerW === null || spreadW === null ? reasons : [],
    ...disagrees ? [`the meter's sources differ by ${(disagreement! * 100).toFixed(0)} %`] : [],
  ];
  const state = [
    ...idleBeforeW === null ? [] : [`idle ${idleBeforeW.toFixed(1)} W`],
    ...smClockMhz === null ? [] : [`${smClockMhz} MHz`],
    ...temperatureC === null ? [] : [`${temperatureC} °C`],
    ...throttle === null || throttle.length === 0 ? [] : [`throttled: ${throttle.join(" and ")}`],
    ...sampled.map(({ source, kind, powerW }) => `${source} ${kind} ${powerW.toFixed(1)} W`),
  ];
  return { powerW, spreadW, runMs, note: [...notes, ...state].join("; ") };
}

function firstLine(error: unknown): string {
  return `Power was not read: ${(error instanceof Error ? error.message : String(error)).split("\n")[0]}`;
}
