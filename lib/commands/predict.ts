/**
 * `deno task predict`: what networks cost on a device.
 *
 * @module
 */
import type { Budgeted, Budgets, Verdict } from "../decide/budgets.ts";
import { defaultDevice, type Device, loadDevice } from "../model/device.ts";
import { compileLikely, type ModelChoice, modelChoices } from "../model/node_model.ts";
import { optimizers, type Pass, passes } from "../node.ts";
import { predict, type Prediction } from "../predict.ts";
import type { Judged } from "../report/budgets.ts";
import { json } from "../report/escapes.ts";
import type { Reported } from "../report/html/prediction.ts";
import { type Arguments, type Command, commandLine, deliver, tell, UsageError, userPath } from "./cli.ts";
import { loadTable } from "./net_file.ts";
import { loadNetworkFile, networkOptions, readNetworkOptions } from "./network_file.ts";

const formats = ["table", "json", "csv", "markdown", "html"] as const;
type Format = Exclude<(typeof formats)[number], "html">;

/** Options that set budgets. */
const budgetOptions: Readonly<Record<string, Budgeted>> = {
  "max-runtime-ms": "runtimeMs",
  "max-energy-mj": "energyMj",
  "max-power-w": "powerW",
};

/** The command. */
export const predictCommand: Command = {
  name: "predict",
  takes: "NET…",
  summary:
    "Predicts runtime, power and energy of each layer and of the whole network. NET is a .np.ts, .onnx, .prototxt or Paleo .json file, or a layers table (.csv).",
  options: {
    device: {
      value: "NAME|FILE",
      help: `a device, a card or a model file (${defaultDevice} by default); see \`deno task devices\``,
    },
    ...networkOptions,
    pass: { value: "PASS", help: "forward or training (forward by default)" },
    optimizer: { value: "NAME", help: `of a training pass: ${optimizers.join(", ")} (sgd by default)` },
    model: {
      value: "MODEL",
      help: `${modelChoices.join(", ")} (auto by default: the best by inner folds of the rows)`,
    },
    format: { value: "FORMAT", help: `${formats.join(", ")} (table by default; csv for a layers table)` },
    out: { value: "FILE", help: "write there instead of standard output" },
    "max-runtime-ms": { value: "MS", help: "budget of one call with the whole batch: ends with 3 when it is exceeded" },
    "max-energy-mj": { value: "MJ", help: "the same for its energy" },
    "max-power-w": { value: "W", help: "the same for its mean power" },
    "at-risk": { help: "budgets hold for the upper ends of the 90 % intervals, too" },
    "allow-unsupported": {
      help: "leave out layers that nothing can predict, and operators of files that are not known",
    },
    help: { help: "print this" },
  },
  examples: [
    "deno task predict nets/alexnet.np.ts",
    "deno task predict nets/resnet50.np.ts --device gtx1080ti --batch 32",
    "deno task predict nets/resnet50.np.ts --format html --out report.html",
    "deno task predict nets/resnet50.np.ts --max-runtime-ms 5 --max-energy-mj 300 --format markdown",
    "deno task predict nets/vgg16.np.ts --pass training --optimizer adam --format json",
    "deno task predict layers.csv --device raptor-lake --format csv --out predicted.csv",
  ],
  run,
};

async function run(args: Arguments): Promise<number> {
  const nets = args.positional;
  if (nets.length === 0) {
    throw new UsageError(
      "No network given; give a .np.ts, .onnx, .prototxt or Paleo .json file, or a layers table (.csv)",
    );
  }
  const format = args.choice("format", formats);
  const out = args.text("out");
  // A net file is somebody's code: without --out nothing needs the right to write.
  if (out === undefined) await Deno.permissions.revoke({ name: "write" });
  const device = await loadDevice(args.text("device") ?? defaultDevice, userPath);
  const model = args.choice("model", modelChoices) ?? "auto";

  const tables = nets.filter((net) => net.endsWith(".csv"));
  if (tables.length > 0) {
    if (nets.length > 1) throw new UsageError(`Give a layers table alone, got ${nets.length} files`);
    await deliver(await predictTable(tables[0], device, model, args, format), out);
    return 0;
  }
  const pass = args.choice("pass", passes.filter((pass) => pass !== "backward"));
  const optimizer = args.choice("optimizer", optimizers);
  if (optimizer !== undefined && pass !== "training") throw new UsageError("--optimizer goes with --pass training");
  const allowUnsupported = args.flag("allow-unsupported");
  const budgets = readBudgets(args);
  const verdictsBy = await judgeBy(budgets, args.flag("at-risk"));
  const loadOptions = readNetworkOptions(args);
  const reported: Reported[] = [];
  for (const net of nets) {
    const loading = loadNetworkFile(net, loadOptions);
    if (reported.length === 0) useWait(loading, device, model, pass);
    const network = await loading;
    const prediction = predict(network, device, { pass, optimizer, model, allowUnsupported });
    reported.push({ network, prediction, verdicts: verdictsBy(prediction) });
  }
  if (format === "html") {
    const { predictionHtml } = await import("../report/html/prediction.ts");
    await deliver(await predictionHtml(reported, device, commandLine(Deno.args)), out);
  } else await deliver(await report(reported, format ?? "table", out === undefined), out);
  return await tellBroken(reported);
}

