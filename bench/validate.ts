/**
 * `deno task validate`: measured networks against predictions by models that have seen nothing of them.
 *
 * Networks are held out by name in five folds, all batches and image sizes of one together: the models of a fold are fitted on the
 * layers of the other networks alone.
 *
 * @module
 */
import {
  deviceOf,
  errors,
  fitDevice,
  type ModelFile,
  modelVersion,
  predict,
  type Prediction,
  type TableRow,
} from "neuralpower";
import { networkCost } from "neuralpower/dsl";
import { type Arguments, type Command, print, runCommand, UsageError, userPath } from "../lib/commands/cli.ts";
import { foldsByGroup } from "../lib/learn/folds.ts";
import { median } from "../lib/learn/metrics.ts";
import { readDeviceName } from "../lib/model/device.ts";
import { hardwareOf } from "../lib/model/geometry.ts";
import { number, percent, textTable } from "../lib/report/text_table.ts";
import { parseCsv, parseLayersTable } from "../lib/table.ts";
import { jobNetwork } from "./jobs.ts";

const command: Command = {
  name: "validate",
  takes: "[DIR]",
  summary:
    "Predicts the networks of a swept folder by models that were fitted on the layers of the other networks alone.",
  options: {
    device: { value: "NAME", help: "the folder data/NAME (the first of data/ by default)" },
    all: { help: "list random networks too, not only the zoo's" },
    help: { help: "print this" },
  },
  examples: [
    "deno task validate",
    "deno task validate --device amd-epyc-2core-ort-cpu",
    "deno task validate my-folder --all",
  ],
  run,
};

interface MeasuredNetwork {
  readonly name: string;
  readonly source: string;
  readonly batch: number;
  readonly image: number | null;
  readonly runtimeMs: number;
  /** The sum of its measured layers, ms; null where they were not measured inside it. */
  readonly layersMs: number | null;
  /** The same with what was taken off them for the profiler. */
  readonly profiledMs: number | null;
  readonly rows: readonly TableRow[];
}

const folds = 5;

