/**
 * Boosted trees in a JSON file: arrays as base64 of their little-endian bytes, seven or eight bytes a leaf.
 *
 * A tree's shape is told by the leaf that each split takes the place of, in the order of growing: the left child keeps that leaf's
 * number and the right child has the next free one. So every sequence with no number above its own rank is a tree.
 *
 * @module
 */
import { MOST_BINS } from "./boosting_bins.ts";
import type { BoostedTrees } from "./trees.ts";

/** What `JSON.stringify` takes. The arrays stay text until `boostingFromJson` is called. */
export interface BoostedTreesJson {
  readonly version: typeof VERSION;
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

const VERSION = 1;

/** The trees as plain data for a file. */
export function boostingToJson({ base, edges, roots, feature, bin, children, value }: BoostedTrees): BoostedTreesJson {
  const splits = Uint16Array.from({ length: roots.length - 1 }, (_, t) => roots[t + 1] - roots[t]);
  const leaf = Uint16Array.from(feature, () => 0);
  splits.forEach((count, t) => {
    // Children come after their parents, so from the last split on each left child's leaf is known.
    for (let k = roots[t] + count - 1; k >= roots[t]; k--) {
      const left = children[2 * k];
      leaf[k] = left < 0 ? -1 - left : leaf[roots[t] + left];
    }
  });
  const narrow = (values: Uint16Array, fits: boolean) => base64(fits ? Uint8Array.from(values) : values);
  return {
    version: VERSION,
    base,
    edgeCounts: edges.map(({ length }) => length),
    edges: base64(Float64Array.from(edges.flatMap((column) => [...column]))),
    splits: base64(splits),
    feature: narrow(feature, edges.length <= 256),
    bin: base64(bin),
    leaf: narrow(leaf, splits.every((count) => count <= 256)),
    value: base64(value),
  };
}

/**
 * The trees of a file.
 *
 * @param json What `boostingToJson` gave, after a file or not.
 * @throws {TypeError} Where it is something else: a version, length, number or index that is wrong.
 */
export function boostingFromJson(json: unknown): BoostedTrees {
  const { version, base, edgeCounts, ...texts } = (json ?? {}) as BoostedTreesJson;
  if (version !== VERSION) refuse(`version ${version}, this program reads ${VERSION}; fit them again`);
  if (!Number.isFinite(base)) refuse(`base ${base} where a finite number belongs`);
  const valid = (n: unknown) => Number.isInteger(n) && n as number >= 0 && n as number < MOST_BINS;
  if (!Array.isArray(edgeCounts) || !edgeCounts.every(valid)) {
    refuse(`edgeCounts that are not all 0 to ${MOST_BINS - 1}`);
  }
  const splits = new Uint16Array(bytes(texts, "splits", 2));
  const roots = new Uint32Array(splits.length + 1);
  splits.forEach((count, t) => roots[t + 1] = roots[t] + count);
  const total = roots[splits.length], most = splits.reduce((a, b) => Math.max(a, b), 0);
  if (most > 32766) refuse(`a tree of ${most} splits, at most 32766 can be held`);

  const wide = (name: "feature" | "leaf", fits: boolean) => {
    const buffer = bytes(texts, name, fits ? 1 : 2, total);
    return fits ? Uint16Array.from(new Uint8Array(buffer)) : new Uint16Array(buffer);
  };
  const feature = wide("feature", edgeCounts.length <= 256), leaf = wide("leaf", most <= 256);
  const bin = new Uint8Array(bytes(texts, "bin", 1, total));
  const value = new Float32Array(bytes(texts, "value", 4, total + splits.length));
  const allEdges = new Float64Array(bytes(texts, "edges", 8, edgeCounts.reduce((a, b) => a + b, 0)));

  let at = 0;
  const edges = edgeCounts.map((count, c) => {
    const column = allEdges.slice(at, at += count);
    const ascending = column.every((edge, b) => Number.isFinite(edge) && (b === 0 || edge > column[b - 1]));
    if (!ascending) refuse(`edges of column ${c} that are not finite and ascending`);
    return column;
  });
  feature.forEach((c, k) => {
    if (!(bin[k] < (edges[c]?.length ?? 0))) {
      refuse(`split ${k} at edge ${bin[k]} of column ${c}, which has no such edge`);
    }
  });
  const odd = value.findIndex((v) => !Number.isFinite(v));
  if (odd >= 0) refuse(`value ${value[odd]} in leaf ${odd}`);
  return { base, edges, roots, feature, bin, children: childrenOf(leaf, roots), value };
}

function childrenOf(leaf: Uint16Array, roots: Uint32Array): Int16Array {
  const children = new Int16Array(2 * leaf.length);
  for (let t = 0; t + 1 < roots.length; t++) {
    /** The link that leads to each leaf of the tree. */
    const links = [-1];
    for (let k = 0; k < roots[t + 1] - roots[t]; k++) {
      const split = roots[t] + k, own = leaf[split];
      if (own > k) refuse(`split ${k} of tree ${t} in place of leaf ${own}, which is not there yet`);
      if (k > 0) children[links[own]] = k;
      links[own] = 2 * split;
      links.push(2 * split + 1);
      children[2 * split] = -1 - own;
      children[2 * split + 1] = -2 - k;
    }
  }
  return children;
}

function base64(array: ArrayBufferView): string {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength).toBase64();
}

/** The bytes of an array of so many numbers (any count unless told) of so many bytes each. */
function bytes(texts: Record<string, string>, name: string, each: number, count?: number): ArrayBuffer {
  let out: Uint8Array<ArrayBuffer>;
  try {
    out = Uint8Array.fromBase64(texts[name]);
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
