/**
 * `deno task fit`: fits a device's models to measurements and prints their held-out errors.
 *
 * @module
 */
import { type Dataset, datasets, readDataset } from "../datasets/mod.ts";
import { deviceOf, readDeviceName } from "../model/device.ts";
import { fitDevice, type FitOptions } from "../model/fit.ts";
import { hardwareOf } from "../model/geometry.ts";
import { fittedModel } from "../model/fitted_model.ts";
import type { Source } from "../model/model.ts";
import { modelText } from "../model/model_text.ts";
import { parseLayersTable, type TableRow } from "../table.ts";
import { type Arguments, type Command, print, projectPath, UsageError, userPath, writeWhole } from "./cli.ts";
import { heldSources, printLearningCurves, readSource, sourcesText } from "./fit_few.ts";
import { checkCount, type NetworkBeside, networksBeside, withNetworks } from "./fit_networks.ts";
import { readText } from "./net_file.ts";

/** The command. */
export const fitCommand: Command = {
  name: "fit",
  takes: "DIR|TABLE.csv…",
  summary:
    "Fits runtime, power and energy models to measured layers and prints their errors on held-out configurations.",
  options: {
    format: {
      value: "SET",
      help:
        `the files' form: table (by default), coefficients (NeuralPower's own, taken as they are), or a public set: ${
          datasets.map(({ name }) => name).join(", ")
        }`,
    },
    device: {
      value: "NAME",
      help: "the device's name: CARD-RUNTIME (by default the set's, the folder's or the file's)",
    },
    data: {
      value: "DIR",
      help: "where the public sets lie, for paths that are not found otherwise (or NEURALPOWER_DATA)",
    },
    from: {
      value: "DEVICE",
      help:
        "few rows: correct this device's models (a name or a file), the nearest's, or the data sheet's (analytical)",
    },
    "learning-curve": { help: "print the held-out error by number of rows too" },
    "calibrate-with": {
      value: "K",
      help: "fit the sum's constants to K of the networks that were measured beside the layers, not to all",
    },
    out: { value: "FILE", help: "the model file (models/ and the folder's or the device's name by default)" },
    help: { help: "print this" },
  },
  examples: [
    "deno task fit data/my-gpu",
    "deno task fit layers.csv --device v100-tensorrt --out my.json",
    "deno task fit --format neuralpower run.log --device gtx-titan-x-tf1",
    "deno task fit --format coefficients coeff_conv.txt coeff_fc.txt coeff_pool.txt --device gtx-titan-x-tf1",
    "deno task fit --format willowec willowec/raptorlake_conv.csv willowec/raptorlake_pool.csv --data ../public-data",
  ],
  run,
};

interface ReadFile {
  readonly device: string;
  readonly rows: readonly TableRow[];
  readonly source: Source;
  /** Networks that were measured whole beside the layers. */
  readonly networks: readonly NetworkBeside[];
}

