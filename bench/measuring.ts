/**
 * One piece of a sweep's work: asked of a worker, written down, told.
 *
 * @module
 */
import type { Node, Runtime } from "neuralpower";
import type { Dtype } from "neuralpower/dsl";
import type { Configuration } from "./configurations.ts";
import { anchor, type Job, jobKey, jobNetwork } from "./jobs.ts";
import type { Provider } from "./ort/session.ts";
import type { Progress } from "./progress.ts";
import type { Runner } from "./runner.ts";
import { timeAcross } from "./time_across.ts";
import { type MeasuredNode, nodeKey, type Store } from "./store.ts";
import type { Work } from "./work.ts";

/** How layers are timed: in a network's profile, or by themselves. */
export const setups = ["profile", "slope", "spoiled_copies"] as const;
/** How layers are timed: in a network's profile, or by themselves. */
export type Setup = (typeof setups)[number];

/** What measuring needs. */
export interface Sweep {
  readonly store: Store;
  /** Layers are measured by one after the other, networks by each; one of them where processes do not differ. */
  readonly runners: readonly Runner[];
  readonly progress: Progress;
  readonly provider: Provider;
  /** The device's. */
  readonly runtime: Runtime;
  /** Of the layers inside networks. */
  readonly setup: Setup;
  /** Of layers by themselves. */
  readonly setupAlone: "slope" | "spoiled_copies";
  /** Whether networks are timed end to end and nothing inside them is. */
  readonly networksOnly: boolean;
  /** Reading a layer's power takes ten times as long as timing it: one layer in so many has it. */
  readonly powerEvery: number;
  /** How long a load runs while its power is read, ms. */
  readonly powerMs: number;
  /** What the copies of a layer may take together, MiB. */
  readonly memoryMiB: number;
  readonly isOver: () => boolean;
}

/** The anchor is measured again when this has passed. */
const anchorEveryMs = 60_000;

/** Measures work until the sweep is over or there is no more, each network and layer once, and the anchor every minute. */
export async function measureAll(work: AsyncIterable<Work>, sweep: Sweep, dtype?: Dtype): Promise<void> {
  let anchoredMs = -Infinity;
  for await (const piece of work) {
    if (sweep.isOver()) return;
    const isDone = "job" in piece
      ? sweep.store.done.has(jobKey(piece.job))
      : sweep.store.doneNodes.has(nodeKey(piece.node));
    if (isDone) continue;
    if (performance.now() - anchoredMs >= anchorEveryMs) {
      anchoredMs = performance.now();
      await measureNetwork({ ...anchor, dtype: dtype ?? anchor.dtype }, sweep, "anchor");
      if (sweep.isOver()) return;
    }
    if ("job" in piece) await measureNetwork(piece.job, sweep);
    else await measureLayer(piece, sweep);
  }
}

async function measureNetwork(job: Job, sweep: Sweep, note = ""): Promise<void> {
  const { store, runners, progress, provider, setup, networksOnly, powerMs } = sweep;
  const failed = async (reason: string) => {
    progress.failed(reason);
    if (note === "") await store.fail(job, reason);
  };
  progress.begin(jobKey(job));
  const { name } = await jobNetwork(job);
  if (setup === "profile" && !networksOnly) {
    const reply = await runners[0].run({ kind: "profile", job, powerMs });
    if ("error" in reply) return await failed(reply.error);
    await store.addProfile(job, name, reply.result, note);
    return progress.done(reply.result.ms, store.layerRows, `${reply.result.nodes.length} nodes`);
  }
  const reply = await timeAcross(runners, { kind: "network", job, provider, powerMs: note === "" ? powerMs : null });
  if ("error" in reply) return await failed(reply.error);
  progress.done(reply.result.ms, store.layerRows, `${reply.result.nodes.length} nodes`);
  for (const { name, node } of networksOnly ? [] : reply.result.nodes) {
    if (sweep.isOver()) return;
    if (!store.doneNodes.has(nodeKey(node))) await measureLayer({ name, node }, sweep);
  }
  // Last: a network is done when its nodes are.
  await store.addNetwork(job, provider, name, reply.result, note);
}

/** A layer by itself. */
export async function measureLayer({ name, node }: Configuration, sweep: Sweep): Promise<void> {
  const { store, progress, provider } = sweep;
  progress.begin(`${name} (${node.layer.kind})`);
  const elsewhere = sweep.runtime.executedElsewhere(node.layer);
  const measured = elsewhere === null ? await askFor(node, sweep) : { error: elsewhere };
  if ("error" in measured) {
    progress.failed(measured.error);
    return await store.failNode(node, measured.error);
  }
  await store.addNode(node, name, provider, measured);
  progress.done(measured.ms, store.layerRows, measured.powerW === null ? "" : `${measured.powerW.toFixed(0)} W`);
}

/** One node by itself; or why not. */
async function askFor(
  node: Node,
  { store, runners, provider, setupAlone, powerEvery, powerMs, memoryMiB }: Sweep,
): Promise<MeasuredNode | { readonly error: string }> {
  const power = store.layerRows % powerEvery === 0;
  // Each process reads power in its turn.
  const runner = runners[Math.floor(store.layerRows / powerEvery) % runners.length];
  if (setupAlone === "spoiled_copies") {
    const reply = await runner.run({ kind: "spoiled", node });
    if ("error" in reply) return reply;
    const { copies, ...timing } = reply.result;
    const unread = { powerW: null, powerWSpread: null, energyMj: null, energyMjSpread: null };
    return { ...timing, ...unread, setup: setupAlone, note: `spoiled_copies: mean of ${copies}` };
  }
  const reply = await runner.run({ kind: "node", node, provider, powerMs: power ? powerMs : null, memoryMiB });
  if ("error" in reply) return reply;
  const { interceptMs, r2, note, ms } = reply.result;
  if (ms <= 0) return { error: `no positive slope: ${note}` };
  const line = `intercept ${interceptMs.toPrecision(4)} ms; R² ${r2.toFixed(4)}`;
  return { ...reply.result, setup: setupAlone, note: note === "" ? line : `${line}; ${note}` };
}
