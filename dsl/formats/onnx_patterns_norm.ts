/**
 * Normalisations that exporters write out, or write as others with something around them.
 *
 * @module
 */
import { elements, type Shape } from "../layer.ts";
import type { Call } from "./onnx_call.ts";
import { aligned } from "./onnx_forms.ts";
import { byLastAxis, layerNorm } from "./onnx_layers.ts";
import { equal, type Lowering, type Recognised, withConstant } from "./onnx_lowering.ts";
import { transposeOrder } from "./onnx_options.ts";

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

/** What a mean of squares is of, which is also the numerator, if there is one. */
function meanSquare(to: Lowering, tensor: string, numerator?: string): Normed | undefined {
  const mean = to.maker(tensor);
  if (mean?.node.op !== "ReduceMean") return undefined;
  const square = to.maker(mean.node.inputs[0]);
  const [base, other] = square?.node.inputs ?? [];
  const squares = square?.node.op === "Pow" && to.number(other) === 2 || square?.node.op === "Mul" && base === other;
  const of = numerator ?? base;
  if (!squares || (base !== of && !sameDifference(to, base, of))) return undefined;
  const { axes } = mean.reduction();
  const x = centred(to, of, axes);
  return x === undefined ? { x: of, axes, op: "rms" } : { x, axes, op: "layer" };
}

/** What a mean is subtracted from. */
function centred(to: Lowering, tensor: string, axes: readonly number[]): string | undefined {
  const call = to.maker(tensor);
  if (call?.node.op !== "Sub") return undefined;
  const [x, subtracted] = call.node.inputs;
  const seen = to.maker(subtracted);
  // A reshape to the sizes that there are, which tf2onnx leaves.
  const kept = seen?.node.op === "Reshape" && equal(seen.shape(), to.shape(subtracted));
  const mean = kept ? to.maker(seen.node.inputs[0]) : seen;
  return mean?.node.op === "ReduceMean" && mean.node.inputs[0] === x && equal(mean.reduction().axes, axes)
    ? x
    : undefined;
}

function sameDifference(to: Lowering, a: string, b: string): boolean {
  const [first, second] = [to.maker(a), to.maker(b)];
  return first?.node.op === "Sub" && second?.node.op === "Sub" && first.node.inputs[0] === second.node.inputs[0];
}

/** A normalisation written out, with its scale and shift. */
export function recogniseNorm(to: Lowering, root: Call): Recognised | undefined {
  const [made, constant] = withConstant(to, root);
  if (made === undefined) return recogniseScaledNorm(to, root);
  const scaled = root.node.op === "Add" ? to.sole(made, "Mul") : root;
  if (scaled === undefined) return undefined;
  const [core, scale] = withConstant(to, scaled);
  const found = core === undefined ? undefined : normed(to, core);
  if (found === undefined || (found.op === "rms") !== (root.node.op === "Mul")) return undefined;
  return normLayer(to, found, [scale!, constant!]);
}

/** x · s + (β − mean · s) with s = γ / √(variance + ε): a layer norm as TensorFlow writes it. */
function recogniseScaledNorm(to: Lowering, root: Call): Recognised | undefined {
  if (root.node.op !== "Add") return undefined;
  const [a, b] = root.node.inputs;
  for (const [scaled, shifted] of [[a, b], [b, a]]) {
    const [sum, product] = [to.maker(shifted), to.maker(scaled)];
    if (sum === undefined || !["Add", "Sub"].includes(sum.node.op) || product?.node.op !== "Mul") continue;
    const [ofMean, shift] = withConstant(to, sum);
    const meanScaled = ofMean === undefined ? undefined : to.maker(ofMean);
    const factor = product.node.inputs.find((input) => meanScaled?.node.inputs.includes(input)) ?? "";
    const x = product.node.inputs.find((input) => input !== factor);
    const scaling = to.maker(factor);
    if (meanScaled?.node.op !== "Mul" || scaling?.node.op !== "Mul") continue;
    const [inverse, scale] = withConstant(to, scaling);
    const variance = inverse === undefined ? undefined : inverseRootOf(to, inverse);
    const found = variance === undefined ? undefined : meanSquare(to, variance);
    if (found?.op === "layer" && found.x === x) return normLayer(to, found, [scale!, shift!]);
  }
  return undefined;
}

/** The layer, where it is over the last axis or an image's channels and has a parameter for each of its numbers. */
function normLayer(to: Lowering, { x, axes, op }: Normed, parameters: readonly string[]): Recognised | undefined {
  const shape = to.shape(x);
  const [axis] = axes;
  const fits = axes.length === 1 && parameters.every((tensor) => elements(to.shape(tensor)) === shape[axis]);
  if (!fits) return undefined;
  const norm = { kind: "norm", op } as const;
  if (axis === shape.length - 1 && shape.length !== 1) {
    return { inputs: [x], lower: (to, call) => to.add(norm, [byLastAxis(to, call, x)], call) };
  }
  if (axis !== 1 || shape.length !== 4 || shape[0] !== to.batch) return undefined;
  return { inputs: [x], lower: (to, call) => to.add(norm, [to.as(to.of(x), shape, call)], call) };
}

/** A layer norm of an image's channels, which go to the last axis for it and back. */
export function recogniseImageNorm(to: Lowering, root: Call): Recognised | undefined {
  if (root.rank() !== 4 || !equal(transposeOrder(root), [0, 3, 1, 2])) return undefined;
  const norm = to.sole(root.node.inputs[0], "LayerNormalization");
  if (norm === undefined || norm.axis(norm.int("axis", -1)) !== 3) return undefined;
  const before = to.sole(norm.node.inputs[0], "Transpose");
  if (before === undefined || !equal(transposeOrder(before), [0, 2, 3, 1])) return undefined;
  const [x] = before.node.inputs;
  if (to.shape(x)[0] !== to.batch) return undefined;
  return {
    inputs: [x],
    lower: (to, call) => layerNorm(to, call, to.as(to.of(x), to.shape(x), call), norm),
  };
}

/** Groups normalised as if each were a channel, then scaled and shifted by channel. */
export function recogniseGroupNorm(to: Lowering, root: Call): Recognised | undefined {
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

/** x · scale + shift by channel: all that a trained batch norm does, and what tf2onnx makes of those that it cannot fold. */
export function recogniseChannelNorm(to: Lowering, root: Call): Recognised | undefined {
  const [sum, shift] = withConstant(to, root);
  const mul = sum === undefined ? undefined : to.sole(sum, "Mul");
  if (mul === undefined) return undefined;
  const [x, scale] = withConstant(to, mul);
  const shape = x === undefined ? [] : to.shape(x);
  if (shape.length !== 4 || shape[0] !== to.batch || shape[1] === 1) return undefined;
  const byChannel = [scale!, shift!].every((tensor) =>
    equal(aligned(to.shape(tensor), 4), [1, shape[1], 1, 1]) && String(to.info(tensor).learned) === tensor
  );
  if (!byChannel) return undefined;
  return {
    inputs: [x!],
    lower(to, call) {
      for (const tensor of [scale!, shift!]) to.counted.add(tensor);
      return to.add({ kind: "norm", op: "batch" }, [to.as(to.of(x!), shape, call)], call);
    },
  };
}
