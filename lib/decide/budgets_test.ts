import { assert, assertEquals } from "@std/assert";
import { network } from "neuralpower/dsl";
import { loadDevice } from "../model/device.ts";
import { predict, type Prediction } from "../predict.ts";
import { budgetLines, budgetsMarkdown } from "../report/budgets.ts";
import { type Budgets, judge, type JudgeOptions } from "./budgets.ts";

const net = network("net", { image: [3, 16, 16], batch: 4 }, (x) => x.conv(8, { kernel: 3 }).flatten().dense(10));
const real = predict(net.build(), await loadDevice("v100-tf1"));
// Round figures: each layer 1 ms at 100 W, each interval half as much again.
const layer = { ...real.layers[0], runtimeMs: 1, powerW: 100, powerWHigh: 150, energyMj: 100 };
const total = {
  ...real.total,
  overheadMs: 0,
  runtimeMs: 2,
  runtimeMsHigh: 3,
  powerW: 100,
  energyMj: 200,
  energyMjHigh: 450,
};
const prediction: Prediction = { ...real, layers: [layer, layer], total };

const outcomes = (budgets: Budgets, options?: JudgeOptions, given = prediction) =>
  judge(given, budgets, options).map(({ target, outcome }) => `${target} ${outcome}`);

Deno.test("a budget is met up to itself, and exceeded above", () => {
  assertEquals(outcomes({ runtimeMs: 2, energyMj: 199.9, powerW: 100 }), [
    "runtimeMs met",
    "energyMj exceeded",
    "powerW met",
  ]);
  assertEquals(outcomes({ powerW: 99 }), ["powerW exceeded"]);
});

Deno.test("at risk is what only the interval's upper end exceeds", () => {
  const budgets = { runtimeMs: 2.9, energyMj: 450, powerW: 149 };
  assertEquals(outcomes(budgets), ["runtimeMs met", "energyMj met", "powerW met"]);
  assertEquals(outcomes(budgets, { atRisk: true }), ["runtimeMs at risk", "energyMj met", "powerW at risk"]);
  assertEquals(outcomes({ powerW: 150 }, { atRisk: true }), ["powerW met"]);
});

Deno.test("what is not known meets no budget", () => {
  const unknown = { ...prediction, total: { ...total, powerW: null, energyMj: null, energyMjHigh: null } };
  assertEquals(outcomes({ energyMj: 1e9, powerW: 1e9 }, {}, unknown), ["energyMj unknown", "powerW unknown"]);
  const unsure = { ...prediction, layers: [layer, { ...layer, powerWHigh: null }] };
  assertEquals(outcomes({ powerW: 1e9 }, { atRisk: true }, unsure), ["powerW no interval"]);
  const partial = { ...prediction, total: { ...total, partial: true } };
  assertEquals(outcomes({ runtimeMs: 9, energyMj: 100, powerW: 50 }, {}, partial), [
    "runtimeMs partial",
    "energyMj exceeded",
    "powerW partial",
  ]);
});

Deno.test("a layer that runs nothing needs no power, and the call's idling counts as itself", () => {
  const free = { ...layer, runtimeMs: 0, powerW: null, powerWHigh: null };
  // 2 ms at 100 W and a call of 2 ms at 20 W: 60 W, and 25 W more at most.
  const called = { ...prediction, layers: [layer, free, layer], total: { ...total, runtimeMs: 4, powerW: 60 } };
  assertEquals(judge(called, { powerW: 100 })[0].high, 85);
});

Deno.test("each broken budget is a line: which, predicted, budget, by how much", () => {
  const judged = (budgets: Budgets, options?: JudgeOptions) => [
    { prediction, verdicts: judge(prediction, budgets, options) },
  ];
  assertEquals(budgetLines(judged({ runtimeMs: 1.6, energyMj: 200 })), [
    "net on v100-tf1, batch 4: its runtime of 2.00 ms exceeds the budget of 1.6 ms by 0.400 ms (25.0 %)",
  ]);
  assertEquals(budgetLines(judged({ runtimeMs: 2 }, { atRisk: true })), [
    "net on v100-tf1, batch 4: its runtime of 2.00 ms may exceed the budget of 2 ms: the 90 % interval ends at 3.00 ms, 1.00 ms (50.0 %) above it",
  ]);
  const markdown = budgetsMarkdown(judged({ runtimeMs: 1.6, energyMj: 200 }));
  assert(markdown.startsWith("### Budgets: 1 of 2 broken\n"), markdown);
  assert(
    markdown.includes(
      "| net on v100-tf1, batch 4 | runtime | **exceeded by 0.400 ms (25.0 %)** | 1.6 ms | 2.00 ms | 3.00 ms |",
    ),
    markdown,
  );
  // The energy's budget is met, and its interval ends at 450 mJ.
  assert(markdown.includes("| energy | met, at risk by 250 mJ (125.0 %) | 200 mJ | 200 mJ | 450 mJ |"), markdown);
});
