/**
 * Random networks by seed: layers of all kinds at configurations that fill the space which a sweep covers, inside networks, where their
 * times are those that users get.
 *
 * The generator is part of the data: `networks.csv` names a network as `random-1:SEED`, and the same version makes the same network for
 * ever. Another generator gets another number.
 *
 * @module
 */
import {
  add,
  concat,
  type ConvOptions,
  type ImageValue,
  mul,
  network,
  networkCost,
  type NetworkDefinition,
  type Value,
  type VectorValue,
} from "neuralpower/dsl";
import { Random } from "./random.ts";

/** What a source in `networks.csv` begins with. */
export const generator = "random-1";

/** A network must stay within this, so that it runs in well under a second on a CPU core and its model is quickly written. */
export const most = { macs: 2e9, params: 6e7, elements: 6e6 };

/** The network of a seed. */
export function randomNetwork(seed: number): NetworkDefinition {
  // Some draws are too large: the next draw of the same seed takes their place.
  for (let draw = 0;; draw++) {
    const definition = describe(seed, draw);
    const { macs, params } = networkCost(definition.build());
    if (macs <= most.macs && params <= most.params) return definition;
  }
}

function describe(seed: number, draw: number): NetworkDefinition {
  const first = new Random(seed, draw);
  const batch = first.pick([1, 1, 2, 4, 8]);
  const side = first.logUniform(8, 224);
  const channels = first.chance(0.5) ? 3 : width(first, 1, 64);
  const style = first.pick(["mixed", "mixed", "mixed", "residual", "mobile", "perceptron"] as const);
  const inner = first.fork();
  return network(`${generator}-${seed}`, { image: [channels, side, side], batch }, (x) => {
    const random = inner.fork();
    if (style === "perceptron") return perceptron(random, x);
    let y: ImageValue = convolution(random, x, { stride: side > 64 ? 2 : 1 });
    const steps = random.between(5, 12);
    for (let step = 0; step < steps; step++) y = styles[style](random, y);
    return head(random, y);
  });
}

/** The activations that this version draws from: a longer list would make other networks of the same seeds. */
const activations = ["relu", "relu6", "sigmoid", "tanh", "silu"] as const;
type Activation = (typeof activations)[number];

/** Channels: log-uniform, two thirds multiples of 8, the others as they fall. */
export function width(random: Random, from: number, to: number): number {
  const drawn = random.logUniform(from, to);
  return drawn >= 8 && random.chance(2 / 3) ? 8 * Math.round(drawn / 8) : drawn;
}

/** At a chance, an activation. */
export function activated<V extends Value>(random: Random, x: V, chance: number): V {
  return random.chance(chance) ? x[random.pick<Activation>(["relu", "relu", "relu", ...activations])]() : x;
}

/** A convolution with what usually follows it. */
export function convolution(
  random: Random,
  x: ImageValue,
  given: Partial<ConvOptions> & { out?: number } = {},
): ImageValue {
  const [, channels, height, across] = x.shape;
  const least = Math.min(height, across);
  const kernel = given.kernel ?? drawKernel(random, least);
  const stride = given.stride ?? (least >= 8 && random.chance(0.2) ? 2 : 1);
  const outputs = given.out ??
    Math.min(width(random, 4, 768), Math.floor(most.elements / (height * across * x.shape[0])));
  const { groups, out } = given.groups === undefined
    ? drawGroups(random, channels, Math.max(1, outputs))
    : { groups: given.groups, out: outputs };
  const dilation = least > 12 && random.chance(0.05) ? 2 : 1;
  const normed = random.chance(0.6);
  const y = x.conv(out, { kernel, stride, groups, dilation, pad: "same", bias: !normed });
  return activated(random, normed ? y.batchNorm() : y, 0.75);
}

function drawKernel(random: Random, least: number): ConvOptions["kernel"] {
  const side = Math.min(random.pick([1, 1, 1, 3, 3, 3, 3, 5, 7, 2]), least);
  if (side < 3 || random.chance(0.9)) return side;
  return random.chance(0.5) ? [1, side] : [side, 1];
}

function drawGroups(random: Random, channels: number, out: number): { groups: number; out: number } {
  if (random.chance(0.15)) return { groups: channels, out: channels };
  const groups = random.pick([2, 4, 8]);
  if (channels % groups !== 0 || random.chance(0.9)) return { groups: 1, out };
  return { groups, out: Math.max(1, Math.round(out / groups)) * groups };
}

