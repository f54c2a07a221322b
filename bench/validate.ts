/**
 * `deno task validate`: measured networks against predictions by models that have seen nothing of them; this project's own sweeps
 * (`validate_folder.ts`) and public sets of networks (`validate_set.ts`).
 *
 * @module
 */
import { loadDevice, networkSets, shippedDevices } from "neuralpower";
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
import type { Validation } from "../lib/report/device_validation.ts";
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
      help: `a public set of networks instead of a swept folder: ${setNames}; or html: a page of the folder, too`,
    },
    out: { value: "FILE", help: "where to write the page (--format html)" },
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
    "deno task validate --format html --out report.html",
    "deno task validate my-folder --all --calibrate-with 50",
    "deno task validate --format ecnas ../shared/data/ecnas/ecnas_4epoch_runs.csv --calibrate-with 50,200",
    "deno task validate --format help nasbench201_latency_ms.csv --device gtx1080ti-pytorch --batch 32",
  ],
  run,
};

async function run(args: Arguments): Promise<number> {
  if (args.positional.length > 1) throw new UsageError(`Give one folder or file, got ${args.positional.length}`);
  const onProgress = (what: string) => Deno.stderr.isTerminal() && console.error(what);
  const counts = args.text("calibrate-with")?.split(",").map(wholeCount);
  const wanted = args.choice("format", [...sets.map(({ name }) => name), "html"]);
  const format = wanted === "html" ? undefined : wanted;
  const out = args.text("out");
  if ((wanted === "html") !== (out !== undefined)) throw new UsageError("--format html and --out FILE go together");
  const all = args.flag("all");
  const misplaced = (format === undefined ? ["batch", "draws"] : ["folds"]).find((name) =>
    args.text(name) !== undefined
  );
  if (misplaced !== undefined) {
    throw new UsageError(
      `--${misplaced} is for ${format === undefined ? "sets: give --format, too" : "swept folders"}`,
    );
  }
  if (format === undefined) {
    if ((counts?.length ?? 0) > 1) throw new UsageError("--calibrate-with takes one number for a swept folder");
    const folder = args.positional.length === 1 ? userPath(args.positional[0]) : measuredFolder(args.text("device"));
    const folds = args.whole("folds") ?? 5;
    if (folds < 2) throw new UsageError("--folds must be at least 2, got 1");
    const { text, validation } = await validateFolder(folder, { folds, calibrateWith: counts?.[0], all, onProgress });
    print(text);
    if (out !== undefined) await writePage(validation, out);
    return 0;
  }
  const set = sets.find(({ name }) => name === format)!;
  const [path] = args.positional;
  if (path === undefined) throw new UsageError(`--format ${format} needs the set's file`);
  const device = args.text("device");
  if (device !== undefined && !set.devices.includes(device)) {
    throw new UsageError(`--device must be one of ${set.devices.join(", ")}, got "${device}"`);
  }
  const options = { device, batch: args.whole("batch"), draws: args.whole("draws") ?? 10, all, onProgress };
  const calibrateWith = counts ?? [10, 20, 50, 200];
  print(await validateSet(set, await readText(path), path, { ...options, calibrateWith }));
  return 0;
}

async function writePage(validation: Validation, out: string): Promise<void> {
  const { validationHtml } = await import("../lib/report/html/validation.ts");
  const fitted = (await shippedDevices()).includes(validation.device) ? await loadDevice(validation.device) : null;
  await deliver(await validationHtml(validation, fitted, commandLine(["validate", ...Deno.args])), out);
}

/** Fewer networks than folds cannot be cross-validated. */
function wholeCount(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 5) return value;
  throw new UsageError(`--calibrate-with must be whole numbers of at least 5, got "${text}"`);
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
