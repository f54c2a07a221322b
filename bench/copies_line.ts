/**
 * Times models of 1, 2, 4 … copies of a layer on this machine's CPU, for a look at the line that `slope.ts` takes its slope from:
 * `deno run -A bench/copies_line.ts < TABLE.csv` takes a layers table's first row and prints what `lib/charts/copies.ts` draws as JSON.
 *
 * @module
 */
import { parseLayersTable } from "neuralpower";
import type { Tensor } from "onnxruntime-node";
import type { CopiesLike } from "../lib/charts/copies.ts";
import { fitSlope } from "./slope_fit.ts";
import { CopiesSession, nodeTitle } from "./slope_session.ts";

const copies = [1, 2, 4, 8, 16];
const trialCount = 3, windowMs = 20;

if (import.meta.main) {
  const text = await new Response(Deno.stdin.readable).text();
  const [{ node }] = (await parseLayersTable(text, "standard input")).rows;
  const tensors = new Map<string, Tensor>();
  const sessions: CopiesSession[] = [];
  for (const count of copies) sessions.push(await CopiesSession.open(node, count, { provider: "cpu" }, tensors));
  const trials: number[][] = [];
  for (let trial = 0; trial < trialCount; trial++) {
    const times: number[] = [];
    for (const session of sessions) times.push(await session.windowAfterOthers(windowMs));
    trials.push(times);
  }
  for (const session of sessions) await session.release();
  const line: CopiesLike = { layer: nodeTitle(node), copies, trials, fit: fitSlope(copies, trials) };
  console.log(JSON.stringify(line));
}
