/**
 * Reads an ONNX file as a network: sizes and operators alone, weights stay where they are.
 *
 * 1. {@linkcode readFile} gives the file's nodes and constants as they stand (`onnx_wire.ts`, `onnx_file.ts`).
 * 2. {@linkcode resolve} works out all sizes and folds what is constant (`onnx_graph.ts`, `onnx_infer.ts`, `onnx_fold.ts`).
 * 3. Patterns are told from their last node (`onnx_patterns.ts`, `onnx_activations.ts`, `onnx_attention_read.ts`).
 * 4. What remains becomes layers, node by node (`onnx_layers*.ts`).
 *
 * @module
 */
import { elements, type Layer, type LayerOptions, type Shape } from "../layer.ts";
import { checkNetwork, type Network } from "../built_network.ts";
import { outputShape } from "../shape.ts";
import { type ByteSource, bytesSource, FormatError, type ReadOptions } from "./format_error.ts";
import { type Call, float16, operatorName } from "./onnx_call.ts";
import { readFile } from "./onnx_file.ts";
import { natural } from "./onnx_forms.ts";
import { resolve } from "./onnx_graph.ts";
import { layerOperators, type Lower } from "./onnx_layers.ts";
import { elementwiseOperators } from "./onnx_layers_elementwise.ts";
import { moveOperators } from "./onnx_layers_moves.ts";
import { partOperators } from "./onnx_layers_parts.ts";
import { productOperators } from "./onnx_layers_products.ts";
import { cleaned, Lowering, type Recognised } from "./onnx_lowering.ts";
import type { FileGraph } from "./onnx_model.ts";
import { recognise } from "./onnx_patterns.ts";
import { joinSplits } from "./onnx_splits.ts";

const operators: Readonly<Record<string, Lower>> = {
  ...layerOperators,
  ...productOperators,
  ...elementwiseOperators,
  ...moveOperators,
  ...partOperators,
};

/**
 * Reads a network from an ONNX file: operators of versions 7 to 23, of any exporter.
 *
 * @param source The file's bytes, or what reads them. Weights are not read: a file of gigabytes takes as long as one of kilobytes.
 * @param options Sizes that the file leaves open, and other ones than it has.
 * @returns The network's layers, named after the file's nodes; sums, products and other joins by their count, as the DSL names them.
 * @throws {FormatError} When it is no ONNX file or a damaged one, sizes are open and not given or do not fit, or operators are not known.
 *
 * @example
 * ```ts
 * import { network } from "neuralpower/dsl";
 * import { readOnnx } from "./onnx_read.ts";
 * import { onnxModel } from "./onnx_write.ts";
 *
 * const tiny = network("tiny", { image: [3, 32, 32] }, (x) => x.conv(8, { kernel: 3, activation: "relu" }).globalAveragePool());
 * readOnnx(onnxModel(tiny.build())).layers.map(({ name }) => name); // conv1, conv1_relu, global_average_pool1
 * ```
 */
export function readOnnx(source: ByteSource | Uint8Array, options: ReadOptions = {}): Network {
  const model = readFile(source instanceof Uint8Array ? bytesSource(source) : source);
  const graph = resolve(model, options, (op) => Object.hasOwn(operators, op));
  const to = new Lowering(graph);
  lowerAll(to, options.allowUnsupported ?? false);
  const { layers, outputs } = to.finish();
  const read: Network = {
    name: options.name ?? (cleaned(model.graph.name) || "network"),
    batch: to.batch,
    dtype: options.dtype ?? (isHalf(model.graph, graph.infos.get(graph.input)!.dataType) ? "float16" : "float32"),
    inputShape: to.inputShape,
    ...joinSplits(layers, outputs),
  };
  const network = options.batch === undefined || options.batch === read.batch ? read : withBatch(read, options.batch);
  checkNetwork(network);
  return network;
}

