/**
 * From the traces of a meter and the time a load ran to its power: warm-up cut off, ends on counter ticks, two ways to the mean.
 *
 * The protocol is that of Yang, Adamek and Armour (SC 2024, arXiv 2312.02741): the same load runs for a second before the window opens,
 * since A100 and H100 average the default reading over one; the window lasts two seconds or more, since their sensors look at 25 ms of
 * every 100. What stays is an error of up to about 5 % in proportion, peculiar to the board.
 *
 * @module
 */
import { type CounterWindow, counterWindow } from "./counter.ts";
import type { PowerSample, PowerSource, PowerTrace } from "./meter.ts";
import { throttleReasons } from "./nvml_names.ts";
import { type SampledPower, sampledPower } from "./samples.ts";

/** When one and the same load ran back to back, epoch ms of `Date.now()`. */
export interface Load {
  /** When its first run began. */
  readonly startMs: number;
  /** When its last run ended. */
  readonly endMs: number;
}

/** The rules for a window. */
export interface WindowOptions {
  /** Load before the window opens, ms; 1000 unless given. */
  readonly rampMs?: number;
  /** Shortest window, ms; 2000 unless given. */
  readonly minimumMs?: number;
  /** Whether a counter alone tells the power, and no reading, which may be an average over what came before; false unless given. */
  readonly counted?: boolean;
  /** Share by which two sources may differ before they count as disagreeing; 0.05 unless given. */
  readonly tolerance?: number;
}

/** How long to run a load so that a window of the default rules fits, ms: ramp, window, and a tick of 100 ms lost at each end. */
export const LOAD_MS = 3300;

/**
 * The shortest load whose power may be read: where a counter tells energy, nothing is averaged that a ramp would have to wait for. An
 * NVIDIA H200 drew the power of a long load within 2 % (`recorded_test.ts`); it only finds the chip cooler.
 */
export const SHORT_LOAD_MS = 1500;

/** The rules for the window of a load of so many ms. */
export function windowOf(loadMs: number): WindowOptions {
  return loadMs >= LOAD_MS ? {} : { rampMs: 300, minimumMs: 900, counted: true };
}

/** The power of one load. What could not be found is null, and `reasons` says why. */
export interface PowerWindow {
  /** When the window opens, epoch ms: on a tick of the energy counter when it moved. Null when the load was too short. */
  readonly startMs: number | null;
  /** When it closes, likewise. */
  readonly endMs: number | null;
  /** Energy within the window by the counter, mJ. */
  readonly energyMj: number | null;
  /** Mean power, W: the counter's energy over the time, or else the first sampled mean. */
  readonly powerW: number | null;
  /** The counter's account. */
  readonly counter: (CounterWindow & { readonly source: PowerSource; readonly powerW: number }) | null;
  /** What each source's power readings gave: of the moment, or averaged by the device where it has no other. */
  readonly sampled: readonly (SampledPower & { readonly source: PowerSource; readonly kind: "instant" | "average" })[];
  /** Standard deviation of the power in the window, W, from the first of `sampled`. */
  readonly spreadW: number | null;
  /** Largest difference between two accounts over `powerW`; null when there is just one. */
  readonly disagreement: number | null;
  /** Whether it is above the tolerance. */
  readonly disagrees: boolean;
  /** Mean power in the 3 s before the load, W. */
  readonly idleBeforeW: number | null;
  /** Mean power from 1 to 3 s after the load, W: higher than at rest as long as the clocks stay up. */
  readonly idleAfterW: number | null;
  /** Median clock of the multiprocessors in the window, MHz. */
  readonly smClockMhz: number | null;
  /** Highest temperature in the window, °C. */
  readonly temperatureC: number | null;
  /** What lowered the clocks in the window, "gpu idle" left out; null when unreadable. */
  readonly throttle: readonly string[] | null;
  /** Why something is null: a sentence each. */
  readonly reasons: readonly string[];
}

/** Rest is looked for so long before and after a load: another may come later. */
const IDLE_MS = 3000;
const SETTLE_MS = 1000, IDLE_MINIMUM_MS = 500;
const GPU_IDLE = 0x1;

/**
 * The power of a load.
 *
 * @example
 * ```ts
 * import { reading } from "./meter.ts";
 * import { powerWindow } from "./window.ts";
 *
 * // 50 W as arithmetic: a counter that moves every 100 ms, a reading that tells the same.
 * const samples = Array.from({ length: 250 }, (_, i) => ({
 *   timeMs: i * 20,
 *   ...reading({ energyMj: Math.floor(i / 5) * 5000, powerW: 50 }),
 * }));
 * const trace = { source: "nvml" as const, device: null, driver: null, intervalMs: 20, samples, warnings: [] };
 * console.log(powerWindow([trace], { startMs: 1000, endMs: 4500 }).powerW); // 50
 * ```
 *
 * @param traces What the meter's `stop` gave. Of several counters the first that moved counts.
 */
