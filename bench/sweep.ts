/**
 * `deno run -A bench/sweep.ts`: measures this machine's device. Networks of the zoo and random ones run on ONNX Runtime; each gives its
 * own runtime and the time of every node that is executed in it. In between, layers of every kind are measured by themselves.
 *
 * Which set-up gives a layer the time that it has in a network? What the layers' sum missed the network by, on a shared Xeon with two
 * cores at batch 1 (`bench/setups.ts` repeats it anywhere; the profile's share is the profiler's own few µs a node, which
 * `profile_network.ts` takes off):
 *
 * | network          | its run, ms | its profile | spoiled copies | copies, slope | copies, no optimisation |
 * |------------------|------------:|------------:|---------------:|--------------:|------------------------:|
 * | alexnet          |       13.09 |      +1.1 % |         +5.0 % |       +33.3 % |                 +45.4 % |
 * | squeezenet1_1@128|        1.42 |      +6.7 % |        +36.0 % |        +8.1 % |                  +128 % |
 * | mobilenet_v2@128 |        1.45 |     +14.3 % |        +77.9 % |        +119 % |                  +297 % |
 * | googlenet@128    |        5.07 |      +8.2 % |        +17.5 % |       +69.2 % |                 +96.9 % |
 * | resnet50@128     |       14.55 |      +2.1 % |         −5.6 % |       +21.5 % |                 +78.2 % |
 * | resnet18@128     |        5.44 |      +0.3 % |        +13.2 % |       +52.3 % |                  +182 % |
 *
 * On an NVIDIA H200 the slope of copies, there the only way, missed networks at batches 32 and 128 by 3.3 % on average: a GPU's layers
 * find little of their data in its caches either way. Networks whose layers take no longer than their launches take as long as their
 * layers in the quickest of three processes, and up to half as long again in the slowest (`data/h200-ort/networks.csv`).
 *
 * Layers by themselves, the configurations between the networks' (`configurations.ts`) and the rows of a `--table`, are measured on the
 * CPU by copies with spoiled caches (`spoiled.ts`), elsewhere by the slope of copies. Rows say their set-up in the column `setup`.
 *
 * @module
 */
import {
  type Arguments,
  type Command,
  commandLine,
  print,
  runCommand,
  UsageError,
  userPath,
} from "../lib/commands/cli.ts";
import { readDeviceName } from "../lib/model/device.ts";
import { parseLayersTable } from "neuralpower";
import { type Dtype, dtypes } from "neuralpower/dsl";
import type { Configuration } from "./configurations.ts";
import { copiesMemoryMiB, defaultFolder, describeDevice, deviceSlug, writeDeviceFile } from "./device_file.ts";
import { anchor, jobKey } from "./jobs.ts";
import { measureAll, measureLayer, type Setup, setups, type Sweep } from "./measuring.ts";
import { type Provider, providers } from "./ort/session.ts";
import { type DetectedMeter, detectMeter } from "./power/detect.ts";
import { idlePower } from "./power/idle.ts";
import { LOAD_MS, SHORT_LOAD_MS } from "./power/window.ts";
import { Progress } from "./progress.ts";
import { chooseProvider } from "./providers.ts";
import { Runner } from "./runner.ts";
import { cudaLibraryPath } from "./setup_cuda.ts";
import { nodeTitle } from "./slope_session.ts";
import { nodeKey, Store } from "./store.ts";
import { summary } from "./sweep_summary.ts";
import { type MeasureInto, sweepInVisits } from "./visits.ts";
import { work, type WorkOptions } from "./work.ts";

/** With --networks. */
const networkBatches = [1, 8, 32, 128];

/** The command. */
export const sweepCommand: Command = {
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
    networks: {
      help: `only whole networks, at batches ${networkBatches.join(", ")} as far as a CPU's run takes seconds`,
    },
    dtype: { value: "TYPE", help: `${dtypes.join(" or ")} (float32 by default)` },
    minutes: {
      value: "M",
      help: "how long to measure (30 by default); later visits take as long as the first one's list does",
    },
    "power-every": {
      value: "N",
      help: "read the power of one layer in N that is measured by itself as a slope (3 by default)",
    },
    "power-ms": {
      value: "MS",
      help:
        `how long a load runs while its power is read (${LOAD_MS} by default; from ${SHORT_LOAD_MS} where a counter tells energy)`,
    },
    layers: { value: "N", help: "stop after so many layer rows" },
    visits: {
      value: "N",
      help:
        "measure everything N times, minutes apart, and keep the medians: for a machine that others use (1 by default)",
    },
    seed: { value: "S", help: "another seed measures other random networks (1 by default)" },
    resume: { help: "continue what is in the folder" },
    "dry-run": { help: "list what would run first, and measure nothing" },
    help: { help: "print this" },
  },
  examples: [
    "deno run -A bench/sweep.ts --minutes 5",
    "deno run -A bench/sweep.ts --resume",
    "deno run -A bench/sweep.ts --minutes 80 --visits 4",
    "deno run -A bench/sweep.ts --provider cuda",
    "deno run -A bench/sweep.ts --table LAYERS.csv --out data/mine",
  ],
  run,
};