function lowerAll(to: Lowering, allowUnsupported: boolean): void {
  const { graph } = to;
  const recognised = new Map<Call, Recognised>();
  for (const call of graph.nodes) {
    if (graph.unknown.has(call.node)) continue;
    const found = recognise(to, call);
    if (found !== undefined) recognised.set(call, found);
  }
  // Nodes within a pattern are not needed, unless others read them, too.
  const needed = new Set<Call>();
  const tensors = [...graph.outputs];
  for (let tensor = tensors.pop(); tensor !== undefined; tensor = tensors.pop()) {
    const call = to.maker(tensor);
    if (call === undefined || needed.has(call)) continue;
    needed.add(call);
    for (const input of recognised.get(call)?.inputs ?? call.node.inputs) if (input !== "") tensors.push(input);
  }
  const failed = new Map<Call, string>();
  for (const call of graph.nodes) {
    if (!needed.has(call)) continue;
    if (!call.node.outputs[0] && call.node.op !== "Split") call.fail("its first output has no name");
    const made = [recognised.get(call)?.lower(to, call) ?? lowered(to, call, failed)].flat();
    call.node.outputs.forEach((output, i) => {
      if (output !== "" && made[i] !== undefined) to.set(output, made[i]);
    });
  }
  if (failed.size > 0 && !allowUnsupported) throw new FormatError(failures(failed));
  for (const output of graph.outputs) {
    const call = to.maker(output);
    const form = natural(to.shape(output), to.batch);
    if (call !== undefined && form !== undefined) to.set(output, to.as(to.of(output), form, call));
  }
}

/** A node's layers; one that is none, though its operator is known, is left out, and `failed` says why. */
function lowered(to: Lowering, call: Call, failed: Map<Call, string>): ReturnType<Lower> {
  if (to.graph.unknown.has(call.node)) return leftOut(to, call);
  try {
    return operators[call.node.op](to, call);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    failed.set(call, error.message);
    return leftOut(to, call);
  }
}

/** Why nodes are no layers: of each operator the first, and how many more. */
function failures(failed: ReadonlyMap<Call, string>): string {
  const told = [...Map.groupBy(failed, ([{ node }]) => operatorName(node))].map(([operator, [[, first], ...others]]) =>
    others.length === 0 ? first : `${first} (and ${others.length} more of ${operator})`
  );
  const more = told.length > 5 ? `; ${told.length - 5} more operators` : "";
  return `${told.slice(0, 5).join("; ")}${more}; --allow-unsupported predicts the rest`;
}

/** A node whose operator is not known: a layer that nothing predicts. */
const leftOut: Lower = (to, call) => {
  const inputs = call.node.inputs.filter((input) => input !== "" && !to.info(input).constant).map((input) =>
    to.of(input)
  );
  const given = call.node.outputs.filter((output) => output !== "");
  return given.map((output) => {
    const shape = natural(to.shape(output), to.batch);
    const operator = operatorName(call.node);
    return shape && to.add({ kind: "view", op: "unsupported", shape, operator }, inputs, call);
  });
};

/** Whether most numbers of a file are half floats. */
function isHalf({ initializers }: FileGraph, input: number): boolean {
  let [half, all] = [0, 0];
  for (const { shape, dataType } of initializers) {
    all += elements(shape);
    if (dataType === float16 || dataType === 16) half += elements(shape);
  }
  return all === 0 ? input === float16 : half > all / 2;
}

/** The same layers for another batch: the first size of all shapes but those of what is made of learned numbers alone. */
function withBatch(network: Network, batch: number): Network {
  const resize = (shape: Shape) => shape[0] === network.batch ? shape.with(0, batch) : shape;
  const shapes = new Map<string, Shape>([["input", network.inputShape.with(0, batch)]]);
  const single = new Set<string>();
  const layers = network.layers.map((layer): Layer => {
    const { name, inputs, inputShape: _first, inElements: _elements, outputShape: _output, ...own } = layer;
    // What is learned gets a batch where it is repeated for each image.
    if (own.op !== "expand" && inputs.every((input) => single.has(input))) single.add(name);
    const open = "shape" in own && !single.has(name) ? { ...own, shape: resize(own.shape) } : own;
    const options = open as LayerOptions;
    const read = inputs.map((input) => shapes.get(input)!);
    const shape = outputShape(options, read, name);
    shapes.set(name, shape);
    return {
      ...options,
      ...{ name, inputs, inputShape: read[0] ?? shape, outputShape: shape },
      inElements: (read.length === 0 ? [shape] : read).reduce((sum, input) => sum + elements(input), 0),
    };
  });
  return { ...network, batch, inputShape: network.inputShape.with(0, batch), layers };
}
