/**
 * `deno task validate`: measured networks against predictions by models that have seen nothing of them; this project's own sweeps
 * (`validate_folder.ts`) and public sets of networks (`validate_set.ts`).
 *
 * @module
 */
import { loadDevice, type NetworkSet, networkSets, shippedDevices } from "neuralpower";
import {
  type Arguments,
  type Command,
  commandLine,
  deliver,
  print,
  runCommand,
  UsageError,
  userPath,
} from "../lib/commands/cli.ts";
import { readText } from "../lib/commands/net_file.ts";
import { type ValidatedNetwork, type Validation, validationText } from "../lib/report/validation.ts";
import { validateFolder } from "./validate_folder.ts";
import { validateSet } from "./validate_set.ts";

/** Sets whose networks can be built. */
const sets = networkSets.filter(({ name }) => name === "ecnas" || name === "help");
const setNames = sets.map(({ name }) => name).join(", ");

const command: Command = {
  name: "validate",
  takes: "[DIR | --format SET FILE]",
  summary:
    "Predicts measured networks by models that have seen nothing of them, beside Paleo, the raw sum of layers and multiply-adds alone.",
  options: {
    device: { value: "NAME", help: "the folder data/NAME (the first of data/ by default), or the set's device" },
    format: {
      value: "SET|html",
      help: `a public set of networks instead of a swept folder: ${setNames}; or html, a page (--out)`,
    },
    out: { value: "FILE", help: "write a page of it (HTML), too" },
    batch: { value: "N", help: "which batch of a set that has several" },
    "calibrate-with": {
      value: "K",
      help: "how many measured networks the sum is calibrated on; of a set several: 10,20,50,200 (by default)",
    },
    draws: { value: "N", help: "how often a set's networks are drawn anew (10 by default)" },
    folds: { value: "N", help: "folds of a swept folder (5 by default)" },
    all: { help: "list random networks and a set's, too, not only the zoo's" },
    help: { help: "print this" },
  },
  examples: [
    "deno task validate",
    "deno task validate --device amd-epyc-2core-ort-cpu",
    "deno task validate --out report.html",
    "deno task validate my-folder --all --calibrate-with 50",
    "deno task validate --format ecnas ../public-data/ecnas/ecnas_4epoch_runs.csv --calibrate-with 50,200",
    "deno task validate --format ecnas ecnas_4epoch_runs.csv --out ecnas.html",
    "deno task validate --format help nasbench201_latency_ms.csv --device gtx1080ti-pytorch --batch 32",
  ],
  run,
};

async function run(args: Arguments): Promise<number> {
  if (args.positional.length > 1) throw new UsageError(`Give one folder or file, got ${args.positional.length}`);
  const wanted = args.choice("format", [...sets.map(({ name }) => name), "html"]);
  const out = args.text("out");
  if (wanted === "html" && out === undefined) throw new UsageError("--format html needs --out FILE");
  const set = sets.find(({ name }) => name === wanted);
  const misplaced = (set === undefined ? ["batch", "draws"] : ["folds"]).find((name) => args.text(name) !== undefined);
  if (misplaced !== undefined) {
    throw new UsageError(`--${misplaced} is for ${set === undefined ? "sets: give --format, too" : "swept folders"}`);
  }
  const validation = await (set === undefined ? ofFolder(args) : ofSet(set, args));
  const isListed = ({ name }: ValidatedNetwork) => args.flag("all") || set === undefined && !name.startsWith("random-");
  print(validationText(validation, validation.networks.filter(isListed)));
  if (out !== undefined) await writePage(validation, out);
  return 0;
}

async function ofFolder(args: Arguments): Promise<Validation> {
  const counts = calibrationCounts(args);
  if ((counts?.length ?? 0) > 1) throw new UsageError("--calibrate-with takes one number for a swept folder");
  const folder = args.positional.length === 1 ? userPath(args.positional[0]) : measuredFolder(args.text("device"));
  const folds = args.whole("folds") ?? 5;
  if (folds < 2) throw new UsageError("--folds must be at least 2, got 1");
  return await validateFolder(folder, { folds, calibrateWith: counts?.[0], onProgress });
}

async function ofSet(set: NetworkSet, args: Arguments): Promise<Validation> {
  const [path] = args.positional;
  if (path === undefined) throw new UsageError(`--format ${set.name} needs the set's file`);
  const device = args.text("device");
  if (device !== undefined && !set.devices.includes(device)) {
    throw new UsageError(`--device must be one of ${set.devices.join(", ")}, got "${device}"`);
  }
  const options = { device, batch: args.whole("batch"), draws: args.whole("draws") ?? 10, onProgress };
  const calibrateWith = calibrationCounts(args) ?? [10, 20, 50, 200];
  return await validateSet(set, await readText(path), path, { ...options, calibrateWith });
}

function onProgress(what: string): void {
  if (Deno.stderr.isTerminal()) console.error(what);
}

async function writePage(validation: Validation, out: string): Promise<void> {
  const { validationHtml } = await import("../lib/report/html/validation.ts");
  const fitted = (await shippedDevices()).includes(validation.device) ? await loadDevice(validation.device) : null;
  await deliver(await validationHtml(validation, fitted, commandLine(["validate", ...Deno.args])), out);
}

/** Fewer networks than folds cannot be cross-validated. */
function calibrationCounts(args: Arguments): number[] | undefined {
  return args.text("calibrate-with")?.split(",").map((text) => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= 5) return value;
    throw new UsageError(`--calibrate-with must be whole numbers of at least 5, got "${text}"`);
  });
}

/** A folder of this project's own measurements. */
function measuredFolder(device: string | undefined): string {
  const data = decodeURIComponent(new URL("../data", import.meta.url).pathname);
  const names = [...Deno.readDirSync(data)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();
  const found = device === undefined
    ? names[0]
    : names.find((name) => name === device || name.startsWith(`${device}-`));
  if (found === undefined) {
    throw new UsageError(`No measured networks of "${device}"; data/ has ${names.join(", ") || "none"}`);
  }
  return `${data}/${found}`;
}

if (import.meta.main) Deno.exit(await runCommand(command, Deno.args));