/** What hangs on a GPU is a fault: nothing that is measured takes so long. */
const gpuWorker = { timeoutMs: 60_000 };
/** One process launches a GPU's kernels up to a quarter faster than the next (`data/h200-ort/anchor_by_process.csv`). */
const gpuProcesses = 3;

/** Seen on a CPU of two cores and on an NVIDIA H200, all that belongs to a piece of work included, s. Only for `--dry-run`. */
const secondsOf = { cpu: { network: 4, layer: 0.7 }, gpu: { network: 5, layer: 1.6 } };

async function run(args: Arguments): Promise<number> {
  const wanted = args.choice("provider", ["auto", ...providers]) ?? "auto";
  const minutes = args.whole("minutes") ?? 30;
  const mostLayers = args.whole("layers") ?? Infinity;
  const visits = args.whole("visits") ?? 1;
  const seed = args.whole("seed") ?? 1;
  const powerEvery = args.whole("power-every") ?? 3;
  const powerMs = args.whole("power-ms") ?? LOAD_MS;
  if (powerMs < SHORT_LOAD_MS) {
    throw new UsageError(`--power-ms ${powerMs} is too short; give ${SHORT_LOAD_MS} or more`);
  }
  const path = args.text("table");
  const table = path === undefined ? null : await readTable(userPath(path), args);
  if (table !== null && args.flag("dry-run")) {
    print(table.map(({ name, node }) => `${name}: ${nodeTitle(node)}`).join("\n"));
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
  const networksOnly = args.flag("networks");
  const { setup, setupAlone, dtype } = chosenSetups(args, provider, table !== null);
  const device = await describeDevice(provider);
  const wantedWork: WorkOptions = { device, dtype, batches: networksOnly ? networkBatches : undefined };
  if (args.flag("dry-run")) {
    print(await dryRun(seed, wantedWork, minutes / visits));
    return 0;
  }
  const out = args.text("out");
  const folder = out === undefined ? defaultFolder(deviceSlug(device), args.flag("resume")) : userPath(out);
  if (args.flag("resume")) refuseOtherDevice(folder, deviceSlug(device));
  const env: Record<string, string> = provider === "cuda" ? { LD_LIBRARY_PATH: await cudaLibraryPath() } : {};
  let detected: DetectedMeter | undefined;

  /** Measures into a folder, until a limit or the end of the work. */
  const measureInto: MeasureInto = async (folder, { minutes, pieces = Infinity, resume }) => {
    const store = await Store.open(folder, resume);
    const runners = Array.from(
      { length: provider === "cpu" ? 1 : gpuProcesses },
      (_, i) => new Runner({ folder: `${store.workFolder}/${i}`, ...provider === "cpu" ? {} : gpuWorker, env }),
    );
    if (detected === undefined) {
      detected = await detectMeter(provider === "cpu" ? "cpu" : "gpu");
      for (const warning of detected.warnings) console.error(`! ${warning}`);
    }
    const { meter, sources } = detected;
    const before = await idlePower(meter);
    const described = { seed, setup, setupAlone, powerSources: sources };
    const progress = new Progress(minutes * 60_000);
    const sweep: Sweep = {
      runtime: readDeviceName(deviceSlug(device)).runtime,
      ...{ store, runners, progress, provider, setup, setupAlone, networksOnly, powerEvery, powerMs },
      memoryMiB: copiesMemoryMiB(device),
      isOver: () => interrupted || progress.isOver || store.layerRows >= mostLayers || store.pieces >= pieces,
    };
    try {
      await writeDeviceFile(folder, device, { ...described, idleWatts: { before, after: null }, noiseFloor: null });
      for (const layer of table ?? []) {
        if (sweep.isOver()) break;
        if (!store.doneNodes.has(nodeKey(layer.node))) await measureLayer(layer, sweep);
      }
      if (table === null) await measureAll(work(seed, wantedWork), sweep, dtype);
      for (const runner of runners) await runner.close();
      progress.end();
      const { text, noiseFloor } = await summary(folder);
      const after = await idlePower(meter);
      await writeDeviceFile(folder, device, { ...described, idleWatts: { before, after }, noiseFloor });
      return { text, pieces: store.pieces, interrupted };
    } finally {
      for (const runner of runners) runner.kill();
      store.close();
    }
  };
  try {
    const resume = args.flag("resume");
    const { text } = visits === 1
      ? await measureInto(folder, { minutes, resume })
      : await sweepInVisits(folder, { visits, minutes, resume }, measureInto);
    print(text);
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
  }
  if (interrupted) {
    const again = [...forwarded(args, ["resume", "out"]), "--resume", "--out", folder];
    console.error(`Continue with: ${commandLine(again, "deno run -A bench/sweep.ts")}`);
  }
  return interrupted ? 130 : 0;
}

/** What was given but for some options, for a process that sweeps in this one's place. */
export function forwarded(args: Arguments, except: readonly string[]): string[] {
  return Object.entries(sweepCommand.options).filter(([name]) => !except.includes(name)).flatMap(
    ([name, { value }]) => {
      const text = args.text(name);
      if (value === undefined) return args.flag(name) ? [`--${name}`] : [];
      return text === undefined ? [] : [`--${name}=${name === "table" ? userPath(text) : text}`];
    },
  );
}

/** Rows of two devices in one folder would be fitted as one's. */
function refuseOtherDevice(folder: string, name: string): void {
  let measured: unknown;
  try {
    measured = JSON.parse(Deno.readTextFileSync(`${folder}/device.json`)).device;
  } catch {
    // Nothing was measured there yet.
    return;
  }
  if (measured === name) return;
  throw new UsageError(`--resume: ${folder} was measured on ${measured}, and this is ${name}; give another folder`);
}

/** How layers are timed, and in which number format; what does not go together is refused. */
function chosenSetups(args: Arguments, provider: Provider, isTable: boolean) {
  const cpuSetup: Setup = isTable ? "spoiled_copies" : "profile";
  const setup = args.choice("setup", setups) ?? (provider === "cpu" ? cpuSetup : "slope");
  if (setup !== "slope" && provider !== "cpu") {
    throw new UsageError(
      `--setup ${setup} is for the CPU provider: on ${provider} the profile sees launches only; use --setup slope`,
    );
  }
  if (setup !== "slope" && setup !== cpuSetup) {
    throw new UsageError(`--setup ${setup} ${isTable ? "goes with --table" : "times networks"}; use ${cpuSetup}`);
  }
  const dtype = args.choice<Dtype>("dtype", dtypes);
  if (dtype === "float16" && setup === "profile" && !args.flag("networks")) {
    throw new UsageError(
      "--dtype float16 runs with casts on the CPU, which its profile does not tell from the layers; use --setup slope or --networks",
    );
  }
  return { setup, setupAlone: setup === "slope" ? setup : "spoiled_copies" as const, dtype };
}

/** The distinct nodes of a layers table; a row's `layer` is its name, or its number. */
async function readTable(path: string, args: Arguments): Promise<Configuration[]> {
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
    rows.map(({ node }, i) => [nodeKey(node), { name: cells[i].layer || `row ${i + 1}`, node }]),
  );
  return [...distinct.values()];
}

/** What would run first, and about how long it would take. */
async function dryRun(seed: number, wanted: WorkOptions, minutes: number): Promise<string> {
  const lines: string[] = [];
  const each = secondsOf[wanted.device.provider === "cpu" ? "cpu" : "gpu"];
  let networks = 0, seconds = 0;
  for await (const piece of work(seed, wanted)) {
    seconds += "job" in piece ? each.network : each.layer;
    if (seconds > minutes * 60) break;
    networks += Number("job" in piece);
    lines.push(
      "job" in piece ? jobKey(piece.job) : `  ${piece.node.layer.kind}: ${nodeTitle(piece.node)} (${piece.name})`,
    );
  }
  const layers = networks < lines.length ? ` and ${lines.length - networks} layers by themselves` : "";
  const first = `About ${networks} networks${layers} in ${minutes} minutes, ${jobKey(anchor)} again every minute:`;
  return [first, ...lines].join("\n");
}

if (import.meta.main) Deno.exit(await runCommand(sweepCommand, Deno.args));
