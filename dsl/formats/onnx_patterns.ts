/**
 * What several of ONNX's nodes are together: dense layers, normalisations written out, products by heads, images rolled round. Told from the
 * last node; what no pattern takes becomes layers node by node.
 *
 * @module
 */
import { elements, type Shape } from "../layer.ts";
import { recogniseActivation } from "./onnx_activations.ts";
import { recogniseAttention } from "./onnx_attention_read.ts";
import type { Call } from "./onnx_call.ts";
import { slices, transposeOrder } from "./onnx_infer.ts";
import { byLastAxis, dense, product } from "./onnx_layers.ts";
import { equal, type Lowering, type Recognised } from "./onnx_lowering.ts";

/** All patterns, the largest first. */
export function recognise(to: Lowering, call: Call): Recognised | undefined {
  if (!call.node.outputs[0]) return undefined;
  switch (call.node.op) {
    case "Gemm":
    case "MatMul":
      return recogniseAttention(to, call) ?? recogniseProduct(to, call);
    case "Add":
      return recogniseAttention(to, call) ?? recogniseDense(to, call) ?? recogniseGroupNorm(to, call) ??
        recogniseNorm(to, call) ?? recogniseActivation(to, call);
    case "Mul":
      return recogniseNorm(to, call) ?? recogniseActivation(to, call);
    case "Transpose":
      return recogniseImageNorm(to, call) ?? recogniseProduct(to, call);
    case "Reshape":
      return recogniseToImage(to, call);
    case "Concat":
      return recogniseRoll(to, call);
    default:
      return recogniseActivation(to, call);
  }
}

/** A dense layer: its input, and what it has. */
export interface DenseNodes {
  readonly input: string;
  readonly outChannels: number;
  readonly bias: boolean;
}

/** A product with weights, and the sum with a bias after it. */
export function denseOf(to: Lowering, call: Call | undefined): DenseNodes | undefined {
  if (call === undefined) return undefined;
  const { op, inputs, outputs } = call.node;
  if (op === "Gemm" && call.input(1).constant && !call.input().constant && !call.int("transA", 0)) {
    return { input: inputs[0], outChannels: to.shape(outputs[0])[1], bias: call.has(2) };
  }
  if (op === "MatMul" && call.input(1).constant && call.rank(1) === 2 && !call.input().constant) {
    return { input: inputs[0], outChannels: call.shape(1)[1], bias: false };
  }
  if (op !== "Add") return undefined;
  const [made, bias] = withConstant(to, call);
  const matmul = made === undefined ? undefined : to.sole(made, "MatMul");
  const weighted = denseOf(to, matmul);
  if (weighted === undefined || elements(to.shape(bias!)) !== weighted.outChannels) return undefined;
  return to.shape(bias!).at(-1) === weighted.outChannels ? { ...weighted, bias: true } : undefined;
}

function recogniseDense(to: Lowering, call: Call): Recognised | undefined {
  const found = denseOf(to, call);
  if (found === undefined) return undefined;
  return { inputs: [found.input], lower: (to, call) => dense(to, call, found.input, found.outChannels, true) };
}

/** The input that is fed and the one that is constant, where there are one of each. */
export function withConstant(to: Lowering, call: Call): readonly [string?, string?] {
  const [a, b] = call.node.inputs;
  if (call.node.inputs.length !== 2 || to.info(a).constant === to.info(b).constant) return [];
  return to.info(a).constant ? [b, a] : [a, b];
}

