/**
 * What ONNX's operators are as layers: convolutions, pools, normalisations, softmax; one entry an operator.
 *
 * @module
 */
import { elements, type Pair, type Shape, type Sides } from "../layer.ts";
import { type Call, type WindowSizes, windowSizes } from "./onnx_call.ts";
import { axisForm } from "./onnx_forms.ts";
import { transposedWindow } from "./onnx_options.ts";
import type { Lowering, Made } from "./onnx_lowering.ts";

/** What becomes of a node: its outputs' values. */
export type Lower = (to: Lowering, call: Call) => Made | readonly (Made | undefined)[];

/** How many images of a tensor `[N, C, …]` each of the batch has: windows and the like, which stand below each other as one image. */
function stacked(to: Lowering, call: Call, i = 0): number {
  const images = call.shape(i)[0];
  if (images % to.batch === 0) return images / to.batch;
  return call.fail(`it takes ${images} images where the network has a batch of ${to.batch}, which no layer here does`);
}

/** A tensor `[N, C, …]` of three or four axes as an image. */
export function asImage(to: Lowering, call: Call, i = 0): Made {
  const [, channels, height = 1, width = 1, ...more] = call.shape(i);
  if (more.length > 0) call.fail(`it works on ${more.length + 2} axes beside batch and channels; images have two`);
  const form = [to.batch, channels, stacked(to, call, i) * height, width];
  return to.as(to.of(call.node.inputs[i]), form, call);
}

/** A tensor as a vector or tokens that end with its last axis. */
export function byLastAxis(to: Lowering, call: Call, tensor: string): Made {
  const shape = to.shape(tensor), value = to.of(tensor);
  const width = shape.at(-1) ?? 1;
  if (value.shape.length <= 3 && value.shape.at(-1) === width) return value;
  const rest = elements(shape) / width / to.batch;
  if (!Number.isSafeInteger(rest)) return unsplit(call, shape, to.batch);
  return to.as(value, rest === 1 ? [to.batch, width] : [to.batch, rest, width], call);
}

/** A tensor that has not a part for each image of the batch. */
export function unsplit(call: Call, shape: Shape, batch: number): never {
  return call.fail(`its tensor [${shape.join(", ")}] cannot be divided among a batch of ${batch}`);
}

const pairOf = (values: readonly number[]): Pair => [values[0], values[1] ?? 1];
const sidesOf = (begins: readonly number[], ends: readonly number[]): Sides => [
  ...[begins[0], begins[1] ?? 0] as const,
  ...[ends[0], ends[1] ?? 0] as const,
];

/**
 * Padding on an image's four sides. Where several images are one, that with which as many windows fit it as fit all of them: `missing` is how
 * many rows they reach beyond it.
 */
function sides(
  to: Lowering,
  call: Call,
  { begins, ends }: { readonly begins: readonly number[]; readonly ends: readonly number[] },
  missing: (images: number) => number,
): Sides {
  if ([...begins, ...ends].some((pad) => pad < 0)) call.fail("its padding is negative");
  const pad = sidesOf(begins, ends);
  const images = stacked(to, call);
  if (images === 1) return pad;
  const rows = missing(images);
  if (rows < 0) call.fail(`its windows skip rows of each of ${images} images, which no layer here does`);
  return [Math.floor(rows / 2), pad[1], Math.ceil(rows / 2), pad[3]];
}

/** Rows that windows one after another reach beyond several images below each other. */
function reachBeyond(
  to: Lowering,
  call: Call,
  { kernel, strides, dilations }: WindowSizes,
): (images: number) => number {
  const [height, out] = [call.shape()[2], to.shape(call.node.outputs[0])[2]];
  return (images) => (images * out - 1) * strides[0] + (kernel[0] - 1) * dilations[0] + 1 - images * height;
}

function constant(call: Call, i: number, what: string): Shape {
  return call.input(i).constant ? call.shape(i) : call.fail(`its ${what} depends on what the network is fed`);
}

/**
 * A convolution's window and image. A volume whose last axis the window does not reach along has this among its columns, which are then as
 * far apart.
 */
function asPlane(
  to: Lowering,
  call: Call,
  window: WindowSizes,
): { readonly window: WindowSizes; readonly image: Made } {
  const { kernel, strides, dilations, begins, ends } = window;
  const flat = kernel.length === 3 && kernel[2] * strides[1] * strides[2] === 1 && begins[2] + ends[2] === 0;
  if (!flat) return { window, image: asImage(to, call) };
  const [, channels, height, width, depth] = call.shape();
  const image = to.as(
    to.of(call.node.inputs[0]),
    [to.batch, channels, stacked(to, call) * height, width * depth],
    call,
  );
  const apart = ([y, x]: readonly number[]) => [y, x * depth];
  const plane = { kernel, strides, dilations: apart(dilations), begins: apart(begins), ends: apart(ends) };
  return { window: plane, image };
}

