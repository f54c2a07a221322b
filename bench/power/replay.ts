/**
 * A meter that plays a recording of a real run, for tests and notebooks on machines without the device.
 *
 * @module
 */
import type { PowerMeter, PowerTrace } from "./meter.ts";
import type { RecordedLoad, Recording } from "./record.ts";

/** How to play. */
export interface ReplayOptions {
  /** Epoch ms to which the recording's first sample is moved; its own times unless given. */
  readonly beginMs?: number;
}

/**
 * A meter whose traces are the recording's.
 *
 * @example
 * ```ts
 * import { reading } from "./meter.ts";
 * import { replay } from "./replay.ts";
 *
 * const samples = [{ timeMs: 5000, ...reading({ powerW: 228.82 }) }];
 * const trace = { source: "nvml" as const, device: null, driver: null, intervalMs: 20, samples, warnings: [] };
 * const { meter, loads } = replay({
 *   note: "",
 *   recorded: "",
 *   loads: [{ name: "conv", startMs: 6000, endMs: 9000 }],
 *   traces: [trace],
 * }, { beginMs: 0 });
 * await meter.start();
 * console.log((await meter.stop())[0].samples[0].timeMs, loads[0].startMs); // 0 1000
 * ```
 *
 * @returns The meter, and the recording's loads moved by as much as the samples.
 */
export function replay(
  recording: Recording,
  options: ReplayOptions = {},
): { meter: PowerMeter; loads: RecordedLoad[] } {
  const firstMs = Math.min(
    ...recording.traces.flatMap(({ samples }) => samples.slice(0, 1).map(({ timeMs }) => timeMs)),
  );
  const shiftMs = options.beginMs === undefined || !Number.isFinite(firstMs) ? 0 : options.beginMs - firstMs;
  const traces = recording.traces.map((trace): PowerTrace => ({
    ...trace,
    samples: trace.samples.map((sample) => ({ ...sample, timeMs: sample.timeMs + shiftMs })),
  }));
  let running = false;
  const meter: PowerMeter = {
    start() {
      if (running) return Promise.reject(new Error("The replay is running already; stop it first"));
      running = true;
      return Promise.resolve();
    },
    stop() {
      if (!running) return Promise.reject(new Error("The replay is not running; start it first"));
      running = false;
      return Promise.resolve(structuredClone(traces));
    },
  };
  const loads = recording.loads.map((load) => ({
    ...load,
    startMs: load.startMs + shiftMs,
    endMs: load.endMs + shiftMs,
  }));
  return { meter, loads };
}
