/**
 * What a device's fits cover beside the forward pass, and what predicts the rest: `node_model.ts` decides it, this tells it.
 *
 * @module
 */
import type { Device } from "./device.ts";
import type { KindFit } from "./model.ts";

/** What a user can rely on beside the forward pass's times, each kind with its number format where that is not float32. */
export interface Fallbacks {
  /** Kinds whose training pass is fitted, or follows from fits of its forward and backward pass. */
  readonly training: readonly string[];
  /** Kinds whose forward pass has fitted power. */
  readonly power: readonly string[];
  /** Kinds whose rates predict all else; empty where the specification does. */
  readonly rates: readonly string[];
  /** The specification: without rates and without it only what was measured can be predicted. */
  readonly specification: string | null;
}

/** Tells what a device's fits cover and what predicts the rest. */
export function fallbacks({ model, specification }: Device): Fallbacks {
  const fits = model?.fits ?? [];
  const has = (pass: KindFit["pass"], like: KindFit) =>
    fits.some(({ kind, dtype, pass: own }) => own === pass && kind === like.kind && dtype === like.dtype);
  const named = (covers: (fit: KindFit) => boolean) => [...new Set(fits.filter(covers).map(fitName))];
  return {
    training: named((fit) => has("training", fit) || (has("forward", fit) && has("backward", fit))),
    power: named(({ pass, power }) => pass === "forward" && power !== null),
    rates: [...new Set((model?.rates ?? []).flatMap(({ kinds }) => kinds))],
    specification: specification?.name ?? null,
  };
}

/** A fit's kind, with its number format where that is not float32. */
export function fitName({ kind, dtype }: Pick<KindFit, "kind" | "dtype">): string {
  return dtype === "float32" ? kind : `${kind} ${dtype}`;
}
