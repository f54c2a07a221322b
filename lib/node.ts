/**
 * The node: what a runtime executes, measures and predicts as one piece. A layer with what is fused into it.
 *
 * @module
 */
import type { Activation, Cost, Dtype, Kind, SizedLayer } from "neuralpower/dsl";
import { cost } from "../dsl/cost.ts";

/** Which part of the work a row or a prediction covers. `training` is forward, backward and the optimizer's update. */
export const passes = ["forward", "backward", "training"] as const;
/** Which part of the work a row or a prediction covers. */
export type Pass = (typeof passes)[number];

/** Optimizers that a training pass may update its weights by. */
export const optimizers = ["sgd", "momentum", "rmsprop", "adagrad", "adadelta", "adam"] as const;
/** How a training pass updates its weights. */
export type Optimizer = (typeof optimizers)[number];

/** One executed node: a layer's options and sizes, and what the runtime does along with it. */
export interface Node<out K extends Kind = Kind> {
  /**
   * The layer with its sizes. A folded batch norm has given it a bias; a dense layer keeps the image's shape from before it was
   * flattened.
   */
  readonly layer: SizedLayer<K>;
  /** The activation fused into it. */
  readonly activation: Activation | null;
  /** Whether an elementwise sum with another tensor of the output's shape is fused into it. */
  readonly fusedAdd: boolean;
  /** Number format of tensors and weights. */
  readonly dtype: Dtype;
  /** What of the work it covers. */
  readonly pass: Pass;
  /** Null unless the pass is `training`. */
  readonly optimizer: Optimizer | null;
}

/** What two nodes have in common that are the same work: all but their layers' names and whose outputs these read. */
export function nodeKey({ layer, ...rest }: Node): string {
  return JSON.stringify({ ...rest, layer: { ...layer, name: undefined, inputs: undefined } });
}

/** What a node costs in the forward pass: its layer's costs, and the fused sum's second input. */
export function nodeCost(node: Node): Cost {
  const own = cost(node.layer, node.dtype);
  return node.fusedAdd ? { ...own, bytesRead: own.bytesRead + own.bytesWritten } : own;
}
