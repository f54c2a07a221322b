/**
 * Boosted trees in a JSON file: their arrays as one base64 text of little-endian bytes, eight to thirteen bytes a leaf. They stand there as
 * they lie in memory, so that a command that reads a hundred thousand splits runs no loop over them.
 *
 * @module
 */
import { MOST_BINS } from "./boosting_bins.ts";
import type { BoostedTrees } from "./trees.ts";

/** What `JSON.stringify` takes. */
export interface BoostedTreesJson {
  /** Of this form. */
  readonly version: 2;
  /** What the trees' values are added to. */
  readonly base: number;
  /** Each column's count of edges. */
  readonly edgeCounts: readonly number[];
  /** How many trees… */
  readonly trees: number;
  /** …and how many splits they have together… */
  readonly splits: number;
  /** …none of them more than so many. */
  readonly mostSplits: number;
  /** Where leaves have slopes. */
  readonly sloped?: true;
  /**
   * One after the other: the columns' edges, float64; each leaf's value, float32; each tree's count of splits, uint16; each split's
   * children as in {@linkcode BoostedTrees}, int16, or int8 where no tree has more than 127 splits; each split's column, uint16, or
   * uint8 where there are at most 256 columns; each split's edge of its column, uint8. With slopes the columns' ranges, float64, come
   * after the edges, values are float16, each leaf's slope, float16, comes after them, and its column after those of splits. It stays
   * text until `boostingFromJson` is called.
   */
  readonly data: string;
}

const VERSION: BoostedTreesJson["version"] = 2;
/** Of a tree: its links are int16. */
const MOST_SPLITS = 32766;

/** Whether links are int8, and columns uint8. */
function narrow({ mostSplits, edgeCounts }: Pick<BoostedTreesJson, "mostSplits" | "edgeCounts">) {
  return { links: mostSplits <= 127, columns: edgeCounts.length <= 256 };
}

/** The trees as plain data for a file. */
export function boostingToJson(trees: BoostedTrees): BoostedTreesJson {
  const { base, edges, roots, feature, bin, children, value, slopes } = trees;
  const counts = Uint16Array.from({ length: roots.length - 1 }, (_, t) => roots[t + 1] - roots[t]);
  const sizes = {
    edgeCounts: edges.map(({ length }) => length),
    trees: counts.length,
    splits: feature.length,
    mostSplits: counts.reduce((a, b) => Math.max(a, b), 0),
    ...slopes && { sloped: true as const },
  };
  const { links, columns } = narrow(sizes);
  const narrowed = (of: Uint16Array) => columns ? Uint8Array.from(of) : of;
  const arrays = [
    Float64Array.from(edges.flatMap((column) => [...column])),
    ...slopes ? [slopes.ranges, Float16Array.from(value), Float16Array.from(slopes.slope)] : [value],
    counts,
    links ? Int8Array.from(children) : children,
    narrowed(feature),
    ...slopes ? [narrowed(slopes.column)] : [],
    bin,
  ];
  const data = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    data.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return { version: VERSION, base, ...sizes, data: data.toBase64() };
}

/**
 * The trees of a file that this program wrote: that its numbers have the count that they should is all that is checked.
 *
 * @param json What `boostingToJson` gave, after a file or not.
 * @throws {TypeError} Where it is something else: a version, length or count that is wrong.
 */
