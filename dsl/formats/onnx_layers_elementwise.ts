/**
 * What ONNX's functions of each element and reductions are as layers.
 *
 * A function that the DSL has no op for stands as one of as many operations an element; `standIns` says which.
 *
 * @module
 */
import { elements, type Elementwise, type Reduce, type Shape, type UnaryOp } from "../layer.ts";
import type { Call } from "./onnx_call.ts";
import { fit, joint, natural } from "./onnx_forms.ts";
import { asImage, type Lower, unsplit, wholePool } from "./onnx_layers.ts";
import type { Lowering, Made } from "./onnx_lowering.ts";

/** Functions of one tensor that the DSL has. */
const functions: Readonly<Record<string, UnaryOp>> = {
  ...{ Relu: "relu", Sigmoid: "sigmoid", Tanh: "tanh", Softplus: "softplus", Mish: "mish", HardSwish: "hard_swish" },
  ...{ HardSigmoid: "hard_sigmoid", Exp: "exp", Log: "log", Sqrt: "sqrt", Abs: "abs", Neg: "neg", Erf: "erf" },
  ...{ Reciprocal: "reciprocal", Swish: "silu" },
};

/** Functions that it has not, and what costs as much. */
const standIns: Readonly<Record<string, UnaryOp>> = {
  ...{ Selu: "elu", Celu: "elu", Softsign: "sigmoid", ThresholdedRelu: "relu", Shrink: "clip", Sign: "abs" },
  ...{ Floor: "abs", Ceil: "abs", Round: "abs", Not: "neg", IsNaN: "abs", IsInf: "abs", Sin: "exp", Cos: "exp" },
  ...{
    Tan: "exp",
    Asin: "exp",
    Acos: "exp",
    Atan: "exp",
    Sinh: "exp",
    Cosh: "exp",
    Asinh: "log",
    Acosh: "log",
    Atanh: "log",
    CumSum: "shift",
    Trilu: "scale",
  },
};

/** Functions of several tensors, and what one of them is with a number. */
const joins: Readonly<Record<string, { readonly op: Elementwise["op"]; readonly withNumber: NumberOp }>> = {
  Add: { op: "add", withNumber: (by) => ({ op: "shift", by }) },
  Sum: { op: "add", withNumber: (by) => ({ op: "shift", by }) },
  Sub: { op: "sub", withNumber: (by, first) => ({ op: "shift", by: first ? by : -by }) },
  Mul: { op: "mul", withNumber: (by) => ({ op: "scale", by }) },
  Div: { op: "div", withNumber: (by, first) => first ? { op: "reciprocal" } : { op: "scale", by: 1 / by } },
  Pow: {
    op: "pow",
    withNumber: (by, first) => first ? { op: "exp" } : by === 0.5 ? { op: "sqrt" } : { op: "power", by },
  },
  Max: { op: "max", withNumber: (by) => by === 0 ? { op: "relu" } : { op: "clip", limits: [by, largest] } },
  Min: { op: "min", withNumber: (by) => ({ op: "clip", limits: [-largest, by] }) },
  Mean: { op: "add", withNumber: (by) => ({ op: "shift", by }) },
  // What compares and what combines truths costs one operation.
  ...Object.fromEntries(
    ["Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Xor", "Mod"].map((name) => [name, {
      op: "sub" as const,
      withNumber: (by: number) => ({ op: "shift" as const, by: -by }),
    }]),
  ),
  And: { op: "min", withNumber: (by) => ({ op: "scale", by }) },
  BitwiseAnd: { op: "min", withNumber: (by) => ({ op: "scale", by }) },
  Or: { op: "max", withNumber: (by) => ({ op: "shift", by }) },
};

type NumberOp = (by: number, first: boolean) => Omit<Elementwise, "kind">;

/** The largest float32: no limit. */
const largest = 3.4028234663852886e38;

const unary = (options: Omit<Elementwise, "kind">): Lower => (to, call) =>
  to.add({ kind: "elementwise", ...options }, [to.of(call.node.inputs[0])], call);

function clip(to: Lowering, call: Call): Made {
  const limit = (i: number, attribute: string, otherwise: number) => {
    const value = call.has(i) ? to.number(call.node.inputs[i]) : call.float(attribute, otherwise);
    return value === undefined || !Number.isFinite(value) ? otherwise : value;
  };
  const limits = [limit(1, "min", -largest), limit(2, "max", largest)] as const;
  if (limits[0] === 0 && limits[1] === 6) return unary({ op: "relu6" })(to, call) as Made;
  if (limits[0] === 0 && limits[1] >= largest) return unary({ op: "relu" })(to, call) as Made;
  return unary({ op: "clip", limits: limits[0] <= limits[1] ? limits : [limits[1], limits[0]] })(to, call) as Made;
}

