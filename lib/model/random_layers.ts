/**
 * Random layers within and far outside what a fit's rows covered: for tests of what models say of them.
 *
 * @module
 */
import type { Kind } from "neuralpower/dsl";
import type { Node } from "../node.ts";
import { readRow } from "../table.ts";
import { Cells } from "../table_cells.ts";
import type { KindFit } from "./model.ts";

/** Numbers in (0, 1): the 32-bit generator of Numerical Recipes. */
export function uniforms(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return (seed + 0.5) / 2 ** 32;
  };
}

/** Kinds whose layers sizes alone describe, each with a common op. */
const drawable: Partial<Record<Kind, string>> = {
  ...{ conv: "conv", dense: "dense", pool: "max", norm: "batch", elementwise: "relu", softmax: "softmax" },
};

/** Whether {@linkcode randomLayer} can draw layers of a fit's kind. */
export function isDrawable({ kind }: Pick<KindFit, "kind">): boolean {
  return kind in drawable;
}

/**
 * A layer of a fit's kind.
 *
 * @param reach Sizes lie within the ranges and up to e^reach beyond, evenly on the scale of logarithms.
 */
export function randomLayer(fit: KindFit, random: () => number, reach: number): Node {
  const { kind, pass, dtype, ranges } = fit;
  const size = (feature: string) => {
    const [low, high] = ranges[feature].map((end) => Math.log(Math.max(1, end)));
    return Math.max(1, Math.round(Math.exp(low + (high + reach - low) * random())));
  };
  const side = size("inHeight"),
    batch = size("batch"),
    channels = size("inChannels"),
    outChannels = size("outChannels");
  // No tensor that a table could hold.
  if (batch * Math.max(channels, outChannels) * side ** 2 > 2 ** 46) return randomLayer(fit, random, reach);
  const cells: Record<string, string | number> = {
    ...{ kind, op: drawable[kind]!, pass, dtype, batch, in_channels: channels },
    ...{ in_height: side, in_width: ranges.inWidth[1] > 1 ? side : 1 },
    ...pass === "training" ? { optimizer: "sgd" } : {},
    ...kind === "conv" || kind === "dense" ? { out_channels: outChannels } : {},
  };
  if (kind === "conv" || kind === "pool") {
    const kernel = Math.min(side, size("kernelHeight")), stride = size("strideHeight");
    const pad = kind === "conv" && ranges.padHeight[1] > 0 ? kernel >> 1 : 0;
    Object.assign(cells, { kernel_height: kernel, kernel_width: kernel, stride_height: stride, stride_width: stride });
    Object.assign(cells, { pad_top: pad, pad_left: pad, pad_bottom: pad, pad_right: pad });
  }
  const texts = Object.entries(cells).map(([name, value]) => [name, String(value)]);
  return readRow(new Cells(Object.fromEntries(texts), "random", 1)).node;
}
