/**
 * Folds for cross-validation by configuration: rows of one configuration are never split.
 *
 * @module
 */
import type { Node } from "../node.ts";
import { layerCells } from "../table_layers.ts";

/**
 * What makes two rows the same configuration: the layer's sizes and options. Activation, bias, optimizer and the like are left out,
 * so that a row's twin with another activation is held out along with it.
 */
export function configurationKey({ layer }: Node): string {
  const { bias: _, ...cells } = layerCells(layer);
  return Object.values(cells).join(",");
}

/**
 * Deals groups out into folds.
 *
 * @param groups Each row's group.
 * @param count How many folds.
 * @param seed Another seed deals otherwise.
 * @returns Each row's fold, 0 … count − 1. It depends on the groups alone, not on the rows' order, and the folds have as many groups
 * each as can be.
 * @throws {RangeError} With fewer groups than folds.
 */
export function foldsByGroup(groups: readonly string[], count: number, seed = 0): Int32Array {
  const distinct = [...new Set(groups)].map((group) => ({ group, hash: hash(`${seed}:${group}`) }));
  if (distinct.length < count) {
    throw new RangeError(
      `${count} folds need at least ${count} configurations, got ${distinct.length}; measure more layers`,
    );
  }
  distinct.sort((a, b) => a.hash - b.hash || (a.group < b.group ? -1 : 1));
  const fold = new Map(distinct.map(({ group }, rank) => [group, rank % count]));
  return Int32Array.from(groups, (group) => fold.get(group)!);
}

/**
 * Draws some of the groups.
 *
 * @param seed Another seed draws others.
 * @returns As many as `count`, or all; like {@linkcode foldsByGroup} it depends on the groups alone.
 */
export function drawGroups(groups: readonly string[], count: number, seed = 0): Set<string> {
  const distinct = [...new Set(groups)].map((group) => ({ group, hash: hash(`draw ${seed}:${group}`) }));
  distinct.sort((a, b) => a.hash - b.hash || (a.group < b.group ? -1 : 1));
  return new Set(distinct.slice(0, count).map(({ group }) => group));
}

/** FNV-1a with a final mix (murmur3's), 32 bits: equal everywhere, unlike a library's shuffle over its versions. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
