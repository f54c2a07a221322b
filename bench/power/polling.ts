/**
 * A meter that asks a reader again and again: NVML and RAPL have calls to ask, no stream to listen to.
 *
 * @module
 */
import type { PowerMeter, PowerSample, PowerSource, Reading } from "./meter.ts";

/** A device that was opened and can be asked. */
export interface Reader {
  /** Its name; null when it gives none. */
  readonly device: string | null;
  /** Its driver's version, likewise. */
  readonly driver: string | null;
  /** What the device tells now. Must not throw: what fails is null in the reading, and a warning. */
  read(): Reading;
  /** What could not be read so far. */
  warnings(): string[];
  /** Gives the device back. */
  close(): void;
}

/** Milliseconds between samples unless told otherwise: five in each of the about 100 ms in which NVIDIA's counter moves once. */
export const INTERVAL_MS = 20;

/**
 * A meter that reads every `intervalMs` milliseconds in the thread that calls it: something that blocks this thread leaves a hole
 * in the trace, so real runs put it into a thread of its own.
 *
 * @example
 * ```ts
 * import { reading } from "./meter.ts";
 * import { pollingMeter } from "./polling.ts";
 *
 * let energyMj = 0;
 * const read = () => reading({ energyMj: energyMj += 5 });
 * const meter = pollingMeter("rapl", () => ({ device: null, driver: null, read, warnings: () => [], close() {} }), 5);
 * await meter.start();
 * const [trace] = await meter.stop();
 * console.log(trace.samples[0].energyMj); // 5
 * ```
 *
 * @param open Opens the device; what it throws rejects `start`.
 */
export function pollingMeter(source: PowerSource, open: () => Reader, intervalMs: number = INTERVAL_MS): PowerMeter {
  type State = { reader: Reader; samples: PowerSample[]; timer?: ReturnType<typeof setTimeout> };
  let running: State | null = null;
  return {
    start() {
      return Promise.resolve().then(() => {
        if (running !== null) throw new Error(`The ${source} meter is running already; stop it first`);
        const state: State = { reader: open(), samples: [] };
        running = state;
        const began = performance.now();
        let due = began;
        const tick = () => {
          const timeMs = Date.now();
          state.samples.push({ timeMs, ...state.reader.read() });
          // The next multiple of the interval, not "20 ms from now": reading costs milliseconds that would add up.
          const now = performance.now();
          due = Math.max(due + intervalMs, now - ((now - began) % intervalMs));
          state.timer = setTimeout(tick, Math.max(0, due - now));
        };
        tick();
      });
    },
    stop() {
      return Promise.resolve().then(() => {
        if (running === null) throw new Error(`The ${source} meter is not running; start it first`);
        const { reader, samples, timer } = running;
        running = null;
        clearTimeout(timer);
        reader.close();
        const { device, driver } = reader;
        return [{ source, device, driver, intervalMs, samples, warnings: reader.warnings() }];
      });
    },
  };
}
