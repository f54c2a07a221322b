/**
 * `deno run -A bench/sweep.ts`: measures this machine's device. Networks of the zoo and random ones run on ONNX Runtime; each gives its
 * own runtime and the time of every node that is executed in it.
 *
 * Which set-up gives a layer the time that it has in a network? What the layers' sum missed the network by, on a shared machine with two
 * cores at batch 1 (`bench/setups.ts` repeats it anywhere; the profile's share is the profiler's own few µs a node, which
 * `profile_network.ts` takes off):
 *
 * | network          | its run, ms | its profile | copies, slope | copies, no optimisation |
 * |------------------|------------:|------------:|--------------:|------------------------:|
 * | alexnet          |        8.43 |      +0.2 % |       +13.1 % |                 +76.9 % |
 * | resnet50@128     |        8.18 |      −0.1 % |       +13.1 % |                 +39.2 % |
 * | googlenet@128    |        2.95 |      +5.3 % |       +32.4 % |                 +57.2 % |
 * | mobilenet_v2@128 |        0.84 |     +52.4 % |       +91.4 % |                  +285 % |
 * | squeezenet1_1@128|        0.72 |     +22.6 % |       +23.1 % |                 +88.1 % |
 * | densenet121@128  |        6.33 |      +9.5 % |       +22.3 % |                 +49.6 % |
 *
 * For layers that no network has, `--table LAYERS.csv` measures each row by itself: on the CPU by copies with spoiled caches
 * (`spoiled.ts`; `setups.ts` has a column for it), elsewhere by the slope of copies. Rows say theirs in the column `setup`.
 *
 * @module
 */
import { type Arguments, type Command, print, runCommand, UsageError } from "../lib/commands/cli.ts";
import { defaultFolder, describeDevice, deviceSlug, writeDeviceFile } from "./device_file.ts";
import { type Node, parseLayersTable } from "neuralpower";
import { type Dtype, dtypes } from "neuralpower/dsl";
import { anchor, type Job, jobKey, jobNetwork, jobs } from "./jobs.ts";
import { type Provider, providers } from "./ort/session.ts";
import { Progress } from "./progress.ts";
import { chooseProvider } from "./providers.ts";
import { Runner } from "./runner.ts";
import { cudaLibraryPath } from "./setup_cuda.ts";
import { nodeTitle } from "./slope_session.ts";
import { type MeasuredNode, nodeKey, Store } from "./store.ts";

/** With --networks. */
const networkBatches = [1, 8, 32, 128];

const setups = ["profile", "slope", "spoiled_copies"] as const;
type Setup = (typeof setups)[number];

const sweepCommand: Command = {
  name: "sweep",
  call: "deno run -A bench/sweep.ts",
  takes: "",
  summary: "Measures this machine's device: networks, and every layer inside them, on ONNX Runtime.",
  options: {
    provider: { value: "NAME", help: `auto, ${providers.join(", ")} (auto by default: the first of these that runs)` },
    setup: {
      value: "NAME",
      help:
        "how layers are timed: profile (the CPU's default), slope (of copies; any provider) or spoiled_copies (of a table on a CPU)",
    },
    table: { value: "FILE.csv", help: "measure the rows of this layers table, each by itself, instead of networks" },
    out: {
      value: "DIR",
      help: "where to write (data/ and the device's name by default, numbered where that is taken)",
    },
    networks: { help: `only whole networks, at batches ${networkBatches.join(", ")}` },
    dtype: { value: "TYPE", help: `${dtypes.join(" or ")} (float32 by default)` },
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
    "deno run -A bench/sweep.ts --provider cuda",
    "deno run -A bench/sweep.ts --table LAYERS.csv --out data/mine",
  ],
  run,
};

/** The anchor is measured again after so many jobs. */
const anchorEvery = 15;
/** Seen here: a network takes about this long, its model's writing and loading included. Only for `--dry-run`. */
const secondsOfJob = 4;
/** Reading a node's power takes ten times as long as timing it: one node in so many has it. */
const powerEvery = 3;

