/**
 * `deno task compare`: networks × devices × batches in one table, or two versions of a network layer by layer.
 *
 * @module
 */
import { type Combination, ranked, type SortKey, sortKeys } from "../decide/comparison.ts";
import { fronts, type Weighed } from "../decide/front.ts";
import { defaultDevice, loadDevice } from "../model/device.ts";
import { modelChoices } from "../model/node_model.ts";
import { optimizers, passes } from "../node.ts";
import { predict, type Prediction, type PredictOptions } from "../predict.ts";
import { json } from "../report/escapes.ts";
import { plain } from "../report/text_table.ts";
import { readChartFile, writeChart } from "./chart_file.ts";
import { type Arguments, type Command, deliver, UsageError, userPath } from "./cli.ts";
import { type Case, loadFor, predictAll } from "./compare_cases.ts";
import { networkOptions } from "./network_file.ts";

const formats = ["table", "json", "csv", "markdown"] as const;
const weighs = Object.keys(fronts) as Weighed[];
const sorts = Object.keys(sortKeys) as SortKey[];

/** What goes with a table of combinations alone. */
const tableOptions = ["sort", "accuracy", "chart", "weigh"];

/** The command. */
export const compareCommand: Command = {
  name: "compare",
  takes: "NET…",
  summary: "Compares networks × devices × batches, best first; or two versions of a network layer by layer.",
  options: {
    device: { value: "NAME,…", help: `devices, cards or model files (${defaultDevice} by default)` },
    ...networkOptions,
    batch: { value: "N,…", help: "images at once (each network's own by default)" },
    pass: { value: "PASS", help: "forward or training (forward by default)" },
    optimizer: { value: "NAME", help: `of a training pass: ${optimizers.join(", ")} (sgd by default)` },
    model: {
      value: "MODEL",
      help: `${modelChoices.join(", ")} (auto by default: the best by inner folds of the rows)`,
    },
    sort: { value: "KEY", help: `least first by ${sorts.join(", ")} (${sorts[0]} by default)` },
    accuracy: { value: "NAME=0.76,…", help: "networks' accuracies, beside the published ones of nets/" },
    layers: { help: "what two versions of one network differ in, layer by layer: OLD NEW" },
    chart: { value: "FILE.svg", help: "draw it, too: by batch where there are several, else the front of --weigh" },
    weigh: { value: "WHAT", help: `what the chart's front weighs: ${weighs.join(", ")} (${weighs[0]} by default)` },
    format: { value: "FORMAT", help: `${formats.join(", ")} (table by default)` },
    out: { value: "FILE", help: "write there instead of standard output" },
    "allow-unsupported": {
      help: "leave out layers that nothing can predict, and operators of files that are not known",
    },
    help: { help: "print this" },
  },
  examples: [
    "deno task compare nets/resnet50.np.ts nets/mobilenet_v2.np.ts --device v100,h200 --batch 1,8,32",
    "deno task compare nets/*.np.ts --batch 8 --sort m2 --chart front.svg --weigh runtime-error",
    "deno task compare mine.np.ts nets/resnet18.np.ts --accuracy mine=0.71 --sort energy",
    "deno task compare old.np.ts new.np.ts --layers --batch 8",
  ],
  run,
};

