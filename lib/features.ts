/**
 * Each node's named feature vector: the one table from which models are fitted, and by which they predict.
 *
 * Sizes are in pixels, channels and elements, for the whole batch unless the name says otherwise. What a node has not is absent from
 * its kind's table; a yes or no is 1 or 0.
 *
 * @module
 */
import {
  type Activation,
  activations,
  type Cost,
  elements,
  imageSizes,
  type Kind,
  type Network,
} from "neuralpower/dsl";
import { type Node, nodeCost, type Optimizer, optimizers } from "./node.ts";
import { plan, type PlanOptions } from "./plan.ts";
import { type Runtime, unfused } from "./runtimes.ts";

/** The node's costs are given along: a dozen features are made of them. */
type Feature<K extends Kind> = (node: Node<K>, cost: Cost) => number;
type FeatureTable<K extends Kind> = Readonly<Record<string, Feature<K>>>;

/** Sizes that every node has. */
const sizes = {
  batch: ({ layer }) => layer.inputShape[0],
  inChannels: ({ layer }) => imageSizes(layer.inputShape).channels,
  inHeight: ({ layer }) => imageSizes(layer.inputShape).height,
  inWidth: ({ layer }) => imageSizes(layer.inputShape).width,
  outChannels: ({ layer }) => imageSizes(layer.outputShape).channels,
  outHeight: ({ layer }) => imageSizes(layer.outputShape).height,
  outWidth: ({ layer }) => imageSizes(layer.outputShape).width,
  inputElements: ({ layer }) => layer.inElements,
  outputElements: ({ layer }) => elements(layer.outputShape),
} satisfies FeatureTable<Kind>;

/** What is fused into a layer with weights, and the update of its weights in a training pass. */
const weighted = {
  bias: ({ layer }) => Number(layer.bias),
  ...indicators(
    activations,
    (activation: Activation) => [`activation_${activation}`, (node) => node.activation === activation],
  ),
  fusedAdd: (node) => Number(node.fusedAdd),
  params: (_node, cost) => cost.params,
  ...indicators(
    optimizers,
    (optimizer: Optimizer) => [`optimizer_${optimizer}`, (node) => node.optimizer === optimizer],
  ),
  // An update reads and writes each weight and its moments: its cost is a rate of its own for each optimizer.
  ...Object.fromEntries(optimizers.map((optimizer) => [
    `${optimizer}Params`,
    (node: Node, cost: Cost) => node.optimizer === optimizer ? cost.params : 0,
  ])),
} satisfies FeatureTable<"conv" | "dense">;

const window = {
  kernelHeight: ({ layer }) => layer.kernel[0],
  kernelWidth: ({ layer }) => layer.kernel[1],
  strideHeight: ({ layer }) => layer.stride[0],
  strideWidth: ({ layer }) => layer.stride[1],
  padHeight: ({ layer }) => layer.pad[0] + layer.pad[2],
  padWidth: ({ layer }) => layer.pad[1] + layer.pad[3],
} satisfies FeatureTable<"conv" | "pool">;

