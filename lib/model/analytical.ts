/**
 * What a device should take by its data sheet, without any measurement: Paleo's model (Qi et al., ICLR 2017) with a launch overhead,
 *
 *     t = launches · t_launch + FLOPs / (peak · 0.62) + bytes / bandwidth,
 *
 * one multiply-add as two FLOPs and any other operation as one, bytes of padded input, weights and output. 0.62 is the percentage of peak that Paleo's scripts use.
 * Power lies between idle and the board's limit by the share of t in which the device computes or moves data.
 *
 * @module
 */
import { dtypeBytes } from "../../dsl/layer.ts";
import { type Node, nodeCost, type Optimizer } from "../node.ts";
import type { Specification } from "./specifications.ts";

/** Share of the peak that kernels reach, after Paleo's scripts. */
const peakShare = 0.62;

/**
 * Idle power over board power where no idle power was found: about the mean of the cards in the table that have one (0.03 … 0.15).
 */
const assumedIdleShare = 0.1;

/** Kernels of a pass, and its arithmetic and traffic over the forward pass's: gradients of the input and of the weights. */
const passFactors = {
  forward: { launches: 1, work: 1 },
  backward: { launches: 2, work: 2 },
  training: { launches: 4, work: 3 },
} as const;

/** How often an update touches memory for each weight: the weight, its gradient and its moments, read and written. */
const updateAccesses: Readonly<Record<Optimizer, number>> = {
  sgd: 3,
  momentum: 5,
  rmsprop: 5,
  adagrad: 5,
  adadelta: 7,
  adam: 7,
};

/** An analytical prediction. */
export interface AnalyticalPrediction {
  /** Of the node's pass. */
  readonly runtimeMs: number;
  /** How much of it the device computes or moves data at its full rate. */
  readonly busyMs: number;
  /** Mean while it runs. */
  readonly powerW: number;
}

/** A device's power when nothing runs, W: its figure, or the assumed share of its limit. */
export function idlePowerW({ idleW, boardW }: Specification): number {
  return idleW ?? assumedIdleShare * boardW;
}

/**
 * Predicts a node from a device's specification.
 *
 * @param node What is executed; its pass decides what is counted.
 * @returns Runtime in ms, mean power in W.
 *
 * @example
 * ```ts
 * import { analytical, findSpecification, plan, unfused } from "neuralpower";
 * import { network } from "neuralpower/dsl";
 *
 * const net = network("tiny", { vector: 4096, batch: 64 }, (x) => x.dense(4096)).build();
 * analytical(plan(net, unfused)[0].node!, findSpecification("v100")!).runtimeMs; // 0.30 ms
 * ```
 */
export function analytical(node: Node, specification: Specification): AnalyticalPrediction {
  const { launches, flops, bytes } = work(node);
  const { float32, float16 } = specification.peakTflops;
  const peak = node.dtype === "float16" ? float16 ?? float32 : float32;

  // 10¹² FLOP/s are 10⁹ in a ms; 10⁹ bytes/s are 10⁶ in a ms.
  const computeMs = flops / (peak * 1e9 * peakShare);
  const memoryMs = bytes / (specification.bandwidthGBs * 1e6);
  const runtimeMs = launches * specification.launchUs / 1000 + computeMs + memoryMs;
  const busyMs = computeMs + memoryMs;
  return { runtimeMs, busyMs, powerW: powerWhenBusy(busyMs / runtimeMs, specification) };
}

/** What a node's pass makes a device do. */
export interface Work {
  /** Kernels started. */
  readonly launches: number;
  /** One multiply-add as two, any other operation as one. */
  readonly flops: number;
  /** Read and written: padded input, weights, output, and the weights' update. */
  readonly bytes: number;
}

/** Counts a node's launches, operations and bytes. */
export function work(node: Node): Work {
  const { macs, operations, params, bytesRead, bytesWritten } = nodeCost(node);
  const { launches, work } = passFactors[node.pass];
  const update = node.optimizer === null ? 0 : params * updateAccesses[node.optimizer];
  const bytes = work * (bytesRead + bytesWritten + paddingBytes(node)) + update * dtypeBytes[node.dtype];
  return { launches, flops: work * (2 * macs + operations), bytes };
}

/** Power by the share of time that the device is busy, at most all of it, W. */
export function powerWhenBusy(share: number, specification: Specification): number {
  const idleW = idlePowerW(specification);
  return idleW + (specification.boardW - idleW) * Math.min(1, share);
}

/** What a convolution's padding adds to its input. */
function paddingBytes({ layer, dtype }: Node): number {
  if (layer.kind !== "conv") return 0;
  const [batch, channels, height, width] = layer.inputShape;
  const [top, left, bottom, right] = layer.pad;
  return batch * channels * ((height + top + bottom) * (width + left + right) - height * width) * dtypeBytes[dtype];
}
