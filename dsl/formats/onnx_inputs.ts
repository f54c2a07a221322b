/**
 * Which sizes a graph's input has: the file's, or those asked for where the file leaves them open.
 *
 * @module
 */
import type { Shape } from "../layer.ts";
import { checkTensor } from "../shape_checks.ts";
import { askedShape } from "./file_checks.ts";
import { FormatError, quoted, type ReadOptions } from "./format_error.ts";
import type { FileValue } from "./onnx_model.ts";

/** Channels that an image has; an input whose last axis is one of them has its channels there. */
const colours: readonly unknown[] = [1, 3, 4];

/** The axes of height and width. */
export function imageAxesOf(shape: readonly unknown[]): readonly [height: number, width: number] {
  return colours.includes(shape[3]) && !colours.includes(shape[1]) ? [1, 2] : [2, 3];
}

/**
 * The input's sizes. A batch that the file fixes stays: the network is built for another one from that.
 *
 * @throws {FormatError} Where sizes are open and not given, saying how to give them.
 */
export function inputShape({ name, shape: told }: FileValue, options: ReadOptions): Shape {
  const { batch, image } = options;
  const given = askedShape(name, options, imageAxesOf);
  if (given !== undefined && told !== undefined && given.length !== told.length) {
    throw new FormatError(`input ${quoted(name)} has ${told.length} axes, and --shape gives ${given.length}`);
  }
  const sizes = [...given ?? told ?? []];
  const [height, width] = imageAxesOf(sizes);
  if (image !== undefined) {
    if (sizes.length !== 4) throw new FormatError(`input ${quoted(name)} is no image, so it has no image size`);
    [sizes[height], sizes[width]] = typeof image === "number" ? [image, image] : image;
  }
  if (typeof sizes[0] !== "number" && sizes.length > 0) sizes[0] = batch;
  const open = sizes.filter((size) => typeof size !== "number");
  if (sizes.length < 2 || sizes.length > 4 || open.length > 0) throw new FormatError(howToGive(name, told, sizes));
  checkTensor("input", sizes as number[]);
  return sizes as number[];
}

function howToGive(name: string, told: FileValue["shape"], sizes: readonly unknown[]): string {
  const example = `--shape ${name.length > 80 ? "NAME" : quoted(name).slice(1, -1)}=`;
  if (told === undefined && sizes.length === 0) {
    return `input ${quoted(name)} has no sizes in the file; give them, such as ${example}1x3x224x224`;
  }
  if (sizes.length < 2 || sizes.length > 4) {
    return `input ${quoted(name)} has ${sizes.length} axes; networks take images (4 axes), tokens (3) and vectors (2)`;
  }
  const shown = (told ?? []).map((size) => typeof size === "string" ? quoted(size).slice(1, -1) : size ?? "?").join(
    ", ",
  );
  const axes = imageAxesOf(sizes);
  const needed: string[] = [];
  if (typeof sizes[0] !== "number") needed.push("--batch N");
  if (sizes.length === 4 && axes.some((axis) => typeof sizes[axis] !== "number")) needed.push("--image S");
  const whole = sizes.map((size, axis) => size ?? (axis === 0 ? 1 : sizes.length === 4 && axis === 1 ? 3 : 224));
  const shape = `${example}${whole.map((size) => typeof size === "number" ? size : 224).join("x")}`;
  return `the sizes of input ${quoted(name)} are open: [${shown}]; give ${
    [needed.join(" and "), shape].filter((way) => way !== "").join(", or ")
  }`;
}
