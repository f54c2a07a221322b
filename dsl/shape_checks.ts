/**
 * What the shape rules check, and how they show a shape.
 *
 * @module
 */
import { ShapeError } from "./errors.ts";
import { elements, imageAxes, type Pair, type Shape, tokensAxes, vectorAxes } from "./layer.ts";

/** Above 2⁵³ − 1 products of sizes are no longer exact. */
const MAX_ELEMENTS = Number.MAX_SAFE_INTEGER;

/** A value in an error's text, in one line; text in quotes, since "8" is no number. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/** The names of a tensor's axes beside the batch, as a net's file writes them. */
export function axisNames(shape: Shape): readonly string[] {
  return shape.length === 4 ? imageAxes : shape.length === 3 ? tokensAxes : vectorAxes;
}

/** Axes in an error's text, by name; what is none, as it is. */
export function showAxes(axes: unknown, shape: Shape): string {
  if (!Array.isArray(axes)) return show(axes);
  const names = ["batch", ...axisNames(shape)];
  return `[${axes.map((axis) => typeof axis === "number" && names[axis] || show(axis)).join(", ")}]`;
}

/** Each named number must be a whole number of at least 1. */
export function positive(layer: string, numbers: Readonly<Record<string, number>>): void {
  atLeast(1, layer, numbers);
}

/** Each named number must be a whole number of at least 0. */
export function whole(layer: string, numbers: Readonly<Record<string, number>>): void {
  atLeast(0, layer, numbers);
}

function atLeast(least: number, layer: string, numbers: Readonly<Record<string, number>>): void {
  for (const name in numbers) {
    const value = numbers[name];
    if (!Number.isSafeInteger(value) || value < least) {
      throw new ShapeError(layer, `${name} must be a whole number of at least ${least}, got ${show(value)}`);
    }
  }
}

/** Each named list must have as many numbers as it says: what a third would mean, nobody knows. */
export function lengths(layer: string, length: number, lists: Readonly<Record<string, unknown>>): void {
  for (const [name, list] of Object.entries(lists)) {
    if (Array.isArray(list) && list.length === length && list.every((item) => typeof item === "number")) continue;
    throw new ShapeError(layer, `${name} must be ${length} numbers, got ${show(list)}`);
  }
}

/** An output's height and width. */
export function outputSize(layer: string, size: Pair): Pair {
  lengths(layer, 2, { "output size": size });
  positive(layer, { "output height": size[0], "output width": size[1] });
  return size;
}

/** Each named option must be yes or no. */
export function yesOrNo(layer: string, options: Readonly<Record<string, boolean>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (typeof value !== "boolean") throw new ShapeError(layer, `${name} must be true or false, got ${show(value)}`);
  }
}

/** Every size must be a whole number of at least 1, and all together countable. */
export function checkTensor(layer: string, shape: Shape): void {
  // Net files run without having been compiled.
  if (!Array.isArray(shape)) throw new ShapeError(layer, `a shape must be an array of sizes, got ${show(shape)}`);
  if (shape.length < 2 || shape.length > 4) {
    throw new ShapeError(layer, `a tensor has two to four axes, got ${show(shape)}`);
  }
  for (let axis = 0; axis < shape.length; axis++) {
    if (!Number.isSafeInteger(shape[axis]) || shape[axis] < 1) {
      positive(layer, { [`size of axis ${axis}`]: shape[axis] });
    }
  }
  if (elements(shape) > MAX_ELEMENTS) {
    throw new ShapeError(layer, `a tensor of ${show(shape)} has more than 2⁵³ elements`);
  }
}

/** The only input. */
export function one(inputs: readonly Shape[], layer: string): Shape {
  if (inputs.length !== 1) throw new ShapeError(layer, `takes one input, got ${inputs.length}`);
  return inputs[0];
}

/** The only input, an image. */
export function image(inputs: readonly Shape[], layer: string): Shape {
  const shape = one(inputs, layer);
  if (shape.length !== 4) throw new ShapeError(layer, `takes an image [N, C, H, W], got ${show(shape)}`);
  return shape;
}

/** The only input, tokens. */
export function tokens(inputs: readonly Shape[], layer: string): Shape {
  const shape = one(inputs, layer);
  if (shape.length !== 3) throw new ShapeError(layer, `takes tokens [N, length, width], got ${show(shape)}`);
  return shape;
}

/** Whether `divisor` divides `size`, or an error that says what could not be divided. */
export function divides(layer: string, what: string, size: number, divisor: number, parts: string): void {
  positive(layer, { [parts]: divisor });
  if (size % divisor !== 0) throw new ShapeError(layer, `${size} ${what} cannot be split into ${divisor} ${parts}`);
}

/** Numpy's broadcasting, from the last axis on. */
export function broadcast(inputs: readonly Shape[], layer: string): Shape {
  if (inputs.some((shape) => shape.length !== inputs[0].length)) {
    throw new ShapeError(layer, `inputs must have as many axes as each other, got ${inputs.map(show).join(" and ")}`);
  }
  return inputs.reduce((a, b) =>
    a.map((size, axis) => {
      if (size !== b[axis] && size !== 1 && b[axis] !== 1) {
        throw new ShapeError(layer, `axis ${axis} must be equal or 1, got ${show(a)} and ${show(b)}`);
      }
      return Math.max(size, b[axis]);
    })
  );
}