async function run(args: Arguments): Promise<number> {
  const wanted = args.choice("provider", ["auto", ...providers]) ?? "auto";
  const minutes = args.whole("minutes") ?? 30;
  const mostLayers = args.whole("layers") ?? Infinity;
  const seed = args.whole("seed") ?? 1;
  const path = args.text("table");
  const table = path === undefined ? null : await readTable(path, args);
  if (args.flag("dry-run")) {
    if (table === null) dryRun(seed, minutes);
    else print(table.map(({ layer, node }) => `${layer}: ${nodeTitle(node)}`).join("\n"));
    return 0;
  }
  // From here on: what comes before is over at once, and choosing the provider may take seconds.
  let interrupted = false;
  const interrupt = () => {
    // The second time nothing is waited for.
    if (interrupted) Deno.exit(130);
    interrupted = true;
    console.error("ends after what is in work; once more ends at once");
  };
  Deno.addSignalListener("SIGINT", interrupt);
  const { provider, why } = await chooseProvider(wanted);
  if (wanted === "auto" && Deno.stderr.isTerminal()) console.error(why);
  const cpuSetup = table === null ? "profile" : "spoiled_copies";
  const setup = args.choice("setup", setups) ?? (provider === "cpu" ? cpuSetup : "slope");
  if (setup !== "slope" && provider !== "cpu") {
    throw new UsageError(
      `--setup ${setup} is for the CPU provider: on ${provider} the profile sees launches only; use --setup slope`,
    );
  }
  if (setup !== "slope" && setup !== cpuSetup) {
    throw new UsageError(
      `--setup ${setup} ${table === null ? "goes with --table" : "times networks"}; use ${cpuSetup}`,
    );
  }
  const networksOnly = args.flag("networks");
  const dtype = args.choice<Dtype>("dtype", dtypes);
  if (dtype === "float16" && setup === "profile" && !networksOnly) {
    throw new UsageError(
      "--dtype float16 runs with casts on the CPU, which its profile does not tell from the layers; use --setup slope or --networks",
    );
  }
  const device = await describeDevice(provider);
  const folder = args.text("out") ?? defaultFolder(deviceSlug(device), args.flag("resume"));
  const store = await Store.open(folder, args.flag("resume"));
  const runner = new Runner({
    folder: store.workFolder,
    env: provider === "cuda" ? { LD_LIBRARY_PATH: await cudaLibraryPath() } : {},
  });
  const progress = new Progress(minutes * 60_000);
  const sweep: Sweep = {
    store,
    runner,
    progress,
    provider,
    setup,
    networksOnly,
    isOver: () => interrupted || progress.isOver || store.layerRows >= mostLayers,
  };
  try {
    await writeDeviceFile(folder, device, { seed, setup });
    for (const { layer, node } of table ?? []) {
      if (sweep.isOver()) break;
      if (!store.doneNodes.has(nodeKey(node))) await measureOne(node, layer, sweep);
    }
    let count = 0;
    for (const job of table !== null ? [] : jobs(seed, { dtype, batches: networksOnly ? networkBatches : undefined })) {
      if (sweep.isOver()) break;
      if (store.done.has(jobKey(job))) continue;
      if (count++ % anchorEvery === 0) await measure({ ...anchor, dtype: dtype ?? anchor.dtype }, sweep, "anchor");
      await measure(job, sweep);
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
    console.error(`Continue with: deno run -A bench/sweep.ts --resume --out ${folder}`);
  }
  return interrupted ? 130 : 0;
}

/** What measuring a job needs. */
interface Sweep {
  readonly store: Store;
  readonly runner: Runner;
  readonly progress: Progress;
  readonly provider: Provider;
  readonly setup: Setup;
  /** Whether networks are timed end to end and nothing inside them is. */
  readonly networksOnly: boolean;
  readonly isOver: () => boolean;
}

async function measure(job: Job, sweep: Sweep, note = ""): Promise<void> {
  const { store, runner, progress, provider, setup, networksOnly } = sweep;
  const network = await jobNetwork(job);
  progress.begin(jobKey(job));
  if (setup === "profile" && !networksOnly) {
    const reply = await runner.run({ kind: "profile", job });
    if ("error" in reply) return await failed(job, reply.error, sweep, note);
    await store.addProfile(job, network.name, reply.result, note);
    progress.done(reply.result.ms, store.layerRows, `${reply.result.nodes.length} nodes`);
    return;
  }
  const reply = await runner.run({ kind: "network", job, provider });
  if ("error" in reply) return await failed(job, reply.error, sweep, note);
  progress.done(reply.result.ms, store.layerRows, `${reply.result.nodes.length} nodes`);
  for (const { name, node } of networksOnly ? [] : reply.result.nodes) {
    if (sweep.isOver()) return;
    if (!store.doneNodes.has(nodeKey(node))) await measureOne(node, name, sweep);
  }
  // Last: a network is done when its nodes are.
  await store.addNetwork(job, provider, network.name, reply.result, note);
}

async function measureOne(node: Node, layer: string, sweep: Sweep): Promise<void> {
  const { store, progress, provider } = sweep;
  progress.begin(`${layer} (${node.layer.kind})`);
  const measured = await askFor(node, sweep);
  if ("error" in measured) {
    progress.failed(measured.error);
    return await store.failNode(node, measured.error);
  }
  await store.addNode(node, layer, provider, measured);
  progress.done(measured.ms, store.layerRows, measured.powerW === null ? "" : `${measured.powerW.toFixed(0)} W`);
}

/** One node by itself, in the sweep's set-up; or why not. */
async function askFor(
  node: Node,
  { store, runner, provider, setup }: Sweep,
): Promise<MeasuredNode | { readonly error: string }> {
  if (setup === "spoiled_copies") {
    const reply = await runner.run({ kind: "spoiled", node });
    if ("error" in reply) return reply;
    const { copies, ...timing } = reply.result;
    const unread = { powerW: null, powerWSpread: null, energyMj: null, energyMjSpread: null };
    return { ...timing, ...unread, setup, note: `spoiled_copies: mean of ${copies}` };
  }
  const reply = await runner.run({ kind: "node", node, provider, power: store.layerRows % powerEvery === 0 });
  if ("error" in reply) return reply;
  const { interceptMs, r2, note, ms } = reply.result;
  if (ms <= 0) return { error: `no positive slope: ${note}` };
  const line = `intercept ${interceptMs.toPrecision(4)} ms; R² ${r2.toFixed(4)}`;
  return { ...reply.result, setup: "slope", note: note === "" ? line : `${line}; ${note}` };
}

/** The distinct nodes of a layers table; a row's `layer` is its name, or its line. */
async function readTable(path: string, args: Arguments): Promise<{ layer: string; node: Node }[]> {
  for (const option of ["networks", "dtype", "seed"]) {
    if (args.flag(option) || args.text(option) !== undefined) {
      throw new UsageError(`--${option} chooses networks, and --table has layers; leave one of them out`);
    }
  }
  const text = await Deno.readTextFile(path).catch((error: Error) => {
    throw new UsageError(`--table ${path} cannot be read: ${error.message}`);
  });
  const { rows, cells } = await parseLayersTable(text, path);
  const distinct = new Map(
    rows.map(({ node }, i) => [nodeKey(node), { layer: cells[i].layer || `row ${i + 1}`, node }]),
  );
  return [...distinct.values()];
}

async function failed(job: Job, reason: string, { store, progress }: Sweep, note: string): Promise<void> {
  progress.failed(reason);
  if (note === "") await store.fail(job, reason);
}

function dryRun(seed: number, minutes: number): void {
  const count = Math.floor(minutes * 60 / secondsOfJob);
  const list = jobs(seed);
  const lines = Array.from({ length: count }, () => jobKey(list.next().value as Job));
  print([`About ${count} networks in ${minutes} minutes, an anchor every ${anchorEvery}:`, ...lines].join("\n"));
}

if (import.meta.main) Deno.exit(await runCommand(sweepCommand, Deno.args));
