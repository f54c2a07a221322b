/**
 * `deno run -A bench/transfer.ts --data DIR`: how many rows of a new device does another device's model save?
 *
 * Times of Justus' four GPUs and willowec's two CPUs by so many of their own rows: alone, and as corrections of the analytical model
 * and of another device's. Held out by configuration, from the source too: it has seen no configuration of the new device's rows.
 *
 * @module
 */
import { datasets, readDataset, type TableRow } from "neuralpower";
import { type Arguments, type Command, print, runCommand, UsageError, userPath } from "../lib/commands/cli.ts";
import { readDeviceName } from "../lib/model/device.ts";
import { featureRanges, type FitOptions } from "../lib/model/fit.ts";
import { floorsOf, measuredRows } from "../lib/model/fit_rows.ts";
import { fitTime } from "../lib/model/layer_model.ts";
import { hardwareOf } from "../lib/model/geometry.ts";
import { learningCurve } from "../lib/model/learning_curve.ts";
import type { FittedSource, StoredSource } from "../lib/model/model.ts";
import { configurationKey } from "../lib/learn/folds.ts";
import { boostingToJson } from "../lib/learn/trees_json.ts";
import { type Column, markdownTable, percent, textTable } from "../lib/report/text_table.ts";

const command: Command = {
  name: "transfer",
  call: "deno run -A bench/transfer.ts",
  takes: "[NAME…]",
  summary: "Held-out error of time by number of rows, alone and as a correction of another device's model.",
  options: {
    data: { value: "DIR", help: "where the public sets lie (or NEURALPOWER_DATA)" },
    rows: { value: "N,…", help: "numbers of rows (20,50,150,500 by default)" },
    folds: { value: "N", help: "how many of five folds are judged (2 by default)" },
    format: { value: "FORMAT", help: "table or markdown (table by default)" },
    help: { help: "print this" },
  },
  examples: ["deno run -A bench/transfer.ts --data ../public-data", "deno run -A bench/transfer.ts willowec --folds 5"],
  run,
};

/** A kind of a new device, and the measured one whose times are corrected: the card that is nearest by year and sort. */
interface Case {
  readonly set: string;
  readonly kind: "conv" | "dense" | "pool";
  readonly file: string;
  readonly sourceFile: string;
}

const justus = (kind: "conv" | "dense", card: string, source: string): Case => ({
  ...{ set: "justus2018", kind },
  file: `${kind}_${card}.csv`,
  sourceFile: `${kind}_${source}.csv`,
});

const willowec = (kind: Case["kind"], cpu: string, source: string): Case => {
  const part = kind === "dense" ? "linear" : kind;
  return { ...{ set: "willowec", kind }, file: `${cpu}_${part}.csv`, sourceFile: `${source}_${part}.csv` };
};

const neighbours = [["V100", "P100"], ["P100", "1080TI"], ["1080TI", "P100"], ["M60", "1080TI"]] as const;
const cases: readonly Case[] = [
  ...(["conv", "dense"] as const).flatMap((kind) => neighbours.map(([card, source]) => justus(kind, card, source))),
  ...(["conv", "dense", "pool"] as const).flatMap((kind) => [
    willowec(kind, "raptorlake", "broadwell-ep"),
    willowec(kind, "broadwell-ep", "raptorlake"),
  ]),
];

/** Rows that a source is fitted on: more make it little better, and take long. */
const sourceRows = 3000;
/** Rows of the new device that are read: enough to draw from and to judge by. */
const mostRows = 3000;

