/**
 * Times a network end to end on any provider, with default session options, and reads what the runtime executes of it. Where the
 * profile sees launches only (CUDA, WebGPU), the nodes are then measured by themselves (`slope.ts`).
 *
 * @module
 */
import type { Network } from "neuralpower/dsl";
import { fedShape } from "../dsl/formats/onnx_made_input.ts";
import { writeOnnxFile } from "../lib/commands/export.ts";
import { type ExecutedGroup, readExecutedPlan } from "./ort/executed_plan.ts";
import { readGraphNodes } from "./ort/optimized_graph.ts";
import { openSession, type Provider, randomTensor } from "./ort/session.ts";
import type { PowerMeter } from "./power/meter.ts";
import { LOAD_MS } from "./power/window.ts";
import { sessionPower } from "./slope_power.ts";
import { repeatTrials, runsFor, type Timing, timingOf, warmUp } from "./trials.ts";

/** A network's own figures, and the nodes that the runtime executes for it. */
export interface TimedNetwork extends Timing {
  readonly trials: number;
  /** Mean power while it runs back to back, W; null without a meter or when unreadable. */
  readonly powerW: number | null;
  readonly powerWSpread: number | null;
  readonly nodes: readonly ExecutedGroup[];
  /** The runtime's own nodes, those of no layer included. */
  readonly graph: readonly { readonly name: string; readonly op: string }[];
  readonly note: string;
}

/**
 * Times a network. On a GPU its input is made there and no large output is copied back: the copies take longer than many networks, and
 * a prediction by layers has none.
 *
 * @param folder A folder for its model; it is removed.
 * @param powerMs How long to run for the power.
 */
export async function timeNetwork(
  network: Network,
  provider: Provider,
  folder: string,
  meter: PowerMeter | null,
  powerMs = LOAD_MS,
): Promise<TimedNetwork> {
  const [model, optimizedPath] = [`${folder}/model.onnx`, `${folder}/optimized.onnx`];
  const onDevice = provider !== "cpu";
  await writeOnnxFile(network, model, { onDevice });
  const session = await openSession(model, { provider, optimizedPath });
  try {
    const graph = readGraphNodes(await Deno.readFile(optimizedPath));
    const { groups } = readExecutedPlan(network, graph);
    const feeds = {
      input: randomTensor(network.dtype, onDevice ? fedShape(network.inputShape) : network.inputShape),
    };
    const times: number[] = [];
    const run = async () => {
      const begin = performance.now();
      await session.run(feeds);
      times.push(performance.now() - begin);
      return times[times.length - 1];
    };
    const runs = runsFor(await warmUp(run));
    times.length = 0;
    const trials = await repeatTrials(
      async () => {
        for (let i = 0; i <= runs; i++) await run();
      },
      times,
      runs,
    );
    // Its runs are no trials.
    const power = meter && await sessionPower({ run: () => session.run(feeds) }, meter, powerMs);
    return {
      ...timingOf(times, runs),
      trials,
      powerW: power?.powerW ?? null,
      powerWSpread: power?.spreadW ?? null,
      nodes: groups,
      graph: graph.map(({ name, op }) => ({ name, op })),
      note: power?.note ?? "",
    };
  } finally {
    await session.release();
    for (const path of [model, optimizedPath]) await Deno.remove(path).catch(() => {});
  }
}