export function boostingFromJson(json: unknown): BoostedTrees {
  const given = (json ?? {}) as BoostedTreesJson;
  const { version, base, edgeCounts, trees, splits, mostSplits, sloped } = given;
  if (version !== VERSION) refuse(`version ${version}, this program reads ${VERSION}; fit them again`);
  if (!Number.isFinite(base)) refuse(`base ${base} where a finite number belongs`);
  const valid = (n: unknown) => Number.isInteger(n) && n as number >= 0 && n as number < MOST_BINS;
  if (!Array.isArray(edgeCounts) || !edgeCounts.every(valid)) {
    refuse(`edgeCounts that are not all 0 to ${MOST_BINS - 1}`);
  }
  for (const [name, count] of Object.entries({ trees, splits, mostSplits })) {
    if (!Number.isSafeInteger(count) || count < 0) refuse(`${count} ${name} where a count belongs`);
  }
  if (mostSplits > MOST_SPLITS) refuse(`a tree of ${mostSplits} splits, at most ${MOST_SPLITS} can be held`);
  const { links, columns } = narrow(given);
  const edgeCount = edgeCounts.reduce((a, b) => a + b, 0), leaves = splits + trees, columnBytes = columns ? 1 : 2;
  const lengths = [
    8 * edgeCount,
    sloped ? 16 * edgeCounts.length : 0,
    (sloped ? 2 : 4) * leaves,
    sloped ? 2 * leaves : 0,
    2 * trees,
    2 * splits * (links ? 1 : 2),
    splits * columnBytes,
    sloped ? leaves * columnBytes : 0,
    splits,
  ];
  const { buffer, length } = bytesOf(given.data);
  const belong = lengths.reduce((a, b) => a + b, 0);
  if (length !== belong) refuse(`${length} bytes of data where ${belong} belong`);

  let at = 0;
  const starts = lengths.map((length) => (at += length) - length);
  const allEdges = new Float64Array(buffer, starts[0], edgeCount);
  const counts = new Uint16Array(buffer, starts[4], trees);
  const columnsAt = (place: number, count: number) =>
    new Uint16Array(new (columns ? Uint8Array : Uint16Array)(buffer, starts[place], count));
  const roots = new Uint32Array(trees + 1);
  for (let t = 0; t < trees; t++) roots[t + 1] = roots[t] + counts[t];
  if (roots[trees] !== splits) refuse(`${roots[trees]} splits in their trees where ${splits} belong`);
  let edge = 0;
  return {
    base,
    edges: edgeCounts.map((count) => allEdges.subarray(edge, edge += count)),
    roots,
    feature: columnsAt(6, splits),
    bin: new Uint8Array(buffer, starts[8], splits),
    children: new Int16Array(new (links ? Int8Array : Int16Array)(buffer, starts[5], 2 * splits)),
    value: sloped
      ? new Float32Array(new Float16Array(buffer, starts[2], leaves))
      : new Float32Array(buffer, starts[2], leaves),
    slopes: sloped
      ? {
        column: columnsAt(7, leaves),
        slope: new Float32Array(new Float16Array(buffer, starts[3], leaves)),
        ranges: new Float64Array(buffer, starts[1], 2 * edgeCounts.length),
      }
      : null,
  };
}

/**
 * Checks all numbers of trees from a file that somebody else may have written.
 *
 * @throws {TypeError} Where a number or index is wrong; in trees that pass, every row comes to a leaf.
 */
export function checkTrees({ edges, roots, feature, bin, children, value, slopes }: BoostedTrees): void {
  edges.forEach((column, c) => {
    if (column.every((edge, b) => Number.isFinite(edge) && (b === 0 || edge > column[b - 1]))) return;
    refuse(`edges of column ${c} that are not finite and ascending`);
  });
  for (let t = 0; t + 1 < roots.length; t++) {
    for (let split = roots[t]; split < roots[t + 1]; split++) {
      const k = split - roots[t];
      if (!(bin[split] < (edges[feature[split]]?.length ?? 0))) {
        refuse(`split ${split} at edge ${bin[split]} of column ${feature[split]}, which has no such edge`);
      }
      for (const child of children.subarray(2 * split, 2 * split + 2)) {
        // Children come after their parents: no way leads back.
        const known = child < 0 ? -1 - child <= roots[t + 1] - roots[t] : child > k && child < roots[t + 1] - roots[t];
        if (!known) refuse(`split ${k} of tree ${t} with the child ${child}, which it cannot have`);
      }
    }
  }
  value.forEach((number, i) => Number.isFinite(number) || refuse(`value ${number} in leaf ${i}`));
  slopes?.slope.forEach((number, i) => Number.isFinite(number) || refuse(`slope ${number} in leaf ${i}`));
  slopes?.column.forEach((c, i) => c < edges.length || refuse(`a slope along column ${c} in leaf ${i}`));
  slopes?.ranges.forEach((number, i) => Number.isFinite(number) || refuse(`range ${number} of column ${i >> 1}`));
}

function bytesOf(data: unknown): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.fromBase64(data as string);
  } catch {
    return refuse("data that is not base64");
  }
}

function refuse(what: string): never {
  throw new TypeError(`Boosted trees have ${what}`);
}