async function run(args: Arguments): Promise<number> {
  if (args.positional.length === 0) {
    throw new UsageError("No measurements given; give a folder with a layers.csv, or layers tables (.csv)");
  }
  if (args.text("format") === "coefficients") return await takeCoefficients(args);
  const set = findSet(args.text("format") ?? "table");
  const dataFolder = args.text("data") ?? Deno.env.get("NEURALPOWER_DATA");
  const named = args.text("device")?.toLowerCase();
  const files: ReadFile[] = [];
  for (const path of args.positional) files.push(await readMeasurements(path, set, dataFolder, named));
  const devices = [...new Set(files.map(({ device }) => device))];
  const device = checkedName(named ?? devices[0].toLowerCase());
  const out = args.text("out");
  const file = `models/${named === undefined ? folderName(args.positional) ?? device : device}.json`;
  const path = out === undefined ? projectPath(file) : userPath(out);
  await checkFolder(path, out);
  if (args.text("device") === undefined && devices.length > 1) {
    throw new UsageError(
      `The files are of ${devices.length} devices (${devices.join(", ")}); fit one at a time, or name it with --device`,
    );
  }
  const { specification, runtime } = readDeviceName(device);
  const from = args.text("from");
  const rows = files.flatMap((file) => file.rows);
  const networks = files.flatMap((file) => file.networks);
  const calibrateWith = args.whole("calibrate-with");
  checkCount(networks, calibrateWith);
  const options: FitOptions = {
    rowsHoldCall: runtime.rowsHoldCall,
    specification,
    hardware: hardwareOf(specification, runtime.name),
    sourceOf: await readSource(from, device, specification, rows),
  };
  const fitted = fitDevice(rows, {
    ...options,
    onProgress: (what) => Deno.stderr.isTerminal() && console.error(`fitting ${what}`),
  });
  const { fits, tooFew } = fitted;
  if (fits.length === 0) {
    throw new RangeError(`There is nothing to fit: ${tooFew.join("; ") || "no row has a runtime_ms"}`);
  }
  const layers = fittedModel(device, fitted, {
    command: commandLine(args, set),
    sources: [...files.map(({ source }) => source), ...from === undefined ? [] : heldSources(fits, from)],
  });
  const model = await withNetworks(layers, networks, fitted, calibrateWith);
  await writeWhole(path, modelText(model));
  const { countsText, fitText } = await import("../report/fit.ts");
  print(
    countsText(files.map(({ source }) => source), tooFew, set?.conversions ?? []) + "\n" + fitText(deviceOf(model)),
  );
  if (from !== undefined) print(sourcesText(fits, from));
  if (args.flag("learning-curve")) await printLearningCurves(rows, options, from);
  print(`Wrote ${out ?? file}`);
  return 0;
}

/** The name of a folder that is fitted by itself: a second sweep of a device does not overwrite the first one's model. */
function folderName(paths: readonly string[]): string | null {
  const name = paths.length === 1 ? paths[0].replace(/[/\\]+$/, "").split(/[/\\]/).at(-1)!.toLowerCase() : "";
  return /^[a-z0-9][a-z0-9_-]*$/.test(name) ? name : null;
}

/** A model of NeuralPower's own coefficients: nothing is fitted. */
async function takeCoefficients(args: Arguments): Promise<number> {
  const other = ["from", "calibrate-with", "data"].find((name) => args.text(name) !== undefined) ??
    (args.flag("learning-curve") ? "learning-curve" : undefined);
  if (other !== undefined) {
    throw new UsageError(`--${other} does not go with --format coefficients, which fits nothing; leave it out`);
  }
  const { coefficientFits, readCoefficients } = await import("../model/coefficients.ts");
  const device = checkedName(args.text("device")?.toLowerCase() ?? "");
  const out = args.text("out");
  const path = out === undefined ? projectPath(`models/${device}.json`) : userPath(out);
  await checkFolder(path, out);
  const files: { path: string; read: ReturnType<typeof readCoefficients> }[] = [];
  for (const path of args.positional) files.push({ path, read: readCoefficients(await readText(path), path) });
  const { specification, runtime } = readDeviceName(device);
  const model = fittedModel(device, { fits: coefficientFits(files, hardwareOf(specification, runtime.name)) }, {
    command: `deno task fit --format coefficients ${args.positional.join(" ")} --device ${device}`,
    sources: args.positional.map((path) => (
      { set: "NeuralPower's coefficients", file: path.split(/[/\\]/).at(-1)!, rows: 0, counted: {} }
    )),
  });
  const { fitText } = await import("../report/fit.ts");
  await writeWhole(path, modelText(model));
  print(fitText(deviceOf(model)));
  print(`Wrote ${out ?? `models/${device}.json`}`);
  return 0;
}

function checkedName(device: string): string {
  if (/^[a-z0-9][a-z0-9.-]*$/.test(device)) return device;
  throw new UsageError(
    `A device's name is made of letters, digits, dots and hyphens, got "${device}"; name it with --device`,
  );
}

