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

const VERSION: BoostedTreesJson["version"] = 1;
/** Of a tree: its links are int16. */
const MOST_SPLITS = 32766;

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
 * The trees of a file. Its loops are plain ones: a command waits for a hundred thousand splits before any of this is compiled.
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
  if (most > MOST_SPLITS) refuse(`a tree of ${most} splits, at most ${MOST_SPLITS} can be held`);

  const wide = (name: "feature" | "leaf", fits: boolean) => {
    const buffer = bytes(texts, name, fits ? 1 : 2, total);
    return new Uint16Array(fits ? new Uint8Array(buffer) : buffer);
  };
  const feature = wide("feature", edgeCounts.length <= 256), leaf = wide("leaf", most <= 256);
  const bin = new Uint8Array(bytes(texts, "bin", 1, total));
  const value = new Float32Array(bytes(texts, "value", 4, total + splits.length));
  const allEdges = new Float64Array(bytes(texts, "edges", 8, edgeCounts.reduce((a, b) => a + b, 0)));

  let at = 0;
  const edges = edgeCounts.map((count, c) => {
    const column = allEdges.slice(at, at += count);
    for (let b = 0; b < count; b++) {
      if (Number.isFinite(column[b]) && (b === 0 || column[b] > column[b - 1])) continue;
      refuse(`edges of column ${c} that are not finite and ascending`);
    }
    return column;
  });
  for (let k = 0; k < total; k++) {
    if (!(bin[k] < (edgeCounts[feature[k]] ?? 0))) {
      refuse(`split ${k} at edge ${bin[k]} of column ${feature[k]}, which has no such edge`);
    }
  }
  for (let i = 0; i < value.length; i++) {
    if (!Number.isFinite(value[i])) refuse(`value ${value[i]} in leaf ${i}`);
  }
  return { base, edges, roots, feature, bin, children: childrenOf(leaf, roots), value };
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
