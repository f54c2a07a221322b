/**
 * The power of a device that has nothing to do.
 *
 * @module
 */
import type { PowerMeter } from "./meter.ts";
import { powerWindow } from "./window.ts";

/** Long enough for twenty of a sensor's windows of 100 ms, and a second for what ran before. */
const waitMs = 3000;

/** Mean power while nothing runs, W, after three seconds; null at once without a meter, or when it cannot be read. */
export async function idlePower(meter: PowerMeter | null, ms = waitMs): Promise<number | null> {
  if (meter === null) return null;
  try {
    await meter.start();
    const startMs = Date.now();
    await new Promise((resolve) => setTimeout(resolve, ms));
    const endMs = Date.now();
    return powerWindow(await meter.stop(), { startMs, endMs }, { rampMs: ms / 3, minimumMs: ms / 3 }).powerW;
  } catch {
    // Whoever measures loads says why.
    return null;
  }
}