function findSet(name: string): Dataset | null {
  if (name === "table") return null;
  const set = datasets.find((set) => set.name === name);
  if (set === undefined) {
    throw new UsageError(
      `--format must be one of table, coefficients, ${datasets.map(({ name }) => name).join(", ")}, got "${name}"`,
    );
  }
  return set;
}

async function readMeasurements(
  path: string,
  set: Dataset | null,
  dataFolder: string | undefined,
  named: string | undefined,
): Promise<ReadFile> {
  const found = await locate(path, dataFolder);
  const file = path.split(/[/\\]/).at(-1)!;
  if (set !== null) {
    const { device, rows, read, counted } = await readDataset(set, await readText(found), path, named);
    const source = { set: `${set.repository} ${set.commit} (${set.licence})`, file, rows: read, counted };
    return { device, rows, source, networks: [] };
  }
  const table = await parseLayersTable(await readText(found), path);
  const { rows } = table;
  const name = await deviceOfFolder(found) ?? file.replace(/\.csv$/, "");
  const untimed = rows.filter(({ measured }) => measured.runtimeMs === null).length;
  return {
    device: name,
    rows,
    networks: await networksBeside(userPath(found), table),
    source: {
      set: "layers table",
      file: found.split(/[/\\]/).at(-1)!,
      rows: rows.length,
      counted: untimed > 0 ? { "no runtime_ms": untimed } : {},
    },
  };
}

/** Fitting takes a while: where the file cannot be written is told before. */
async function checkFolder(path: string, shown: string | undefined): Promise<void> {
  const folder = path.replace(/[/\\]?[^/\\]*$/, "") || ".";
  const stat = await Deno.stat(folder).catch(() => null);
  if (!stat?.isDirectory) throw new UsageError(`--out ${shown ?? path}: there is no folder ${folder}; make it first`);
}

/** A swept folder's `device.json` says what was measured; without one the folder's name does. */
async function deviceOfFolder(path: string): Promise<string | null> {
  const [, folder, name] = /^(.*?([^/\\]+))[/\\]layers\.csv$/.exec(path) ?? [];
  if (folder === undefined) return null;
  const text = await Deno.readTextFile(userPath(`${folder}/device.json`)).catch(() => null);
  if (text === null) return name;
  try {
    const { device } = JSON.parse(text);
    if (typeof device === "string") return device;
  } catch {
    // Told below.
  }
  throw new UsageError(`${folder}/device.json: does not name its device; name it with --device`);
}

/** The file itself, a folder's `layers.csv`, or either below the folder of public sets. */
async function locate(path: string, dataFolder: string | undefined): Promise<string> {
  const candidates = [path, ...dataFolder === undefined ? [] : [`${dataFolder}/${path}`]];
  for (const candidate of candidates) {
    const stat = await Deno.stat(userPath(candidate)).catch(() => null);
    if (stat?.isDirectory) return `${candidate.replace(/[/\\]+$/, "")}/layers.csv`;
    if (stat?.isFile) return candidate;
  }
  return path;
}

/** How to make the file again, with the public sets' folder left to the reader. */
function commandLine(args: Arguments, set: Dataset | null): string {
  const [device, from] = ["device", "from"].map((name) => args.text(name));
  const parts = [
    ...set === null ? [] : ["--format", set.name],
    ...args.positional.map((path) => set === null ? path : `${set.name}/${path.split(/[/\\]/).at(-1)}`),
    ...device === undefined ? [] : ["--device", device],
    ...from === undefined ? [] : ["--from", from],
    ...args.text("calibrate-with") === undefined ? [] : ["--calibrate-with", args.text("calibrate-with")!],
    ...set === null ? [] : ["--data", "DIR"],
  ];
  return `deno task fit ${parts.join(" ")}`;
}
