/**
 * How a CPU library goes about a convolution, from its sizes alone: on blocks of channels where the channels allow it, else as matrix
 * products of unfolded windows. The rules are those of ONNX Runtime's NCHWc transformer and MLAS; oneDNN's are much the same.
 *
 * @module
 */
import type { Geometry } from "./geometry.ts";

/** The ways of a convolution. */
export const paths = ["depthwise", "direct", "blocked", "plain"] as const;
/** One of them. */
export type Path = (typeof paths)[number];

/** Input channels that fill no block are read as they lie. */
const leastBlock = 8;

/** Which way a convolution goes. */
export function path({ depthwise, groups, c, o }: Geometry): Path {
  if (depthwise) return "depthwise";
  if (groups > 1) return c % leastBlock === 0 && o % leastBlock === 0 ? "blocked" : "plain";
  if (c < leastBlock) return "direct";
  return c % 4 === 0 ? "blocked" : "plain";
}

/** A size rounded up to whole vectors, as a multiple of itself. */
export function inWhole(size: number, lanes: number): number {
  return lanes * Math.ceil(size / lanes) / size;
}

/** Blocks of 16 output channels, the sets of up to four that share the inputs they read, and how many blocks the last set has if fewer. */
export function filterSets({ o }: Geometry): { blocks: number; sets: number; left: number } {
  const blocks = Math.ceil(o / 16);
  return { blocks, sets: Math.ceil(blocks / 4), left: blocks % 4 };
}

/** The share of output columns whose window hangs over the image's left or right edge. */
export function edgeShare({ outWidth, padWidth, strideWidth }: Geometry): number {
  return Math.min(1, Math.ceil(padWidth / strideWidth) / outWidth);
}
