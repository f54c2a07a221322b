/**
 * Writes a network as an ONNX file, with random weights: what it computes means nothing, but it runs as long as a trained one.
 *
 * @module
 */
import { type Dtype, dtypeBytes, type Layer } from "../layer.ts";
import type { Network } from "../built_network.ts";
import { GraphBuilder, type Tensor } from "./onnx_builder.ts";
import { fedValue, writeMadeInput } from "./onnx_made_input.ts";
import { writeLayer } from "./onnx_nodes.ts";
import { fileBytes, type OnnxFile, onnxFile, type OnnxGraph, type OnnxValue } from "./onnx_proto.ts";

/** How to write a network. */
export interface OnnxOptions {
  /** Of the random weights, a whole number; 1 by default. The same seed gives the same file. */
  readonly seed?: number;
  /**
   * Whether the model makes its input's numbers where it runs and gives out one number of each large output, so that nothing is copied
   * to a GPU and back; false by default. The input to feed then is one number for each image.
   */
  readonly onDevice?: boolean;
}

/** A larger output is not copied from the device, bytes: 64 images' scores of 1000 classes are not large. */
const largeOutput = 2 ** 18;

/**
 * A network as an ONNX graph.
 *
 * The input is named `input`, each other tensor after the layer that makes it, as are the layers' last nodes. Sizes are fixed to those
 * that the network was built for. Batch norms stay nodes (epsilon 1e-5), which runtimes fold into the convolutions before them; dropouts
 * are left out, as whoever runs a trained network does.
 *
 * @param network A built network.
 * @returns Nodes in execution order; weights are made when they are written.
 */
export function onnxGraph(network: Network, options: OnnxOptions = {}): OnnxGraph {
  const { name, dtype, layers, inputShape } = network;
  const { seed = 1, onDevice = false } = options;
  const graph = new GraphBuilder(dtype, seed, ["input", ...layers.map((layer) => layer.name)]);
  const outputs = new Set(network.outputs);
  const input: OnnxValue = { name: "input", dtype, shape: inputShape };
  const read = onDevice ? writeMadeInput(graph, input) : "input";
  const tensors = new Map<string, Tensor>([["input", { name: read, shape: inputShape }]]);
  const values = new Map<string, OnnxValue>();

  for (const layer of layers) {
    const inputs = layer.inputs.map((input) => tensors.get(input)!);
    const omitted = isDropout(layer);
    // A dropout that the network gives out is an identity, so that the output has its name; whoever reads it need not.
    if (!omitted || outputs.has(layer.name)) {
      writeLayer(graph, layer.name, layer, inputs, layer.outputShape);
      values.set(layer.name, { name: layer.name, dtype, shape: layer.outputShape });
    }
    tensors.set(layer.name, omitted ? inputs[0] : { name: layer.name, shape: layer.outputShape });
  }
  const given = [...outputs].map((output) => values.get(output) ?? input)
    .map((value) => onDevice ? smallOutput(graph, value) : value);
  const names = new Set(given.map((value) => value.name));
  return {
    name,
    nodes: graph.nodes,
    inputs: [onDevice ? fedValue(input, dtype) : input],
    outputs: given,
    values: [...values.values()].filter((value) => !names.has(value.name)),
    initializers: graph.initializers,
  };
}

/** One number of a large output, for which all of it must be computed; others as they are. */
function smallOutput(graph: GraphBuilder, { name, dtype, shape }: OnnxValue): OnnxValue {
  if (shape.reduce((bytes: number, size) => bytes * Number(size), dtypeBytes[dtype as Dtype]) <= largeOutput) {
    return { name, dtype, shape };
  }
  const ofAxes = (suffix: string, value: (axis: number) => number) =>
    graph.constant(`${name}/${suffix}`, "int64", [shape.length], shape.map((_, axis) => value(axis)));
  const [from, to, axes] = [ofAxes("from", () => 0), ofAxes("to", () => 1), ofAxes("axes", (axis) => axis)];
  const first = graph.node(graph.free(`${name}/first`), "Slice", [name, from, to, axes]);
  return { name: first, dtype, shape: shape.map(() => 1) };
}

function isDropout(layer: Layer): boolean {
  return layer.kind === "view" && layer.op === "dropout";
}

/** A network as an ONNX file that is not in memory yet: its size, and its bytes in chunks. */
export function onnxNetworkFile(network: Network, options: OnnxOptions = {}): OnnxFile {
  return onnxFile(onnxGraph(network, options));
}

/**
 * The bytes of a network's ONNX file, in chunks of at most 1 MiB: a file of any size is written in a few MiB of memory.
 *
 * @param network A built network.
 * @returns Chunks in order, which are not written to again.
 * @throws {RangeError} When the file would exceed 2 GiB, the end of the format.
 *
 * @example
 * ```ts
 * import { network } from "neuralpower/dsl";
 * import { onnxChunks } from "./onnx_write.ts";
 *
 * const net = network("wide", { vector: 1024 }, (x) => x.dense(1024, { activation: "relu" })).build();
 * let bytes = 0;
 * for (const chunk of onnxChunks(net)) bytes += chunk.byteLength; // 4198690
 * ```
 */
export function onnxChunks(network: Network, options: OnnxOptions = {}): Iterable<Uint8Array> {
  return onnxNetworkFile(network, options).chunks();
}

/**
 * A network's ONNX file in memory (opset 17, IR version 8).
 *
 * @param network A built network, float32 or float16.
 * @returns The file, in one array allocated once.
 * @throws {RangeError} When the file would exceed 2 GiB, the end of the format.
 *
 * @example
 * ```ts
 * import { network } from "neuralpower/dsl";
 * import { onnxModel } from "./onnx_write.ts";
 *
 * const tiny = network("tiny", { image: [3, 32, 32] }, (x) =>
 *   x.conv(8, { kernel: 3, activation: "relu" }).globalAveragePool().flatten().dense(10)).build();
 * onnxModel(tiny, { seed: 7 }); // load it with onnxruntime
 * ```
 */
export function onnxModel(network: Network, options: OnnxOptions = {}): Uint8Array<ArrayBuffer> {
  return fileBytes(onnxNetworkFile(network, options));
}
