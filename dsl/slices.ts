/**
 * Parts of a value along an axis.
 *
 * @module
 */
import { axisOf, checkOptions, type Named, type SliceOptions } from "./layer_options.ts";
import { axisNames, divides } from "./shape_checks.ts";
import { join, type Value } from "./value.ts";

/** An even division of an axis, `usual` by default: each part is a layer, `NAME_1`, `NAME_2` … */
export function divide<V extends Value>(
  input: V,
  parts: number,
  usual: string,
  options: Named & { readonly axis?: string },
): V[] {
  checkOptions("split", options, ["axis", "name"]);
  const axis = axisOf("split", axisNames(input.shape), options.axis ?? usual);
  const name = options.name ?? `${input.name}_split`;
  divides(name, `elements of axis ${axis}`, input.shape[axis], parts, "parts");
  const size = input.shape[axis] / parts;
  return Array.from({ length: parts }, (_, i) => {
    const part = { kind: "move", op: "split", axis, start: i * size, end: (i + 1) * size, step: 1 } as const;
    return join(part, "split", [input], options.name === undefined ? undefined : `${name}_${i + 1}`);
  });
}

/** Some of an axis. */
export function cut<V extends Value>(input: V, axis: number, options: SliceOptions): V {
  checkOptions("slice", options, ["start", "end", "step", "name"]);
  const { start = 0, end = input.shape[axis], step = 1 } = options;
  return join({ kind: "move", op: "slice", axis, start, end, step }, "slice", [input], options.name);
}
