/**
 * Inputs whose numbers a model makes by itself, where it runs: a GPU's run is then not spent on copying them there.
 *
 * @module
 */
import type { Dtype } from "../layer.ts";
import { float, type GraphBuilder } from "./onnx_builder.ts";
import type { OnnxValue } from "./onnx_proto.ts";

/**
 * What is fed in an input's place: one number for each image of the batch, whose size may be left open.
 *
 * @param shape Of the input, which has at least one axis.
 */
export function fedShape<Size>(shape: readonly Size[]): (Size | 1)[] {
  return shape.map((size, axis) => axis === 0 ? size : 1);
}

/**
 * Writes nodes that make a tensor of random numbers in −1 … 1, anew at each run: `NAME/wide`, of the wanted sizes, and `NAME/random`.
 * They depend on what is fed, so no runtime can compute them beforehand.
 *
 * @param input The wanted tensor; what is fed has its name and {@linkcode fedShape}.
 * @returns The made tensor's name.
 */
export function writeMadeInput(graph: GraphBuilder, { name, shape }: OnnxValue): string {
  const sizes = shape.map((size, axis) => axis === 0 ? 1 : Number(size));
  const wide = graph.node(graph.free(`${name}/wide`), "Expand", [
    name,
    graph.constant(`${name}/sizes`, "int64", [sizes.length], sizes),
  ]);
  return graph.node(graph.free(`${name}/random`), "RandomUniformLike", [wide], { low: float(-1), high: float(1) });
}

/** The value that stands in the graph for an input that the model makes. */
export function fedValue({ name, shape }: OnnxValue, dtype: Dtype): OnnxValue {
  return { name, dtype, shape: fedShape(shape) };
}
