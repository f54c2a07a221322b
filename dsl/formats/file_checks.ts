/**
 * What readers refuse, whatever the form of the file.
 *
 * @module
 */
import { type Network, networkCost } from "../built_network.ts";
import { FormatError, quoted, type ReadOptions } from "./format_error.ts";

/** Refuses layers of types that no table has, all of them at once, unless they are to become layers that nothing predicts. */
export function checkTypes(
  layers: readonly { readonly name: string; readonly type: string }[],
  isKnown: (type: string) => boolean,
  { allowUnsupported = false }: ReadOptions,
): void {
  if (allowUnsupported) return;
  const unknown = Map.groupBy(layers.filter(({ type }) => !isKnown(type)), ({ type }) => type);
  if (unknown.size === 0) return;
  const told = [...unknown].slice(0, 8).map(([type, of]) =>
    `${quoted(type)} (${of.length}, first ${quoted(of[0].name)})`
  );
  const more = unknown.size > told.length ? ` and ${unknown.size - told.length} more` : "";
  throw new FormatError(
    `Layers of types that are not known here: ${told.join(", ")}${more}; --allow-unsupported predicts the rest`,
  );
}

/** Refuses a network whose costs are no longer exact: sums above 2⁵³. */
export function checkCountable(network: Network): void {
  if (Object.values(networkCost(network)).every(Number.isSafeInteger)) return;
  throw new FormatError("The network's costs exceed 2⁵³ and cannot be counted; make it smaller");
}
