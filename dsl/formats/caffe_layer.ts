/**
 * A layer of a Caffe file, and what its readers share.
 *
 * @module
 */
import type { Value } from "../value.ts";
import type { FileGraph } from "./file_graph.ts";
import type { TextFields } from "./text_fields.ts";

/** A layer as it stands in the file. */
export interface CaffeLayer {
  readonly name: string;
  /** As the newer form names it: `Convolution`. */
  readonly type: string;
  /** Blobs that it reads. */
  readonly bottoms: readonly string[];
  /** Blobs that it makes. */
  readonly tops: readonly string[];
  readonly fields: TextFields;
}

/** Adds a layer of the file to the network; its tops in order. */
export type CaffeReader = (layer: CaffeLayer, bottoms: readonly Value[], graph: FileGraph) => Value[];

/** Fields that say how weights begin and what computes them: no size depends on them. */
export const fillers = ["weight_filler", "bias_filler", "engine"];

/** An axis of a blob, counted from the end where it is negative; at least 1 unless told, for the batch stays whole. */
export function axisOf(layer: CaffeLayer, given: number, { shape }: Value, least = 1): number {
  const axis = given < 0 ? given + shape.length : given;
  if (Number.isInteger(axis) && axis >= least && axis < shape.length) return axis;
  return layer.fields.fail(
    `axis ${given} of a blob of ${shape.join("×")} cannot be taken; it must be ${least} to ${shape.length - 1}`,
  );
}
