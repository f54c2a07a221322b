/**
 * What a whole network's time is made of, as sums over its nodes: for each sort of node how many there are, their multiply-adds and
 * their bytes, and how many and how much of that has channels that do not fill vectors of eight.
 *
 * @module
 */
import { imageSizes } from "neuralpower/dsl";
import { type Node, nodeCost } from "../node.ts";

/** Sums by name: `conv 3×3 macs`. */
export type NetworkTerms = Readonly<Record<string, number>>;

/** How finely sorts of nodes are told apart: by kind alone, or by op, window and whether it is grouped, too. */
export const sortings = ["kind", "op"] as const;
/** How finely sorts of nodes are told apart. */
export type Sorting = (typeof sortings)[number];

/** Channels that are no multiple of it leave lanes idle. */
const lanes = 8;

/**
 * Adds up a network's nodes.
 *
 * @param sorting How finely sorts of nodes are told apart.
 */
export function networkTerms(nodes: readonly Node[], sorting: Sorting): NetworkTerms {
  const sums: Record<string, number> = { network: 1 };
  const add = (name: string, value: number) => {
    if (value > 0) sums[name] = (sums[name] ?? 0) + value;
  };
  for (const node of nodes) {
    const sort = sorting === "kind" ? node.layer.kind : sortOf(node);
    const { macs, bytesRead, bytesWritten } = nodeCost(node);
    const amounts = { layers: 1, macs, bytes: bytesRead + bytesWritten };
    for (const [what, amount] of Object.entries(amounts)) add(`${sort} ${what}`, amount);
    if (!isUnaligned(node)) continue;
    add(`${sort} unaligned layers`, 1);
    add(`${sort} unaligned ${macs > 0 ? "macs" : "bytes"}`, macs > 0 ? macs : amounts.bytes);
  }
  return sums;
}

function sortOf({ layer }: Node): string {
  const { kind, op } = layer;
  if (kind !== "conv" && kind !== "pool") return kind === op ? kind : `${kind} ${op}`;
  if (!("kernel" in layer)) return `${kind} ${op}`;
  const window = `${layer.kernel.join("×")}${layer.stride.some((step) => step > 1) ? " strided" : ""}`;
  const grouped = layer.kind === "conv" && layer.groups > 1 ? " grouped" : "";
  return `${kind === op ? kind : `${kind} ${op}`} ${window}${grouped}`;
}

function isUnaligned({ layer }: Node): boolean {
  return [layer.inputShape, layer.outputShape].some((shape) => imageSizes(shape).channels % lanes !== 0);
}