const conv: Lower = (to, call) => {
  const weight = constant(call, 1, "weight");
  const { window, image } = asPlane(to, call, windowSizes(call, weight.slice(2)));
  const made = to.add(
    {
      ...{ kind: "conv", op: "conv", outChannels: weight[0] } as const,
      ...{ kernel: pairOf(window.kernel), stride: pairOf(window.strides), dilation: pairOf(window.dilations) },
      pad: sides(to, call, window, reachBeyond(to, call, window)),
      groups: call.int("group", 1),
      bias: call.has(2),
    },
    [image],
    call,
  );
  return to.weigh(made, call.node.inputs[1]);
};

const deconv: Lower = (to, call) => {
  const weight = constant(call, 1, "weight");
  const { kernel, strides, dilations } = windowSizes(call, weight.slice(2));
  const { begins, ends, outputPads } = transposedWindow(call);
  const [height, out] = [call.shape()[2], to.shape(call.node.outputs[0])[2]];
  const cut = (images: number) =>
    (images * height - 1) * strides[0] + (kernel[0] - 1) * dilations[0] + 1 + (outputPads[0] ?? 0) - images * out;
  const made = to.add(
    {
      ...{ kind: "deconv", op: "deconv", outChannels: weight[1] * call.int("group", 1) } as const,
      ...{ kernel: pairOf(kernel), stride: pairOf(strides), dilation: pairOf(dilations) },
      pad: sides(to, call, { begins, ends }, cut),
      outputPad: [outputPads[0] ?? 0, outputPads[1] ?? 0],
      groups: call.int("group", 1),
      bias: call.has(2),
    },
    [asImage(to, call)],
    call,
  );
  return to.weigh(made, call.node.inputs[1]);
};

function pool(op: "max" | "average" | "lp"): Lower {
  return (to, call) => {
    const sizes = windowSizes(call, call.ints("kernel_shape")!);
    const { kernel, strides, dilations } = sizes;
    if (dilations.some((dilation, i) => dilation !== 1 && kernel[i] !== 1)) {
      call.fail("its window is dilated, which no pool here is");
    }
    const window = {
      ...{ kind: "pool", kernel: pairOf(kernel), stride: pairOf(strides) } as const,
      pad: sides(to, call, sizes, reachBeyond(to, call, sizes)),
      ceilMode: call.int("ceil_mode", 0) !== 0,
      countIncludePad: op === "average" && call.int("count_include_pad", 0) !== 0,
    };
    const options = op === "lp" ? { ...window, op, p: call.int("p", 2) } as const : { ...window, op } as const;
    return to.add(options, [asImage(to, call)], call);
  };
}

/** A pool of the whole image. */
export function wholePool(to: Lowering, call: Call, op: "global_average" | "global_max" | "global_lp"): Made {
  const images = stacked(to, call);
  if (images > 1) {
    const [, channels, ...pixels] = call.shape();
    const form = [to.batch, images * channels, elements(pixels)];
    const reduce = { global_average: "mean", global_max: "max", global_lp: "l2" } as const;
    return to.add({ kind: "reduce", op: reduce[op], axes: [2] }, [to.as(to.of(call.node.inputs[0]), form, call)], call);
  }
  const image = asImage(to, call);
  const kernel: Pair = [image.shape[2], image.shape[3]];
  const window = {
    ...{ kind: "pool", kernel, stride: kernel, pad: [0, 0, 0, 0] } as const,
    ...{ ceilMode: false, countIncludePad: false },
  };
  return to.add(op === "global_lp" ? { ...window, op, p: call.int("p", 2) } : { ...window, op }, [image], call);
}

/** Before version 9 it may normalise each pixel by itself. */
const batchNorm: Lower = (to, call) => {
  const norm = { kind: "norm", op: "batch" } as const;
  const [batch, ...rest] = call.shape();
  if (call.int("spatial", 1) === 0) {
    return to.add(norm, [to.as(to.of(call.node.inputs[0]), [batch, elements(rest)], call)], call);
  }
  return to.add(norm, [rest.length === 1 ? byLastAxis(to, call, call.node.inputs[0]) : asImage(to, call)], call);
};

