/**
 * Fuzzes the readers of files: `deno run -A --config bench/deno.json bench/fuzz_formats.ts [--inputs 200000] [--seed 1] [--reader caffe,…]
 * [--data DIR]`.
 *
 * Inputs are mutations of real files (those of the public sets' `nets/`, where they lie, and of `bench/fuzz/seeds`), and of inputs that were once
 * found to fail (`bench/fuzz/found`). Each is read in a worker and must end, within a second and within ten times the
 * file's size and 100 MB, in a network or in an error of one line. What does not is written to `bench/fuzz/found`, to stay there.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { inputOf, type Seed } from "./fuzz/inputs.ts";
import { readers } from "./fuzz/readers.ts";
import type { Message, Report, Task } from "./fuzz/worker.ts";

const foundFolder = new URL("fuzz/found/", import.meta.url);
/** Inputs of one task; memory is measured over a task, and over each input where that is too much. */
const taskSize = 100;
/** No input may take longer, however busy the machine: the worker hangs, and its reader is given up. */
const hangMs = 60_000;
const spareBytes = 100e6;

/** What to fuzz. */
export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  /** All by default. */
  readonly only?: readonly string[];
  readonly seeds: readonly Seed[];
  readonly onTask?: (reader: string, done: number) => void;
}

/** How all inputs of one reader ended. */
export interface ReaderResult {
  readonly reader: string;
  readonly inputs: number;
  readonly read: number;
  readonly refused: number;
  readonly slowestMs: number;
  /** The most memory that an input took, above what was in use before; null where it cannot be measured. */
  readonly mostBytes: number | null;
  readonly faults: readonly { readonly number: number; readonly what: string }[];
}

/** Fuzzes the readers one after another, and gives each one's result as it comes. */
async function* fuzz({ inputs, seed, only, seeds, onTask }: FuzzOptions): AsyncGenerator<ReaderResult> {
  const chosen = Object.entries(readers).filter(([name]) => only?.includes(name) ?? true);
  const shares = chosen.reduce((sum, [, { share }]) => sum + share, 0);
  for (const [reader, { share }] of chosen) {
    const count = Math.ceil(inputs * share / shares);
    yield await fuzzReader(reader, count, seed, seeds, (done) => onTask?.(reader, done));
  }
}

async function fuzzReader(
  reader: string,
  inputs: number,
  seed: number,
  seeds: readonly Seed[],
  onTask: (done: number) => void,
): Promise<ReaderResult> {
  const place = new SharedArrayBuffer(4);
  const worker = new Worker(new URL("fuzz/worker.ts", import.meta.url), { type: "module" });
  const send = (message: Message) => worker.postMessage(message);
  send({ seeds, seed, place });
  const ask = (task: Task) => {
    send(task);
    return answerOf(worker, new Int32Array(place), task);
  };
  const total = { read: 0, refused: 0, slowestMs: 0, mostBytes: 0 as number | null };
  const faults: { number: number; what: string }[] = [];
  for (let from = 0; from < inputs; from += taskSize) {
    const task = { reader, from, to: Math.min(inputs, from + taskSize) };
    const memory = peakMemory();
    const report = await ask(task).catch((error: Error) => error);
    if (report instanceof Error) {
      faults.push({ number: Atomics.load(new Int32Array(place), 0), what: report.message });
      inputs = from;
      break;
    }
    const { read, refused, told, slowestMs } = report;
    const taken = memory();
    total.read += read;
    total.refused += refused;
    total.slowestMs = Math.max(total.slowestMs, slowestMs);
    faults.push(...told);
    if (taken === null) total.mostBytes = null;
    else if (taken > spareBytes) {
      // Garbage of many inputs, or one that is too large?
      for (let number = task.from; number < task.to; number++) {
        const memory = peakMemory();
        await ask({ reader, from: number, to: number + 1 });
        const own = memory() ?? 0;
        total.mostBytes = Math.max(total.mostBytes ?? 0, own);
        const allowed = 10 * inputOf(reader, number, seeds, seed).length + spareBytes;
        if (own > allowed) faults.push({ number, what: `took ${(own / 1e6).toFixed(0)} MB` });
      }
    } else total.mostBytes = Math.max(total.mostBytes ?? 0, taken);
    onTask(task.to);
  }
  worker.terminate();
  return { reader, inputs, ...total, faults };
}

/** The worker's report, or an error that names the input on which it hangs. */
function answerOf(worker: Worker, place: Int32Array, { reader }: Task): Promise<Report> {
  return new Promise((resolve, reject) => {
    let [last, since] = [-1, performance.now()];
    const watch = setInterval(() => {
      const now = Atomics.load(place, 0);
      if (now !== last) [last, since] = [now, performance.now()];
      else if (performance.now() - since > hangMs) fail(`input ${now} of ${reader} hangs`);
    }, 500);
    const fail = (what: string) => {
      clearInterval(watch);
      reject(new Error(what));
    };
    worker.onmessage = ({ data }) => {
      clearInterval(watch);
      resolve(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      fail(`input ${Atomics.load(place, 0)} of ${reader} ended the worker: ${event.message}`);
    };
  });
}

/** Begins to watch the process's memory; the answer is how much more there was at most. Linux says so, others do not. */
function peakMemory(): () => number | null {
  try {
    // Sets the high-water mark to what is in use.
    Deno.writeTextFileSync("/proc/self/clear_refs", "5");
  } catch {
    return () => null;
  }
  const before = status("VmRSS");
  return () => status("VmHWM") - before;
}

function status(field: string): number {
  const text = Deno.readTextFileSync("/proc/self/status");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * 1024;
}

/** Files to start from: this folder's, and the public sets' networks. */
export async function readSeeds(data: string | undefined): Promise<Seed[]> {
  const folders = [new URL("fuzz/seeds/", import.meta.url), foundFolder];
  if (data !== undefined) {
    const root = new URL(`${data.replace(/\/$/, "")}/nets/`, `file://${Deno.cwd()}/`);
    folders.push(...["caffe/", "paleo/", "onnx/"].map((name) => new URL(name, root)));
  }
  const seeds: Seed[] = [];
  for (const folder of folders) {
    for (const { name, isFile } of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
      if (isFile) seeds.push({ name, bytes: await Deno.readFile(new URL(name, folder)) });
    }
  }
  return seeds;
}

if (import.meta.main) {
  const args = parseArgs(Deno.args, { string: ["inputs", "seed", "reader", "data"] });
  const seeds = await readSeeds(args.data ?? Deno.env.get("NEURALPOWER_DATA"));
  const seed = Number(args.seed ?? 1);
  const results = fuzz({
    inputs: Number(args.inputs ?? 200_000),
    seed,
    only: args.reader?.split(","),
    seeds,
    onTask: (reader, done) => done % 5000 === 0 && console.error(`${reader} ${done}`),
  });
  let failed = false;
  for await (const { reader, inputs, read, refused, slowestMs, mostBytes, faults } of results) {
    const memory = mostBytes === null ? "" : `, most memory ${(mostBytes / 1e6).toFixed(0)} MB`;
    console.log(
      `${reader}: ${inputs} inputs, ${read} read, ${refused} refused, ${faults.length} faults, slowest ${
        slowestMs.toFixed(0)
      } ms${memory}`,
    );
    for (const { number, what } of faults) {
      failed = true;
      const name = `${reader}_${seed}_${number}${readers[reader].endings[0]}`;
      console.log(`  input ${number} (${name}): ${what}`);
      await Deno.writeFile(new URL(name, foundFolder), inputOf(reader, number, seeds, seed));
    }
  }
  if (failed) Deno.exit(1);
}