export function powerWindow(traces: readonly PowerTrace[], load: Load, options: WindowOptions = {}): PowerWindow {
  const { rampMs = 1000, minimumMs = 2000, counted = false, tolerance = 0.05 } = options;
  const fromMs = load.startMs + rampMs;
  const reasons: string[] = [];
  let span: Load | null = { startMs: fromMs, endMs: load.endMs };
  if (load.endMs - fromMs < minimumMs) {
    reasons.push(tooShort(load.endMs - fromMs, minimumMs, `after a ramp of ${rampMs} ms`));
    span = null;
  }
  let counter: PowerWindow["counter"] = null;
  for (const { source, samples } of span === null ? [] : traces) {
    if (source === "nvidia-smi" || counter !== null) continue; // It prints no counter; that is not worth a reason.
    const found = counterWindow(samples, fromMs, load.endMs);
    if ("reason" in found) reasons.push(`${found.reason} (${source})`);
    else if (found.endMs - found.startMs < minimumMs) {
      reasons.push(tooShort(found.endMs - found.startMs, minimumMs, "between ticks of the energy counter"));
    } else counter = { source, ...found, powerW: found.energyMj / (found.endMs - found.startMs) };
  }
  if (counter !== null) span = counter;
  else if (counted && span !== null) {
    reasons.push(`Without an energy counter a load must run for ${LOAD_MS} ms`);
    span = null;
  }

  const sampled: PowerWindow["sampled"][number][] = [];
  const sampling = traces.flatMap((trace) => {
    const kind = kindOf(trace.samples);
    if (kind === null) reasons.push(`No power reading (${trace.source})`);
    return kind === null ? [] : [{ ...trace, kind }];
  });
  for (const { source, samples, kind } of span === null ? [] : sampling) {
    const found = sampledPower(samples, keyOf(kind), span!.startMs, span!.endMs);
    if ("reason" in found) reasons.push(`${found.reason} (${source})`);
    else sampled.push({ source, kind, ...found });
  }

  const powerW = counter?.powerW ?? sampled[0]?.powerW ?? null;
  // RAPL's power is its counter's rise: comparing the two would always agree.
  const accounts = [
    ...(counter === null ? [] : [counter.powerW]),
    ...sampled.filter(({ source }) => source !== "rapl" || counter === null).map((account) => account.powerW),
  ];
  const disagreement = accounts.length < 2 || !powerW ? null : (Math.max(...accounts) - Math.min(...accounts)) / powerW;
  const inside = span === null
    ? []
    : traces.flatMap(({ samples }) => samples.filter(({ timeMs }) => timeMs >= span!.startMs && timeMs <= span!.endMs));
  const known = (key: keyof PowerSample) => inside.map((sample) => sample[key]).filter((value) => value !== null);
  const clocks = known("smClockMhz").sort((a, b) => a - b),
    temperatures = known("temperatureC"),
    masks = known("throttle");
  return {
    startMs: span?.startMs ?? null,
    endMs: span?.endMs ?? null,
    energyMj: counter?.energyMj ?? null,
    powerW,
    counter,
    sampled,
    spreadW: sampled[0]?.spreadW ?? null,
    disagreement,
    disagrees: disagreement !== null && disagreement > tolerance,
    idleBeforeW: idle(sampling[0], load.startMs - IDLE_MS, load.startMs),
    idleAfterW: idle(sampling[0], load.endMs + SETTLE_MS, load.endMs + IDLE_MS),
    smClockMhz: clocks.length === 0 ? null : clocks[clocks.length >> 1],
    temperatureC: temperatures.length === 0 ? null : Math.max(...temperatures),
    throttle: masks.length === 0
      ? null
      : [...new Set(masks.flatMap((mask) => throttleReasons(mask - (mask % 2 === 1 ? GPU_IDLE : 0))))],
    reasons,
  };
}

function tooShort(ms: number, minimumMs: number, where: string): string {
  return `The load gives a window of ${Math.round(ms)} ms ${where}, less than ${minimumMs} ms; run it longer`;
}

function kindOf(samples: readonly PowerSample[]): "instant" | "average" | null {
  if (samples.some(({ powerW }) => powerW !== null)) return "instant";
  return samples.some(({ averageW }) => averageW !== null) ? "average" : null;
}

function keyOf(kind: "instant" | "average"): "powerW" | "averageW" {
  return kind === "instant" ? "powerW" : "averageW";
}

/** Mean power within a span, as far as there are samples; null for less than half a second of them. */
function idle(
  trace: (PowerTrace & { kind: "instant" | "average" }) | undefined,
  fromMs: number,
  toMs: number,
): number | null {
  const times = trace?.samples.map(({ timeMs }) => timeMs).filter((timeMs) => timeMs >= fromMs && timeMs <= toMs) ?? [];
  if (trace === undefined || times.length === 0) return null;
  const startMs = times[0], endMs = times[times.length - 1];
  if (endMs - startMs < IDLE_MINIMUM_MS) return null;
  const found = sampledPower(trace.samples, keyOf(trace.kind), startMs, endMs);
  return "reason" in found ? null : found.powerW;
}
