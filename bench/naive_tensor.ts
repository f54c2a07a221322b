/**
 * Tensors in double precision, for computations that are written as their definitions are.
 *
 * @module
 */
import { elements, type Shape } from "neuralpower/dsl";

/** A tensor in memory, the last axis fastest. */
export interface NaiveTensor {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** A tensor whose elements are a function of their position. */
export function made(shape: Shape, value: (at: number[]) => number): NaiveTensor {
  const data = new Float64Array(elements(shape));
  const at = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    data[i] = value(at);
    for (let axis = shape.length - 1; axis >= 0 && ++at[axis] === shape[axis]; axis--) at[axis] = 0;
  }
  return { shape, data };
}

/** The element at a position; an axis of size 1 has the same element everywhere. */
export function read({ shape, data }: NaiveTensor, at: readonly number[]): number {
  return data[shape.reduce((offset, size, axis) => offset * size + (size === 1 ? 0 : at[axis]), 0)];
}

/** All elements whose position differs from `at` on some axes only. */
export function along(tensor: NaiveTensor, at: readonly number[], axes: readonly number[]): number[] {
  return axes.reduce(
    (places, axis) =>
      places.flatMap((place) => Array.from({ length: tensor.shape[axis] }, (_, i) => place.with(axis, i))),
    [[...at]],
  ).map((place) => read(tensor, place));
}
