/**
 * A network on a runtime: which of its layers are executed as nodes, which run within another's node, and which run nothing. Sweeps,
 * fits and predictions all work on the nodes.
 *
 * @module
 */
import type { Activation, Layer, Network, Shape } from "neuralpower/dsl";
import { activations, elements } from "../dsl/layer.ts";
import type { Node, Optimizer, Pass } from "./node.ts";
import type { Runtime } from "./runtimes.ts";

/** What becomes of one layer. */
export interface PlannedLayer {
  /** The network's layer. */
  readonly layer: Layer;
  /** What is executed for it; null where it runs nothing of its own. */
  readonly node: Node | null;
  /** The layer in whose node it runs; null where it has its own node, or is a view. */
  readonly fusedInto: string | null;
}

/** Which part of the work is planned. */
export interface PlanOptions {
  /** `"forward"` by default. */
  readonly pass?: Pass;
  /** `"sgd"` by default; only a training pass has one. */
  readonly optimizer?: Optimizer;
}

/**
 * Plans a network on a runtime.
 *
 * @returns Each layer of the network, in order, with its node or the layer in whose node it runs.
 *
 * @example
 * ```ts
 * import { findRuntime, plan } from "neuralpower";
 * import { network } from "neuralpower/dsl";
 *
 * const net = network("tiny", { image: [3, 32, 32] }, (x) => x.conv(8, { kernel: 3 }).batchNorm().relu()).build();
 * plan(net, findRuntime("tensorrt")!).map(({ fusedInto }) => fusedInto); // [null, "conv1", "conv1"]
 * plan(net, findRuntime("pytorch")!).map(({ fusedInto }) => fusedInto); // [null, null, null]
 * ```
 */
export function plan(network: Network, runtime: Runtime, options: PlanOptions = {}): PlannedLayer[] {
  const pass = options.pass ?? "forward";
  const optimizer = pass === "training" ? options.optimizer ?? "sgd" : null;
  const graph = readGraph(network);
  const fusedInto = new Map<string, string>();

  return network.layers.map((layer): PlannedLayer => {
    const host = fusedInto.get(layer.name);
    if (host !== undefined) return { layer, node: null, fusedInto: host };
    if (runsNothing(layer, runtime, graph)) return { layer, node: null, fusedInto: null };
    if (layer.op === "split" && runtime.joinsSplits) {
      for (const part of graph.readers(layer.inputs[0])) {
        if (part.op === "split" && part.name !== layer.name) fusedInto.set(part.name, layer.name);
      }
    }
    const plain: Node = { layer, activation: null, fusedAdd: false, dtype: network.dtype, pass, optimizer };
    const node = layer.kind === "dense" ? { ...plain, layer: unflattened(layer, graph) } : plain;
    return { layer, node: fuse(node), fusedInto: null };

    /** Takes along what follows the layer, as far as the runtime fuses it: batch norm, sum, activation, in this order. */
    function fuse(node: Node): Node {
      let end = layer;
      const follow = (wanted: (next: Layer) => boolean): Layer | undefined => {
        const next = graph.onlyReader(end);
        if (next === undefined || fusedInto.has(next.name) || !wanted(next)) return undefined;
        fusedInto.set(next.name, layer.name);
        end = next;
        return next;
      };
      const weighted = layer.kind === "conv" || layer.kind === "dense";
      const folds = runtime.foldsBatchNorm && weighted && pass === "forward";
      if (folds && follow((next) => next.kind === "norm" && next.op === "batch")) {
        node = { ...node, layer: { ...node.layer, bias: true } as typeof node.layer };
      }
      const sums = (next: Layer) =>
        next.kind === "elementwise" && next.op === "add" && hostOfSum(next, graph, folds) === layer;
      if (runtime.fusesAdd && layer.kind === "conv" && follow(sums)) node = { ...node, fusedAdd: true };
      const fused = layer.outputShape.length !== 3 || runtime.fusesOnTokens ? runtime.fusesActivations[layer.op] : [];
      const activation = follow((next) =>
        next.kind === "elementwise" && fused?.includes(next.op as Activation) === true
      );
      return activation ? { ...node, activation: activations.find((name) => name === activation.op) ?? null } : node;
    }
  });
}

/** Views, and what is made of learned numbers alone: a runtime computes it once, when it loads the network. */
function runsNothing(layer: Layer, runtime: Runtime, graph: Graph): boolean {
  if (layer.kind === "view" || runtime.views.some((op) => op === layer.op)) return true;
  return graph.learned.has(layer.name);
}

interface Graph {
  readonly byName: ReadonlyMap<string, Layer>;
  /** Layers that are learned numbers, or made of such alone. */
  readonly learned: ReadonlySet<string>;
  /** The one layer that reads this one's output, unless others do or the network gives it out. */
  readonly onlyReader: (layer: Layer) => Layer | undefined;
  /** All layers that read a tensor. */
  readonly readers: (name: string) => readonly Layer[];
}

function readGraph({ layers, outputs }: Network): Graph {
  const readers = new Map<string, Layer[]>();
  for (const layer of layers) {
    for (const input of layer.inputs) {
      const known = readers.get(input);
      if (known === undefined) readers.set(input, [layer]);
      else known.push(layer);
    }
  }
  const learned = new Set<string>();
  // A parameter has no inputs: it begins the set.
  for (const { name, inputs } of layers) if (inputs.every((input) => learned.has(input))) learned.add(name);
  const given = new Set(outputs);
  return {
    learned,
    byName: new Map(layers.map((layer) => [layer.name, layer])),
    readers: (name) => readers.get(name) ?? [],
    onlyReader: ({ name }) => given.has(name) || readers.get(name)?.length !== 1 ? undefined : readers.get(name)![0],
  };
}

/**
 * The convolution that a sum of two equal shapes runs within: the first of its inputs that is one, alone or with its batch norm, and is
 * read by nothing else. The runtime then executes the other input first.
 */
function hostOfSum(sum: Layer, graph: Graph, folds: boolean): Layer | undefined {
  if (sum.inputs.length !== 2 || sum.inElements !== 2 * elements(sum.outputShape)) return undefined;
  for (const input of sum.inputs) {
    let layer = graph.byName.get(input);
    if (layer === undefined || graph.onlyReader(layer) !== sum) continue;
    const before = layer.op === "batch" && folds ? graph.byName.get(layer.inputs[0]) : undefined;
    if (before !== undefined && graph.onlyReader(before) === layer) layer = before;
    if (layer.kind === "conv") return layer;
  }
}

/** The dense layer with the image's shape from before it was flattened: the sizes that the paper's features are made of. */
function unflattened(layer: Layer<"dense">, graph: Graph): Layer<"dense"> {
  let inputShape: Shape = layer.inputShape;
  let source = graph.byName.get(layer.inputs[0]);
  while (source?.op === "flatten" || source?.op === "dropout") {
    if (source.op === "flatten") inputShape = source.inputShape;
    source = graph.byName.get(source.inputs[0]);
  }
  return { ...layer, inputShape };
}
