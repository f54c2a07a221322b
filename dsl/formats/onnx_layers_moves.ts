/**
 * What ONNX's moves of elements are as layers. Reshapes are none: a value is seen with other axes when a layer needs them.
 *
 * @module
 */
import { elements, type Pair, type Shape } from "../layer.ts";
import type { Call } from "./onnx_call.ts";
import { axisForm, fit, joint, natural } from "./onnx_forms.ts";
import { padding } from "./onnx_options.ts";
import { asImage, type Lower, unsplit } from "./onnx_layers.ts";
import { transpose } from "./onnx_layers_transpose.ts";
import { cleaned, equal, type Lowering, type Made } from "./onnx_lowering.ts";

/** A reshape. One to vectors is a layer of its own, as networks have it before their dense layers. */
const reshape: Lower = (to, call) => {
  const value = to.rename(to.of(call.node.inputs[0]), call);
  const out = to.shape(call.node.outputs[0]);
  return out.length === 2 && out[0] === to.batch ? to.view(value, out, call) : value;
};

const concat: Lower = (to, call) => {
  const axis = call.axis(call.int("axis", 1));
  const { inputs, outputs } = call.node;
  const fed = inputs.filter((input) => !to.info(input).constant);
  const shapeOf = (input: string) => to.shape(input);
  const current = to.of(fed[0]).shape;
  const found = axisForm(shapeOf(fed[0]), axis, current, to.batch);
  if (found === undefined) return call.fail("it joins images of the batch, which no layer here does");
  const forms = natural(to.shape(outputs[0]), to.batch);
  const direct = forms !== undefined && equal(forms, to.shape(outputs[0])) && axis > 0 &&
    equal(current, shapeOf(fed[0]));
  const along = direct ? axis : found.axis;
  const form = direct ? shapeOf(fed[0]) : found.form;
  const values: Made[] = [];
  let unlearned = 0;
  for (const input of inputs) {
    const own = form.with(along, shapeOf(input)[axis]);
    if (!to.info(input).constant) {
      values.push(to.as(to.of(input), own, call));
      continue;
    }
    const repeats = to.info(input).repeats;
    const single = own.with(0, 1);
    // A learned token for each image: one that is repeated.
    const count = elements(repeats === undefined ? shapeOf(input) : shapeOf(repeats));
    const made = count === elements(single) || count * to.batch === elements(own)
      ? to.parameter(input, single)
      : undefined;
    if (made === undefined) unlearned += own[along];
    else {values.push(
        to.add({ kind: "move", op: "expand", shape: own }, [made], call, "token", repeats && cleaned(input)),
      );}
  }
  const value = values.length === 1 ? values[0] : to.add({ kind: "move", op: "concat", axis: along }, values, call);
  return unlearned === 0 ? value : padded(to, call, value, value.shape, along, [0, unlearned], "constant");
};

/** Elements before and after an axis. */
function padded(
  to: Lowering,
  call: Call,
  value: Made,
  shape: Shape,
  axis: number,
  [before, after]: Pair,
  mode: "constant" | "reflect" | "edge",
): Made {
  const [outer, inner] = [elements(shape.slice(0, axis)), elements(shape.slice(axis + 1))];
  const own = equal(value.shape, shape) && shape.length === 4 && axis >= 2;
  if (!own && outer % to.batch !== 0) return unsplit(call, shape, to.batch);
  const form = own ? shape : [to.batch, outer / to.batch, shape[axis], inner];
  const sides = own && axis === 3 ? [0, before, 0, after] as const : [before, 0, after, 0] as const;
  const image = to.as(value, form, call);
  if (before >= 0 && after >= 0) return to.add({ kind: "move", op: "pad", pad: sides, mode }, [image], call);
  const [left, right] = [Math.max(0, -before), Math.max(0, -after)];
  const crop = own && axis === 3 ? [0, left, 0, right] as const : [left, 0, right, 0] as const;
  const cut = to.add({ kind: "move", op: "crop", pad: crop }, [image], call);
  if (before <= 0 && after <= 0) return cut;
  const rest = sides.map((side) => Math.max(0, side)) as unknown as typeof sides;
  return to.add({ kind: "move", op: "pad", pad: rest, mode }, [cut], call);
}

const pad: Lower = (to, call) => {
  const { begins, ends } = padding(call);
  const named = call.text("mode", "constant");
  const mode = named === "reflect" || named === "edge" ? named : named === "wrap" ? "edge" : "constant";
  const value = to.of(call.node.inputs[0]);
  const axes = call.shape().flatMap((_, axis) => begins[axis] !== 0 || ends[axis] !== 0 ? [axis] : []);
  const [first, second] = axes;
  const none = [...begins, ...ends].every((side) => side >= 0);
  if (none && axes.length === 2 && second === first + 1) {
    // Two neighbouring axes are an image's, what lies within them goes along.
    const [outer, inner] = [elements(call.shape().slice(0, first)), elements(call.shape().slice(second + 1))];
    if (outer % to.batch !== 0) return unsplit(call, call.shape(), to.batch);
    const form = [to.batch, outer / to.batch, call.shape()[first], call.shape()[second] * inner];
    const sides = [begins[first], begins[second] * inner, ends[first], ends[second] * inner] as const;
    return to.add({ kind: "move", op: "pad", pad: sides, mode }, [to.as(value, form, call)], call);
  }
  let [result, shape] = [value, call.shape()];
  for (const axis of axes) {
    result = padded(to, call, result, shape, axis, [begins[axis], ends[axis]], mode);
    shape = shape.with(axis, shape[axis] + begins[axis] + ends[axis]);
  }
  return result;
};

