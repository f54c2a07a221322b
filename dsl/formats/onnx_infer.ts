/**
 * Shapes of what ONNX's operators give, one entry an operator, versions 7 to 23. What has no entry here is not known.
 *
 * @module
 */
import { elements, type Shape } from "../layer.ts";
import { quoted } from "./format_error.ts";
import { bool, broadcastShapes, type Call, int64, windowCounts, windowSizes } from "./onnx_call.ts";

/** What a node gives: the number format is its first input's unless told. */
export interface Given {
  readonly shape: Shape;
  readonly dataType?: number;
  /** The elements, where they follow from shapes or attributes alone. */
  readonly values?: readonly number[];
}

type Rule = (call: Call) => Given | readonly Given[];

const same: Rule = (call) => ({ shape: call.shape() });
const sameForAll: Rule = (call) => call.node.outputs.map(() => ({ shape: call.shape() }));
const broadcasts: Rule = (call) => ({ shape: broadcastShapes(call, call.inputs.map((_, i) => call.shape(i))) });
const compares: Rule = (call) => ({ ...broadcasts(call) as Given, dataType: bool });
const tests: Rule = (call) => ({ shape: call.shape(), dataType: bool });
const reduces: Rule = (call) => {
  const { axes, keep } = call.reduction();
  return { shape: without(call.shape(), axes, keep) };
};
const finds: Rule = (call) => {
  const axis = call.axis(call.int("axis", 0));
  return { shape: without(call.shape(), [axis], call.int("keepdims", 1) !== 0), dataType: int64 };
};
const pools: Rule = (call) => {
  const kernel = call.ints("kernel_shape") ?? call.fail("its kernel_shape is missing");
  const counts = windowCounts(call, windowSizes(call, kernel), call.int("ceil_mode", 0) !== 0);
  return call.node.outputs.map((_, i) => ({
    shape: [...call.shape().slice(0, 2), ...counts],
    ...i > 0 ? { dataType: int64 } : {},
  }));
};
const wholePools: Rule = (call) => ({ shape: call.shape().map((size, axis) => axis < 2 ? size : 1) });
const shaped: Rule = (call) => {
  const shape = call.ints("shape") ?? call.fail("its shape is missing");
  return { shape, dataType: call.int("dtype", 1) };
};

