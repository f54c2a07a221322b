/**
 * The functions of elements in ONNX: one entry a function. What ONNX has no operator for is written as PyTorch's exporter writes it.
 *
 * @module
 */
import type { Elementwise } from "../layer.ts";
import { float, type Place, shift } from "./onnx_builder.ts";

type Writer = (at: Place, options: Elementwise) => void;

const plain = (op: string): Writer => (at) => at.last(op, [at.input.name]);
/** With a number as second operand. */
const withNumber = (op: string): Writer => (at, { by = 2 }) => at.last(op, [at.input.name, number(at, "by", by)]);
/** Of many inputs by a chain, as the operator takes two. */
const chained = (op: string): Writer => (at) => {
  const [first, ...others] = at.inputs.map((input) => input.name);
  const last = others.pop()!;
  const before = others.reduce((left, right, i) => at.inner(`${op.toLowerCase()}${i + 1}`, op, [left, right]), first);
  at.last(op, [before, last]);
};
/** Of many inputs at once. */
const joined = (op: string): Writer => (at) => at.last(op, at.inputs.map((input) => input.name));

/** min(max(x / 6 + ½, 0), 1). */
const hardSigmoid = { alpha: float(1 / 6), beta: float(0.5) };

const writers: { readonly [Op in Elementwise["op"]]: Writer } = {
  relu: plain("Relu"),
  relu6: (at) => clip(at, [0, 6]),
  sigmoid: plain("Sigmoid"),
  tanh: plain("Tanh"),
  silu: (at) => at.last("Mul", [at.input.name, at.inner("sigmoid", "Sigmoid", [at.input.name])]),
  leaky_relu: (at, { alpha = 0.01 }) => at.last("LeakyRelu", [at.input.name], { alpha: float(alpha) }),
  elu: (at, { alpha = 1 }) => at.last("Elu", [at.input.name], { alpha: float(alpha) }),
  // x · (1 + erf(x / √2)) · ½
  gelu(at) {
    const scaled = at.inner("scaled", "Div", [at.input.name, number(at, "sqrt2", Math.SQRT2)]);
    const raised = at.inner("raised", "Add", [at.inner("erf", "Erf", [scaled]), number(at, "one", 1)]);
    at.last("Mul", [at.inner("product", "Mul", [at.input.name, raised]), number(at, "half", 0.5)]);
  },
  // ½ · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))
  gelu_tanh(at) {
    const x = at.input.name;
    const cubed = at.inner("cubed", "Mul", [at.inner("squared", "Mul", [x, x]), x]);
    const inside = at.inner("sum", "Add", [x, at.inner("small", "Mul", [cubed, number(at, "factor", 0.044715)])]);
    const scaled = at.inner("scaled", "Mul", [inside, number(at, "root", Math.sqrt(2 / Math.PI))]);
    const raised = at.inner("raised", "Add", [at.inner("tanh", "Tanh", [scaled]), number(at, "one", 1)]);
    at.last("Mul", [at.inner("half_x", "Mul", [x, number(at, "half", 0.5)]), raised]);
  },
  // Not HardSwish, of which runtimes make these two, nameless.
  hard_swish: (at) => at.last("Mul", [at.input.name, at.inner("gate", "HardSigmoid", [at.input.name], hardSigmoid)]),
  hard_sigmoid: (at) => at.last("HardSigmoid", [at.input.name], hardSigmoid),
  softplus: plain("Softplus"),
  mish(at) {
    const soft = at.inner("softplus", "Softplus", [at.input.name]);
    at.last("Mul", [at.input.name, at.inner("tanh", "Tanh", [soft])]);
  },
  prelu(at) {
    const channels = at.input.shape[at.channelAxis];
    at.last("PRelu", [at.input.name, at.weight("slope", at.rank === 4 ? [channels, 1, 1] : [channels], shift)]);
  },
  exp: plain("Exp"),
  log: plain("Log"),
  sqrt: plain("Sqrt"),
  abs: plain("Abs"),
  neg: plain("Neg"),
  reciprocal: plain("Reciprocal"),
  erf: plain("Erf"),
  clip: (at, { limits = [0, 1] }) => clip(at, limits),
  scale: withNumber("Mul"),
  shift: withNumber("Add"),
  power: withNumber("Pow"),
  add: chained("Add"),
  mul: chained("Mul"),
  sub: chained("Sub"),
  div: chained("Div"),
  pow: chained("Pow"),
  max: joined("Max"),
  min: joined("Min"),
  where(at) {
    const [condition, chosen, other] = at.inputs.map((input) => input.name);
    at.last("Where", [at.inner("holds", "Greater", [condition, number(at, "zero", 0)]), chosen, other]);
  },
};

function clip(at: Place, [least, greatest]: readonly number[]): void {
  at.last("Clip", [at.input.name, number(at, "min", least), number(at, "max", greatest)]);
}

function number(at: Place, suffix: string, value: number): string {
  return at.constant(suffix, at.graph.dtype, [], [value]);
}

/** Writes a function of elements. */
export function writeElementwise(layer: Elementwise, at: Place): void {
  writers[layer.op](at, layer);
}
