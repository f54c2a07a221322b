/**
 * What the options of ONNX's operators mean in sizes, whichever version of an operator has them as attributes or inputs.
 *
 * @module
 */
import { elements, type Shape } from "../layer.ts";
import { quoted } from "./format_error.ts";
import { type Call, windowSizes } from "./onnx_call.ts";

/** Elements of a constant that are kept. */
export const most = 4096;
/** Of a constant that holds one number again and again. */
const mostRepeated = 256;

/** As many times one number; undefined where they are not kept, or there is no such count. */
export function repeated(count: number, value: number): number[] | undefined {
  const kept = Number.isSafeInteger(count) && count >= 0 && count <= mostRepeated;
  return kept ? Array<number>(count).fill(value) : undefined;
}

/** The sizes of an image. */
export function image(call: Call): Shape {
  return call.rank() === 4 ? call.shape() : call.fail(`it takes an image, got [${call.shape().join(", ")}]`);
}

/** What a reshape makes of its input's sizes. */
export function reshaped(call: Call): number[] {
  const given = call.list("shape", 1) ?? call.fail("its shape is missing");
  const input = call.shape();
  const keeps = call.int("allowzero", 0) === 0;
  const sizes = given.map((size, axis) =>
    size === 0 && keeps ? input[axis] ?? call.fail("a 0 stands for no axis") : size
  );
  const rest = elements(sizes.filter((size) => size !== -1));
  const shape = sizes.map((size) => size === -1 ? elements(input) / rest : size);
  if (elements(shape) !== elements(input) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    call.fail(
      `[${input.join(", ")}] cannot be seen as [${
        given.slice(0, 16).join(", ")
      }]; the file may be made for other sizes than these`,
    );
  }
  return shape;
}

/** The order of a transpose's axes. */
export function transposeOrder(call: Call): readonly number[] {
  const order = call.ints("perm") ?? call.shape().map((_, axis) => axis).reverse();
  if (order.length !== call.rank()) call.fail(`its order of ${order.length} axes does not fit ${call.rank()}`);
  return call.axes(order);
}

/** Where a split divides, and which axis. */
export function splitSizes(call: Call): { readonly axis: number; readonly sizes: readonly number[] } {
  const axis = call.axis(call.int("axis", 0));
  const size = call.shape()[axis];
  const given = call.list("split", 1);
  if (given !== undefined) {
    if (given.length !== call.node.outputs.length) call.fail(`${given.length} parts are not as many as its outputs`);
    if (given.some((part) => part < 0) || given.reduce((sum, part) => sum + part, 0) !== size) {
      call.fail(`parts of ${given.slice(0, 16).join(", ")} do not make ${size}`);
    }
    return { axis, sizes: given };
  }
  const parts = call.int("num_outputs", call.node.outputs.length);
  if (parts !== call.node.outputs.length || parts < 1) call.fail(`it cannot be split into ${parts}`);
  const each = Math.ceil(size / parts);
  return { axis, sizes: Array.from({ length: parts }, (_, i) => Math.max(0, Math.min(each, size - i * each))) };
}