const tables: { readonly [K in Kind]: FeatureTable<K> } = {
  conv: {
    ...sizes,
    ...window,
    dilationHeight: ({ layer }) => layer.dilation[0],
    dilationWidth: ({ layer }) => layer.dilation[1],
    groups: ({ layer }) => layer.groups,
    macs: (_node, cost) => cost.macs,
    macsPerImage: ({ layer }, { macs }) => macs / layer.inputShape[0],
    macsPerOutChannel: ({ layer }, { macs }) => macs / layer.outChannels,
    filterElements: ({ layer }) =>
      layer.kernel[0] * layer.kernel[1] * layer.inputShape[1] / layer.groups * layer.outChannels,
    // One row and one column of the input, of all channels and images: two products of the paper.
    inputRowElements: ({ layer }) => layer.inputShape[0] * layer.inputShape[3] * layer.inputShape[1],
    inputColumnElements: ({ layer }) => layer.inputShape[0] * layer.inputShape[2] * layer.inputShape[1],
    ...weighted,
  },
  dense: { ...sizes, macs: (_node, cost) => cost.macs, ...weighted },
  pool: {
    ...sizes,
    ...window,
    windowElements: (_node, cost) => cost.operations,
    op_average: ({ layer }) => Number(layer.op === "average" || layer.op === "global_average"),
    op_global: ({ layer }) => Number(layer.op === "global_max" || layer.op === "global_average"),
  },
  norm: {
    ...sizes,
    operations: (_node, cost) => cost.operations,
    op_lrn: ({ layer }) => Number(layer.op === "lrn"),
  },
  elementwise: {
    ...sizes,
    operations: (_node, cost) => cost.operations,
    ...indicators(
      [...activations, "add", "mul"] as const,
      (op) => [`op_${op}`, ({ layer }: Node<"elementwise">) => layer.op === op],
    ),
  },
  softmax: sizes,
  move: sizes,
  view: sizes,
};

function indicators<T extends string, K extends Kind>(
  values: readonly T[],
  indicate: (value: T) => [name: string, holds: (node: Node<K>) => boolean],
): Record<string, Feature<K>> {
  return Object.fromEntries(
    values.map(indicate).map(([name, holds]) => [name, (node: Node<K>) => Number(holds(node))]),
  );
}

const names = Object.fromEntries(Object.entries(tables).map(([kind, table]) => [kind, Object.keys(table)]));
const functions = Object.fromEntries(Object.entries(tables).map(([kind, table]) => [kind, Object.values(table)]));

/** Names of a kind's features, in the order of its vectors. */
export function featureNames(kind: Kind): readonly string[] {
  return names[kind];
}

/**
 * A node's feature vector.
 *
 * @param node What a runtime executes.
 * @param out Where to write it, `featureNames(kind).length` long; a new array by default.
 * @returns Values in the order of {@linkcode featureNames}.
 *
 * @example
 * ```ts
 * import { featureNames, featureVector, findRuntime, plan } from "neuralpower";
 * import { network } from "neuralpower/dsl";
 *
 * const net = network("tiny", { image: [3, 32, 32] }, (x) => x.conv(8, { kernel: 3 })).build();
 * const { node } = plan(net, findRuntime("tf1")!)[0];
 * featureVector(node!)[featureNames("conv").indexOf("macs")]; // 194400
 * ```
 */
export function featureVector(node: Node, out?: Float64Array): Float64Array {
  const table = functions[node.layer.kind] as readonly Feature<Kind>[];
  const vector = out ?? new Float64Array(table.length);
  const cost = nodeCost(node);
  for (let i = 0; i < table.length; i++) vector[i] = table[i](node, cost);
  return vector;
}

/** One executed node's features by name. */
export interface NodeFeatures {
  /** The layer's name. */
  readonly name: string;
  /** The layer's kind. */
  readonly kind: Kind;
  /** By name, in the order of the kind's vectors. */
  readonly features: Readonly<Record<string, number>>;
}

/**
 * The named feature vector of each node that a runtime executes for a network: what models are fitted on and predict from.
 *
 * @param runtime What is fused; by default nothing.
 *
 * @example
 * ```ts
 * import { features } from "neuralpower";
 * import { network } from "neuralpower/dsl";
 *
 * features(network("tiny", { vector: 512, batch: 8 }, (x) => x.dense(10)).build())[0].features.macs; // 40960
 * ```
 */
export function features(network: Network, runtime: Runtime = unfused, options: PlanOptions = {}): NodeFeatures[] {
  return plan(network, runtime, options).flatMap(({ layer: { name, kind }, node }) => {
    if (node === null) return [];
    const vector = featureVector(node);
    return [{ name, kind, features: Object.fromEntries(featureNames(kind).map((feature, i) => [feature, vector[i]])) }];
  });
}