/** Normalises the last axes together. */
const lastAxesNorm = (op: "layer" | "rms"): Lower => (to, call) => {
  const axis = call.axis(call.int("axis", -1));
  const width = elements(call.shape().slice(axis)), rest = elements(call.shape()) / width / to.batch;
  if (!Number.isSafeInteger(rest)) return unsplit(call, call.shape(), to.batch);
  const value = axis === call.rank() - 1
    ? byLastAxis(to, call, call.node.inputs[0])
    : to.as(to.of(call.node.inputs[0]), [to.batch, rest, width], call);
  return op === "layer" ? layerNorm(to, call, value, call) : to.add({ kind: "norm", op }, [value], call);
};

/** Divides along one axis by the norm there; nothing is learned. */
function lpNorm(to: Lowering, call: Call): Made {
  const axis = call.axis(call.int("axis", -1)), shape = call.shape();
  const value = to.of(call.node.inputs[0]);
  const found = axisForm(shape, axis, value.shape, to.batch) ?? unsplit(call, shape, to.batch);
  const isLast = found.axis === (found.form.length === 4 ? 1 : found.form.length - 1);
  // Along another axis than the norm's own it computes as much.
  const form = isLast ? found.form : [to.batch, elements(found.form) / to.batch / shape[axis], shape[axis]];
  const made = to.add({ kind: "norm", op: "rms" }, [to.as(value, form, call)], call);
  to.learns(0);
  return made;
}

/** An instance norm of which nothing is learned. */
function meanVarianceNorm(to: Lowering, call: Call): Made {
  const made = to.add({ kind: "norm", op: "instance" }, [asImage(to, call)], call);
  to.learns(0);
  return made;
}

/** A layer norm, whose `node` may have no shift. */
export function layerNorm(to: Lowering, call: Call, value: Made, node: Call): Made {
  const made = to.add({ kind: "norm", op: "layer" }, [value], call);
  if (node.inputs[2]?.learned === undefined) to.learns(elements(node.shape(1)));
  return made;
}

/** Softmax over an axis; before version 13 over all axes from it on. */
export function softmax(to: Lowering, call: Call): Made {
  const given = call.int("axis", call.version < 13 ? 1 : -1);
  const axis = call.axis(given);
  const shape = call.version < 13 ? [...call.shape().slice(0, axis), elements(call.shape().slice(axis))] : call.shape();
  const whole = axis === 1 && shape[1] !== call.shape()[1] && shape[0] === to.batch;
  const value = whole ? to.as(to.of(call.node.inputs[0]), shape, call) : to.of(call.node.inputs[0]);
  const found = axisForm(shape, axis, value.shape, to.batch) ?? unsplit(call, shape, to.batch);
  const input = to.as(value, found.form, call);
  const op = found.form.length === 4
    ? (["softmax", "softmax_height", "softmax_width"] as const)[found.axis - 1]
    : found.axis === found.form.length - 1
    ? "softmax"
    : "softmax_height";
  return to.add({ kind: "softmax", op }, [input], call);
}

/** The operators of this file. */
export const layerOperators: Readonly<Record<string, Lower>> = {
  Conv: conv,
  ConvTranspose: deconv,
  MaxPool: pool("max"),
  AveragePool: pool("average"),
  LpPool: pool("lp"),
  GlobalAveragePool: (to, call) => wholePool(to, call, "global_average"),
  GlobalMaxPool: (to, call) => wholePool(to, call, "global_max"),
  GlobalLpPool: (to, call) => wholePool(to, call, "global_lp"),
  BatchNormalization: batchNorm,
  InstanceNormalization: (to, call) => to.add({ kind: "norm", op: "instance" }, [asImage(to, call)], call),
  LayerNormalization: lastAxesNorm("layer"),
  SimplifiedLayerNormalization: lastAxesNorm("rms"),
  RMSNormalization: lastAxesNorm("rms"),
  GroupNormalization: (to, call) =>
    to.add({ kind: "norm", op: "group", groups: call.int("num_groups", 1) }, [asImage(to, call)], call),
  LRN: (to, call) => to.add({ kind: "norm", op: "lrn", size: call.int("size", 1) }, [asImage(to, call)], call),
  LpNormalization: lpNorm,
  MeanVarianceNormalization: meanVarianceNorm,
  Softmax: softmax,
  // The DSL has none; it compares where a softmax computes.
  Hardmax: softmax,
  LogSoftmax: (to, call) => to.add({ kind: "elementwise", op: "log" }, [softmax(to, call)], call, "log"),
};