function pooling(random: Random, x: ImageValue): ImageValue {
  const least = Math.min(x.shape[2], x.shape[3]);
  const kernel = Math.min(random.pick([2, 3, 3, 5]), least);
  const stride = least >= 6 && random.chance(0.7) ? 2 : 1;
  const options = {
    kernel,
    stride,
    pad: random.chance(0.5) ? Math.floor(kernel / 2) : 0,
    ceilMode: random.chance(0.2),
  };
  return random.chance(0.6) ? x.maxPool(options) : x.averagePool(options);
}

/** Each channel times a gate computed from its average. */
export function gated(random: Random, x: ImageValue): ImageValue {
  const squeezed = x.globalAveragePool().conv(Math.max(1, Math.round(x.channels / random.pick([4, 8, 16]))), {
    kernel: 1,
    activation: "relu",
  });
  return mul(x, squeezed.conv(x.channels, { kernel: 1 }).sigmoid());
}

const mixed: readonly [weight: number, step: (random: Random, x: ImageValue) => ImageValue][] = [
  [9, (random, x) => convolution(random, x)],
  [5, pooling],
  [2, (_random, x) => x.batchNorm()],
  [1, (random, x) => x.lrn({ size: random.pick([3, 5, 7]) })],
  [5, (random, x) => x[random.pick<Activation>(activations)]()],
  [2, (random, x) => add(x, convolution(random, x, { out: x.channels, stride: 1, groups: 1 }))],
  [1, (_random, x) => add(x.sigmoid(), x.tanh())],
  [2, (random, x) => concat(convolution(random, x, { stride: 1 }), convolution(random, x, { stride: 1 }))],
  [1, (random, x) => concat(x, convolution(random, x, { stride: 1 }))],
  [2, gated],
  [1, (_random, x) => x.softmax()],
];

const styles = {
  mixed: (random: Random, x: ImageValue) => random.weighted(mixed)(random, x),
  residual(random: Random, x: ImageValue) {
    const narrow = Math.max(1, Math.round(x.channels / random.pick([1, 2, 4])));
    const stride = Math.min(x.shape[2], x.shape[3]) >= 8 && random.chance(0.3) ? 2 : 1;
    if (stride === 2) return convolution(random, x, { kernel: 3, stride: 2, groups: 1 });
    const y = x.conv(narrow, { kernel: 1, bias: false }).batchNorm().relu()
      .conv(narrow, { kernel: 3, pad: 1, bias: false }).batchNorm().relu()
      .conv(x.channels, { kernel: 1, bias: false }).batchNorm();
    return add(y, x).relu();
  },
  mobile(random: Random, x: ImageValue) {
    const hidden = Math.min(x.channels * random.pick([1, 2, 4, 6]), 1152);
    const kernel = Math.min(random.pick([3, 5]), x.shape[2], x.shape[3]);
    const stride = Math.min(x.shape[2], x.shape[3]) >= 8 && random.chance(0.3) ? 2 : 1;
    const activation = random.pick<Activation>(["relu", "relu6", "silu"]);
    const wide = x.conv(hidden, { kernel: 1, bias: false }).batchNorm()[activation]();
    let y = wide.conv(hidden, { kernel, stride, pad: "same", groups: hidden, bias: false }).batchNorm()[activation]();
    if (random.chance(0.3)) y = gated(random, y);
    const out = stride === 1 && random.chance(0.6) ? x.channels : width(random, 8, 320);
    const projected = y.conv(out, { kernel: 1, bias: false }).batchNorm();
    return stride === 1 && out === x.channels ? add(projected, x) : projected;
  },
};

/** Dense layers, softmaxes and elementwise functions of vectors. */
function perceptron(random: Random, x: ImageValue): Value {
  let y = x.conv(width(random, 4, 64), { kernel: 1 }).averagePool({ kernel: Math.max(1, Math.ceil(x.shape[2] / 12)) })
    .flatten();
  const layers = random.between(4, 8);
  for (let layer = 0; layer < layers; layer++) {
    y = activated(random, y.dense(width(random, 16, 4096), { bias: random.chance(0.8) }), 0.7);
    if (random.chance(0.2)) y = y.softmax();
    if (random.chance(0.2)) y = mul(y, y.dense(y.shape[1]).sigmoid());
  }
  return y.dense(width(random, 2, 1000)).softmax();
}

/** Ends with dense layers and a softmax. */
export function head(random: Random, x: ImageValue): Value {
  const [, channels, height, across] = x.shape;
  const flat = channels * height * across <= 20_000 && random.chance(0.4);
  let y: VectorValue = (flat ? x : random.chance(0.7) ? x.globalAveragePool() : x.globalMaxPool()).flatten();
  const hidden = random.between(0, 2);
  for (let layer = 0; layer < hidden; layer++) y = activated(random, y.dense(width(random, 16, 4096)), 0.8);
  y = y.dense(width(random, 2, 1000));
  return random.chance(0.6) ? y.softmax() : y;
}
