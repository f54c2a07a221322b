/**
 * What every power meter is: two methods, and the trace that comes out. The measuring code knows only this, so that a test or a
 * notebook can put a recording of a real run in the hardware's place ({@linkcode "./replay.ts"}).
 *
 * All times are epoch milliseconds of `Date.now()`: the one clock that a worker, a subprocess and the caller share.
 *
 * @module
 */

/** Where readings are from: the program, NVIDIA's library, or Linux's counters of the CPU packages. */
export type PowerSource = "nvidia-smi" | "nvml" | "rapl";

/** What was read at one moment. What could not be read is null, never 0. */
export interface PowerSample {
  /** When, epoch ms. */
  readonly timeMs: number;
  /** Power now, W: on recent NVIDIA boards the last 25 ms of sensor time, on RAPL the mean since the sample before. */
  readonly powerW: number | null;
  /**
   * Power as the driver reports it by default, W: averaged over 1 s on NVIDIA GPUs since Ampere except GA100, on older ones the
   * power now.
   */
  readonly averageW: number | null;
  /** Energy counter, mJ since a moment that only the device knows: just differences mean something. */
  readonly energyMj: number | null;
  /** Clock of the streaming multiprocessors, MHz. */
  readonly smClockMhz: number | null;
  /** Clock of the memory, MHz. */
  readonly memoryClockMhz: number | null;
  /** Temperature of the chip, °C. */
  readonly temperatureC: number | null;
  /** Bits of NVML's clock event reasons; `throttleReasons` of `nvml_names.ts` gives them names. 0 is "none", not "unknown". */
  readonly throttle: number | null;
  /** Share of the time in which a kernel ran, 0 to 1. */
  readonly utilization: number | null;
  /** Power limit in force, W. */
  readonly limitW: number | null;
}

/** A sample before it has a time. */
export type Reading = Omit<PowerSample, "timeMs">;

/** What one source told from start to stop. */
export interface PowerTrace {
  /** Who read. */
  readonly source: PowerSource;
  /** Name of the device as the source gives it; null when it does not. */
  readonly device: string | null;
  /** Version of the driver; null when the source does not give it. */
  readonly driver: string | null;
  /** Interval that was asked for between samples, ms; the samples' times say what came of it. */
  readonly intervalMs: number;
  /** In the order of their times. */
  readonly samples: readonly PowerSample[];
  /** What could not be read and why: one sentence for each thing, however often it failed. */
  readonly warnings: readonly string[];
}

/**
 * A power meter.
 *
 * `start` resolves when the first sample is there, so that a load begun after it has idle power before it. `stop` gives one trace a
 * source: one from a simple meter, several from a combined one. A meter can be started again after it was stopped.
 *
 * `session.run` of onnxruntime-node blocks the event loop of its thread, so a meter for real runs samples in a thread of its own
 * ({@linkcode "./thread.ts"}); `detectMeter` returns such ones.
 *
 * @example A load between start and stop
 * ```ts
 * import { type PowerMeter, reading } from "./meter.ts";
 *
 * const timeMs = Date.now();
 * const meter: PowerMeter = {
 *   start: () => Promise.resolve(),
 *   stop: () => {
 *     const samples = [{ timeMs, ...reading({ powerW: 70 }) }];
 *     return Promise.resolve([{ source: "nvml", device: null, driver: null, intervalMs: 20, samples, warnings: [] }]);
 *   },
 * };
 * await meter.start();
 * const [trace] = await meter.stop();
 * console.log(trace.samples[0].powerW, trace.samples[0].energyMj); // 70 null
 * ```
 */
export interface PowerMeter {
  /** Begins to sample. Rejects with what is missing and what to do when the device cannot be read at all. */
  start(): Promise<void>;
  /** Ends sampling. */
  stop(): Promise<PowerTrace[]>;
}

const UNREAD: Reading = {
  powerW: null,
  averageW: null,
  energyMj: null,
  smClockMhz: null,
  memoryClockMhz: null,
  temperatureC: null,
  throttle: null,
  utilization: null,
  limitW: null,
};

/** A reading in which all that `known` does not name is null. */
export function reading(known: Partial<Reading>): Reading {
  return { ...UNREAD, ...known };
}

/** Gathers warnings, each kind of failure once, so that 20 ms sampling of a missing sensor does not fill the trace. */
export class Warnings {
  readonly #texts = new Map<string, string>();

  /** Keeps `text` unless something was said about `about` before. */
  add(about: string, text: string): void {
    if (!this.#texts.has(about)) this.#texts.set(about, text);
  }

  /** All of them, oldest first. */
  list(): string[] {
    return [...this.#texts.values()];
  }
}
