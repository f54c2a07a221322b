/**
 * Which of a network's layers ONNX Runtime executes together, read from the graph that it made of the network: nothing about its
 * fusions is assumed.
 *
 * An executed node still has the name of a layer, or gives out a tensor of a layer's name: blocked convolutions are `NAME_nchwc`,
 * fused dense layers give out `NAME`, patterns that became one operator are `NAME/…`. Layers that no node has the name of have been
 * fused into one that has: forward, as a convolution and its batch norm into the activation after them, or backward, as a sum and its
 * activation into the convolution before them.
 *
 * @module
 */
import { type Activation, activations, isUnary, type Layer, type Network } from "neuralpower/dsl";
import { type Node, plan, unfused } from "neuralpower";
import type { GraphNode } from "./optimized_graph.ts";

/** Layers executed together: the node, as the model sees it, and the runtime's nodes that do the work. */
export interface ExecutedGroup {
  /** The layer that does the work: a convolution rather than the activation fused into it. */
  readonly name: string;
  readonly node: Node;
  /** Names of the layers that it covers, the working one's included. */
  readonly covers: readonly string[];
  /** Names of the executed nodes: one, and the changes of layout that the layer needs. */
  readonly nodes: readonly string[];
}

/** What was read of a network's execution. */
export interface ExecutedPlan {
  readonly groups: readonly ExecutedGroup[];
  /** Executed nodes that are no layer's: views, mostly. */
  readonly others: readonly string[];
}

/** Reads the plan of a network from its optimised graph. */
export function readExecutedPlan(network: Network, graph: readonly GraphNode[]): ExecutedPlan {
  const layers = new Map(network.layers.map((layer) => [layer.name, layer]));
  const position = new Map(network.layers.map((layer, i) => [layer.name, i]));
  const readers = Map.groupBy(
    network.layers.flatMap((layer) => layer.inputs.map((input) => ({ input, layer }))),
    ({ input }) => input,
  );

  // Each group is known by the first layer that its node has the name of.
  const executed = new Map<string, string[]>();
  const groupOf = new Map<string, string>();
  for (const node of graph) {
    const named = layersOf(node, layers);
    if (named.length === 0) continue;
    const group = groupOf.get(named[0]) ?? named[0];
    for (const layer of named) groupOf.set(layer, group);
    executed.set(group, [...executed.get(group) ?? [], node.name]);
  }
  for (const layer of network.layers) {
    if (groupOf.has(layer.name) || layer.kind === "view") continue;
    const found = forward(layer) ?? backward(layer);
    if (found !== undefined) groupOf.set(layer.name, found);
  }

  /** Through what runtimes fuse into what follows: batch norms and activations, as long as nobody else reads them. */
  function forward(from: Layer): string | undefined {
    for (let layer = from;;) {
      const next = readers.get(layer.name) ?? [];
      if (next.length !== 1 || network.outputs.includes(layer.name)) return undefined;
      const [{ layer: reader }] = next;
      const activation = reader.kind === "elementwise" && isUnary(reader.op);
      if (!activation && reader.kind !== "norm") return undefined;
      const group = groupOf.get(reader.name);
      if (group !== undefined) return group;
      layer = reader;
    }
  }

  /**
   * Into what makes one of its inputs: for a sum, the node that reads what the other makes. Without one to tell, the last of them in
   * the runtime's order.
   */
  function backward(layer: Layer): string | undefined {
    const groups = [...new Set(layer.inputs.flatMap((input) => groupOf.get(input) ?? []))];
    const nodes = graph.filter((node) => groups.includes(groupOf.get(layersOf(node, layers)[0]) ?? ""));
    const host = nodes.find((node) =>
      nodes.some((other) => other !== node && other.outputs.some((output) => node.inputs.includes(output)))
    );
    const last = host ?? nodes.at(-1);
    return last && groupOf.get(layersOf(last, layers)[0]);
  }

  const plain = new Map(plan(network, unfused).map(({ layer, node }) => [layer.name, node]));
  const layouts = layoutChanges(graph, layers, readers, groupOf);
  const groups = [...Map.groupBy(groupOf, ([, group]) => group)].map(([group, members]): ExecutedGroup => {
    const covers = members.map(([name]) => name).sort((a, b) => position.get(a)! - position.get(b)!);
    const covered = covers.map((name) => layers.get(name)!);
    const worker = covered.find(({ kind }) => kind === "conv" || kind === "dense") ?? covered[0];
    return {
      name: worker.name,
      node: fused(plain.get(worker.name)!, covered),
      covers,
      nodes: [...executed.get(group)!, ...layouts.get(group) ?? []],
    };
  });
  const known = new Set(groups.flatMap(({ nodes }) => nodes));
  return { groups, others: graph.map(({ name }) => name).filter((name) => !known.has(name)) };
}