async function run(args: Arguments): Promise<number> {
  const data = args.text("data") ?? Deno.env.get("NEURALPOWER_DATA");
  if (data === undefined) {
    throw new UsageError("No public sets given; say where they lie with --data DIR or NEURALPOWER_DATA");
  }
  const sizes = (args.text("rows") ?? "20,50,150,500").split(",").map(Number);
  if (!sizes.every((size) => Number.isInteger(size) && size >= 20)) {
    throw new UsageError(`--rows must be whole numbers of at least 20, got "${args.text("rows")}"`);
  }
  const folds = args.whole("folds") ?? 2;
  if (folds > 5) throw new UsageError(`--folds must be at most 5, got ${folds}`);
  const markdown = args.choice("format", ["table", "markdown"]) === "markdown";
  const chosen = cases.filter(({ set, file }) =>
    args.positional.length === 0 || args.positional.some((part) => `${set}/${file}`.includes(part))
  );
  if (chosen.length === 0) {
    throw new UsageError(
      `No case is named ${args.positional.join(" or ")}; there are ${cases.map(({ file }) => file)}`,
    );
  }
  const lines: string[][] = [];
  const sources = new Map<string, StoredSource>();
  for (const each of chosen) {
    const rows = await read(userPath(data), each.set, each.file, each.kind, mostRows);
    const key = `${each.file} ${each.sourceFile}`;
    if (!sources.has(key)) {
      const own = new Set(rows.rows.map(({ node }) => configurationKey(node)));
      const other = await read(userPath(data), each.set, each.sourceFile, each.kind, sourceRows);
      sources.set(
        key,
        fitSource({ ...other, rows: other.rows.filter(({ node }) => !own.has(configurationKey(node))) }),
      );
    }
    const source = sources.get(key)!;
    const analytical: StoredSource = { device: rows.options.specification!.name, fit: null };
    const [alone, byAnalytical, bySource] = [null, analytical, source].map((source) =>
      curve(rows, source, sizes, folds)
    );
    alone.forEach(({ rows: count, chosen }, i) =>
      lines.push([
        `${each.kind} ${rows.device}`,
        String(count),
        percent(chosen),
        percent(byAnalytical[i].transferred),
        percent(bySource[i].transferred),
        source.device,
        saved(bySource[i].transferred!, alone),
      ])
    );
    console.error(`${each.file}: done`);
  }
  print(
    `MAPE of held-out configurations (${folds} of 5 folds), every form and source chosen by inner folds of the rows: by the rows
alone, or where they may correct the analytical model or another device's; then how many rows alone do as well.
`,
  );
  print((markdown ? markdownTable : textTable)(columns, lines));
  return 0;
}

const columns: readonly Column[] = [
  { header: "time of" },
  ...["rows", "alone", "from analytical", "from a device"].map((header): Column => ({ header, align: "right" })),
  { header: "which" },
  { header: "rows alone for that", align: "right" },
];

/** Between two sizes on a line of logarithms. */
function saved(error: number, alone: readonly { readonly rows: number; readonly chosen: number }[]): string {
  const after = alone.findIndex(({ chosen }) => chosen <= error);
  if (after < 0) return `> ${alone.at(-1)!.rows}`;
  if (after === 0) return `≤ ${alone[0].rows}`;
  const [low, high] = [alone[after - 1], alone[after]];
  const share = Math.log(low.chosen / error) / Math.log(low.chosen / high.chosen);
  return String(Math.round(low.rows * (high.rows / low.rows) ** share));
}

interface Rows {
  readonly device: string;
  readonly rows: readonly TableRow[];
  readonly options: FitOptions;
  readonly callMs: number;
}

/** Forward rows of a file, every so many if there are more than `most`. */
async function read(data: string, setName: string, file: string, kind: Case["kind"], most: number): Promise<Rows> {
  const set = datasets.find(({ name }) => name === setName)!;
  const { device, rows } = await readDataset(set, await Deno.readTextFile(`${data}/${setName}/${file}`), file);
  const { specification, runtime } = readDeviceName(device);
  const hardware = hardwareOf(specification, runtime.name);
  const options: FitOptions = { rowsHoldCall: runtime.rowsHoldCall, specification, hardware };
  const forward = rows.filter(({ node, measured }) =>
    node.layer.kind === kind && node.pass === "forward" && measured.runtimeMs !== null
  );
  const step = forward.length / Math.min(most, forward.length);
  const part = Array.from({ length: Math.min(most, forward.length) }, (_, i) => forward[Math.floor(i * step)]);
  return { device, rows: part, options, callMs: floorsOf(forward, options)[kind] ?? 0 };
}

function curve({ rows, options, callMs }: Rows, source: StoredSource | null, sizes: readonly number[], folds: number) {
  const { measured } = measuredRows(rows, { ...options, sourceOf: () => source });
  // The Lasso is never the best here, and takes longest.
  return learningCurve({ rows, measured, callMs }, { sizes, folds, lasso: false });
}

/** A device's model as a file would hold it. */
function fitSource({ device, rows, options, callMs }: Rows): StoredSource {
  const { measured } = measuredRows(rows, options);
  const { base, residual } = fitTime(measured, Uint32Array.from(rows.keys()));
  const fit: FittedSource = {
    rows: rows.length,
    hardware: options.hardware!,
    ranges: featureRanges(rows, rows[0].node.layer.kind),
    callMs,
    least: Math.min(...rows.map((row) => row.measured.runtimeMs! - callMs)) / 2,
    base,
    boosted: { columns: residual.columns, trees: residual.trees.map(boostingToJson) },
  };
  return { device, fit };
}

if (import.meta.main) Deno.exit(await runCommand(command, Deno.args));
