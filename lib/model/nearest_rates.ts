/**
 * Predicts by a device's rates, which `rates.ts` fits: apart from it, since predicting needs no fitting.
 *
 * @module
 */
import type { Node } from "../node.ts";
import { work } from "./analytical.ts";
import type { Rates } from "./model.ts";

/** What each launch, operation and byte takes. */
export type Sums = Pick<Rates, "launchMs" | "flopMs" | "byteMs">;

/** Time by rates, ms. */
export function rateMs(node: Node, { launchMs, flopMs, byteMs }: Sums): number {
  const { launches, flops, bytes } = work(node);
  return launches * launchMs + flops * flopMs + bytes * byteMs;
}

/**
 * The rates that are nearest to a node's pass and number format: its own, else those of the forward pass, whose work a pass counts a
 * multiple of, else those of another format.
 */
export function nearestRates(all: readonly Rates[], { pass, dtype }: Node): Rates | null {
  const rank = (rates: Rates) =>
    (rates.dtype === dtype ? 0 : 4) + (rates.pass === pass ? 0 : rates.pass === "forward" ? 1 : 2);
  return all.length === 0 ? null : all.reduce((best, each) => rank(each) < rank(best) ? each : best);
}
