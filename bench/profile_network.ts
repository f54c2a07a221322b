/**
 * Measures a network on ONNX Runtime's CPU provider with default session options: its runtime, and each executed node's time inside it.
 *
 * Two sessions run in turn, a plain one and one under the runtime's profiler, so that a machine that slows down slows both; in blocks
 * of several runs, for a session's threads spin for a while after a run, and take the cores from the other session's (resnet50 on two
 * cores: 20 ms alone, 42 ms when each run of one follows a run of the other). In each trial the quieter half of the plain runs and of
 * each node's counts: on a shared machine disturbances only ever add. A figure is the median of the trials, its spread their standard
 * deviation; trials that disagree are repeated.
 *
 * @module
 */
import type { Network } from "neuralpower/dsl";
import type { Node } from "neuralpower";
import { writeOnnxFile } from "../lib/commands/export.ts";
import { readExecutedPlan } from "./ort/executed_plan.ts";
import { readGraphNodes } from "./ort/optimized_graph.ts";
import { takeProfile } from "./ort/profile.ts";
import { openSession, randomTensor, type SessionOptions } from "./ort/session.ts";
import type { PowerMeter } from "./power/meter.ts";
import { LOAD_MS } from "./power/window.ts";
import { sessionPower } from "./slope_power.ts";
import { repeatTrials, runsFor, type Timing, timingOf, warmUp } from "./trials.ts";

/** One executed node's time inside the network. */
export interface NodeTiming extends Timing {
  /** The layer that does the work. */
  readonly name: string;
  readonly node: Node;
  readonly covers: readonly string[];
}

/** A network's measurement. */
export interface NetworkTiming extends Timing {
  readonly trials: number;
  /** Of one run, what is no layer's: views, scheduling, the call; 0 where the nodes' own times take it all. */
  readonly overheadMs: number;
  /** What the profiler added to a layer and was taken off it, ms: their mean, for a layer may be several of the runtime's nodes. */
  readonly profilerMs: number;
  readonly nodes: readonly NodeTiming[];
  /** Mean power while it runs back to back, W; null without a meter or when unreadable. A node's cannot be told from the others'. */
  readonly powerW: number | null;
  readonly powerWSpread: number | null;
  readonly note: string;
}

/** More than this, the profiler has not been seen to add to a node; the rest is a disturbance between the runs. */
const mostProfilerMs = 0.006;
/** No node is taken to be the profiler's for more than nine tenths. */
const leastShare = 0.1;
/** After this the threads of a session that has run have stopped spinning. */
const spinMs = 20;

function notProfiled(node: string): never {
  throw new Error(`The runtime's profile has no node ${node}, which its optimised graph has`);
}

/**
 * Measures a network.
 *
 * @param folder A folder for its model and profiles; they are removed.
 * @param meter Reads the processor's power; none by default.
 * @param powerMs How long to run for the power.
 */
export async function profileNetwork(
  network: Network,
  folder: string,
  meter: PowerMeter | null = null,
  powerMs = LOAD_MS,
): Promise<NetworkTiming> {
  const [model, optimized] = [`${folder}/model.onnx`, `${folder}/optimized.onnx`];
  // A network that fails, as for want of memory, must not take any from the next.
  await using sessions = new AsyncDisposableStack();
  const open = async (options: Omit<SessionOptions, "provider">) =>
    sessions.adopt(await openSession(model, { provider: "cpu", ...options }), (session) => session.release());
  await writeOnnxFile(network, model);
  const profiled = await open({ profilePrefix: `${folder}/profile`, optimizedPath: optimized });
  const executed = readExecutedPlan(network, readGraphNodes(await Deno.readFile(optimized)));
  await Deno.remove(optimized);
  const plain = await open({});
  await Deno.remove(model);
  const feeds = { input: randomTensor(network.dtype, network.inputShape) };

  const plainMs: number[] = [];
  const runPlain = async () => {
    const begin = performance.now();
    await plain.run(feeds);
    plainMs.push(performance.now() - begin);
    return plainMs[plainMs.length - 1];
  };
  const runProfiled = async () => {
    await profiled.run(feeds);
  };
  const runs = runsFor(await warmUp(runPlain));
  plainMs.length = 0;
  const trials = await repeatTrials(
    async () => {
      for (const run of [runPlain, runProfiled]) {
        await new Promise((resolve) => setTimeout(resolve, spinMs));
        for (let i = 0; i <= runs; i++) await run();
      }
    },
    plainMs,
    runs,
  );
  profiled.endProfiling();
  const power = meter && await sessionPower({ run: () => plain.run(feeds) }, meter, powerMs);

  const profile = await takeProfile(folder, "profile");
  const whole = timingOf(plainMs, runs);
  const nodes = executed.groups.map(({ name, node, covers, nodes }): NodeTiming => {
    const parts = nodes.map((each) => profile.nodes.get(each) ?? notProfiled(each));
    const times = parts[0].map((_, run) => parts.reduce((sum, part) => sum + part[run], 0));
    return { name, node, covers, ...timingOf(times, runs) };
  });
  const sum = nodes.reduce((sum, { ms }) => sum + ms, 0);
  // The profiler adds some µs to each of the runtime's nodes, of which a layer may have several. In a network of small layers they exceed the plain run by that much, which shows how much.
  const parts = executed.groups.map(({ nodes }) => nodes.length);
  const excessMs = Math.max(0, sum - whole.ms) / parts.reduce((all, count) => all + count, 0);
  const addedMs = Math.min(excessMs, mostProfilerMs);
  const cleared = nodes.map((node, i) => ({
    ...node,
    ms: Math.max(node.ms - addedMs * parts[i], leastShare * node.ms),
  }));
  return {
    ...whole,
    trials,
    overheadMs: Math.max(0, whole.ms - sum),
    profilerMs: (sum - cleared.reduce((sum, { ms }) => sum + ms, 0)) / nodes.length,
    nodes: cleared,
    powerW: power?.powerW ?? null,
    powerWSpread: power?.spreadW ?? null,
    note: power?.note ?? "",
  };
}
