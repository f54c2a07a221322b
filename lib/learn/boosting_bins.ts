/**
 * Columns of numbers as bins of at most 255 values' ranks: trees are then grown and walked on bytes.
 *
 * @module
 */

/** Columns in bins. A value v lies in bin b of its column where edges[b − 1] < v ≤ edges[b]. */
export interface Binned {
  /** Each column's rows' bins. */
  readonly codes: readonly Uint8Array[];
  /** Each column's upper bin edges but for the last bin's, which is open: ascending, at most 254. */
  readonly edges: readonly Float64Array[];
  /** The columns themselves. */
  readonly values: readonly Float64Array[];
}

/** The most bins that a byte tells apart, less one so that the count of edges is itself a byte. */
export const MOST_BINS = 255;

/**
 * Puts columns in bins of about as many rows each; where a column has few distinct values, each has its own bin.
 *
 * Edges lie halfway between neighbouring values, and where they lie depends on the values' order alone: any strictly increasing
 * transform of a column gives the same bins.
 *
 * @param columns Finite values, all columns of one length.
 * @param bins At most how many, 2 … 255.
 * @param rows The rows that edges are made from (all unless told); all rows are put in bins.
 * @throws {RangeError} Where a value is not finite, or columns differ in length.
 */
export function bin(columns: readonly Float64Array[], bins = MOST_BINS, rows?: Uint32Array): Binned {
  if (!Number.isInteger(bins) || bins < 2 || bins > MOST_BINS) {
    throw new RangeError(`A column has 2 to ${MOST_BINS} bins, got ${bins}`);
  }
  const length = columns[0]?.length ?? 0;
  const edges = columns.map((column, c) => {
    if (column.length !== length) {
      throw new RangeError(
        `Column ${c} has ${column.length} rows, column 0 has ${length}; give all columns one length`,
      );
    }
    const bad = column.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new RangeError(`Column ${c} is ${column[bad]} at row ${bad}; leave such rows or columns out`);
    return edgesOf((rows ? Float64Array.from(rows, (row) => column[row]) : column.slice()).sort(), bins);
  });
  const codes = columns.map((column, c) => {
    const out = new Uint8Array(length);
    encode(column, edges[c], out, 0, 1, 0, length);
    return out;
  });
  return { codes, edges, values: columns };
}

/** Closes a bin where it has come nearest to its share of the rows that are left. */
function edgesOf(sorted: Float64Array, bins: number): Float64Array {
  const starts = [0];
  for (let i = 1; i < sorted.length; i++) if (sorted[i] !== sorted[i - 1]) starts.push(i);
  const edges: number[] = [];
  const own = starts.length <= bins;
  let from = 0;
  for (let d = 1; d < starts.length && edges.length < bins - 1; d++) {
    const start = starts[d], next = starts[d + 1] ?? sorted.length;
    const share = (sorted.length - from) / (bins - edges.length);
    if (!own && (start + next) / 2 - from < share) continue;
    edges.push(between(sorted[start - 1], sorted[start]));
    from = start;
  }
  return Float64Array.from(edges);
}

/** Halfway from a up to b, never b itself: where no number lies between them, a. */
function between(a: number, b: number): number {
  const half = a / 2 + b / 2;
  return half < b && half >= a ? half : a;
}

/** Writes the bins of column[from … to − 1] to out[at], out[at + stride], … */
export function encode(
  column: Float64Array,
  edges: Float64Array,
  out: Uint8Array,
  at: number,
  stride: number,
  from: number,
  to: number,
): void {
  let first = 1;
  while (first * 2 <= edges.length) first *= 2;
  for (let row = from; row < to; row++, at += stride) {
    const value = column[row];
    // The count of edges below the value, by halving.
    let below = 0;
    for (let step = first; step > 0; step >>= 1) {
      const tried = below + step;
      if (tried <= edges.length && edges[tried - 1] < value) below = tried;
    }
    out[at] = below;
  }
}
