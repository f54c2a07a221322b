/**
 * Each node's named feature vector: the one table from which models are fitted, and by which they predict.
 *
 * Sizes are in pixels, channels and elements, for the whole batch unless the name says otherwise. What a node has not is absent from
 * its kind's table; a yes or no is 1 or 0.
 *
 * @module
 */
import type { Activation, Cost, Kind, Network, OptionsOf } from "neuralpower/dsl";
import { activations, elements, elementwiseOps, imageSizes } from "../dsl/layer.ts";
import { type Node, nodeCost, type Optimizer, optimizers } from "./node.ts";
import { plan, type PlanOptions } from "./plan.ts";
import { type Runtime, unfused } from "./runtimes.ts";

/** The node's costs are given along: a dozen features are made of them. */
type Feature<K extends Kind> = (node: Node<K>, cost: Cost) => number;
type FeatureTable<K extends Kind> = Readonly<Record<string, Feature<K>>>;

/** Sizes that every node has. */
const sizes = {
  batch: ({ layer }) => layer.outputShape[0],
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
} satisfies FeatureTable<"conv" | "deconv" | "dense">;

const window = {
  kernelHeight: ({ layer }) => layer.kernel[0],
  kernelWidth: ({ layer }) => layer.kernel[1],
  strideHeight: ({ layer }) => layer.stride[0],
  strideWidth: ({ layer }) => layer.stride[1],
  padHeight: ({ layer }) => layer.pad[0] + layer.pad[2],
  padWidth: ({ layer }) => layer.pad[1] + layer.pad[3],
} satisfies FeatureTable<"conv" | "deconv" | "pool">;

/** Moves by how they touch memory: whole runs of it, parts of it, or element by element in another order. */
const moveSorts: Readonly<Record<string, readonly OptionsOf<"move">["op"][]>> = {
  concat: ["concat"],
  slice: ["slice", "split", "crop"],
  pad: ["pad", "expand", "roll"],
  permute: [
    ...["permute", "to_tokens", "to_image", "to_windows", "from_windows"] as const,
    ...["pixel_shuffle", "pixel_unshuffle", "channel_shuffle"] as const,
  ],
  upsample_nearest: ["upsample_nearest"],
  upsample_bilinear: ["upsample_bilinear"],
};

const convolution = {
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
} satisfies FeatureTable<"conv" | "deconv">;

const tables: { readonly [K in Kind]: FeatureTable<K> } = {
  conv: {
    ...convolution,
    // One row and one column of the input, of all channels and images: two products of the paper.
    inputRowElements: ({ layer }) => layer.inputShape[0] * layer.inputShape[3] * layer.inputShape[1],
    inputColumnElements: ({ layer }) => layer.inputShape[0] * layer.inputShape[2] * layer.inputShape[1],
    ...weighted,
  },
  deconv: { ...convolution, ...weighted },
  dense: { ...sizes, macs: (_node, cost) => cost.macs, ...weighted },
  matmul: {
    ...sizes,
    groups: ({ layer }) => layer.groups,
    innerSize: ({ layer }) => imageSizes(layer.inputShape).channels / layer.groups,
    macs: (_node, cost) => cost.macs,
    op_transposed: ({ layer }) => Number(layer.op === "matmul_transposed"),
  },
  attention: {
    ...sizes,
    heads: ({ layer }) => layer.heads,
    visibleTokens: ({ layer }) =>
      layer.op === "attention" ? imageSizes(layer.inputShape).height : elements(layer.window),
    // Products with weights, and of tokens with tokens: the second are many small ones.
    projectionMacs: ({ layer }) => 4 * elements(layer.inputShape) * imageSizes(layer.inputShape).channels,
    tokenMacs: ({ layer }, { macs }) => macs - 4 * elements(layer.inputShape) * imageSizes(layer.inputShape).channels,
    operations: (_node, cost) => cost.operations,
    bias: ({ layer }) => Number(layer.bias),
  },
  pool: {
    ...sizes,
    ...window,
    windowElements: (_node, cost) => cost.operations,
    op_average: ({ layer }) => Number(layer.op.endsWith("average")),
    op_lp: ({ layer }) => Number(layer.op.endsWith("lp")),
    op_global: ({ layer }) => Number(layer.op.startsWith("global")),
    op_adaptive: ({ layer }) => Number(layer.op.startsWith("adaptive")),
  },
  norm: {
    ...sizes,
    operations: (_node, cost) => cost.operations,
    ...indicators(
      ["lrn", "layer", "group", "instance", "rms"] as const,
      (op) => [`op_${op}`, ({ layer }: Node<"norm">) => layer.op === op],
    ),
  },
  elementwise: {
    ...sizes,
    operations: (_node, cost) => cost.operations,
    ...indicators(
      Object.values(elementwiseOps).flat(),
      (op) => [`op_${op}`, ({ layer }: Node<"elementwise">) => layer.op === op],
    ),
  },
  reduce: {
    ...sizes,
    operations: (_node, cost) => cost.operations,
    op_l2: ({ layer }) => Number(layer.op === "l2"),
  },
  softmax: { ...sizes, op_other_axis: ({ layer }) => Number(layer.op !== "softmax") },
  move: {
    ...sizes,
    operations: (_node, cost) => cost.operations,
    ...indicators(
      Object.keys(moveSorts) as (keyof typeof moveSorts)[],
      (sort) => [`op_${sort}`, ({ layer }: Node<"move">) => moveSorts[sort].includes(layer.op)],
    ),
  },
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