/** One axis of a slice: which elements, `count` of them from `start` on. */
export interface AxisSlice {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** What a slice takes of each axis that it names. */
export function slices(call: Call): AxisSlice[] {
  const starts = call.list("starts", 1) ?? call.fail("its starts are missing");
  const ends = call.list("ends", 2) ?? call.fail("its ends are missing");
  const axes = call.axes(call.list("axes", 3) ?? starts.map((_, axis) => axis));
  const steps = call.has(4) ? call.values(4) : starts.map(() => 1);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    call.fail("it has not as many starts, ends, axes and steps");
  }
  return axes.map((axis, i) => {
    const [size, step] = [call.shape()[axis], steps[i]];
    if (step === 0) call.fail("its step is 0");
    const place = (given: number) => given < 0 ? given + size : given;
    const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
    const start = Math.min(Math.max(place(starts[i]), 0), high);
    const end = Math.min(Math.max(place(ends[i]), low), high);
    return { axis, start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
  });
}

/** How much is added to each axis. */
export function padding(call: Call): { readonly begins: readonly number[]; readonly ends: readonly number[] } {
  const given = call.list("pads", 1) ?? call.fail("its pads are missing");
  const axes = call.has(3) ? call.axes(call.values(3)) : call.shape().map((_, axis) => axis);
  if (given.length !== 2 * axes.length) call.fail(`${given.length} pads do not fit ${axes.length} axes`);
  const [begins, ends] = [call.shape().map(() => 0), call.shape().map(() => 0)];
  axes.forEach((axis, i) => [begins[axis], ends[axis]] = [given[i], given[axes.length + i]]);
  return { begins, ends };
}

/** A transposed convolution's paddings and output sizes. */
export function transposedWindow(
  call: Call,
): { sizes: number[]; begins: readonly number[]; ends: readonly number[]; outputPads: readonly number[] } {
  const inputs = call.shape().slice(2);
  const { kernel, strides, dilations, begins, ends } = windowSizes(call, call.shape(1).slice(2));
  const outputPads = call.ints("output_padding") ?? inputs.map(() => 0);
  const reaches = kernel.map((size, i) => (size - 1) * dilations[i] + 1);
  const full = inputs.map((size, i) => (size - 1) * strides[i] + reaches[i] + (outputPads[i] ?? 0));
  const auto = call.text("auto_pad", "NOTSET");
  const wanted = call.ints("output_shape")?.slice(-inputs.length) ??
    (auto.startsWith("SAME") ? inputs.map((size, i) => size * strides[i]) : undefined);
  if (wanted === undefined) {
    return { sizes: full.map((size, i) => size - begins[i] - ends[i]), begins, ends, outputPads };
  }
  // What is wanted beyond the windows is added after them.
  const added = outputPads.map((pad, i) => pad + Math.max(0, wanted[i] - full[i]));
  const totals = full.map((size, i) => Math.max(0, size - wanted[i]));
  const [less, more] = [totals.map((total) => Math.floor(total / 2)), totals.map((total) => Math.ceil(total / 2))];
  const [first, last] = auto === "SAME_UPPER" ? [less, more] : [more, less];
  return { sizes: [...wanted], begins: first, ends: last, outputPads: added };
}

/** What a resize makes of its input's sizes. */
export function resized(call: Call): number[] {
  const input = call.shape();
  // Version 11 moved the factors behind a region of interest.
  const [factorsAt, sizesAt] = call.node.op === "Upsample" || call.version < 11 ? [1, 3] : [2, 3];
  const named = call.list("axes");
  const axes = named ? call.axes(named) : input.map((_, axis) => axis);
  const sizes = call.has(sizesAt) && call.input(sizesAt).shape[0] !== 0 ? call.values(sizesAt) : undefined;
  const factors = sizes ?? call.attribute("scales")?.floats ?? call.values(factorsAt);
  if (factors.length !== axes.length) call.fail(`${factors.length} factors do not fit ${axes.length} axes`);
  const shape = [...input];
  axes.forEach((axis, i) => shape[axis] = sizes ? sizes[i] : Math.floor(Math.fround(input[axis] * factors[i])));
  const policy = call.text("keep_aspect_ratio_policy", "stretch");
  if (sizes !== undefined && policy !== "stretch") {
    const scales = axes.map((axis, i) => sizes[i] / input[axis]);
    const scale = policy === "not_larger" ? Math.min(...scales) : Math.max(...scales);
    axes.forEach((axis) => shape[axis] = Math.round(scale * input[axis]));
  }
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 1)) call.fail("its sizes are no whole numbers");
  return shape;
}

/** The axes of each operand of an Einstein sum and of its result, by their letters; what dots stand for becomes digits. */
export function einsumAxes(call: Call): { readonly operands: readonly string[][]; readonly result: readonly string[] } {
  const equation = call.text("equation", "").replaceAll(" ", "");
  const [left, right] = equation.split("->");
  const parts = left.split(",");
  if (parts.length !== call.inputs.length) call.fail(`its equation ${quoted(equation)} does not fit its inputs`);
  const dots = Math.max(0, ...parts.map((part, i) => part.includes("...") ? call.rank(i) - (part.length - 3) : 0));
  if (dots > 9) call.fail(`its equation ${quoted(equation)} has too many axes`);
  const letters = (part: string, own: number) => [...part.replace("...", "0123456789".slice(dots - own, dots))];
  const operands = parts.map((part, i) => letters(part, part.includes("...") ? call.rank(i) - (part.length - 3) : 0));
  const all = operands.flat();
  const implied = [...new Set(all)].filter((axis) => all.filter((other) => other === axis).length === 1).sort();
  return { operands, result: right === undefined ? implied : letters(right, dots) };
}
