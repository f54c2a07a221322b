/**
 * Boosted trees of version 1, in model files from before version 3: an array each a text, and a tree's shape told by the leaf that each
 * split takes the place of, in the order of growing: the left child keeps that leaf's number and the right child has the next free one.
 *
 * @module
 */
import type { BoostedTrees } from "./trees.ts";

/** Trees of version 1. */
export interface FirstTreesJson {
  /** Of this form. */
  readonly version: 1;
  /** What the trees' values are added to. */
  readonly base: number;
  /** Each column's count of edges. */
  readonly edgeCounts: readonly number[];
  /** The columns' edges one after another: float64. */
  readonly edges: string;
  /** Each tree's count of splits: uint16. */
  readonly splits: string;
  /** Each split's column: uint16, or uint8 where there are at most 256 columns. */
  readonly feature: string;
  /** Each split's edge of its column: uint8. */
  readonly bin: string;
  /** The leaf that each split takes the place of: uint16, or uint8 where no tree has more than 256 splits. */
  readonly leaf: string;
  /** Each leaf's value: float32. */
  readonly value: string;
}

/** Of a tree: its links are int16. */
const MOST_SPLITS = 32766;

/**
 * The trees of a file.
 *
 * @throws {TypeError} Where a length or a tree is wrong.
 */
export function treesOfFirst(json: FirstTreesJson): BoostedTrees {
  const { base, edgeCounts } = json;
  const splits = new Uint16Array(bytes(json, "splits", 2));
  const roots = new Uint32Array(splits.length + 1);
  splits.forEach((count, t) => roots[t + 1] = roots[t] + count);
  const total = roots[splits.length], most = splits.reduce((a, b) => Math.max(a, b), 0);
  if (most > MOST_SPLITS) refuse(`a tree of ${most} splits, at most ${MOST_SPLITS} can be held`);
  const unsigned = (name: "feature" | "leaf", narrow: boolean) => {
    const buffer = bytes(json, name, narrow ? 1 : 2, total);
    return new Uint16Array(narrow ? new Uint8Array(buffer) : buffer);
  };
  const allEdges = new Float64Array(bytes(json, "edges", 8, edgeCounts.reduce((a, b) => a + b, 0)));
  let at = 0;
  return {
    base,
    edges: edgeCounts.map((count) => allEdges.subarray(at, at += count)),
    roots,
    feature: unsigned("feature", edgeCounts.length <= 256),
    bin: new Uint8Array(bytes(json, "bin", 1, total)),
    children: childrenOf(unsigned("leaf", most <= 256), roots),
    value: new Float32Array(bytes(json, "value", 4, total + splits.length)),
  };
}

function childrenOf(leaf: Uint16Array, roots: Uint32Array): Int16Array {
  const children = new Int16Array(2 * leaf.length);
  /** The link that leads to each leaf of the tree. */
  const links = new Uint32Array(MOST_SPLITS + 1);
  for (let t = 0; t + 1 < roots.length; t++) {
    for (let k = 0, split = roots[t]; split < roots[t + 1]; k++, split++) {
      const own = leaf[split];
      if (own > k) refuse(`split ${k} of tree ${t} in place of leaf ${own}, which is not there yet`);
      if (k > 0) children[links[own]] = k;
      links[own] = 2 * split;
      links[k + 1] = 2 * split + 1;
      children[2 * split] = -1 - own;
      children[2 * split + 1] = -2 - k;
    }
  }
  return children;
}

/** The bytes of an array of so many numbers (any count unless told) of so many bytes each. */
function bytes(json: FirstTreesJson, name: keyof FirstTreesJson, each: number, count?: number): ArrayBuffer {
  let out: Uint8Array<ArrayBuffer>;
  try {
    out = Uint8Array.fromBase64(json[name] as string);
  } catch {
    return refuse(`${name} that is not base64`);
  }
  if (count === undefined ? out.length % each !== 0 : out.length !== count * each) {
    refuse(`${out.length} bytes of ${name} where ${count ?? "a whole number of numbers"} × ${each} belong`);
  }
  return out.buffer;
}

function refuse(what: string): never {
  throw new TypeError(`Boosted trees have ${what}`);
}
