/**
 * Small ONNX files for tests of the reader.
 *
 * @module
 */
import type { Shape } from "../layer.ts";
import type { ReadOptions } from "./format_error.ts";
import { type Attribute, constant, fileBytes, onnxFile, type OnnxGraph, type TensorDtype } from "./onnx_proto.ts";
import { readOnnx } from "./onnx_read.ts";

/** A node: its operator, inputs, output or outputs, and attributes. */
export type NodeText = readonly [
  op: string,
  inputs: readonly string[],
  outputs: string | readonly string[],
  attributes?: Readonly<Record<string, Attribute>>,
];

/** What a test's graph has beside its nodes. */
export interface SmallGraph {
  /** The input `x`. */
  readonly input: readonly (number | string)[];
  /** Constants of numbers; of weights only the shape, which then has no data. */
  readonly constants?: Readonly<
    Record<string, readonly [dtype: TensorDtype, shape: Shape, values?: readonly number[]]>
  >;
  readonly nodes: readonly NodeText[];
  /** Version of ONNX's operators; the writer's own by default. */
  readonly opset?: number;
  /** The shape of `y`, which is given out; a runtime wants to be told. */
  readonly output?: Shape;
  /** Shapes of tensors in between. */
  readonly values?: Readonly<Record<string, Shape>>;
}

/** A graph's ONNX file. */
export function smallOnnx({ input, constants = {}, nodes, output = [], values = {}, opset }: SmallGraph): Uint8Array {
  return fileBytes(onnxFile({
    name: "small",
    nodes: nodes.map(([op, inputs, made, attributes = {}], i) => ({
      ...{ name: `n${i}`, op, inputs, attributes },
      outputs: typeof made === "string" ? [made] : made,
    })),
    inputs: [{ name: "x", dtype: "float32", shape: input }],
    outputs: [{ name: "y", dtype: "float32", shape: output }],
    values: Object.entries(values).map(([name, shape]) => ({ name, dtype: "float32", shape })),
    initializers: Object.entries(constants).map(([name, [dtype, shape, numbers]]) => ({
      ...{ name, dtype, shape },
      data: constant(dtype, numbers ?? []),
    })),
  }, opset));
}

/** A graph without its weights, as small as its nodes: a reader needs no more. */
export function withoutWeights(graph: OnnxGraph): Uint8Array {
  const initializers = graph.initializers.map((tensor) =>
    tensor.data.byteLength > 1024 ? { ...tensor, data: constant(tensor.dtype, []) } : tensor
  );
  return fileBytes(onnxFile({ ...graph, initializers }));
}

/** A constant number. */
export const number = (value: number) => ["float32", [], [value]] as const;
/** Constant sizes, places or axes. */
export const sizes = (...values: number[]) => ["int64", [values.length], values] as const;

/** Kinds, ops and output shapes of what a small file becomes. */
export function layersOf(graph: SmallGraph, options: ReadOptions = {}): string[] {
  return readOnnx(smallOnnx(graph), options).layers.map(({ kind, op, outputShape }) =>
    `${kind === op ? kind : `${kind} ${op}`} ${outputShape.join("×")}`
  );
}
