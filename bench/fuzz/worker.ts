/**
 * Reads spoiled files, one after another, and tells how each ended.
 *
 * @module
 */
import process from "node:process";
import { inputOf, type Seed } from "./inputs.ts";
import { outcomeOf } from "./outcome.ts";
import { readers } from "./readers.ts";

/** Which inputs to make and read. */
export interface Task {
  readonly reader: string;
  readonly from: number;
  readonly to: number;
}

/** What happened to a task's inputs. */
export interface Report {
  readonly read: number;
  readonly refused: number;
  /** Inputs to be told: faults, and those over a second. */
  readonly told: readonly { readonly number: number; readonly what: string }[];
  readonly slowestMs: number;
}

/** What the host sends first, and then task by task. */
export type Message =
  | { readonly seeds: readonly Seed[]; readonly seed: number; readonly place: SharedArrayBuffer }
  | Task;

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<Message>) => void) | null;
  postMessage(report: Report): void;
};
let seeds: readonly Seed[] = [];
let runSeed = 0;
let place = new Int32Array(new SharedArrayBuffer(4));

/** Milliseconds that pass, without those for which a busy machine lets this process wait. */
function stopwatch(): () => number {
  const [start, used] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(used);
    return Math.min(performance.now() - start, (user + system) / 1000);
  };
}

async function run({ reader, from, to }: Task): Promise<Report> {
  const counts = { read: 0, refused: 0, fault: 0 };
  const told: { number: number; what: string }[] = [];
  let slowestMs = 0;
  for (let number = from; number < to; number++) {
    Atomics.store(place, 0, number);
    const bytes = inputOf(reader, number, seeds, runSeed);
    const passed = stopwatch();
    const { outcome, what } = await outcomeOf(readers[reader].read, bytes);
    const ms = passed();
    counts[outcome]++;
    slowestMs = Math.max(slowestMs, ms);
    if (outcome === "fault") told.push({ number, what });
    else if (ms > 1000) told.push({ number, what: `took ${ms.toFixed(0)} ms` });
  }
  return { read: counts.read, refused: counts.refused, told, slowestMs };
}

scope.onmessage = async ({ data }) => {
  if ("seeds" in data) {
    [seeds, runSeed, place] = [data.seeds, data.seed, new Int32Array(data.place)];
    return;
  }
  scope.postMessage(await run(data));
};