/** Products of activations with the transposes around them, which only bring each head's numbers together. */
function recogniseProduct(to: Lowering, root: Call): Recognised | undefined {
  const heads = [0, 2, 1, 3];
  const isTranspose = root.node.op === "Transpose";
  if (isTranspose && !(root.rank() === 4 && equal(transposeOrder(root), heads))) return undefined;
  const call = isTranspose ? to.sole(root.node.inputs[0], "MatMul") : root;
  if (call === undefined || call.node.op !== "MatMul") return undefined;
  if (call.inputs.some((input) => input === undefined || input.constant || input.shape.length < 3)) return undefined;
  const out = to.shape(call.node.outputs[0]);
  const [rows, inner, columns] = [out.at(-2)!, call.shape().at(-1)!, out.at(-1)!];
  const groups = elements(out) / rows / columns / to.batch;
  if (!Number.isSafeInteger(groups)) return undefined;
  let [left, right] = call.node.inputs;
  let transposed = false;
  const first = to.sole(left, "Transpose");
  if (first !== undefined && equal(transposeOrder(first), heads)) left = first.node.inputs[0];
  const second = to.sole(right, "Transpose");
  if (second !== undefined) {
    const order = transposeOrder(second);
    const last = order.length - 1;
    transposed = equal(order, [0, 2, 3, 1]) ||
      order.every((axis, i) => axis === (i < last - 1 ? i : i === last ? last - 1 : last));
    if (transposed || equal(order, heads)) right = second.node.inputs[0];
  }
  const sizes = { groups, rows, inner, columns, transposed };
  return { inputs: [left, right], lower: (to, call) => product(to, call, left, right, sizes) };
}

/** x / √(mean + ε) with the mean of x² or of (x − mean)²: what is normalised, and over which axes. */
interface Normed {
  readonly x: string;
  readonly axes: readonly number[];
  readonly op: "layer" | "rms";
}

