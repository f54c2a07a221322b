/**
 * `deno run -A bench/sweep.ts`: measures this machine's device. Networks of the zoo and random ones run on ONNX Runtime; each gives its
 * own runtime and the time of every node that is executed in it.
 *
 * Which set-up gives a layer the time that it has in a network, seen by others on a CPU with one thread (sums of layers against the
 * network, mean absolute deviation at batch 1): copies with optimisation disabled 74 %, copies with own weights and all optimisations
 * 9 %, the network's own profile 1.2 %. `bench/setups.ts` repeats the comparison on any machine. Rows say theirs in the column `setup`.
 *
 * @module
 */
import { Arguments, type Command, helpText, print, UsageError } from "../lib/commands/cli.ts";
import { describeDevice, deviceSlug, writeDeviceFile } from "./device_file.ts";
import { anchor, type Job, jobKey, jobNetwork, jobs } from "./jobs.ts";
import { Progress } from "./progress.ts";
import { Runner } from "./runner.ts";
import { Store, StoreError } from "./store.ts";

const sweepCommand: Command = {
  name: "sweep",
  takes: "",
  summary: "Measures this machine's device: networks, and every layer inside them, on ONNX Runtime.",
  options: {
    provider: { value: "NAME", help: "cpu, or auto (by default: the best that can be measured)" },
    out: { value: "DIR", help: "where to write (data/ and the device's name by default)" },
    minutes: { value: "M", help: "how long to measure (30 by default)" },
    layers: { value: "N", help: "stop after so many layer rows" },
    seed: { value: "S", help: "another seed measures other random networks (1 by default)" },
    resume: { help: "continue what is in the folder" },
    "dry-run": { help: "list what would run first, and measure nothing" },
    help: { help: "print this" },
  },
  examples: [
    "deno run -A bench/sweep.ts --minutes 5",
    "deno run -A bench/sweep.ts --resume",
    "deno run -A bench/sweep.ts --dry-run",
  ],
  run,
};

/** The anchor is measured again after so many jobs. */
const anchorEvery = 15;
/** Seen here: a network takes about this long, its model's writing and loading included. Only for `--dry-run`. */
const secondsOfJob = 4;

async function run(args: Arguments): Promise<number> {
  const provider = args.choice("provider", ["auto", "cpu", "cuda", "webgpu"]) ?? "auto";
  if (provider === "cuda" || provider === "webgpu") {
    throw new UsageError(
      `--provider ${provider} cannot be swept yet: its layers need the slope of copies (bench/slope.ts); use --provider cpu`,
    );
  }
  const minutes = args.whole("minutes") ?? 30;
  const mostLayers = args.whole("layers") ?? Infinity;
  const seed = args.whole("seed") ?? 1;
  const device = await describeDevice("cpu");
  const folder = args.text("out") ?? `${new URL("..", import.meta.url).pathname}data/${deviceSlug(device)}`;
  if (args.flag("dry-run")) {
    dryRun(seed, minutes);
    return 0;
  }

  const store = await Store.open(folder, args.flag("resume"));
  const runner = new Runner();
  const progress = new Progress(minutes * 60_000);
  let interrupted = false;
  const interrupt = () => {
    // The second time nothing is waited for.
    if (interrupted) Deno.exit(130);
    interrupted = true;
    progress.note("ends after the network in work; once more ends at once");
  };
  Deno.addSignalListener("SIGINT", interrupt);
  try {
    await writeDeviceFile(folder, device, { seed, provider: "cpu" });
    let count = 0;
    for (const job of jobs(seed)) {
      if (interrupted || progress.isOver || store.layerRows >= mostLayers) break;
      if (store.done.has(jobKey(job))) continue;
      if (count++ % anchorEvery === 0) await measure(anchor, store, runner, progress, "anchor");
      await measure(job, store, runner, progress);
    }
    await runner.close();
  } finally {
    runner.kill();
    Deno.removeSignalListener("SIGINT", interrupt);
    store.close();
  }
  progress.end();
  const { summary } = await import("./sweep_summary.ts");
  print(await summary(folder));
  if (interrupted) {
    console.error(
      `Continue with: deno run -A bench/sweep.ts --resume${args.text("out") === undefined ? "" : ` --out ${folder}`}`,
    );
  }
  return interrupted ? 130 : 0;
}

async function measure(job: Job, store: Store, runner: Runner, progress: Progress, note = ""): Promise<void> {
  progress.begin(jobKey(job));
  const reply = await runner.run(job);
  if ("error" in reply) {
    progress.failed(reply.error);
    if (note === "") await store.fail(job, reply.error);
    return;
  }
  const { name } = await jobNetwork(job);
  await store.add(job, "cpu", name, reply.timing, note);
  progress.done(reply.timing, store.layerRows);
}

function dryRun(seed: number, minutes: number): void {
  const count = Math.floor(minutes * 60 / secondsOfJob);
  const list = jobs(seed);
  const lines = Array.from({ length: count }, () => jobKey(list.next().value as Job));
  print([`About ${count} networks in ${minutes} minutes, an anchor every ${anchorEvery}:`, ...lines].join("\n"));
}

if (import.meta.main) {
  try {
    if (Deno.args.includes("--help") || Deno.args.includes("-h")) {
      print(helpText(sweepCommand).replace("deno task sweep", "deno run -A bench/sweep.ts"));
    } else Deno.exit(await run(new Arguments(sweepCommand, Deno.args)));
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof StoreError)) throw error;
    console.error(`error: ${error.message}`);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
