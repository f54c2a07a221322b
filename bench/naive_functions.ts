/**
 * The functions of each element, in double precision.
 *
 * @module
 */
import type { Elementwise } from "neuralpower/dsl";

type Function = (values: readonly number[], options: Elementwise) => number;

const one = (compute: (x: number) => number): Function => ([x]) => compute(x);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.log1p(Math.exp(x));
const clip = (x: number, least: number, greatest: number) => Math.min(Math.max(x, least), greatest);

/** Gauss's error function by its Taylor series: 2/√π · Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)); beyond 5 it is ±1 to 12 digits. */
function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let sum = 0;
  for (let n = 0, term = x; n < 120; n++, term *= -x * x / n) sum += term / (2 * n + 1);
  return 2 / Math.sqrt(Math.PI) * sum;
}

/** By op. PReLU's slope comes as a second value. */
export const naiveFunctions: { readonly [Op in Elementwise["op"]]: Function } = {
  relu: one((x) => Math.max(x, 0)),
  relu6: one((x) => clip(x, 0, 6)),
  sigmoid: one(sigmoid),
  tanh: one(Math.tanh),
  silu: one((x) => x * sigmoid(x)),
  leaky_relu: ([x], { alpha = 0.01 }) => x > 0 ? x : alpha * x,
  elu: ([x], { alpha = 1 }) => x > 0 ? x : alpha * Math.expm1(x),
  gelu: one((x) => x * (1 + erf(x / Math.SQRT2)) / 2),
  gelu_tanh: one((x) => x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))) / 2),
  hard_swish: one((x) => x * clip(x + 3, 0, 6) / 6),
  hard_sigmoid: one((x) => clip(x + 3, 0, 6) / 6),
  softplus: one(softplus),
  mish: one((x) => x * Math.tanh(softplus(x))),
  prelu: ([x, slope]) => x > 0 ? x : slope * x,
  exp: one(Math.exp),
  log: one(Math.log),
  sqrt: one(Math.sqrt),
  abs: one(Math.abs),
  neg: one((x) => -x),
  reciprocal: one((x) => 1 / x),
  erf: one(erf),
  clip: ([x], { limits = [0, 1] }) => clip(x, limits[0], limits[1]),
  scale: ([x], { by = 2 }) => x * by,
  shift: ([x], { by = 2 }) => x + by,
  power: ([x], { by = 2 }) => x ** by,
  add: (values) => values.reduce((a, b) => a + b),
  mul: (values) => values.reduce((a, b) => a * b),
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  sub: ([a, b]) => a - b,
  div: ([a, b]) => a / b,
  pow: ([a, b]) => a ** b,
  where: ([condition, chosen, other]) => condition > 0 ? chosen : other,
};
