/**
 * Times a network in several processes: one launches a GPU's kernels up to a quarter faster than the next, and keeps at it
 * (`anchor_by_process.ts`), so that repeats in one process tell nothing of it.
 *
 * @module
 */
import { median } from "../lib/learn/metrics.ts";
import type { Runner } from "./runner.ts";
import type { Reply, Request } from "./worker.ts";

/**
 * A network's time: the median of the processes', their standard deviation as its spread, and all trials of theirs. The first reads its
 * power. With a single process: what it told.
 *
 * @returns An error as soon as one process has one.
 */
export async function timeAcross(
  runners: readonly Runner[],
  request: Request & { readonly kind: "network" },
): Promise<Reply<"network">> {
  const [first, ...others] = runners;
  const reply = await first.run(request);
  if ("error" in reply || others.length === 0) return reply;
  const timings = [reply.result];
  for (const runner of others) {
    const again = await runner.run({ ...request, powerMs: null });
    if ("error" in again) return again;
    timings.push(again.result);
  }
  const times = timings.map(({ ms }) => ms);
  const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length;
  const note = `${times.map((ms) => ms.toPrecision(4)).join(" ")} ms by process`;
  return {
    result: {
      ...reply.result,
      ms: median(times),
      spreadMs: Math.sqrt(times.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / (times.length - 1)),
      trials: timings.reduce((sum, { trials }) => sum + trials, 0),
      note: [reply.result.note, note].filter(Boolean).join("; "),
    },
  };
}