/** A net file's process takes a while to start: meanwhile what will be needed after it is made ready. */
function useWait(loading: Promise<unknown>, device: Device, model: ModelChoice, pass?: Pass): void {
  // Its error is told where it is awaited.
  loading.catch(() => {});
  void import("../report/prediction.ts");
  compileLikely(device, model, pass);
}

/** Judges are needed only where there is something to judge by. */
async function judgeBy(budgets: Budgets, atRisk: boolean): Promise<(prediction: Prediction) => Verdict[]> {
  if (Object.keys(budgets).length === 0) return () => [];
  const { judge } = await import("../decide/budgets.ts");
  return (prediction) => judge(prediction, budgets, { atRisk });
}

/** The budgets that are given. */
function readBudgets(args: Arguments): Budgets {
  const given = Object.entries(budgetOptions).flatMap(([option, target]) => {
    const most = args.above0(option);
    return most === undefined ? [] : [[target, most] as const];
  });
  if (given.length === 0 && args.flag("at-risk")) {
    throw new UsageError(`--at-risk goes with a budget: ${Object.keys(budgetOptions).map((o) => `--${o}`).join(", ")}`);
  }
  return Object.fromEntries(given);
}

/** Tells of each budget that is not met. Returns the exit status. */
async function tellBroken(judged: readonly Judged[]): Promise<number> {
  if (!judged.some(({ verdicts }) => verdicts.some(({ outcome }) => outcome !== "met"))) return 0;
  const { budgetLines } = await import("../report/budgets.ts");
  for (const line of budgetLines(judged)) tell(line);
  return 3;
}

async function report(judged: readonly Judged[], format: Format, toScreen: boolean): Promise<string> {
  const predictions = judged.map(({ prediction }) => prediction);
  if (format === "json") return json(predictions.length === 1 ? predictions[0] : predictions);
  const { predictionCsv, predictionMarkdown, predictionText } = await import("../report/prediction.ts");
  if (format === "csv") return await predictionCsv(predictions);
  if (format === "markdown") {
    const gate = judged.some(({ verdicts }) => verdicts.length > 0);
    const budgets = gate ? [(await import("../report/budgets.ts")).budgetsMarkdown(judged)] : [];
    return [...budgets, ...predictions.map(predictionMarkdown)].join("\n");
  }
  const colour = toScreen && Deno.stdout.isTerminal() && !Deno.noColor;
  return predictions.map((prediction) => predictionText(prediction, { colour })).join("\n");
}

async function predictTable(
  file: string,
  device: Device,
  model: ModelChoice,
  args: Arguments,
  format?: Format | "html",
): Promise<string> {
  for (const option of [...Object.keys(networkOptions), "pass", "optimizer"]) {
    if (args.text(option) !== undefined) {
      throw new UsageError(`--${option} does not go with a layers table: its rows have their own`);
    }
  }
  const budget = [...Object.keys(budgetOptions), "at-risk"].find((option) => args.text(option) || args.flag(option));
  if (budget !== undefined) {
    throw new UsageError(`--${budget} does not go with a layers table: budgets are a whole network's`);
  }
  if (format !== undefined && format !== "csv" && format !== "json") {
    throw new UsageError(`A layers table is predicted as csv or json, got --format ${format}`);
  }
  const { predictRows } = await import("../predict_table.ts");
  const { header, rows } = predictRows(await loadTable(file), device, model, args.flag("allow-unsupported"));
  if (format === "json") return json(rows);
  const { formatCsv } = await import("../table.ts");
  return await formatCsv(header, rows);
}