/** Several tensors broadcast to one: all in one form. */
export function joined(to: Lowering, call: Call, op: Elementwise["op"], tensors: readonly string[]): Made {
  const out = to.shape(call.node.outputs[0]);
  const shapes = tensors.map((tensor) => to.shape(tensor));
  const fed = tensors.filter((tensor) => !to.info(tensor).constant);
  // The form of the largest is kept where all others fit on its axes.
  const sized = fed.filter((tensor) => elements(to.shape(tensor)) === elements(out)).map((tensor) =>
    to.of(tensor).shape
  );
  const forms = [...sized, natural(out, to.batch), joint(shapes, out, to.batch)];
  for (const form of forms) {
    if (form === undefined || form.length > 4) continue;
    const fitted = shapes.map((shape) => fit(shape, out, form));
    const fits = fitted.every((shape, i) =>
      shape !== undefined && (to.info(tensors[i]).constant || shape[0] === to.batch)
    );
    if (!fits) continue;
    // What is fed first: a learned number needs a value of its sort before it.
    const views = new Map(fed.map((tensor) => [tensor, to.as(to.of(tensor), fitted[tensors.indexOf(tensor)]!, call)]));
    const values = tensors.map((tensor, i) => views.get(tensor) ?? to.parameter(tensor, fitted[i]!));
    const made = values.filter((value) => value !== undefined);
    if (made.length === tensors.length) return to.add({ kind: "elementwise", op }, made, call);
    // Numbers that nobody learned, such as a mask: one operation an element all the same.
    const whole = made.find(({ shape }) => elements(shape) === elements(out)) ?? expanded(to, call, made, form);
    if (made.length === 1) return to.add({ kind: "elementwise", op: "shift", by: 1 }, [whole], call);
    return to.add({ kind: "elementwise", op: op === "where" ? "mul" : op }, made, call);
  }
  return call.fail(
    `tensors of ${
      shapes.map((shape) => `[${shape.join(", ")}]`).join(" and ")
    } are broadcast in a way that no layer is`,
  );
}

function expanded(to: Lowering, call: Call, made: readonly Made[], form: Shape): Made {
  return to.add({ kind: "move", op: "expand", shape: form }, [made[0]], call, "expanded");
}

const join = (name: string): Lower => (to, call) => {
  const { op, withNumber } = joins[name];
  const { inputs } = call.node;
  const fed = inputs.filter((input) => !to.info(input).constant);
  const out = elements(to.shape(call.node.outputs[0]));
  const numbers = inputs.filter((input) => to.info(input).constant && elements(to.shape(input)) === 1);
  if (fed.length === 1 && numbers.length === inputs.length - 1 && elements(to.shape(fed[0])) === out) {
    const by = numbers.length === 0 ? 0 : to.number(numbers[0]) ?? 1;
    const options = withNumber(by, inputs[0] === numbers[0]);
    return to.add({ kind: "elementwise", ...options, ...finite(options) }, [to.of(fed[0])], call);
  }
  return joined(to, call, op, inputs);
};

/** A number of half precision may be infinite: what limits nothing, and what hides. */
function finite({ by, limits }: Omit<Elementwise, "kind">): Partial<Elementwise> {
  const bounded = (x: number) => Number.isNaN(x) ? 0 : Math.min(Math.max(x, -largest), largest);
  return {
    ...by === undefined ? {} : { by: bounded(by) },
    ...limits ? { limits: [bounded(limits[0]), bounded(limits[1])] } : {},
  };
}

const where: Lower = (to, call) => {
  const [condition, ...others] = call.node.inputs;
  const made = to.maker(condition);
  // The DSL's condition is a number above 0.
  const above0 = made?.node.op === "Greater" && to.number(made.node.inputs[1]) === 0;
  const tensors = [above0 ? made.node.inputs[0] : condition, ...others];
  const fed = tensors.filter((tensor) => !to.info(tensor).constant);
  const out = elements(to.shape(call.node.outputs[0]));
  if (fed.length === 1 && elements(to.shape(fed[0])) === out) {
    return to.add({ kind: "elementwise", op: "shift", by: 1 }, [to.of(fed[0])], call);
  }
  return fed.length === 3
    ? joined(to, call, "where", tensors)
    : joined(to, call, "mul", fed.length === 2 ? fed : tensors);
};

