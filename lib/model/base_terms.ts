/**
 * The physical base's terms: what a layer's time (or energy) is a sum of, each at a rate ≥ 0 that a device's rows decide. One table by
 * kind and hardware; a kind without an entry has the general terms.
 *
 * @module
 */
import type { Kind } from "neuralpower/dsl";
import { type Optimizer, optimizers } from "../node.ts";
import type { Geometry, Hardware } from "./geometry.ts";
import { cpuTerms, only, poolTerms } from "./cpu_terms.ts";
import { asTheyLie, fourier, matrix, padded, reordered, waved, winograd2, winograd4 } from "./gpu_kernels.ts";

/** One quantity of a node that may cost time. */
export type BaseTerm = (geometry: Geometry) => number;
/** Terms by name. */
export type BaseTerms = Readonly<Record<string, BaseTerm>>;

const general = {
  call: () => 1,
  inputs: (g) => g.inputs,
  outputs: (g) => g.outputs,
  params: (g) => g.params,
  macs: (g) => g.macs,
  operations: (g) => g.operations,
  bytes: (g) => g.bytes,
} satisfies BaseTerms;

/** What is fused into a layer with weights. */
const fused = {
  biasOutputs: (g) => g.bias * g.outputs,
  activation: (g) => g.activation,
  activationOutputs: (g) => g.activation * g.outputs,
  addOutputs: (g) => g.fusedAdd * g.outputs,
} satisfies BaseTerms;

/** An update's own constant and its rate for each weight: no two optimizers do the same. */
const updates: BaseTerms = Object.fromEntries(optimizers.flatMap((optimizer: Optimizer): [string, BaseTerm][] => [
  [`update_${optimizer}`, (g) => Number(g.optimizer === optimizer)],
  [`updateParams_${optimizer}`, (g) => g.optimizer === optimizer ? g.params : 0],
]));

/** Depthwise convolutions run other kernels: they have terms of their own, and none of the others'. */
const depthwise = {
  depthwise: (g) => Number(g.depthwise),
  depthwiseInputs: (g) => g.depthwise ? g.inputs : 0,
  depthwiseOutputs: (g) => g.depthwise ? g.outputs : 0,
  ...byKernel("depthwiseMacs", (g) => g.depthwise ? g.macs : 0),
} satisfies BaseTerms;

/** One term for each kernel size with stride 1, and for each with more: libraries choose other algorithms for them. */
function byKernel(name: string, term: BaseTerm): BaseTerms {
  const sizes = ["1", "2", "3", "4", "5", "6", "7", "more"];
  const of = (g: Geometry) => sizes[Math.min(Math.round(Math.sqrt(g.kernel)), sizes.length) - 1];
  return Object.fromEntries(sizes.flatMap((size): [string, BaseTerm][] => [
    [`${name}_k${size}`, (g) => g.stride === 1 && of(g) === size ? term(g) : 0],
    [`${name}_k${size}_strided`, (g) => g.stride > 1 && of(g) === size ? term(g) : 0],
  ]));
}

/** A framework that adds neither bias nor activation fetches the tensor as the library left it. */
const bare = (g: Geometry) => Number(g.bias === 0 && g.activation === 0);

const ordinary = (g: Geometry) => !g.depthwise && !asTheyLie(g);

const gpuConv: BaseTerms = {
  call: () => 1,
  ...only(ordinary, {
    inputs: (g) => g.inputs,
    outputs: (g) => g.outputs,
    params: (g) => g.params,
    macs: (g) => g.macs,
    unfolded: (g) => matrix(g).m * matrix(g).k * g.groups,
    tiles128x128: (g) => padded(g, 128, 128),
    tiles128x64: (g) => padded(g, 128, 64),
    tiles128x32: (g) => padded(g, 128, 32),
    tiles32x32: (g) => padded(g, 32, 32),
    waves128x128: (g) => waved(g, 128, 128),
    waves128x64: (g) => waved(g, 128, 64),
    waves128x32: (g) => waved(g, 128, 32),
    winograd4Products: (g) => winograd4(g).products,
    winograd4Transforms: (g) => winograd4(g).transforms,
    winograd4Weights: (g) => winograd4(g).weights,
    winograd2: (g) => winograd2(g),
    fourierTransforms: (g) => fourier(g).transforms,
    fourierWeights: (g) => fourier(g).weights,
    fourierProducts: (g) => fourier(g).products,
    ...byKernel("macs", (g) => g.macs),
    ...byKernel("tiles128x32", (g) => padded(g, 128, 32)),
    oddPadInputs: (g) => g.oddPad ? g.inputs : 0,
    bare,
    bareOutputs: (g) => bare(g) * g.outputs,
    bare1x1Macs: (g) => g.kernel === 1 && g.stride === 1 ? bare(g) * g.macs : 0,
    plainInputs: (g) => reordered(g, g.c * g.groups, g.inputs).plain,
    plainOutputs: (g) => reordered(g, g.o * g.groups, g.outputs).plain,
    narrowInputs: (g) => reordered(g, g.c * g.groups, g.inputs).narrow,
    narrowOutputs: (g) => reordered(g, g.o * g.groups, g.outputs).narrow,
  }),
  ...only(asTheyLie, {
    product: () => 1,
    productMacs: (g) => g.macs,
    productInputs: (g) => g.inputs,
    productOutputs: (g) => g.outputs,
    productParams: (g) => g.params,
    productTiles128x128: (g) => padded(g, 128, 128),
    productTiles128x64: (g) => padded(g, 128, 64),
    productTiles32x32: (g) => padded(g, 32, 32),
    productWaves128x64: (g) => waved(g, 128, 64),
  }),
  ...depthwise,
};

