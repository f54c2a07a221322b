/**
 * How budgets fared: a line for each that is broken, and Markdown for a summary in continuous integration.
 *
 * @module
 */
import { budgeted, type Outcome, type Verdict } from "../decide/budgets.ts";
import type { Prediction } from "../predict.ts";
import { type Column, markdownTable, number, percent, plain } from "./text_table.ts";

/** A prediction and how its budgets fared. */
export interface Judged {
  readonly prediction: Prediction;
  readonly verdicts: readonly Verdict[];
}

/** What a line says after the prediction's name; `met` is told nowhere. */
const sentences: Readonly<Record<Exclude<Outcome, "met">, (verdict: Verdict) => string>> = {
  exceeded: (verdict) => `its ${figure(verdict)} exceeds ${budget(verdict)} by ${above(verdict, verdict.predicted)}`,
  "at risk": (verdict) =>
    `its ${figure(verdict)} may exceed ${budget(verdict)}: the 90 % interval ends at ${
      withUnit(verdict, verdict.high)
    }, ${above(verdict, verdict.high)} above it`,
  unknown: (verdict) => `its ${budgeted[verdict.target].name} is not known, so ${budget(verdict)} counts as not met`,
  partial: (verdict) =>
    `its ${figure(verdict)} is without layers that nothing predicts, so ${budget(verdict)} counts as not met`,
  "no interval": (verdict) =>
    `how far off its ${figure(verdict)} may be is not known, so ${budget(verdict)} counts as at risk`,
};

/** A line for each budget that is not met. */
export function budgetLines(judged: readonly Judged[]): string[] {
  return judged.flatMap(({ prediction, verdicts }) =>
    verdicts.flatMap((verdict) =>
      verdict.outcome === "met" ? [] : [`${named(prediction)}: ${sentences[verdict.outcome](verdict)}`]
    )
  );
}

/** All budgets: a table's columns and rows, the first cell of which network it is, the third how it fared. */
export function budgetsTable(judged: readonly Judged[]): [Column[], string[][]] {
  const right = ["budget", "predicted", "90 % end"].map((header): Column => ({ header, align: "right" }));
  return [
    [{ header: "network" }, { header: "what" }, { header: "result" }, ...right],
    judged.flatMap(({ prediction, verdicts }) =>
      verdicts.map((verdict) => [
        named(prediction),
        budgeted[verdict.target].name,
        result(verdict),
        `${verdict.budget} ${budgeted[verdict.target].unit}`,
        withUnit(verdict, verdict.predicted),
        withUnit(verdict, verdict.high),
      ])
    ),
  ];
}

/** How they fared together: `met`, or how many are broken. */
export function budgetsResult(judged: readonly Judged[]): string {
  const all = judged.flatMap(({ verdicts }) => verdicts);
  const broken = all.filter(({ outcome }) => outcome !== "met").length;
  return broken === 0 ? "met" : `${broken} of ${all.length} broken`;
}

/** All budgets as Markdown, the result on top. */
export function budgetsMarkdown(judged: readonly Judged[]): string {
  const [columns, rows] = budgetsTable(judged);
  const outcomes = judged.flatMap(({ verdicts }) => verdicts.map(({ outcome }) => outcome));
  const marked = rows.map((cells, i) => cells.with(2, outcomes[i] === "met" ? cells[2] : `**${cells[2]}**`));
  return [`### Budgets: ${budgetsResult(judged)}`, "", markdownTable(columns, marked), ""].join("\n");
}

/** What the interval's end exceeds is at risk, whether the budget is to hold for it or not. */
export function standing({ outcome, budget, high }: Verdict): "met" | "at-risk" | "broken" {
  if (outcome === "at risk" || outcome === "met" && high !== null && high > budget) return "at-risk";
  return outcome === "met" ? "met" : "broken";
}

function result(verdict: Verdict): string {
  const { outcome, predicted, high } = verdict;
  if (outcome === "met") return standing(verdict) === "met" ? "met" : `met, at risk by ${above(verdict, high)}`;
  const by = outcome === "exceeded" ? predicted : outcome === "at risk" ? high : null;
  return by === null ? outcome : `${outcome} by ${above(verdict, by)}`;
}

function named({ network, device, batch }: Prediction): string {
  return `${plain(network)} on ${device}, batch ${batch}`;
}

function figure(verdict: Verdict): string {
  return `${budgeted[verdict.target].name} of ${withUnit(verdict, verdict.predicted)}`;
}

function budget({ target, budget }: Verdict): string {
  return `the budget of ${budget} ${budgeted[target].unit}`;
}

function above(verdict: Verdict, value: number | null): string {
  const { budget } = verdict;
  return `${withUnit(verdict, value! - budget)} (${percent(value! / budget - 1)})`;
}

function withUnit({ target }: Verdict, value: number | null): string {
  return value === null ? "–" : `${number(value)} ${budgeted[target].unit}`;
}
