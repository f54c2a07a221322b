/**
 * Writes a network as an ONNX file, with random weights: what it computes means nothing, but it runs as long as a trained one.
 *
 * @module
 */
import type { Layer } from "../layer.ts";
import type { Network } from "../built_network.ts";
import { GraphBuilder, type Tensor } from "./onnx_builder.ts";
import { writeLayer } from "./onnx_nodes.ts";
import { fileBytes, type OnnxFile, onnxFile, type OnnxGraph, type OnnxValue } from "./onnx_proto.ts";

/** How to write a network. */
export interface OnnxOptions {
  /** Of the random weights, a whole number; 1 by default. The same seed gives the same file. */
  readonly seed?: number;
}

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
  const graph = new GraphBuilder(dtype, options.seed ?? 1, ["input", ...layers.map((layer) => layer.name)]);
  const outputs = new Set(network.outputs);
  const tensors = new Map<string, Tensor>([["input", { name: "input", shape: inputShape }]]);
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
  const input: OnnxValue = { name: "input", dtype, shape: inputShape };
  return {
    name,
    nodes: graph.nodes,
    inputs: [input],
    outputs: [...outputs].map((output) => values.get(output) ?? input),
    values: [...values.values()].filter((value) => !outputs.has(value.name)),
    initializers: graph.initializers,
  };
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
