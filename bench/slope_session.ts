/**
 * A session with some copies of a node, and how long its runs take.
 *
 * @module
 */
import * as ort from "onnxruntime-node";
import { cost, dtypeBytes, elements } from "neuralpower/dsl";
import type { Node } from "neuralpower";
import { nodeModelInputs, onnxNodeModel } from "../dsl/formats/onnx_node_model.ts";
import { keepEqualNodes, type Provider, randomTensor } from "./ort/session.ts";

/** After this the threads of a session that has run have stopped spinning, and leave the cores to another session's. */
const spinMs = 20;
/** Warm-up: windows of this length… */
const warmUpWindowMs = 3;
/** …until three in a row agree so well, or this has passed. */
const agreement = 0.05, mostWarmUpMs = 100;
/** A run that takes longer than this does not notice that threads have to be woken up for it. */
const longRunMs = 20;
/** And this long one is not repeated within a trial. */
const veryLongRunMs = 150;

/** How the copies run. */
export interface CopiesOptions {
  readonly provider: Provider;
  /** `"all"` by default, as the runtime's. */
  readonly optimization?: "disabled" | "all";
}

/** A node in messages: its op and its first input's and its output's sizes. */
export function nodeTitle({ layer, activation, fusedAdd }: Node): string {
  const fused = `${fusedAdd ? " + add" : ""}${activation === null ? "" : ` + ${activation}`}`;
  return `${layer.op}${fused} [${layer.inputShape.join(", ")}] → [${layer.outputShape.join(", ")}]`;
}

/**
 * Memory that a model takes, bytes: for each copy its weights, in the file's bytes and as the runtime keeps them; and once the inputs
 * and the output, which is freed before the next copy runs, both in another layout too.
 */
export function modelBytes(node: Node): { copy: number; model: number } {
  const { layer: { inElements, outputShape }, dtype, fusedAdd } = node;
  const output = elements(outputShape) * (fusedAdd ? 2 : 1);
  return { copy: 2 * weightBytes(node), model: 2 * dtypeBytes[dtype] * (inElements + output) };
}

/** Bytes of one copy's weights. */
export function weightBytes({ layer, dtype }: Node): number {
  return cost(layer, dtype).params * dtypeBytes[dtype];
}

/** A session whose model is K copies of a node with weights of their own. */
export class CopiesSession {
  private constructor(
    /** K. */
    readonly copies: number,
    readonly provider: Provider,
    private readonly session: ort.InferenceSession,
    private readonly feeds: Readonly<Record<string, ort.Tensor>>,
  ) {}

  /**
   * Opens it and runs it once.
   *
   * @param tensors Inputs that other sessions of the node read too; those that are missing are added.
   * @throws {Error} With one line when it cannot be opened or does not run.
   */
  static async open(
    node: Node,
    copies: number,
    { provider, optimization = "all" }: CopiesOptions,
    tensors: Map<string, ort.Tensor>,
  ): Promise<CopiesSession> {
    let session: ort.InferenceSession | undefined;
    try {
      const feeds: Record<string, ort.Tensor> = {};
      const model = { copies, madeInputs: provider !== "cpu" };
      for (const { name, dtype, shape } of nodeModelInputs(node, model)) {
        if (!tensors.has(name)) tensors.set(name, randomTensor(dtype, shape));
        feeds[name] = tensors.get(name)!;
      }
      session = await ort.InferenceSession.create(onnxNodeModel(node, model), {
        executionProviders: provider === "cpu" ? ["cpu"] : [provider, "cpu"],
        graphOptimizationLevel: optimization,
        // What fails is told by the error.
        logSeverityLevel: 4,
        extra: keepEqualNodes,
      });
      await session.run(feeds);
      return new CopiesSession(copies, provider, session, feeds);
    } catch (error) {
      await session?.release().catch(() => {});
      const [reason] = (error instanceof Error ? error.message : String(error)).split("\n");
      throw new Error(`${nodeTitle(node)} does not run on ${provider} (${copies} copies): ${reason}`, { cause: error });
    }
  }

  /** One run's time, ms. */
  async run(): Promise<number> {
    const begin = performance.now();
    await this.session.run(this.feeds);
    return performance.now() - begin;
  }

  /** Runs until three windows in a row agree within 5 %, or 100 ms have passed. Returns the last window's time of a run, ms. */
  async warmUp(): Promise<number> {
    const windows: number[] = [];
    const begin = performance.now();
    do {
      windows.push(await this.window(warmUpWindowMs));
      const last = windows.slice(-3);
      if (last.length === 3 && Math.max(...last) <= (1 + agreement) * Math.min(...last)) break;
    } while (performance.now() - begin < mostWarmUpMs);
    return windows.at(-1)!;
  }

  /** Back-to-back runs, one at least, until `ms` have passed. Returns the smallest time of a run, ms. */
  async window(ms: number): Promise<number> {
    let smallest = Infinity;
    const begin = performance.now();
    do smallest = Math.min(smallest, await this.run()); while (performance.now() - begin < ms);
    return smallest;
  }

  /** A window after another session's: begins when that one's threads have gone to sleep, and leaves out the run that wakes its own. */
  async windowAfterOthers(ms: number): Promise<number> {
    // On a GPU the threads have nothing to do.
    if (this.provider === "cpu") await new Promise((resolve) => setTimeout(resolve, spinMs));
    const first = await this.run();
    if (first > veryLongRunMs) return first;
    if (first <= longRunMs) return await this.window(ms);
    return Math.min(first, await this.run(), await this.run());
  }

  /** Frees what it holds; it must not be run any more. */
  async release(): Promise<void> {
    await this.session.release();
  }
}