function without(shape: Shape, axes: readonly number[], keep: boolean): number[] {
  return keep
    ? shape.map((size, axis) => axes.includes(axis) ? 1 : size)
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** The shape rules by operator. */
export const rules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    [
      ...[
        "Relu",
        "Sigmoid",
        "Tanh",
        "LeakyRelu",
        "Elu",
        "Selu",
        "Celu",
        "Gelu",
        "HardSigmoid",
        "HardSwish",
        "Softplus",
      ],
      ...[
        "Softsign",
        "Mish",
        "Swish",
        "ThresholdedRelu",
        "Shrink",
        "PRelu",
        "Exp",
        "Log",
        "Sqrt",
        "Abs",
        "Neg",
        "Sign",
      ],
      ...["Reciprocal", "Erf", "Clip", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Floor", "Ceil"],
      ...["Round", "Not", "Softmax", "LogSoftmax", "Hardmax", "LRN", "InstanceNormalization", "GroupNormalization"],
      ...["LpNormalization", "MeanVarianceNormalization", "CumSum", "Trilu", "ScatterND", "ScatterElements", "Scatter"],
      ...["RandomNormalLike", "RandomUniformLike", "Identity", "RMSNormalization"],
    ].map((op) => [op, same]),
  ),
  ...Object.fromEntries(
    ["Add", "Sub", "Mul", "Div", "Pow", "Mod", "Max", "Min", "Sum", "Mean", "BitwiseAnd"].map((op) => [op, broadcasts]),
  ),
  ...Object.fromEntries(
    ["Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "And", "Or", "Xor"].map((op) => [op, compares]),
  ),
  ...Object.fromEntries(
    [
      ...["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare"],
      ...["ReduceLogSum", "ReduceLogSumExp"],
    ].map((op) => [op, reduces]),
  ),
  IsNaN: tests,
  IsInf: tests,
  ArgMax: finds,
  ArgMin: finds,
  MaxPool: pools,
  AveragePool: pools,
  LpPool: pools,
  GlobalAveragePool: wholePools,
  GlobalMaxPool: wholePools,
  GlobalLpPool: wholePools,
  RandomNormal: shaped,
  RandomUniform: shaped,
  // Further outputs are statistics, which a trained network has no use for.
  BatchNormalization: sameForAll,
  LayerNormalization: sameForAll,
  SimplifiedLayerNormalization: sameForAll,
  Dropout: sameForAll,
  Cast: (call) => ({ shape: call.shape(), dataType: call.int("to", 1) }),
  CastLike: (call) => ({ shape: call.shape(), dataType: call.input(1).dataType }),
  Where: (call) => ({ ...broadcasts(call) as Given, dataType: call.input(1).dataType }),
  Conv(call) {
    const [batch, channels] = call.shape();
    const weight = call.shape(1);
    if (weight.length !== call.rank() || weight.length < 3) call.fail("its weight has not as many axes as its input");
    const groups = call.int("group", 1);
    if (!(groups >= 1) || channels !== weight[1] * groups || weight[0] % groups !== 0) {
      call.fail(`${channels} channels in ${groups} groups do not fit a weight of [${weight.join(", ")}]`);
    }
    return { shape: [batch, weight[0], ...windowCounts(call, windowSizes(call, weight.slice(2)))] };
  },
  ConvTranspose(call) {
    const [batch, channels] = call.shape();
    const weight = call.shape(1);
    const groups = call.int("group", 1);
    if (weight.length !== call.rank() || weight.length < 3 || channels !== weight[0] || !(groups >= 1)) {
      call.fail(`${channels} channels do not fit a weight of [${weight.join(", ")}]`);
    }
    return { shape: [batch, weight[1] * groups, ...transposedWindow(call).sizes] };
  },
  Gemm(call) {
    if (call.rank() !== 2 || call.rank(1) !== 2) call.fail("it multiplies matrices");
    const [rows, inner] = call.int("transA", 0) ? call.shape().toReversed() : call.shape();
    const [other, columns] = call.int("transB", 0) ? call.shape(1).toReversed() : call.shape(1);
    if (inner !== other) call.fail(`matrices with ${inner} and ${other} on their common axis do not fit`);
    return { shape: [rows, columns] };
  },
  MatMul(call) {
    let [left, right] = [call.shape(0), call.shape(1)];
    if (left.length === 0 || right.length === 0) call.fail("it multiplies matrices");
    const [vectorLeft, vectorRight] = [left.length === 1, right.length === 1];
    if (vectorLeft) left = [1, ...left];
    if (vectorRight) right = [...right, 1];
    if (left.at(-1) !== right.at(-2)) {
      call.fail(`matrices with ${left.at(-1)} and ${right.at(-2)} on their common axis do not fit`);
    }
    const outer = broadcastShapes(call, [left.slice(0, -2), right.slice(0, -2)]);
    const own = [...vectorLeft ? [] : [left.at(-2)!], ...vectorRight ? [] : [right.at(-1)!]];
    return { shape: [...outer, ...own] };
  },
  Einsum(call) {
    const { operands, result } = einsumAxes(call);
    const sizes = new Map<string, number>();
    operands.forEach((axes, i) => {
      if (axes.length !== call.rank(i)) call.fail(`its equation does not fit ${call.rank(i)} axes`);
      axes.forEach((axis, j) => sizes.set(axis, Math.max(sizes.get(axis) ?? 1, call.shape(i)[j])));
    });
    return {
      shape: result.map((axis) => sizes.get(axis) ?? call.fail(`its equation gives no size for ${quoted(axis)}`)),
    };
  },
  Attention(call) {
    const [query, , value] = [call.shape(0), call.shape(1), call.shape(2)];
    if (query.length === 4) return { shape: [...query.slice(0, 3), value.at(-1)!] };
    const [heads, keyHeads] = [call.int("q_num_heads", 0), call.int("kv_num_heads", 0)];
    if (query.length !== 3 || !(heads >= 1) || !(keyHeads >= 1)) call.fail("it takes its heads as axes or by number");
    return { shape: [query[0], query[1], value[2] / keyHeads * heads] };
  },
  Reshape: (call) => ({ shape: reshaped(call) }),
  Flatten(call) {
    const given = call.int("axis", 1);
    const axis = given === call.rank() ? given : call.axis(given);
    return { shape: [elements(call.shape().slice(0, axis)), elements(call.shape().slice(axis))] };
  },
  Squeeze(call) {
    const given = call.list("axes", 1);
    const axes = given ? call.axes(given) : call.shape().flatMap((size, axis) => size === 1 ? [axis] : []);
    if (axes.some((axis) => call.shape()[axis] !== 1)) call.fail("it drops an axis that is longer than 1");
    return { shape: call.shape().filter((_, axis) => !axes.includes(axis)) };
  },
  Unsqueeze(call) {
    const given = call.list("axes", 1) ?? call.fail("its axes are missing");
    const rank = call.rank() + given.length;
    const axes = call.axes(given, rank);
    const rest = [...call.shape()];
    return { shape: Array.from({ length: rank }, (_, axis) => axes.includes(axis) ? 1 : rest.shift()!) };
  },
  Transpose: (call) => ({ shape: transposeOrder(call).map((axis) => call.shape()[axis]) }),
  Concat(call) {
    const axis = call.axis(call.int("axis", 1));
    let size = 0;
    call.inputs.forEach((_, i) => {
      const shape = call.shape(i);
      if (shape.length !== call.rank() || shape.some((own, j) => j !== axis && own !== call.shape()[j])) {
        call.fail(`[${call.shape().join(", ")}] and [${shape.join(", ")}] cannot be joined along axis ${axis}`);
      }
      size += shape[axis];
    });
    return { shape: call.shape().with(axis, size) };
  },
  Split(call) {
    const { axis, sizes } = splitSizes(call);
    return sizes.map((size) => ({ shape: call.shape().with(axis, size) }));
  },
  Slice(call) {
    const shape = [...call.shape()];
    for (const { axis, count } of slices(call)) shape[axis] = count;
    return { shape };
  },
  Gather(call) {
    const axis = call.axis(call.int("axis", 0));
    return { shape: [...call.shape().slice(0, axis), ...call.shape(1), ...call.shape().slice(axis + 1)] };
  },
  GatherElements: (call) => ({ shape: call.shape(1) }),
  GatherND(call) {
    const [indices, batch] = [call.shape(1), call.int("batch_dims", 0)];
    return { shape: [...indices.slice(0, -1), ...call.shape().slice(batch + (indices.at(-1) ?? 0))] };
  },
  Pad(call) {
    const pads = padding(call);
    const shape = call.shape().map((size, axis) => size + pads.begins[axis] + pads.ends[axis]);
    if (shape.some((size) => size < 1)) call.fail("it cuts off more than there is");
    return { shape };
  },
  Expand: (call) => ({ shape: broadcastShapes(call, [call.shape(), call.values(1)]) }),
  Tile(call) {
    const repeats = call.values(1);
    if (repeats.length !== call.rank()) call.fail("it has not one count for each axis");
    return { shape: call.shape().map((size, axis) => size * repeats[axis]) };
  },
  Resize: (call) => ({ shape: resized(call) }),
  Upsample: (call) => ({ shape: resized(call) }),
  DepthToSpace(call) {
    const [batch, channels, height, width] = image(call);
    const block = call.int("blocksize", 0);
    if (!(block >= 1) || channels % block ** 2 !== 0) {
      call.fail(`blocks of ${block} do not divide ${channels} channels`);
    }
    return { shape: [batch, channels / block ** 2, height * block, width * block] };
  },
  SpaceToDepth(call) {
    const [batch, channels, height, width] = image(call);
    const block = call.int("blocksize", 0);
    if (!(block >= 1) || height % block + width % block !== 0) call.fail(`blocks of ${block} do not divide the image`);
    return { shape: [batch, channels * block ** 2, height / block, width / block] };
  },
  Shape(call) {
    const clamp = (place: number) => Math.min(Math.max(place < 0 ? place + call.rank() : place, 0), call.rank());
    const values = call.shape().slice(clamp(call.int("start", 0)), clamp(call.int("end", call.rank())));
    return { shape: [values.length], dataType: int64, values };
  },
  Size: (call) => ({ shape: [], dataType: int64, values: [elements(call.shape())] }),
  Constant(call) {
    const { tensor } = call.attribute("value") ?? {};
    if (tensor) return { shape: tensor.shape, dataType: tensor.dataType, values: tensor.values };
    const [whole, wholes] = [call.attribute("value_int")?.int, call.ints("value_ints")];
    if (whole !== undefined) return { shape: [], dataType: int64, values: [whole] };
    if (wholes !== undefined) return { shape: [wholes.length], dataType: int64, values: wholes };
    const floats = call.attribute("value_floats")?.floats;
    if (floats !== undefined) return { shape: [floats.length], dataType: 1, values: floats };
    const float = call.attribute("value_float")?.float;
    if (float !== undefined) return { shape: [], dataType: 1, values: [float] };
    return call.fail("it has no numbers");
  },
  ConstantOfShape(call) {
    const { dataType = 1, values = [0] } = call.attribute("value")?.tensor ?? {};
    const shape = call.values(0);
    return { shape, dataType, values: repeated(elements(shape), values[0] ?? 0) };
  },
  Range(call) {
    const [start, limit, step] = [0, 1, 2].map((i) => call.values(i)[0]);
    const count = Math.max(0, Math.ceil((limit - start) / step));
    if (!Number.isSafeInteger(count)) call.fail(`a range from ${start} to ${limit} by ${step} does not end`);
    return {
      shape: [count],
      values: count > most ? undefined : Array.from({ length: count }, (_, i) => start + i * step),
    };
  },
  EyeLike: (call) => ({ shape: call.shape(), dataType: call.int("dtype", call.input().dataType) }),
  OneHot(call) {
    const rank = call.rank() + 1;
    return {
      shape: call.shape().toSpliced(call.axis(call.int("axis", -1), rank), 0, call.values(1)[0]),
      dataType: call.input(2).dataType,
    };
  },
  NonZero(call) {
    const found = call.values(0).filter((value) => value !== 0).length;
    return { shape: [call.rank(), found], dataType: int64 };
  },
  TopK(call) {
    const axis = call.axis(call.int("axis", -1));
    const count = call.has(1) ? call.values(1)[0] : call.int("k", 1);
    const shape = call.shape().with(axis, count);
    return [{ shape }, { shape, dataType: int64 }];
  },
};

/** Elements of a constant that are kept. */
const most = 4096;
/** Of a constant that holds one number again and again. */
const mostRepeated = 256;

function repeated(count: number, value: number): number[] | undefined {
  return count > mostRepeated ? undefined : Array<number>(count).fill(value);
}

function image(call: Call): Shape {
  return call.rank() === 4 ? call.shape() : call.fail(`it takes an image, got [${call.shape().join(", ")}]`);
}

function reshaped(call: Call): number[] {
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
  const totals = full.map((size, i) => Math.max(0, size - wanted[i]));
  const [less, more] = [totals.map((total) => Math.floor(total / 2)), totals.map((total) => Math.ceil(total / 2))];
  const [first, last] = auto === "SAME_UPPER" ? [less, more] : [more, less];
  return { sizes: [...wanted], begins: first, ends: last, outputPads };
}

function resized(call: Call): number[] {
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
