/**
 * Operators that a file has and that are no layers here.
 *
 * @module
 */
import { describe, operatorName } from "./onnx_call.ts";
import type { FileNode } from "./onnx_model.ts";

/** Operators of which how much they give depends on what the network is fed. */
export const opening = [
  "If",
  "Loop",
  "Scan",
  "NonMaxSuppression",
  "Unique",
  "Compress",
  "SplitToSequence",
  "SequenceAt",
];

/** All operators that are not known, and those after which sizes are not; how often each occurs, and the first node of each. */
export function unknownOperators(unknown: ReadonlySet<FileNode>, opened: ReadonlySet<FileNode>): string {
  const list = (nodes: Iterable<FileNode>) => {
    const told = [...Map.groupBy(nodes, operatorName)].map(([operator, found]) =>
      `${operator} (${found.length === 1 ? "1 node" : `${found.length} nodes`}, first ${describe(found[0])})`
    );
    return `${told.slice(0, 20).join(", ")}${told.length > 20 ? ` and ${told.length - 20} more` : ""}`;
  };
  const others = [...unknown].filter((node) => !opened.has(node));
  return [
    ...others.length > 0 ? [`operators that are not known: ${list(others)}`] : [],
    ...opened.size > 0 ? [`operators whose sizes depend on what the network is fed: ${list(opened)}`] : [],
    "--allow-unsupported predicts the rest",
  ].join("; ");
}
