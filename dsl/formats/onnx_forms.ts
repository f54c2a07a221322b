/**
 * Tensors of any rank as the DSL's vectors, tokens and images: which axes are seen together.
 *
 * A form has as many elements as the tensor, in the same order, and the batch first.
 *
 * @module
 */
import { elements, type Shape } from "../layer.ts";

/** Sizes of 1 before a shape, up to a rank. */
export function aligned(shape: Shape, rank: number): number[] {
  return [...Array<number>(Math.max(0, rank - shape.length)).fill(1), ...shape];
}

/** Where each axis begins and ends: elements of the axes before it. */
function ranges(shape: Shape): { readonly size: number; readonly from: number; readonly to: number }[] {
  let from = 1;
  return shape.map((size) => ({ size, from, to: from *= size }));
}

/**
 * What an input that is broadcast to `out` is on the axes of `form`, another view of `out`.
 *
 * @returns Undefined where an axis of the form holds some that the input has and some that it repeats.
 */
export function fit(input: Shape, out: Shape, form: Shape): number[] | undefined {
  const own = aligned(input, out.length);
  const axes = ranges(out);
  const fitted: number[] = [];
  for (const { size, from, to } of ranges(form)) {
    const within = axes.map((axis, i) => ({ ...axis, full: own[i] === axis.size })).filter((axis) =>
      axis.size > 1 && axis.from < to && axis.to > from
    );
    if (size > 1 && within.some(({ full }) => full !== within[0].full)) return undefined;
    fitted.push(size === 1 || within[0]?.full === false ? 1 : size);
  }
  return fitted;
}

/** A tensor's own sizes where they are a form, else the nearest: what stands before the last axis as one. */
export function natural(shape: Shape, batch: number): number[] | undefined {
  if (shape.length >= 2 && shape.length <= 4 && shape[0] === batch) return [...shape];
  if (elements(shape) % batch !== 0) return undefined;
  const last = shape.at(-1) ?? 1;
  const rest = elements(shape) / batch / last;
  if (shape.length < 2 || !Number.isSafeInteger(rest)) return [batch, elements(shape) / batch];
  if (shape[0] === batch && shape.length > 4) {
    return [batch, elements(shape.slice(1, -2)), shape[shape.length - 2], last];
  }
  return rest === 1 ? [batch, last] : [batch, rest, last];
}

/**
 * A form of `out` on whose axes all inputs fit: neighbouring axes that each input either has or repeats are one.
 *
 * @returns Undefined where that leaves more axes than an image has.
 */
export function joint(inputs: readonly Shape[], out: Shape, batch: number): number[] | undefined {
  const groups: { size: number; pattern: string }[] = [];
  out.forEach((size, axis) => {
    if (size === 1) return;
    const pattern = inputs.map((input) => aligned(input, out.length)[axis] === size ? "1" : "0").join("");
    const last = groups.at(-1);
    if (last?.pattern === pattern) last.size *= size;
    else groups.push({ size, pattern });
  });
  const sizes = groups.map(({ size }) => size);
  if (batch > 1) {
    if ((sizes[0] ?? 1) % batch !== 0) return undefined;
    sizes.splice(0, 1, ...sizes[0] === batch ? [] : [sizes[0] / batch]);
  }
  if (sizes.length > 3) return undefined;
  return [batch, ...sizes.length === 0 ? [1] : sizes];
}

/**
 * A form in which one axis of a tensor stands by itself.
 *
 * @param current The form that the tensor has now, which is kept where the axis is one of its own.
 * @returns The form, and the axis in it; undefined where the axis is the batch.
 */
export function axisForm(
  shape: Shape,
  axis: number,
  current: Shape,
  batch: number,
): { readonly form: Shape; readonly axis: number } | undefined {
  const { from, to } = ranges(shape)[axis];
  const own = ranges(current).findIndex((other, i) =>
    i > 0 && other.from === from && other.to === to && other.size > 1
  );
  if (own > 0) return { form: current, axis: own };
  const before = elements(shape.slice(0, axis)), after = elements(shape.slice(axis + 1));
  if (before % batch === 0) {
    const form = [batch, before / batch, shape[axis], after];
    return after === 1 ? { form: form.slice(0, 3), axis: 2 } : { form, axis: 2 };
  }
  // The batch lies behind: as many elements, in another order.
  return after % batch === 0 ? { form: [batch, shape[axis], after / batch], axis: 1 } : undefined;
}

/** A permutation without axes of size 1, neighbours that stay neighbours as one axis. */
export function mergedOrder(shape: Shape, order: readonly number[]): { sizes: number[]; order: number[] } {
  const kept = order.filter((axis) => shape[axis] !== 1);
  const runs: number[][] = [];
  for (const axis of kept) {
    const last = runs.at(-1);
    const next = last === undefined ? undefined : shape.findIndex((size, i) => i > last.at(-1)! && size !== 1);
    if (last !== undefined && next === axis) last.push(axis);
    else runs.push([axis]);
  }
  const sorted = runs.toSorted((a, b) => a[0] - b[0]);
  return {
    sizes: sorted.map((run) => elements(run.map((axis) => shape[axis]))),
    order: runs.map((run) => sorted.indexOf(run)),
  };
}