const gpuDense: BaseTerms = {
  call: () => 1,
  rows: (g) => g.n,
  inChannels: (g) => g.c,
  outChannels: (g) => g.o,
  inputs: (g) => g.n * g.c,
  outputs: (g) => g.outputs,
  weights: (g) => g.c * g.o,
  macs: (g) => g.macs,
  ...Object.fromEntries(
    [32, 64, 128].flatMap((rows) =>
      [32, 64, 128].map((columns): [string, BaseTerm] => [`tiles${rows}x${columns}`, (g) => padded(g, rows, columns)])
    ),
  ),
};

/** Along the channels of an image, neighbours in memory belong to different sums. */
const softmax: BaseTerms = {
  ...general,
  acrossInputs: (g) => g.op === "softmax" && g.inWidth > 1 ? g.inputs : 0,
};

/** An operand that is smaller than the other is read again and again. */
const elementwise: BaseTerms = {
  ...general,
  repeatedOutputs: (g) => g.inputs % g.outputs === 0 ? 0 : g.outputs,
};

/**
 * Tensors that the last cache cannot hold come from memory, at a fraction of its speed: on one GPU a sum of small tensors runs at three
 * times the rate of one of large ones.
 */
const spilling = {
  spilled: (g) => g.spilled,
  spilledHalf: (g) => g.spilledHalf,
} satisfies BaseTerms;

const tables: { readonly [H in Hardware["type"]]: Partial<Readonly<Record<Kind, BaseTerms>>> } = {
  gpu: {
    conv: gpuConv,
    dense: gpuDense,
    pool: { ...poolTerms, ...spilling },
    softmax: { ...softmax, ...spilling },
    elementwise: { ...elementwise, ...spilling },
    norm: { ...general, ...spilling },
    reduce: { ...general, ...spilling },
    move: { ...general, ...spilling },
  },
  cpu: { ...cpuTerms, softmax, elementwise },
};

/** Which function it is decides what a call and an element cost: rates of its own for each op of a kind that has several. */
const byOp = {
  callOf_: () => 1,
  outputsOf_: (g) => g.outputs,
} satisfies BaseTerms;

/**
 * Names of the terms that a kind's base may have.
 *
 * @param ops The ops of the rows that it is to be fitted on.
 */
export function baseTermNames(kind: Kind, hardware: Hardware, ops: Iterable<string>): string[] {
  const distinct = [...new Set(ops)].sort();
  return [
    ...Object.keys(termsOf(kind, hardware)),
    ...distinct.length > 1 ? distinct.flatMap((op) => Object.keys(byOp).map((prefix) => prefix + op)) : [],
  ];
}

/**
 * A term by its name.
 *
 * @throws {RangeError} When the kind has none of that name.
 */
export function baseTerm(name: string, kind: Kind, hardware: Hardware): BaseTerm {
  const [, prefix, op] = /^([a-zA-Z]+Of_)(.+)$/.exec(name) ?? [];
  if (prefix !== undefined && prefix in byOp) {
    const term: BaseTerm = byOp[prefix as keyof typeof byOp];
    return (g) => g.op === op ? term(g) : 0;
  }
  const term = termsOf(kind, hardware)[name];
  if (term === undefined) throw new RangeError(`"${name}" is not a term of the base on a ${hardware.type}`);
  return term;
}

function termsOf(kind: Kind, { type }: Hardware): BaseTerms {
  return {
    ...tables[type][kind] ?? general,
    ...fused,
    ...updates,
  };
}
