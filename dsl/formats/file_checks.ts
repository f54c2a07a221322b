/**
 * What readers refuse, whatever the form of the file.
 *
 * @module
 */
import { type Network, networkCost } from "../built_network.ts";
import type { Shape } from "../layer.ts";
import { FormatError, quoted, type ReadOptions } from "./format_error.ts";

/**
 * The whole shape asked for an input, if any.
 *
 * @param axesOf The axes of height and width in such a shape.
 * @throws {FormatError} When another input's is asked for, or one that the batch or the image size asked for contradicts.
 */
export function askedShape(
  name: string,
  { batch, image, shapes = {} }: ReadOptions,
  axesOf: (shape: Shape) => readonly [height: number, width: number] = () => [2, 3],
): Shape | undefined {
  const unknown = Object.keys(shapes).find((asked) => asked !== name);
  if (unknown !== undefined) throw new FormatError(`it has no input ${quoted(unknown)}, its input is ${quoted(name)}`);
  const asked = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
  if (asked === undefined) return undefined;
  const [height, width] = axesOf(asked);
  const pixels = typeof image === "number" ? [image, image] : image;
  if (pixels !== undefined && (asked[height] !== pixels[0] || asked[width] !== pixels[1])) {
    throw new FormatError(
      `--image ${pixels.join("×")} does not fit --shape of input ${quoted(name)}; give one of them`,
    );
  }
  if (batch !== undefined && asked[0] !== batch) {
    throw new FormatError(`--batch ${batch} does not fit --shape of input ${quoted(name)}; give one of them`);
  }
  return asked;
}

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