async function run(args: Arguments): Promise<number> {
  if (args.positional.length > 1) throw new UsageError(`Give one swept folder, got ${args.positional.length}`);
  const folder = args.positional.length === 1 ? userPath(args.positional[0]) : measuredFolder(args.text("device"));
  const { device } = JSON.parse(await Deno.readTextFile(`${folder}/device.json`));
  const networks = await readNetworks(folder);
  const fold = foldsByGroup(networks.map(({ name }) => name), folds);
  const predictions: Prediction[] = [];
  const byMacs: number[] = [];
  for (let held = 0; held < folds; held++) {
    if (Deno.stderr.isTerminal()) console.error(`fold ${held + 1} of ${folds}`);
    const training = networks.filter((_, i) => fold[i] !== held);
    const model = fittedOn(training, device);
    const perMac = median(
      await Promise.all(training.map(async (network) => network.runtimeMs / (await costOf(network)).macs)),
    );
    for (const [i, network] of networks.entries()) {
      if (fold[i] !== held) continue;
      predictions[i] = predict(await jobNetwork({ ...network, dtype: "float32" }), deviceOf(model), {
        allowUnsupported: true,
      });
      byMacs[i] = perMac * (await costOf(network)).macs;
    }
  }
  print(report(networks, predictions, byMacs, args.flag("all")));
  return 0;
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

async function costOf({ source, batch, image }: MeasuredNetwork) {
  return networkCost(await jobNetwork({ source, batch, image, dtype: "float32" }));
}

async function readNetworks(folder: string): Promise<MeasuredNetwork[]> {
  const read = async (name: string) => await Deno.readTextFile(`${folder}/${name}`);
  const layers = await parseLayersTable(await read("layers.csv"), "layers.csv");
  const rowsOf = Map.groupBy(layers.rows.keys(), (row) => layers.cells[row].source);
  const { records } = await parseCsv(await read("networks.csv"), "networks.csv");
  return records.filter(({ cells }) => !cells.note.endsWith(" anchor")).map(({ cells }) => {
    const rows = (rowsOf.get(cells.note.split(" ")[0]) ?? []).map((row) => layers.rows[row]);
    const layersMs = rows.length === 0 ? null : rows.reduce((sum, { measured }) => sum + measured.runtimeMs!, 0);
    return {
      name: cells.network,
      source: cells.source,
      batch: Number(cells.batch),
      image: cells.image === "" ? null : Number(cells.image),
      runtimeMs: Number(cells.runtime_ms),
      layersMs,
      profiledMs: layersMs === null ? null : layersMs + Number(cells.profiler_ms) * Number(cells.nodes),
      rows,
    };
  });
}

function fittedOn(networks: readonly MeasuredNetwork[], device: string): ModelFile {
  const { specification, runtime } = readDeviceName(device);
  const { fits } = fitDevice(networks.flatMap(({ rows }) => rows), {
    rowsHoldCall: runtime.rowsHoldCall,
    specification,
    hardware: hardwareOf(specification, runtime.name),
  });
  return {
    format: "neuralpower-model",
    version: modelVersion,
    device,
    specification: specification?.name ?? null,
    runtime: runtime.name,
    command: "deno task validate",
    sources: [],
    fits,
  };
}

function report(
  networks: readonly MeasuredNetwork[],
  predictions: readonly Prediction[],
  byMacs: readonly number[],
  all: boolean,
): string {
  const shown = networks.map((network, i) => ({ ...network, prediction: predictions[i] })).filter(({ source }) =>
    all || source.startsWith("nets/")
  );
  const rows = shown.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : a.batch - b.batch).map((
    { name, batch, image, runtimeMs, prediction: { total } },
  ) => [
    ...[name, String(batch), image === null ? "" : String(image), number(runtimeMs), number(total.runtimeMs)],
    total.runtimeMsLow === null || total.runtimeMsHigh === null
      ? ""
      : `${number(total.runtimeMsLow)} … ${number(total.runtimeMsHigh)}`,
    percent(total.runtimeMs! / runtimeMs - 1),
    total.partial ? "partial" : "",
  ]);
  const measured = networks.map(({ runtimeMs }) => runtimeMs);
  const line = (name: string, predicted: readonly number[]) => {
    const { mape, rmspe, medianApe, within10 } = errors(measured, predicted);
    return [
      name,
      percent(mape),
      percent(rmspe),
      percent(medianApe),
      percent(within10),
      spearman(measured, predicted).toFixed(3),
    ];
  };
  const within =
    predictions.filter(({ total }, i) => total.runtimeMsLow! <= measured[i] && measured[i] <= total.runtimeMsHigh!)
      .length;
  const right = "right" as const;
  return [
    textTable(
      [
        { header: "network" },
        { header: "batch", align: right },
        { header: "image", align: right },
        { header: "measured ms", align: right },
        { header: "predicted ms", align: right },
        { header: "90 %", align: right },
        { header: "error", align: right },
        { header: "" },
      ],
      rows,
    ),
    "",
    `All ${networks.length} networks, held out by name:`,
    textTable(
      [
        { header: "prediction" },
        ...["MAPE", "RMSPE", "median", "within 10 %", "Spearman"].map((header) => ({ header, align: right })),
      ],
      [
        line("layers, as predicted", predictions.map(({ total }) => total.runtimeMs!)),
        line("multiply-adds alone", byMacs),
      ],
    ),
    `${percent(within / networks.length)} lie in their 90 % interval`,
    "",
    ...[1, 8].flatMap((batch) =>
      sums(
        networks.filter((network) =>
          network.source.startsWith("nets/") && network.batch === batch && network.image === null
        ),
        batch,
      )
    ),
  ].join("\n");
}

/** Before any model: how far the layers that were measured inside a network are from adding up to it. */
function sums(networks: readonly MeasuredNetwork[], batch: number): string[] {
  const off = networks.flatMap(({ runtimeMs, profiledMs }) =>
    profiledMs === null ? [] : [Math.abs(profiledMs / runtimeMs - 1)]
  );
  if (off.length === 0) return [];
  const mean = off.reduce((sum, share) => sum + share, 0) / off.length;
  return [
    `Measured layers of the zoo at batch ${batch} and its own image size, as the profiler gave them, add up to their ${off.length} networks but for ${
      percent(mean)
    } (mean)`,
  ];
}

/** The correlation of ranks. */
function spearman(a: readonly number[], b: readonly number[]): number {
  const ranks = (values: readonly number[]) => {
    const order = [...values.keys()].sort((i, j) => values[i] - values[j]);
    const rank: number[] = [];
    order.forEach((index, place) => rank[index] = place);
    return rank;
  };
  const [x, y] = [ranks(a), ranks(b)];
  const squares = x.reduce((sum, rank, i) => sum + (rank - y[i]) ** 2, 0);
  return 1 - 6 * squares / (a.length * (a.length ** 2 - 1));
}

if (import.meta.main) Deno.exit(await runCommand(command, Deno.args));