async function run(args: Arguments): Promise<number> {
  const files = [...new Set(args.positional)];
  if (files.length === 0) throw new UsageError("No network given; give .np.ts, .onnx, .prototxt or .json files");
  const format = args.choice("format", formats) ?? "table";
  const [out, chart] = [args.text("out"), readChartFile(args.text("chart"))];
  // A net file is somebody's code: without a file to write nothing needs the right to.
  if (out === undefined && chart === undefined) await Deno.permissions.revoke({ name: "write" });
  const pass = args.choice("pass", passes.filter((pass) => pass !== "backward"));
  const options: PredictOptions = {
    pass,
    optimizer: args.choice("optimizer", optimizers),
    model: args.choice("model", modelChoices),
    allowUnsupported: args.flag("allow-unsupported"),
  };
  if (options.optimizer !== undefined && pass !== "training") {
    throw new UsageError("--optimizer goes with --pass training");
  }
  const sort = args.choice("sort", sorts);
  const weighed = args.choice("weigh", weighs);
  if (weighed !== undefined && chart === undefined) throw new UsageError("--weigh goes with --chart FILE.svg");
  const accuracies = readAccuracies(args);
  if (accuracies.size > 0 && pass === "training") {
    throw new UsageError(
      "--accuracy does not go with --pass training: energy and error are weighed for the forward pass",
    );
  }
  const batches = args.wholes("batch");
  const devices = await Promise.all(
    (args.text("device") === undefined ? [defaultDevice] : args.list("device")).map((name) =>
      loadDevice(name, userPath)
    ),
  );

  if (args.flag("layers")) {
    const wrong = tableOptions.find((option) => args.text(option) !== undefined);
    if (wrong !== undefined) throw new UsageError(`--${wrong} does not go with --layers`);
    if (files.length !== 2 || devices.length !== 1 || batches.length > 1) {
      throw new UsageError("--layers compares two networks, OLD NEW, on one device at one batch");
    }
    const [old, fresh] = [await loadFor(files[0], args, batches[0]), await loadFor(files[1], args, batches[0])]
      .map((network) => predict(network, devices[0], options));
    await deliver(await layersReport([files[0], files[1]], old, fresh, format), out);
    return 0;
  }

  const cases = await predictAll(files, devices, batches, args, options, accuracies);
  const rows = ranked(cases.map(({ row }) => row), sort);
  const failed = rows.filter((row) => row.failed !== null).length;
  // Before anything is printed: a chart may be refused.
  const drawn = chart === undefined ? null : { path: chart, spec: await chartOf(cases, rows, weighed) };
  await deliver(await report(rows, format), out);
  if (failed > 0) {
    console.error(`${failed} of ${rows.length} combinations could not be predicted; each has its reason in its row`);
  }
  if (drawn !== null) await writeChart(drawn.spec, drawn.path);
  return failed === rows.length ? 1 : 0;
}

/** `NAME=0.76,…` */
function readAccuracies(args: Arguments): Map<string, number> {
  return new Map(
    args.list("accuracy").map((text) => {
      const end = text.lastIndexOf("=");
      const [name, share] = [text.slice(0, Math.max(end, 0)), text.slice(end + 1)];
      const accuracy = share.trim() === "" ? NaN : Number(share);
      if (name === "" || !(accuracy >= 0 && accuracy <= 1)) {
        throw new UsageError(`--accuracy must be written as NAME=0.76 with a share between 0 and 1, got "${text}"`);
      }
      return [name, accuracy];
    }),
  );
}

async function report(rows: readonly Combination[], format: (typeof formats)[number]): Promise<string> {
  if (format === "json") return json(rows);
  const { comparisonCsv, comparisonMarkdown, comparisonText } = await import("../report/comparison.ts");
  if (format === "csv") return await comparisonCsv(rows);
  return format === "markdown" ? comparisonMarkdown(rows) : comparisonText(rows);
}

async function layersReport(
  files: readonly [string, string],
  old: Prediction,
  fresh: Prediction,
  format: (typeof formats)[number],
): Promise<string> {
  const { layerDifferences } = await import("../decide/layer_differences.ts");
  const reports = await import("../report/layer_differences.ts");
  const versions = { files, old, new: fresh, differences: layerDifferences(old, fresh) };
  if (format === "json") return reports.layerDifferencesJson(versions);
  if (format === "csv") return await reports.layerDifferencesCsv(versions);
  return reports.layerDifferencesText(versions, format);
}

/** A sweep where there are several batches and no front is asked for, else the front. */
async function chartOf(cases: readonly Case[], rows: readonly Combination[], weighed: Weighed | undefined) {
  const { batchSweep, choiceFront } = await import("../charts/choices.ts");
  const several = (of: (row: Combination) => unknown) => new Set(rows.map(of)).size > 1;
  const batches = several(({ batch }) => batch), devices = several(({ device }) => device);
  if (batches && weighed === undefined) {
    return batchSweep(
      cases.flatMap(({ row: { network }, prediction }) =>
        prediction ? [{ ...prediction, network: plain(network) }] : []
      ),
    );
  }
  const choices = rows.filter(({ failed, partial }) => failed === null && !partial).map((row) => ({
    name: plain(row.network) + (devices ? ` on ${row.device}` : "") + (batches ? `, batch ${row.batch}` : ""),
    ...{ error: row.error, energyMj: row.energyPerImageMj, runtimeMs: row.runtimePerImageMs },
  }));
  const [across, up] = fronts[weighed ?? "energy-error"];
  if (choices.some((choice) => choice[across] !== null && choice[up] !== null)) return choiceFront(choices, weighed);
  throw new UsageError(
    weighed === "runtime-energy"
      ? "--chart needs networks whose energy is known"
      : "--chart needs several batches, or networks whose accuracy and energy are known: see --accuracy",
  );
}