const expand: Lower = (to, call) => {
  const [tensor] = call.node.inputs;
  const out = to.shape(call.node.outputs[0]), shape = call.shape();
  if (elements(out) === elements(shape)) return to.of(tensor);
  for (const form of [natural(out, to.batch), joint([shape], out, to.batch)]) {
    const own = form === undefined || form.length > 4 ? undefined : fit(shape, out, form);
    if (own === undefined || own[0] !== to.batch) continue;
    // The DSL expands images and tokens.
    const [from, whole] = form!.length === 2 ? [[own[0], 1, own[1]], [form![0], 1, form![1]]] : [own, form!];
    return to.add({ kind: "move", op: "expand", shape: whole }, [to.as(to.of(tensor), from, call)], call);
  }
  return unsplit(call, out, to.batch);
};

/** Repeats along axes, which costs what enlarging an image to as many elements does. */
const tile: Lower = (to, call) => {
  const [tensor] = call.node.inputs;
  let value = to.of(tensor), shape = call.shape();
  call.values(1).forEach((repeats, axis) => {
    if (repeats === 1) return;
    const found = axisForm(shape, axis, [], to.batch) ?? unsplit(call, shape, to.batch);
    const [before, own, after = 1] = found.axis === 2 ? found.form.slice(1) : [1, ...found.form.slice(1)];
    const image = to.as(value, [to.batch, before, own, after], call);
    value = to.add({ kind: "move", op: "upsample_nearest", size: [own * repeats, after] }, [image], call);
    shape = shape.with(axis, shape[axis] * repeats);
  });
  return value;
};

const resize: Lower = (to, call) => {
  const [out, shape] = [to.shape(call.node.outputs[0]), call.shape()];
  const value = to.of(call.node.inputs[0]);
  if (equal(out, shape)) return value;
  const op = call.text("mode", "nearest") === "nearest" ? "upsample_nearest" : "upsample_bilinear";
  const changed = shape.flatMap((size, axis) => size !== out[axis] ? [axis] : []);
  const [first, last] = [changed[0], changed.at(-1)!];
  if (shape.length === 4 && first >= 2) {
    const image = asImage(to, call);
    return to.add({ kind: "move", op, size: [image.shape[2] / shape[2] * out[2], out[3]] }, [image], call);
  }
  // Other axes than the last two: those that change are an image's, what lies within them goes along.
  if (last - first > 1 || first === 0) call.fail("it enlarges axes that are no image's");
  const [outer, inner] = [elements(shape.slice(0, first)), elements(shape.slice(last + 1))];
  const two = last > first;
  const form = [to.batch, outer / to.batch, shape[first], two ? shape[last] * inner : inner];
  const size = [out[first], two ? out[last] * inner : inner] as const;
  return to.add({ kind: "move", op, size }, [to.as(value, form, call)], call);
};

const blocks = (op: "pixel_shuffle" | "pixel_unshuffle"): Lower => (to, call) =>
  to.add({ kind: "move", op, factor: call.int("blocksize", 1) }, [asImage(to, call)], call);

/** Windows added up to an image: the sum of each window's pixels, and its pixels as many as the image's. */
const windowsToImage: Lower = (to, call) => {
  const [, channels, ...image] = to.shape(call.node.outputs[0]);
  const [batch, values, windows] = call.shape();
  if (batch % to.batch !== 0) return unsplit(call, call.shape(), to.batch);
  const own = batch / to.batch * channels;
  const input = to.as(to.of(call.node.inputs[0]), [to.batch, own, values / channels, windows], call);
  const sum = to.add({ kind: "reduce", op: "sum", axes: [2] }, [input], call, "sum");
  const size = [1, elements(image)] as const;
  return size[1] === windows
    ? sum
    : size[1] > windows
    ? to.add({ kind: "move", op: "upsample_nearest", size }, [sum], call)
    : to.add({ kind: "move", op: "slice", axis: 3, start: 0, end: size[1], step: 1 }, [sum], call);
};

/** The operators of this file. */
export const moveOperators: Readonly<Record<string, Lower>> = {
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: reshape,
  Unsqueeze: reshape,
  Identity: reshape,
  Cast: reshape,
  CastLike: reshape,
  Dropout: reshape,
  Transpose: transpose,
  Concat: concat,
  Pad: pad,
  Expand: expand,
  Tile: tile,
  Resize: resize,
  Upsample: resize,
  DepthToSpace: blocks("pixel_shuffle"),
  SpaceToDepth: blocks("pixel_unshuffle"),
  Col2Im: windowsToImage,
};