const prelu: Lower = (to, call) => {
  const channels = call.rank() > 1 ? call.shape()[1] : 1;
  const slopes = elements(call.shape(1));
  const { node } = call;
  const value = call.rank() === 4 ? asImage(to, call) : to.of(node.inputs[0]);
  // One slope for all channels is no layer of the DSL's with as many parameters; a leaky relu costs the same.
  if (slopes === channels || slopes === value.shape.at(-1)) {
    return to.add({ kind: "elementwise", op: "prelu" }, [value], call);
  }
  return to.add({ kind: "elementwise", op: "leaky_relu", alpha: 0.25 }, [value], call);
};

const reductions: Readonly<Record<string, Reduce["op"]>> = {
  ...{ ReduceMean: "mean", ReduceSum: "sum", ReduceMax: "max", ReduceMin: "min", ReduceL2: "l2", ReduceL1: "sum" },
  ...{ ReduceProd: "sum", ReduceSumSquare: "l2", ReduceLogSum: "sum", ReduceLogSumExp: "sum" },
};

/** Reduces over axes, innermost first: what lies between them stays. */
function reduced(to: Lowering, call: Call, op: Reduce["op"], axes: readonly number[]): Made {
  const [tensor] = call.node.inputs;
  const shape = to.shape(tensor);
  if (axes.includes(0) && shape[0] > 1 && to.batch > 1) call.fail("it reduces over the batch");
  const current = to.of(tensor);
  const form = [current.shape, natural(shape, to.batch)].find((form) => form !== undefined && fits(shape, axes, form));
  if (form !== undefined) {
    const own = reducedAxes(shape, axes, form);
    if (own.length === 0) return current;
    // The DSL has no reductions of vectors.
    const three = form.length === 2 ? [form[0], 1, form[1]] : form;
    const within = form.length === 2 ? [2] : own;
    return to.add({ kind: "reduce", op, axes: within }, [to.as(current, three, call)], call);
  }
  let value = current;
  let sizes = [...shape];
  for (let last = axes.length; last > 0;) {
    const ordered = axes.toSorted((a, b) => a - b);
    let first = last - 1;
    while (first > 0 && ordered[first - 1] === ordered[first] - 1) first--;
    const [from, end] = [ordered[first], ordered[last - 1] + 1];
    const [before, size, after] = [sizes.slice(0, from), sizes.slice(from, end), sizes.slice(end)].map(elements);
    last = first;
    sizes = sizes.map((own, axis) => axis >= from && axis < end ? 1 : own);
    if (size === 1) continue;
    if (before % to.batch !== 0) return unsplit(call, shape, to.batch);
    const form = [to.batch, before / to.batch, size, ...after === 1 ? [] : [after]];
    value = to.add({ kind: "reduce", op, axes: [2] }, [to.as(value, form, call)], call);
  }
  return value;
}

/** The axes of a form that are reduced. */
function reducedAxes(shape: Shape, axes: readonly number[], form: Shape): number[] {
  const kept = fit(shape.map((size, axis) => axes.includes(axis) ? 1 : size), shape, form)!;
  return form.flatMap((size, axis) => size !== 1 && kept[axis] === 1 ? [axis] : []);
}

function fits(shape: Shape, axes: readonly number[], form: Shape): boolean {
  const kept = fit(shape.map((size, axis) => axes.includes(axis) ? 1 : size), shape, form);
  return kept !== undefined && kept[0] === form[0];
}

const reduce = (name: string): Lower => (to, call) => {
  const { axes } = call.reduction();
  const shape = call.shape();
  const pixels = shape.length === 4 && axes.length === 2 && axes.includes(2) && axes.includes(3) &&
    shape[0] === to.batch;
  if (pixels && name === "ReduceMean") return wholePool(to, call, "global_average");
  if (pixels && name === "ReduceMax") return wholePool(to, call, "global_max");
  return reduced(to, call, reductions[name], axes);
};

/** The operators of this file. */
export const elementwiseOperators: Readonly<Record<string, Lower>> = {
  ...Object.fromEntries(Object.entries({ ...functions, ...standIns }).map(([name, op]) => [name, unary({ op })])),
  ...Object.fromEntries(Object.keys(joins).map((name) => [name, join(name)])),
  ...Object.fromEntries(Object.keys(reductions).map((name) => [name, reduce(name)])),
  LeakyRelu: (to, call) => unary({ op: "leaky_relu", alpha: call.float("alpha", 0.01) })(to, call),
  Elu: (to, call) => unary({ op: "elu", alpha: call.float("alpha", 1) })(to, call),
  Gelu: (to, call) => unary({ op: call.text("approximate", "none") === "tanh" ? "gelu_tanh" : "gelu" })(to, call),
  Clip: clip,
  PRelu: prelu,
  Where: where,
  ArgMax: (to, call) => reduced(to, call, "max", [call.axis(call.int("axis", 0))]),
  ArgMin: (to, call) => reduced(to, call, "min", [call.axis(call.int("axis", 0))]),
};