function normed(to: Lowering, tensor: string): Normed | undefined {
  const call = to.maker(tensor);
  if (call === undefined) return undefined;
  const [a, b] = call.node.inputs;
  const sides: (readonly [string, string | undefined])[] = call.node.op === "Div"
    ? [[a, rootOf(to, b)]]
    : call.node.op === "Mul"
    ? [[a, inverseRootOf(to, b)], [b, inverseRootOf(to, a)]]
    : [];
  for (const [numerator, mean] of sides) {
    const found = mean === undefined ? undefined : meanSquare(to, mean, numerator);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The mean of squares under a root, with a small number added to it. */
function rootOf(to: Lowering, tensor: string): string | undefined {
  const call = to.maker(tensor);
  const half = call?.node.op === "Pow" && to.number(call.node.inputs[1]) === 0.5;
  return call?.node.op === "Sqrt" || half ? sumOf(to, call!.node.inputs[0]) : undefined;
}

function inverseRootOf(to: Lowering, tensor: string): string | undefined {
  const call = to.maker(tensor);
  if (call?.node.op === "Reciprocal") return rootOf(to, call.node.inputs[0]);
  if (call?.node.op === "Div" && to.number(call.node.inputs[0]) === 1) return rootOf(to, call.node.inputs[1]);
  const power = call?.node.op === "Pow" && to.number(call.node.inputs[1]) === -0.5;
  return power ? sumOf(to, call!.node.inputs[0]) : undefined;
}

function sumOf(to: Lowering, tensor: string): string | undefined {
  const call = to.maker(tensor);
  if (call?.node.op !== "Add") return undefined;
  const [fed, added] = withConstant(to, call);
  return added !== undefined && elements(to.shape(added)) === 1 ? fed : undefined;
}

function meanSquare(to: Lowering, tensor: string, numerator: string): Normed | undefined {
  const mean = to.maker(tensor);
  if (mean?.node.op !== "ReduceMean") return undefined;
  const square = to.maker(mean.node.inputs[0]);
  const [base, other] = square?.node.inputs ?? [];
  const squares = square?.node.op === "Pow" && to.number(other) === 2 || square?.node.op === "Mul" && base === other;
  if (!squares || (base !== numerator && !sameDifference(to, base, numerator))) return undefined;
  const { axes } = mean.reduction();
  const x = centred(to, numerator, axes);
  return x === undefined ? { x: numerator, axes, op: "rms" } : { x, axes, op: "layer" };
}

/** What a mean is subtracted from. */
function centred(to: Lowering, tensor: string, axes: readonly number[]): string | undefined {
  const call = to.maker(tensor);
  if (call?.node.op !== "Sub") return undefined;
  const [x, subtracted] = call.node.inputs;
  const mean = to.maker(subtracted);
  return mean?.node.op === "ReduceMean" && mean.node.inputs[0] === x && equal(mean.reduction().axes, axes)
    ? x
    : undefined;
}

function sameDifference(to: Lowering, a: string, b: string): boolean {
  const [first, second] = [to.maker(a), to.maker(b)];
  return first?.node.op === "Sub" && second?.node.op === "Sub" && first.node.inputs[0] === second.node.inputs[0];
}

/** A normalisation written out, with its scale and shift. */
function recogniseNorm(to: Lowering, root: Call): Recognised | undefined {
  const [made, constant] = withConstant(to, root);
  if (made === undefined) return undefined;
  const scaled = root.node.op === "Add" ? to.sole(made, "Mul") : root;
  if (scaled === undefined) return undefined;
  const [core, scale] = withConstant(to, scaled);
  const found = core === undefined ? undefined : normed(to, core);
  if (found === undefined || (found.op === "rms") !== (root.node.op === "Mul")) return undefined;
  const shape = to.shape(found.x);
  const [axis] = found.axes;
  const channels = shape[axis];
  const fits = found.axes.length === 1 &&
    [scale!, constant!].every((tensor) => elements(to.shape(tensor)) === channels);
  if (!fits) return undefined;
  const norm = { kind: "norm", op: found.op } as const;
  if (axis === shape.length - 1 && shape.length !== 1) {
    return { inputs: [found.x], lower: (to, call) => to.add(norm, [byLastAxis(to, call, found.x)], call) };
  }
  if (axis !== 1 || shape.length !== 4 || shape[0] !== to.batch) return undefined;
  return { inputs: [found.x], lower: (to, call) => to.add(norm, [to.as(to.of(found.x), shape, call)], call) };
}

/** A layer norm of an image's channels, which go to the last axis for it and back. */
function recogniseImageNorm(to: Lowering, root: Call): Recognised | undefined {
  if (root.rank() !== 4 || !equal(transposeOrder(root), [0, 3, 1, 2])) return undefined;
  const norm = to.sole(root.node.inputs[0], "LayerNormalization");
  if (norm === undefined || norm.axis(norm.int("axis", -1)) !== 3) return undefined;
  const before = to.sole(norm.node.inputs[0], "Transpose");
  if (before === undefined || !equal(transposeOrder(before), [0, 2, 3, 1])) return undefined;
  const [x] = before.node.inputs;
  if (to.shape(x)[0] !== to.batch) return undefined;
  return {
    inputs: [x],
    lower: (to, call) => to.add({ kind: "norm", op: "layer" }, [to.as(to.of(x), to.shape(x), call)], call),
  };
}

/** Groups normalised as if each were a channel, then scaled and shifted by channel. */
function recogniseGroupNorm(to: Lowering, root: Call): Recognised | undefined {
  const [sum, shift] = withConstant(to, root);
  const mul = sum === undefined ? undefined : to.sole(sum, "Mul");
  if (mul === undefined) return undefined;
  const [product, scale] = withConstant(to, mul);
  const back = product === undefined ? undefined : to.sole(product, "Reshape");
  const instance = back && to.sole(back.node.inputs[0], "InstanceNormalization");
  const apart = instance && to.sole(instance.node.inputs[0], "Reshape");
  if (apart === undefined) return undefined;
  const [x] = apart.node.inputs;
  const shape = to.shape(x);
  const fits = shape.length === 4 && shape[0] === to.batch &&
    equal(back!.node.outputs.map(to.shape, to)[0] as Shape, shape) &&
    [scale!, shift!].every((tensor) => elements(to.shape(tensor)) === shape[1]);
  if (!fits) return undefined;
  const groups = instance!.shape()[1];
  return {
    inputs: [x],
    lower: (to, call) => to.add({ kind: "norm", op: "group", groups }, [to.as(to.of(x), shape, call)], call),
  };
}

/** Tokens' rows and columns exchanged, then seen as an image. */
function recogniseToImage(to: Lowering, root: Call): Recognised | undefined {
  const transpose = to.sole(root.node.inputs[0], "Transpose");
  const out = to.shape(root.node.outputs[0]);
  if (transpose === undefined || transpose.rank() !== 3 || !equal(transposeOrder(transpose), [0, 2, 1])) {
    return undefined;
  }
  const [tokens] = transpose.node.inputs;
  const shape = to.shape(tokens);
  if (out.length !== 4 || out[0] !== to.batch || shape[0] !== to.batch || out[1] !== shape[2]) return undefined;
  const size = [out[2], out[3]] as const;
  return {
    inputs: [tokens],
    lower: (to, call) => to.add({ kind: "move", op: "to_image", size }, [to.as(to.of(tokens), shape, call)], call),
  };
}

/** The end of an axis before its beginning. */
function turned(
  to: Lowering,
  call: Call,
): { readonly x: string; readonly axis: number; readonly forward: number } | undefined {
  const parts = call.node.inputs.map((input) => to.sole(input, "Slice"));
  if (parts.length !== 2) return undefined;
  const axis = call.axis(call.int("axis", 1));
  const [first, second] = parts;
  if (first === undefined || second === undefined) return undefined;
  const [x] = first.node.inputs;
  if (second.node.inputs[0] !== x) return undefined;
  const [[end], [begin]] = [slices(first), slices(second)];
  const whole = slices(first).length === 1 && slices(second).length === 1 && end.axis === axis && begin.axis === axis;
  const size = first.shape()[axis];
  const fits = whole && end.step === 1 && begin.step === 1 && begin.start === 0 && end.start === begin.count &&
    end.count + begin.count === size;
  return fits ? { x, axis, forward: end.count } : undefined;
}

/** An image rolled round along one axis or two. */
function recogniseRoll(to: Lowering, root: Call): Recognised | undefined {
  const last = turned(to, root);
  if (last === undefined) return undefined;
  const inner = to.maker(last.x);
  const readers = inner?.node.op === "Concat" ? turned(to, inner) : undefined;
  // Both parts of the second turn read the first one's result.
  const first = readers !== undefined && Math.abs(readers.axis - last.axis) === 1 ? readers : undefined;
  const x = first?.x ?? last.x;
  const shape = to.shape(x);
  const turns = [last, ...first === undefined ? [] : [first]].sort((a, b) => a.axis - b.axis);
  const image = turns.every(({ axis }) => axis >= 2) && shape.length === 4 && shape[0] === to.batch;
  const height = image ? 2 : turns[0].axis;
  const width = image ? 3 : turns.length === 2 ? turns[1].axis : height + 1;
  const [outer, within] = [
    elements(shape.slice(0, height)),
    elements(shape.slice(turns.length === 2 || image ? width + 1 : width)),
  ];
  if (outer % to.batch !== 0) return undefined;
  const columns = turns.length === 2 || image ? shape[width] * within : within;
  const by = (axis: number) => turns.find((turn) => turn.axis === axis)?.forward ?? 0;
  // Half a turn or more is one back.
  const shift = [[by(height), shape[height]], [by(width) * within, columns]].map(([pixels, size]) =>
    pixels * 2 > size ? pixels - size : pixels
  );
  const form = image ? shape : [to.batch, outer / to.batch, shape[height], columns];
  return {
    inputs: [x],
    lower: (to, call) =>
      to.add({ kind: "move", op: "roll", shift: [shift[0], shift[1]] }, [to.as(to.of(x), form, call)], call),
  };
}
