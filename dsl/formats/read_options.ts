/**
 * What the readers of other forms have in common.
 *
 * @module
 */
import type { Dtype, Shape } from "../layer.ts";
import { type Network, networkCost } from "../network.ts";
import { FormatError } from "./format_error.ts";

/** What a file's network is built for. */
export interface ReadOptions {
  /** Images at once, instead of the file's. */
  readonly batch?: number;
  /** Side of a square image, or `[height, width]`, instead of the file's. */
  readonly image?: number | readonly [height: number, width: number];
  /** Sizes of an input by its name, batch first: before all else. */
  readonly shapes?: Readonly<Record<string, Shape>>;
  /** `"float32"` by default. */
  readonly dtype?: Dtype;
}

/** Refuses layers of types that no table has, all of them at once. */
export function checkTypes(
  layers: readonly { readonly name: string; readonly type: string }[],
  isKnown: (type: string) => boolean,
): void {
  const unknown = Map.groupBy(layers.filter(({ type }) => !isKnown(type)), ({ type }) => type);
  if (unknown.size === 0) return;
  const told = [...unknown].slice(0, 8).map(([type, of]) =>
    `${type.slice(0, 40)} (${of.length}, first "${of[0].name.slice(0, 40)}")`
  );
  const more = unknown.size > told.length ? ` and ${unknown.size - told.length} more` : "";
  throw new FormatError(`Layers of types that are not known here: ${told.join(", ")}${more}`);
}

/** Refuses a network whose costs are no longer exact: sums above 2⁵³. */
export function checkCountable(network: Network): void {
  if (Object.values(networkCost(network)).every(Number.isSafeInteger)) return;
  throw new FormatError("The network's costs exceed 2⁵³ and cannot be counted; make it smaller");
}
