/**
 * Energy between two moves of a counter.
 *
 * @module
 */
import type { PowerSample } from "./meter.ts";

/** Energy between two ticks. */
export interface CounterWindow {
  /** When the counter moved first within the span, epoch ms. */
  readonly startMs: number;
  /** When it moved last. */
  readonly endMs: number;
  /** Difference of the counter, mJ. */
  readonly energyMj: number;
  /** How many ticks bound it: the moves after `startMs` that are known to the moment. */
  readonly ticks: number;
}

/**
 * The widest window within a span that begins and ends on a tick, a sample in which the counter has just moved.
 *
 * NVIDIA's counter moves about every 100 ms (Yang, Adamek, Armour, SC 2024, arXiv 2312.02741), so a difference taken at any other
 * moment is off by up to one tick at each end: 10 % of two seconds. A tick is known as well as the samples around it are close: one
 * with a gap of more than `tickErrorMs` before it does not bound a window.
 *
 * @example
 * ```ts
 * import { counterWindow } from "./counter.ts";
 * import { reading } from "./meter.ts";
 *
 * // 50 mJ a millisecond is 50 W; the counter tells it every 100 ms.
 * const samples = Array.from({ length: 60 }, (_, i) => ({ timeMs: i * 20, ...reading({ energyMj: Math.floor(i / 5) * 5000 }) }));
 * console.log(counterWindow(samples, 130, 1190)); // { startMs: 200, endMs: 1100, energyMj: 45000, ticks: 9 }
 * ```
 *
 * @param samples In the order of their times.
 * @returns The window, or why there is none.
 */
export function counterWindow(
  samples: readonly PowerSample[],
  fromMs: number,
  toMs: number,
  tickErrorMs = 50,
): CounterWindow | { readonly reason: string } {
  const counts = samples.filter((sample) => sample.energyMj !== null) as (PowerSample & { energyMj: number })[];
  if (counts.length === 0) return { reason: "The energy counter was not readable" };
  const ticks: typeof counts = [];
  let moves = 0;
  for (let i = 1; i < counts.length; i++) {
    const now = counts[i], before = counts[i - 1];
    if (now.timeMs < fromMs) continue;
    if (now.timeMs > toMs) break;
    if (now.energyMj < before.energyMj) {
      return {
        reason: `The energy counter fell from ${before.energyMj} to ${now.energyMj} mJ; was the driver reloaded?`,
      };
    }
    if (now.energyMj === before.energyMj) continue;
    moves++;
    if (now.timeMs - before.timeMs <= tickErrorMs) ticks.push(now);
  }
  if (moves === 0) return { reason: `The energy counter did not move within ${Math.round(toMs - fromMs)} ms` };
  if (ticks.length < 2) {
    return {
      reason: `Fewer than two moves of the energy counter are known to ${tickErrorMs} ms; sample more often, or longer`,
    };
  }
  const first = ticks[0], last = ticks[ticks.length - 1];
  return {
    startMs: first.timeMs,
    endMs: last.timeMs,
    energyMj: last.energyMj - first.energyMj,
    ticks: ticks.length - 1,
  };
}
