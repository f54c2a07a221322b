/**
 * What ONNX's operators that take elements out of a tensor, or write them into one, are as layers.
 *
 * @module
 */
import { elements, type Shape } from "../layer.ts";
import type { Call } from "./onnx_call.ts";
import { axisForm } from "./onnx_forms.ts";
import { slices, splitSizes } from "./onnx_options.ts";
import { type Lower, unsplit } from "./onnx_layers.ts";
import { equal, type Lowering, type Made } from "./onnx_lowering.ts";

/** Some of one axis. */
function sliced(
  to: Lowering,
  call: Call,
  value: Made,
  shape: Shape,
  part: { readonly axis: number; readonly start: number; readonly end: number; readonly step: number },
): Made {
  if (part.start === 0 && part.end === shape[part.axis] && part.step === 1) return value;
  const found = axisForm(shape, part.axis, value.shape, to.batch) ?? unsplit(call, shape, to.batch);
  const { start, end, step } = part;
  return to.add(
    { kind: "move", op: "slice", axis: found.axis, start, end, step },
    [to.as(value, found.form, call)],
    call,
  );
}

const slice: Lower = (to, call) => {
  let value = to.of(call.node.inputs[0]);
  const parts = slices(call).filter(({ axis, count, step }) => count !== call.shape()[axis] || step !== 1);
  const within = parts.length === 2 && parts.every(({ axis, step }) => axis >= 2 && step === 1) && call.rank() === 4;
  if (within && equal(value.shape, call.shape())) {
    const [h, w] = parts.toSorted((a, b) => a.axis - b.axis);
    const [height, width] = call.shape().slice(2);
    const pad = [h.start, w.start, height - h.start - h.count, width - w.start - w.count] as const;
    return to.add({ kind: "move", op: "crop", pad }, [value], call);
  }
  let shape = call.shape();
  for (const { axis, start, step, count } of parts) {
    if (count === 0) call.fail("it takes nothing");
    // Backwards as many are copied.
    const from = step > 0 ? start : start + (count - 1) * step;
    const end = Math.min(from + count * Math.abs(step), shape[axis]);
    value = step < 0 && count === shape[axis]
      ? copied(to, call, value)
      : sliced(to, call, value, shape, { axis, start: from, end, step: Math.abs(step) });
    shape = shape.with(axis, count);
  }
  return value;
};

/** A copy of everything. */
function copied(to: Lowering, call: Call, value: Made): Made {
  return to.add({ kind: "move", op: "slice", axis: 1, start: 0, end: value.shape[1], step: 1 }, [value], call);
}

const split: Lower = (to, call) => {
  const { axis, sizes } = splitSizes(call);
  const value = to.of(call.node.inputs[0]);
  let start = 0;
  return sizes.map((size) => {
    const part = { axis, start, end: start += size, step: 1 };
    return size === 0 ? undefined : sliced(to, call, value, call.shape(), part);
  });
};

const gather: Lower = (to, call) => {
  const [data] = call.node.inputs;
  if (!call.input(1).constant || to.info(data).constant) {
    call.fail("it takes rows of a table, which no layer here does");
  }
  const axis = call.axis(call.int("axis", 0));
  const size = call.shape()[axis], count = elements(call.shape(1));
  const first = call.input(1).values?.[0] ?? 0;
  const start = count === 1 ? (first < 0 ? first + size : first) : 0;
  if (count <= size) {
    const place = Math.min(Math.max(start, 0), size - count);
    return sliced(to, call, to.of(data), call.shape(), { axis, start: place, end: place + count, step: 1 });
  }
  const found = axisForm(call.shape(), axis, [], to.batch) ?? unsplit(call, call.shape(), to.batch);
  const [before, own, after] = found.axis === 2 ? found.form.slice(1) : [1, ...found.form.slice(1)];
  const image = to.as(to.of(data), [to.batch, before, own, after ?? 1], call);
  return to.add({ kind: "move", op: "upsample_nearest", size: [count, after ?? 1] }, [image], call);
};

/** Elements from known places all over a tensor, as many as they are. */
const gatherPlaces: Lower = (to, call) => {
  if (!call.input(1).constant) call.fail("the places that it takes depend on what the network is fed");
  const [all, taken] = [call.shape(), to.shape(call.node.outputs[0])].map((shape) => elements(shape) / to.batch);
  if (!Number.isSafeInteger(taken)) return unsplit(call, to.shape(call.node.outputs[0]), to.batch);
  const image = to.as(to.of(call.node.inputs[0]), [to.batch, 1, all, 1], call);
  return taken > all
    ? to.add({ kind: "move", op: "upsample_nearest", size: [taken, 1] }, [image], call)
    : to.add({ kind: "move", op: "slice", axis: 2, start: 0, end: taken, step: 1 }, [image], call);
};

/** Writes elements over others: what stays of these, joined to what is written. */
const scatter: Lower = (to, call) => {
  const [data, places, updates] = call.node.inputs;
  if (!to.info(places).constant) call.fail("the places that it writes to depend on what the network is fed");
  if (to.info(updates).constant) return copied(to, call, to.of(data));
  const [all, written] = [call.shape(), call.shape(2)].map((shape) => elements(shape) / to.batch);
  if (!Number.isSafeInteger(written)) return unsplit(call, call.shape(2), to.batch);
  if (written > all) call.fail("it writes to places several times, which no layer here does");
  const update = to.of(updates);
  const combined = call.text("reduction", "none") !== "none";
  if (written === all && !combined) return copied(to, call, update);
  if (to.info(data).constant) {
    if (to.info(data).learned !== undefined) call.fail("it writes into a learned constant, which no layer here does");
    const image = to.as(update, [to.batch, 1, written, 1], call);
    return written === all
      ? copied(to, call, update)
      : to.add({ kind: "move", op: "pad", pad: [0, 0, all - written, 0], mode: "constant" }, [image], call);
  }
  const [kept, added] = [to.as(to.of(data), [to.batch, 1, all], call), to.as(update, [to.batch, 1, written], call)];
  if (written === all) return to.add({ kind: "elementwise", op: "add" }, [kept, added], call);
  const part = { axis: 2, start: 0, end: all - written, step: 1 };
  const rest = sliced(to, call, kept, kept.shape, part);
  return to.add({ kind: "move", op: "concat", axis: 2 }, [rest, added], call);
};

/** The operators of this file. */
export const partOperators: Readonly<Record<string, Lower>> = {
  Slice: slice,
  Split: split,
  Gather: gather,
  GatherElements: gatherPlaces,
  GatherND: gatherPlaces,
  ScatterND: scatter,
  ScatterElements: scatter,
  Scatter: scatter,
};
