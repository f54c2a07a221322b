/**
 * Nodes in other shapes: dense layers as fits of vectors know them, and any layer with twice the batch.
 *
 * @module
 */
import type { Kind } from "neuralpower/dsl";
import { elements } from "../../dsl/layer.ts";
import type { Node } from "../node.ts";
import type { KindFit } from "./model.ts";

/** Whether a fit's rows are dense layers on vectors alone: then it knows no input's height and width, only how long it is. */
export function onlyVectors(kind: Kind, ranges: KindFit["ranges"]): boolean {
  return kind === "dense" && ranges.inHeight[1] === 1 && ranges.inWidth[1] === 1;
}

/** A dense layer on a vector. */
export function flattened(node: Node): Node {
  const { inputShape, outputShape } = node.layer;
  if (outputShape.length !== 2) return node;
  return { ...node, layer: { ...node.layer, inputShape: [inputShape[0], elements(inputShape.slice(1))] } };
}

/** The node with twice the batch. */
export function doubled(node: Node): Node {
  const twice = ([batch, ...others]: readonly number[]) => [2 * batch, ...others];
  const { layer } = node;
  return {
    ...node,
    layer: {
      ...layer,
      inputShape: twice(layer.inputShape),
      outputShape: twice(layer.outputShape),
      inElements: 2 * layer.inElements,
    },
  };
}
