/**
 * A node's sizes as the base's terms and the boosted model's columns use them, for every kind alike.
 *
 * @module
 */
import { elementsRead } from "../../dsl/cost.ts";
import { dtypeBytes, elements, imageSizes } from "../../dsl/layer.ts";
import type { Specification } from "./specifications.ts";
import { type Node, nodeCost, type Optimizer } from "../node.ts";

/** Where the layers run: tiles and waves of a GPU, or the vector lanes of a CPU. */
export interface Hardware {
  /** GPU or CPU. */
  readonly type: "gpu" | "cpu";
  /** Streaming multiprocessors of a GPU, cores of a CPU. */
  readonly multiprocessors: number;
  /** A GPU's last cache, bytes; left out where it is not known. */
  readonly cacheBytes?: number;
  /** Whether the runtime keeps an image's channels last, while the library computes with channels first; not unless told. */
  readonly channelsLast?: boolean;
}

/** TensorFlow 1, whose tensors are NHWC unless told otherwise; cuDNN's convolutions are NCHW. */
const channelsLastRuntimes = ["tf1"];

/**
 * A device's hardware by its specification; without one, by whether its runtime computes on the CPU, of a common size: what it lacks
 * are the counts of whole waves.
 */
export function hardwareOf(
  specification: Pick<Specification, "type" | "multiprocessors" | "sharedCacheMiB"> | null,
  runtime: string,
): Hardware {
  const assumed: Hardware = runtime.endsWith("-cpu")
    ? { type: "cpu", multiprocessors: 1 }
    : { type: "gpu", multiprocessors: 80 };
  const { type, multiprocessors } = specification ?? assumed;
  // What a CPU's cores have in their own caches matters more, and its terms count that.
  const cacheMiB = type === "gpu" ? specification?.sharedCacheMiB ?? null : null;
  return {
    ...{ type, multiprocessors },
    ...cacheMiB === null ? {} : { cacheBytes: cacheMiB * 2 ** 20 },
    ...channelsLastRuntimes.includes(runtime) && { channelsLast: true },
  };
}

/** Sizes of one executed node; what a kind has not is 1, or 0 where it counts something. */
export interface Geometry {
  /** What it computes within its kind. */
  readonly op: string;
  /** Images, or rows of a matrix product. */
  readonly n: number;
  /** Input channels that one output sees. */
  readonly c: number;
  /** Output channels of one group. */
  readonly o: number;
  readonly groups: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  /** Window height and width, their product, and the step. */
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly kernel: number;
  readonly stride: number;
  readonly strideWidth: number;
  /** Left and right padding together. */
  readonly padWidth: number;
  /** Whether the padding differs between two opposite sides. */
  readonly oddPad: boolean;
  /** Whether each channel is convolved by itself. */
  readonly depthwise: boolean;
  /** Elements read, written and learned. */
  readonly inputs: number;
  readonly outputs: number;
  readonly params: number;
  readonly macs: number;
  readonly operations: number;
  readonly bytes: number;
  /** Bytes of inputs and outputs that the last cache, and those that half of it, cannot hold; 0 where its size is not known. */
  readonly spilled: number;
  readonly spilledHalf: number;
  /** 1 or 0: what is fused into the node. */
  readonly bias: number;
  readonly activation: number;
  readonly fusedAdd: number;
  readonly optimizer: Optimizer | null;
  readonly multiprocessors: number;
  readonly channelsLast: boolean;
}

/** The sizes of a node on a device. */
export function geometry(node: Node, hardware: Hardware): Geometry {
  const { layer } = node;
  const { macs, operations, params, bytesRead, bytesWritten } = nodeCost(node);
  const from = imageSizes(layer.inputShape), to = imageSizes(layer.outputShape);
  const inputs = elementsRead(layer), outputs = elements(layer.outputShape);
  const tensorBytes = dtypeBytes[node.dtype] * (inputs + outputs), { cacheBytes = Infinity } = hardware;
  const windowed = layer.kind === "conv" || layer.kind === "pool" ? layer : null;
  const groups = layer.kind === "conv" ? layer.groups : 1;
  const weighted = layer.kind === "conv" || layer.kind === "dense" ? layer : null;
  // A dense layer may keep the image's shape from before it was flattened: its rows are what its outputs say.
  const dense = layer.kind === "dense";
  const [kernelHeight, kernelWidth] = windowed?.kernel ?? [1, 1];
  const pad = windowed?.pad ?? [0, 0, 0, 0];
  return {
    op: layer.op,
    n: dense ? outputs / layer.outChannels : layer.inputShape[0],
    c: dense ? macs / outputs : from.channels / groups,
    o: to.channels / groups,
    groups,
    inHeight: from.height,
    inWidth: from.width,
    outHeight: dense ? 1 : to.height,
    outWidth: dense ? 1 : to.width,
    kernelHeight,
    kernelWidth,
    kernel: kernelHeight * kernelWidth,
    stride: windowed ? windowed.stride[0] * windowed.stride[1] : 1,
    strideWidth: windowed?.stride[1] ?? 1,
    padWidth: pad[1] + pad[3],
    oddPad: pad[0] !== pad[2] || pad[1] !== pad[3],
    depthwise: layer.kind === "conv" && groups > 1 && groups === from.channels,
    inputs,
    outputs,
    params,
    macs,
    operations,
    bytes: bytesRead + bytesWritten,
    spilled: Math.max(0, tensorBytes - cacheBytes),
    spilledHalf: Math.max(0, tensorBytes - cacheBytes / 2),
    bias: Number(weighted?.bias ?? false),
    activation: Number(node.activation !== null),
    fusedAdd: Number(node.fusedAdd),
    optimizer: node.optimizer,
    multiprocessors: hardware.multiprocessors,
    channelsLast: hardware.channelsLast ?? false,
  };
}
