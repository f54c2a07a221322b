/**
 * Which of a graph's nodes its outputs depend on, and in which order they can be worked out.
 *
 * @module
 */
import { FormatError, quoted } from "./format_error.ts";
import { describe } from "./onnx_call.ts";
import type { FileGraph, FileNode } from "./onnx_model.ts";

/** Names that a node reads, those that its branches take from around them too. */
export function readNames(node: FileNode): string[] {
  const names = node.inputs.filter((name) => name !== "");
  for (const { graph } of node.attributes) {
    for (const inner of graph?.nodes ?? []) for (const name of readNames(inner)) names.push(name);
    for (const { name } of graph?.outputs ?? []) names.push(name);
  }
  return names;
}

/** The nodes that outputs depend on. */
export function needed(graph: FileGraph): FileNode[] {
  const makers = makersOf(graph.nodes);
  const wanted = new Set<FileNode>();
  const names = graph.outputs.map(({ name }) => name);
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    const node = makers.get(name);
    if (node === undefined || wanted.has(node)) continue;
    wanted.add(node);
    for (const read of readNames(node)) names.push(read);
  }
  return graph.nodes.filter((node) => wanted.has(node));
}

/** Which node makes each tensor. */
function makersOf(nodes: readonly FileNode[]): ReadonlyMap<string, FileNode> {
  const makers = new Map<string, FileNode>();
  for (const node of nodes) {
    for (const output of node.outputs) {
      if (output === "") continue;
      if (makers.has(output)) throw new FormatError(`${quoted(output)} is made by two nodes`);
      makers.set(output, node);
    }
  }
  return makers;
}

/** Nodes in an order in which each comes after those that it reads, as near to the file's as there is. */
export function inOrder(nodes: readonly FileNode[]): readonly FileNode[] {
  const makers = makersOf(nodes);
  const ordered: FileNode[] = [];
  const state = new Map<FileNode, "begun" | "done">();
  for (const first of nodes) {
    const stack = [first];
    while (stack.length > 0) {
      const node = stack[stack.length - 1];
      if (state.get(node) === "done") {
        stack.pop();
        continue;
      }
      const before = readNames(node).flatMap((name) => makers.get(name) ?? []).filter((other) =>
        state.get(other) !== "done"
      );
      if (before.length === 0) {
        state.set(node, "done");
        ordered.push(node);
        stack.pop();
      } else {
        if (state.get(node) === "begun" || before.includes(node)) {
          throw new FormatError(`${describe(node)} reads what is made of its own output`);
        }
        state.set(node, "begun");
        for (const other of before) stack.push(other);
      }
    }
  }
  return ordered;
}
