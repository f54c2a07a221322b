/**
 * Measures one executed node by itself on the CPU: K copies of it with weights of their own, each after a node that reads and writes so
 * much that the caches hold nothing of the copy's data, timed by the runtime's own profile. A lone warm layer finds more in the caches
 * than it does in a network; here it finds nothing, and no network is needed. `setups.ts` measures how near that comes.
 *
 * A run's figure is the mean over the copies; of the runs a node's time is made as a network's is (`trials.ts`).
 *
 * @module
 */
import { type Node, nodeCost } from "neuralpower";
import { nodeModelInputs, onnxNodeModel, type Sink } from "../dsl/formats/onnx_node_model.ts";
import { readGraphNodes } from "./ort/optimized_graph.ts";
import { takeProfile } from "./ort/profile.ts";
import { openSession, randomTensor } from "./ort/session.ts";
import { modelBytes, nodeTitle, weightBytes } from "./slope_session.ts";
import { type Timing, timingOf, trials } from "./trials.ts";

/** A node's time by spoiled copies. */
export interface SpoiledTiming extends Timing {
  readonly trials: number;
  /** How many copies were timed, without the one that is left out. */
  readonly copies: number;
}

/** Larger spoilers slow the copies down by more than a network does. */
const spoilerMiB = 16;
/** Copies of a node, and of a heavy one, whose time is steadier. */
const copiesOf = { light: 5, heavy: 3 };
/** With more bytes of weights or of tensors than this, or more multiply-adds, a node is heavy. */
const heavy = { bytes: 30e6, macs: 1e8 };
/** Runs of a trial: fewer where they take long. */
const runsOfTrial = { least: 3, most: 5, ms: 300 };
/** What a model and its session may take, bytes. */
const mostBytes = 2 ** 31;

/**
 * Measures a node.
 *
 * @param folder For the optimised model and the profile; both are removed.
 * @throws {Error} With one line when it is too large, or the runtime does not run each copy as nodes of its own.
 * @throws {RangeError} When ONNX cannot express it: a view, or another pass than forward.
 */
export async function measureSpoiled(node: Node, folder: string): Promise<SpoiledTiming> {
  if (node.dtype === "float16") {
    throw new Error(
      "float16 runs with casts on the CPU, which its profile does not tell from the layer; use --setup slope",
    );
  }
  const { copy, model } = modelBytes(node);
  const isHeavy = weightBytes(node) > heavy.bytes || model / 2 > heavy.bytes || nodeCost(node).macs > heavy.macs;
  const copies = isHeavy ? copiesOf.heavy : copiesOf.light;
  if (copies * copy + model > mostBytes) {
    throw new Error(
      `${nodeTitle(node)} needs ${((copies * copy + model) / 2 ** 20).toFixed(0)} MiB; 2048 MiB are allowed`,
    );
  }
  const blocked = ["conv", "pool"].includes(node.layer.kind) && node.layer.outputShape.length === 4;
  const options = { copies, spoilerMiB, sink: (blocked ? "maxpool" : "shape") as Sink };
  const optimizedPath = `${folder}/spoiled-optimized.onnx`;
  const session = await openSession(onnxNodeModel(node, options), {
    provider: "cpu",
    profilePrefix: `${folder}/spoiled-profile`,
    optimizedPath,
    keepEqualNodes: true,
  });
  try {
    const graph = readGraphNodes(await Deno.readFile(optimizedPath));
    const feeds = Object.fromEntries(
      nodeModelInputs(node, options).map(({ name, dtype, shape }) => [name, randomTensor(dtype, shape)]),
    );
    const run = async () => {
      const begin = performance.now();
      await session.run(feeds);
      return performance.now() - begin;
    };
    await run();
    const runs = Math.min(Math.max(Math.ceil(runsOfTrial.ms / await run()), runsOfTrial.least), runsOfTrial.most);
    for (let i = 0; i < trials * (runs + 1); i++) await run();
    session.endProfiling();
    const profile = await takeProfile(folder, "spoiled-profile");
    // Nodes are listed backwards as they run: the last copy runs first, before the inputs have been read by anyone.
    const timed = Array.from({ length: copies - 1 }, (_, i) => {
      const parts = graph.filter((part) => copyOf(part) === i + 1).map(({ name }) => profile.nodes.get(name));
      if (parts.length === 0 || parts.includes(undefined)) {
        throw new Error(`${nodeTitle(node)}: copy ${i + 1} of ${copies} did not run as a node of its own`);
      }
      return parts[0]!.map((_, run) => parts.reduce((sum, part) => sum + part![run], 0));
    });
    const means = timed[0].map((_, run) => timed.reduce((sum, copy) => sum + copy[run], 0) / timed.length);
    // The first runs told how many more there were to be.
    return { ...timingOf(means.slice(-trials * (runs + 1)), runs), trials, copies: copies - 1 };
  } finally {
    await session.release();
    await Deno.remove(optimizedPath).catch(() => {});
  }
}

/** Which copy an executed node is of; changes of layout are no copy's. */
function copyOf({ op, name, outputs }: { op: string; name: string; outputs: readonly string[] }): number | null {
  if (op === "ReorderInput" || op === "ReorderOutput") return null;
  const found = [name, ...outputs].map((text) => /^copy(\d+)(?!\d)/.exec(text)).find((match) => match !== null);
  return found ? Number(found[1]) : null;
}
