/**
 * The candidate terms that a Lasso chooses from: those of NeuralPower's released code (Cai et al. 2017, caiermao/NeuralPower) for
 * convolutions, fully connected layers and poolings; a plain polynomial of the sizes for the kinds that the paper has not.
 *
 * Its 1.0 column is the intercept here. Identical columns are merged and constant ones dropped where the data shows them, in
 * `term_table.ts`: on square images 89 of a convolution's 127 differ.
 *
 * @module
 */
import { elementwiseOps, type Kind } from "neuralpower/dsl";
import { optimizers, type Pass } from "../node.ts";
import { type Factor, parseTerm, products, type Term } from "../learn/terms.ts";

/** What a model predicts. */
export type Target = "runtime" | "power";

interface Candidates {
  /** Features whose products up to a degree are terms. */
  readonly base: readonly string[];
  /** Degree of the runtime's polynomial; the power's is 2, over the features and their binary logarithms. */
  readonly runtimeDegree: 1 | 2 | 3;
  /** Further terms of the runtime's polynomial, and of the power's unless `powerProducts` says otherwise. */
  readonly products: readonly string[];
  readonly powerProducts?: readonly string[];
}

const plain: Candidates = {
  base: ["batch", "inChannels", "inHeight", "inWidth"],
  runtimeDegree: 2,
  products: ["inputElements", "outputElements"],
};

const elementwiseTerms = indicatorTerms(Object.values(elementwiseOps).flat());

const candidates: { readonly [K in Kind]: Candidates } = {
  conv: {
    base: ["batch", "outHeight", "outWidth", "kernelWidth", "inChannels", "outChannels", "inHeight"],
    runtimeDegree: 3,
    products: [
      ...["macsPerImage", "macs", "macsPerOutChannel", "outputElements", "filterElements", "inputElements"],
      ...["inputRowElements", "inputColumnElements"],
    ],
  },
  dense: {
    base: ["batch", "outChannels", "inHeight", "inWidth", "inChannels"],
    runtimeDegree: 2,
    products: ["macs"],
    powerProducts: [],
  },
  // A transposed convolution is a convolution with input and output exchanged: the paper's terms hold for it.
  deconv: {
    base: ["batch", "outHeight", "outWidth", "kernelWidth", "inChannels", "outChannels", "inHeight"],
    runtimeDegree: 2,
    products: ["macsPerImage", "macs", "outputElements", "filterElements", "inputElements"],
  },
  matmul: {
    base: ["batch", "inHeight", "innerSize", "outChannels", "groups"],
    runtimeDegree: 2,
    products: ["macs", "inputElements", "outputElements"],
  },
  attention: {
    base: ["batch", "inHeight", "inChannels", "heads", "visibleTokens"],
    runtimeDegree: 2,
    products: ["projectionMacs", "tokenMacs", "operations", "inputElements"],
  },
  pool: {
    base: ["batch", "outHeight", "outWidth", "inChannels", "kernelWidth", "inHeight"],
    runtimeDegree: 3,
    products: ["windowElements", "outputElements", "inputElements"],
  },
  norm: {
    ...plain,
    products: [...plain.products, ...indicatorTerms(["lrn", "layer", "group", "instance", "rms"]), "operations"],
  },
  elementwise: { ...plain, products: [...plain.products, "operations", ...elementwiseTerms] },
  reduce: { ...plain, products: [...plain.products, "operations", ...indicatorTerms(["l2"])] },
  softmax: { ...plain, products: [...plain.products, ...indicatorTerms(["other_axis"])] },
  move: {
    ...plain,
    products: [
      ...[...plain.products, "operations"],
      ...indicatorTerms(["concat", "slice", "pad", "permute", "upsample_nearest", "upsample_bilinear"]),
    ],
  },
  view: plain,
};

/**
 * What an optimizer's update adds to a training pass: a constant and a rate for each weight. Not the paper's, which has no training
 * passes; without them its terms cannot tell optimizers apart.
 */
const updateTerms = optimizers.flatMap((optimizer) => [`optimizer_${optimizer}`, `${optimizer}Params`]);

/**
 * The candidate terms of a kind's model, without the intercept.
 *
 * @param kind The layers' kind.
 * @param target Runtime: products of the features; power: products of the features and their binary logarithms.
 * @param pass `training` adds the optimizer's update where a kind has weights.
 */
export function candidateTerms(kind: Kind, target: Target, pass: Pass): Term[] {
  const { base, runtimeDegree, products: further, powerProducts = further } = candidates[kind];
  const factors: Factor[] = base.map((feature) => ({ feature, log2: false }));
  const polynomial = target === "runtime"
    ? degrees(runtimeDegree).flatMap((degree) => products(factors, degree))
    : degrees(2).flatMap((degree) =>
      products([...factors, ...base.map((feature) => ({ feature, log2: true }))], degree)
    );
  const update = pass === "training" && (kind === "conv" || kind === "deconv" || kind === "dense") ? updateTerms : [];
  return [...polynomial, ...[...target === "runtime" ? further : powerProducts, ...update].map(parseTerm)];
}

/** A constant and a rate for each element, of each function: which it is decides what an element costs. */
function indicatorTerms(ops: readonly string[]): string[] {
  return ops.flatMap((op) => [`op_${op}`, `op_${op}*outputElements`]);
}

function degrees(highest: number): number[] {
  return Array.from({ length: highest }, (_, index) => index + 1);
}