/**
 * The layers that a node has the name of, or gives out the tensor of: a fused convolution has its own name and gives out the
 * activation's tensor. Changes of layout are no layer's own.
 */
function layersOf(node: GraphNode, layers: ReadonlyMap<string, Layer>): string[] {
  if (isLayoutChange(node)) return [];
  const { name } = node;
  const names = [
    ...node.outputs,
    name,
    name.replace(/_nchwc$/, ""),
    name.replace(/_bn_nchwc$/, ""),
    name.split("/")[0],
  ];
  return [...new Set(names)].filter((name) => layers.has(name) && layers.get(name)!.kind !== "view");
}

function isLayoutChange({ op }: GraphNode): boolean {
  return op === "ReorderInput" || op === "ReorderOutput";
}

/**
 * Changes of layout belong to the layer that cannot work on the blocked one: it reads what a ReorderOutput makes, or makes what a
 * ReorderInput reads. At the network's ends they belong to the layer inside.
 */
function layoutChanges(
  graph: readonly GraphNode[],
  layers: ReadonlyMap<string, Layer>,
  readers: ReadonlyMap<string, readonly { layer: Layer }[]>,
  groupOf: ReadonlyMap<string, string>,
): Map<string, string[]> {
  const maker = new Map(graph.flatMap((node) => node.outputs.map((output) => [output, node])));
  const reader = new Map(graph.flatMap((node) => node.inputs.map((input) => [input, node])));
  const group = (node: GraphNode | undefined) => {
    const [layer] = node === undefined ? [] : layersOf(node, layers);
    return layer === undefined ? undefined : groupOf.get(layer);
  };
  const changes = new Map<string, string[]>();
  for (const node of graph.filter(isLayoutChange)) {
    const [input, output] = [node.inputs[0], node.outputs[0]];
    const after = group(reader.get(output)) ?? firstGroupAfter(output, readers, groupOf);
    const before = group(maker.get(input));
    const owner = node.op === "ReorderInput" ? before ?? after : after ?? before;
    if (owner !== undefined) changes.set(owner, [...changes.get(owner) ?? [], node.name]);
  }
  return changes;
}

/** A view between a change of layout and its reader runs nothing. */
function firstGroupAfter(
  name: string,
  readers: ReadonlyMap<string, readonly { layer: Layer }[]>,
  groupOf: ReadonlyMap<string, string>,
): string | undefined {
  for (let at: string | undefined = name; at !== undefined;) {
    const next: Layer | undefined = readers.get(at)?.[0]?.layer;
    if (next === undefined || groupOf.has(next.name)) return next && groupOf.get(next.name);
    at = next.name;
  }
}

/** The working layer's node with what its group has fused into it. */
function fused(node: Node, covered: readonly Layer[]): Node {
  const others = covered.filter(({ name }) => name !== (node.layer as Layer).name);
  const folded = others.some(({ kind, op }) => kind === "norm" && op === "batch");
  const activation = others.find((layer) => layer.kind === "elementwise" && isUnary(layer.op));
  const weighted = node.layer.kind === "conv" || node.layer.kind === "dense";
  return {
    ...node,
    layer: folded && weighted ? { ...node.layer, bias: true } as Node["layer"] : node.layer,
    activation: activations.find((name): name is Activation => name === activation?.op) ?? null,
    fusedAdd: others.some(({ op }) => op === "add"),
  };
}
