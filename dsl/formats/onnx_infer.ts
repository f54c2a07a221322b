/**
 * Shapes of what ONNX's operators give, one entry an operator, versions 7 to 23. What has no entry here is not known.
 *
 * @module
 */
import { elements, type Shape } from "../layer.ts";
import { bool, broadcastShapes, type Call, int64, windowCounts, windowSizes } from "./onnx_call.ts";
import {
  einsumAxes,
  image,
  most,
  padding,
  repeated,
  reshaped,
  resized,
  slices,
  splitSizes,
  transposedWindow,
  transposeOrder,
} from "./onnx_options.ts";

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
/** Steps × directions × images × width, of recurrent networks; then what the last step leaves. */
const recurs: Rule = (call) => {
  const [[steps, batch], directions, width] = [call.shape(), call.shape(1)[0], call.shape(2).at(-1)!];
  const left = [directions, batch, width];
  const [all, last] = call.int("layout", 0) === 0
    ? [[steps, directions, batch, width], left]
    : [[...call.shape().slice(0, 2), directions, width], [steps, directions, width]];
  return call.node.outputs.map((_, i) => ({ shape: i === 0 ? all : last }));
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
      ...[
        "Reciprocal",
        "Erf",
        "Clip",
        "Sin",
        "Cos",
        "Tan",
        "Asin",
        "Acos",
        "Atan",
        "Sinh",
        "Cosh",
        "Asinh",
        "Acosh",
        "Atanh",
        "Floor",
        "Ceil",
      ],
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
  // No layers, but what follows them has its sizes.
  LSTM: recurs,
  GRU: recurs,
  RNN: recurs,
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
      shape: result.map((axis) => sizes.get(axis) ?? call.fail("its equation gives an axis that no operand has")),
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
  Col2Im(call) {
    const [image, block] = [[...call.values(1)], call.values(2)];
    const [batch, values, windows] = call.shape();
    const window = windowSizes(call, block, image);
    const counts = elements(windowCounts(call, window, false, image));
    if (call.rank() !== 3 || values % elements(block) !== 0 || windows !== counts) {
      call.fail(`[${call.shape().join(", ")}] are no windows of ${block.join("×")} on an image of ${image.join("×")}`);
    }
    return { shape: [batch, values / elements(block), ...image] };
  },
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
