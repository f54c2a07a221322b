/**
 * What tests of shapes share: short layers, and what a layer makes of shapes or refuses.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { ShapeError } from "../errors.ts";
import type { Conv, LayerOptions, Pool, Shape } from "../layer.ts";
import { outputShape } from "../shape.ts";
import { refused } from "./refusal.ts";

/** A convolution of 8 filters of 3×3. */
export const conv = (options: Partial<Conv> = {}): Conv => ({
  kind: "conv",
  op: "conv",
  outChannels: 8,
  kernel: [3, 3],
  stride: [1, 1],
  pad: [0, 0, 0, 0],
  dilation: [1, 1],
  groups: 1,
  bias: true,
  ...options,
});

type WindowPool = Extract<Pool, { op: "max" | "average" | "global_max" | "global_average" }>;

/** A pool of 2×2. */
export const pool = (options: Partial<WindowPool> = {}): Pool => ({
  kind: "pool",
  op: "max",
  kernel: [2, 2],
  stride: [2, 2],
  pad: [0, 0, 0, 0],
  ceilMode: false,
  countIncludePad: false,
  ...options,
});

export const dense = { kind: "dense", op: "dense", outChannels: 10, bias: true } as const satisfies LayerOptions;
export const relu = { kind: "elementwise", op: "relu" } as const satisfies LayerOptions;

/** The output's shape. */
export const made = (options: LayerOptions, ...inputs: Shape[]) => outputShape(options, inputs, "it");

/** The whole text of the ShapeError that `options` must give. */
export function refusal(options: LayerOptions, ...inputs: Shape[]): string {
  const { layer, message } = refused([ShapeError], () => made(options, ...inputs));
  assertEquals(layer, "it");
  return message;
}
