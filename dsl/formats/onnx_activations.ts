/**
 * Activations, told by what they compute: whatever operators an exporter writes x · sigmoid(x) or GELU with, a few numbers sent through them
 * come out as through the activation.
 *
 * @module
 */
import { type Activation, elements } from "../layer.ts";
import type { Call } from "./onnx_call.ts";
import type { Lowering, Recognised } from "./onnx_lowering.ts";

/** Numbers that tell all activations apart. */
const samples = [-6.5, -3.7, -2.9, -1.3, -0.6, -0.11, 0.07, 0.4, 1.1, 2.3, 2.8, 3.3, 4.9, 6.6];
/** Half floats in place of exact constants change results by less. */
const tolerance = 2e-3;
/** Without one of these, a function is a polynomial or worse, and no activation. */
const bends = [
  "Sigmoid",
  "Tanh",
  "Erf",
  "Exp",
  "Clip",
  "Relu",
  "Max",
  "Min",
  "Softplus",
  "HardSigmoid",
  "HardSwish",
  "Mish",
]
  .concat("Gelu", "Swish");
/** Nodes that an activation is made of at most. */
const mostNodes = 14;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const clip = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);
const softplus = (x: number) => Math.log1p(Math.exp(x));

const functions: readonly (readonly [Activation, (x: number) => number])[] = [
  ["relu", (x) => Math.max(x, 0)],
  ["relu6", (x) => clip(x, 0, 6)],
  ["sigmoid", sigmoid],
  ["tanh", Math.tanh],
  ["silu", (x) => x * sigmoid(x)],
  ["gelu", (x) => 0.5 * x * (1 + erf(x / Math.SQRT2))],
  ["gelu_tanh", (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))],
  ["hard_sigmoid", (x) => clip(x / 6 + 0.5, 0, 1)],
  ["hard_swish", (x) => x * clip(x / 6 + 0.5, 0, 1)],
  ["softplus", softplus],
  ["mish", (x) => x * Math.tanh(softplus(x))],
];

/** What operators compute, of one number or several. */
const operators: Readonly<Record<string, (call: Call, inputs: readonly number[]) => number>> = {
  Relu: (_, [x]) => Math.max(x, 0),
  Sigmoid: (_, [x]) => sigmoid(x),
  Tanh: (_, [x]) => Math.tanh(x),
  Erf: (_, [x]) => erf(x),
  Exp: (_, [x]) => Math.exp(x),
  Log: (_, [x]) => Math.log(x),
  Neg: (_, [x]) => -x,
  Abs: (_, [x]) => Math.abs(x),
  Reciprocal: (_, [x]) => 1 / x,
  Softplus: (_, [x]) => softplus(x),
  Mish: (_, [x]) => x * Math.tanh(softplus(x)),
  Swish: (call, [x]) => x * sigmoid(call.float("alpha", 1) * x),
  HardSwish: (_, [x]) => x * clip(x / 6 + 0.5, 0, 1),
  HardSigmoid: (call, [x]) => clip(call.float("alpha", 0.2) * x + call.float("beta", 0.5), 0, 1),
  Gelu: (call, [x]) => functions[call.text("approximate", "none") === "tanh" ? 6 : 5][1](x),
  Clip: (call, [x, low, high]) => clip(x, low ?? call.float("min", -Infinity), high ?? call.float("max", Infinity)),
  Add: (_, [x, y]) => x + y,
  Sub: (_, [x, y]) => x - y,
  Mul: (_, [x, y]) => x * y,
  Div: (_, [x, y]) => x / y,
  Pow: (_, [x, y]) => x ** y,
  Max: (_, inputs) => Math.max(...inputs),
  Min: (_, inputs) => Math.min(...inputs),
};

/** The activation that a node is the last of, with as many nodes before it as belong to it. */
export function recogniseActivation(to: Lowering, root: Call): Recognised | undefined {
  if (!Object.hasOwn(operators, root.node.op)) return undefined;
  const [output] = root.node.outputs;
  const size = elements(to.shape(output));
  const nodes = new Map<string, Call>([[output, root]]);
  let found: Recognised | undefined;
  while (nodes.size <= mostNodes) {
    const leaves = new Set(
      [...nodes.values()].flatMap(({ node }) => node.inputs).filter((input) =>
        input !== "" && !nodes.has(input) && to.number(input) === undefined
      ),
    );
    const [x] = leaves;
    if (leaves.size === 0 || [...leaves].some((leaf) => elements(to.shape(leaf)) !== size)) break;
    const bent = [...nodes.values()].some(({ node }) => bends.includes(node.op));
    if (leaves.size === 1 && bent && to.attempts-- > 0) {
      const op = named(to, nodes, output, x);
      if (op !== undefined) {
        found = {
          inputs: [x],
          lower: (to, call) => to.add({ kind: "elementwise", op }, [to.of(x)], call),
        };
      }
    }
    // What stands last in the graph can be made of the others, and not they of it.
    const makers = [...leaves].flatMap((leaf) => to.maker(leaf) ?? []).filter(({ node }) =>
      Object.hasOwn(operators, node.op)
    );
    const last = latest(to, makers);
    if (last === undefined) break;
    nodes.set(last.node.outputs[0], last);
  }
  return found;
}

function latest(to: Lowering, calls: readonly Call[]): Call | undefined {
  let last: Call | undefined;
  for (const call of calls) if (last === undefined || to.place(call) > to.place(last)) last = call;
  return last;
}

/** The nearest of all activations, if it is near. */
function named(to: Lowering, nodes: ReadonlyMap<string, Call>, output: string, x: string): Activation | undefined {
  const results = samples.map((sample) => compute(to, nodes, output, new Map([[x, sample]])));
  const distances = functions.map(([op, made]) => ({
    op,
    distance: Math.max(...samples.map((sample, i) => Math.abs(results[i] - made(sample)) / (1 + Math.abs(sample)))),
  }));
  const nearest = distances.reduce((a, b) => b.distance < a.distance ? b : a);
  return nearest.distance < tolerance ? nearest.op : undefined;
}

function compute(to: Lowering, nodes: ReadonlyMap<string, Call>, tensor: string, known: Map<string, number>): number {
  const value = known.get(tensor) ?? to.number(tensor);
  if (value !== undefined) return value;
  const call = nodes.get(tensor)!;
  const inputs = call.node.inputs.map((input) =>
    input === "" ? undefined as unknown as number : compute(to, nodes, input, known)
  );
  const result = operators[call.node.op](call, inputs);
  known.set(tensor, result);
  return result;
}

/** Gauss's error function to 1.5e-7 (Abramowitz and Stegun 7.1.26). */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series = t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}
