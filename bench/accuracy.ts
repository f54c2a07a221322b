/**
 * `deno task bench:accuracy --data DIR [NAME…]`: held-out errors on public measurements, ours beside the paper's Lasso, the Lasso with
 * weights 1/y² and plain boosting. Five folds by configuration, by the functions and settings that make the shipped files; rows of
 * one configuration never stand on both sides. Cases run two at a time; with names, those whose name has one of them. With `--ablation`
 * it tells instead what each part of the model buys.
 *
 * @module
 */
import { type Arguments, type Command, print, runCommand, UsageError, userPath } from "../lib/commands/cli.ts";
import { type Column, markdownTable, percent, textTable } from "../lib/report/text_table.ts";
import { type Case, cases } from "./accuracy_cases.ts";
import type { Answer, Task } from "./accuracy_worker.ts";

const command: Command = {
  name: "bench:accuracy",
  takes: "[NAME…]",
  summary: "Held-out errors on public measurements, ours beside the paper's Lasso and plain boosting.",
  options: {
    data: { value: "DIR", help: "where the public sets lie (or NEURALPOWER_DATA)" },
    format: { value: "FORMAT", help: "table or markdown (table by default)" },
    ablation: { help: "what each part of the model buys instead, on two cases unless named" },
    help: { help: "print this" },
  },
  examples: [
    "deno task bench:accuracy --data ../public-data",
    "deno task bench:accuracy willowec --format markdown",
    "deno task bench:accuracy --ablation",
  ],
  run,
};

const threads = 2;
/** Cases of an ablation. */
const ablated = ["Justus conv 1080TI", "willowec conv broadwell-ep"];

async function run(args: Arguments): Promise<number> {
  const format = args.choice("format", ["table", "markdown"]) ?? "table";
  const data = args.text("data") ?? Deno.env.get("NEURALPOWER_DATA");
  if (data === undefined) {
    throw new UsageError("No public sets given; say where they lie with --data DIR or NEURALPOWER_DATA");
  }
  const ablation = args.flag("ablation");
  const asked = ablation && args.positional.length === 0 ? ablated : args.positional;
  const names = asked.map((name) => name.toLowerCase());
  // What a part buys is told of one device's model.
  const known = ablation ? cases.filter(({ pooled }) => pooled === undefined) : cases;
  const chosen = known.filter(({ name }) =>
    names.length === 0 || names.some((part) => name.toLowerCase().includes(part))
  );
  if (chosen.length === 0) {
    throw new UsageError(
      `No case is named ${args.positional.join(" or ")}; there are ${known.map(({ name }) => name).join(", ")}`,
    );
  }
  const begin = performance.now();
  const answers = await answerAll(chosen, userPath(data), ablation);
  const table = format === "markdown" ? markdownTable : textTable;
  print(ablation ? ablationText(chosen, answers, table) : accuracyText(chosen, answers, table));
  print(`\n${Math.round((performance.now() - begin) / 1000)} s on ${threads} threads`);
  return 0;
}

type TableText = typeof textTable;

function accuracyText(chosen: readonly Case[], answers: readonly Answer[], table: TableText): string {
  const rows = chosen.flatMap((each, i) =>
    answers[i].lines.map((line): string[] => {
      const { paper, relative, plain, base, boosted } = line.mape;
      return [
        ...[each.name, line.target, String(line.rows)],
        ...[paper, relative, plain, base, boosted].map((share) => percent(share, 2)),
        ...[percent(line.goal, 2), line.goal === null ? "" : boosted! <= line.goal ? "yes" : "no"],
        ...[line.rmspe, line.medianApe, line.within10, line.coverage90, line.worstBin90].map((share) => percent(share)),
      ];
    })
  );
  return `MAPE of held-out configurations (5 folds). Paper: Lasso on polynomials; relative: the same with weights 1/y²; boosting:
trees of the logarithm on plain features; base: physical terms at fitted rates; ours: the base with its boosted residual. Of ours
too: RMSPE, median and share of errors within 10 %, what 90 % intervals hold, and the least of five bins by size.

${table(columns, rows)}`;
}

function ablationText(chosen: readonly Case[], answers: readonly Answer[], table: TableText): string {
  const rows = chosen.flatMap((each, i) =>
    answers[i].ablated.map(({ without, base, boosted }) => [each.name, without, percent(base, 2), percent(boosted, 2)])
  );
  const headers = ["rows of", "without", "base", "ours"].map((header, i): Column => ({
    header,
    align: i < 2 ? "left" : "right",
  }));
  return `MAPE of time of held-out configurations (5 folds, one ensemble) where a part of the model is left out.

${table(headers, rows)}`;
}

const columns: readonly Column[] = [
  { header: "rows of" },
  { header: "target" },
  ...["rows", "paper", "relative", "boosting", "base", "ours", "goal"].map((header): Column => ({
    header,
    align: "right",
  })),
  { header: "met" },
  ...["RMSPE", "median", "within 10 %", "in 90 %", "worst bin"].map((header): Column => ({ header, align: "right" })),
];

/** Cases in turn on each of the threads. */
async function answerAll(chosen: readonly Case[], data: string, ablation: boolean): Promise<Answer[]> {
  const answers: Answer[] = [];
  let next = 0, done = 0;
  const work = async () => {
    const worker = new Worker(new URL("./accuracy_worker.ts", import.meta.url), { type: "module" });
    while (next < chosen.length) {
      const index = next++;
      const answer = await new Promise<Answer>((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<Answer>) => resolve(data);
        worker.onerror = (event) => {
          event.preventDefault();
          reject(new Error(`${chosen[index].name}: ${event.message}`));
        };
        worker.postMessage({ index, each: chosen[index], data, ablation } satisfies Task);
      });
      answers[index] = answer;
      console.error(`${++done} of ${chosen.length}: ${chosen[index].name}, ${answer.seconds.toFixed(0)} s`);
    }
    worker.terminate();
  };
  await Promise.all(Array.from({ length: Math.min(threads, chosen.length) }, work));
  return answers;
}

if (import.meta.main) Deno.exit(await runCommand(command, Deno.args));
