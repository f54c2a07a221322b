/**
 * Prediction intervals whose width follows the layer: trees predict how large a held-out error to expect,
 *
 *     σ(x) = exp(trees on log(|r| + 0.3·σ'(x))),   r = ln y − ln ŷ held out,
 *
 * where σ' is a coarser fit of the same sort, itself after one with 0.3·median|r|: one median for all would call every small error
 * alike, and make intervals too wide where errors are small, too narrow where they are large. The interval is ŷ·exp(±q·σ), q the
 * ⌈0.9 (n + 1)⌉-th smallest |r|/σ of the held-out rows of about the same ŷ (normalised conformal prediction, Papadopoulos et al.
 * 2002; by bins of ŷ, Mondrian).
 *
 * @module
 */
import { bin, fitBoosting, predictBoostingRows } from "./boosting.ts";
import { intervalLevel } from "./intervals.ts";
import { binOf, type LocalWidth } from "./local_width.ts";

export { localHalfWidth, type LocalWidth } from "./local_width.ts";

/** What widths are fitted on. */
export interface WidthRows {
  /** Columns of the point model, of every row. */
  readonly columns: readonly Float64Array[];
  /** Held-out predictions and what was measured, of every row. */
  readonly predicted: Float64Array;
  readonly measured: Float64Array;
  /** Each row's fold by configuration. */
  readonly folds: Int32Array;
}

/** Bins by size, each with as many rows; fewer where a bin would have less than `leastInBin`. */
const mostBins = 5;
const leastInBin = 60;
/** With fewer rows, one width for all is the better guess. */
const leastRows = 100;
/** A prediction that was right by chance shows no smaller errors to come: this share of those expected is added to each. */
const luck = 0.3;
/** How often the expected errors are fitted anew, by few trees, before the widths themselves. */
const rounds = 2;
const coarse = { trees: 60, leaves: 6, learningRate: 0.1 };
/** Errors tell too little for finer bins. */
const columnBins = 64;

/**
 * Fits widths to held-out errors.
 *
 * @param rows Those to fit on.
 * @returns Null where rows are too few.
 */
export function fitLocalWidth(data: WidthRows, rows: Uint32Array): LocalWidth | null {
  if (rows.length < leastRows) return null;
  const size = new Float64Array(data.predicted.length), error = new Float64Array(data.predicted.length);
  for (const row of rows) {
    size[row] = Math.log(data.predicted[row]);
    error[row] = Math.abs(Math.log(data.measured[row]) - size[row]);
  }
  const typical = middle(Float64Array.from(rows, (row) => error[row])) || 1e-6;
  const columns = [...data.columns, size];
  const settings = { learningRate: 0.06, minLeafRows: 20, lambda: 1, rowShare: 0.8, columnShare: 0.5, seed: 1 };
  const grown = rows.length < 1500 ? { trees: 100, leaves: 6 } : { trees: 150, leaves: 12 };
  const binned = bin(columns, columnBins, rows);
  const target = error.map((value) => Math.log(value + luck * typical));
  for (let round = 0; round < rounds; round++) {
    const trees = fitBoosting(binned, target, { ...settings, ...coarse }, { rows });
    const expected = predictBoostingRows(trees, pick(columns, rows));
    rows.forEach((row, i) => target[row] = Math.log(error[row] + luck * Math.exp(expected[i])));
  }
  const fit = (training: Uint32Array) => fitBoosting(binned, target, { ...settings, ...grown }, { rows: training });
  // q is of σ that have not seen the row either: trees know their own rows' luck.
  const sigma = new Float64Array(size.length);
  for (const fold of new Set(Array.from(rows, (row) => data.folds[row]))) {
    const training = rows.filter((row) => data.folds[row] !== fold);
    if (training.length === 0) return null;
    const held = rows.filter((row) => data.folds[row] === fold);
    const predicted = predictBoostingRows(fit(training), pick(columns, held));
    held.forEach((row, i) => sigma[row] = predicted[i]);
  }

  const bins = Math.max(1, Math.min(mostBins, Math.floor(rows.length / leastInBin)));
  const sorted = Float64Array.from(rows, (row) => size[row]).sort();
  const edges = Array.from({ length: bins - 1 }, (_, i) => sorted[Math.round((i + 1) * rows.length / bins)]);
  const scores: number[][] = Array.from({ length: bins }, () => []);
  for (const row of rows) scores[binOf(size[row], edges)].push(error[row] / Math.exp(sigma[row]));
  // Equal predictions may leave a bin empty.
  const all = scores.flat();
  return { trees: fit(rows), edges, quantiles: scores.map((own) => conformal(own.length > 0 ? own : all)) };
}

/** ⌈0.9 (n + 1)⌉-th smallest; the largest where the rank is beyond it. */
function conformal(scores: number[]): number {
  const sorted = Float64Array.from(scores).sort();
  return sorted[Math.min(sorted.length, Math.ceil(intervalLevel * (sorted.length + 1))) - 1];
}

/** q·σ of rows: half of each interval's width on the log scale. */
export function localHalfWidths(
  { trees, edges, quantiles }: LocalWidth,
  columns: readonly Float64Array[],
  predicted: Float64Array,
): Float64Array {
  const size = predicted.map(Math.log);
  return predictBoostingRows(trees, [...columns, size])
    .map((logSigma, row) => quantiles[binOf(size[row], edges)] * Math.exp(logSigma));
}

/**
 * Whether each held-out measurement lies in its interval, the interval of a fold made from the other folds alone.
 *
 * @returns 1 or 0 for each row; null where rows are too few for widths.
 */
export function heldOutHits(data: WidthRows): Uint8Array | null {
  const { folds } = data;
  const hits = new Uint8Array(folds.length);
  for (const fold of new Set(folds)) {
    const width = fitLocalWidth(data, Uint32Array.from(folds.keys()).filter((row) => folds[row] !== fold));
    if (width === null) return null;
    const held = Uint32Array.from(folds.keys()).filter((row) => folds[row] === fold);
    const halves = localHalfWidths(
      width,
      pick(data.columns, held),
      Float64Array.from(held, (row) => data.predicted[row]),
    );
    held.forEach((row, i) => {
      const error = Math.abs(Math.log(data.measured[row]) - Math.log(data.predicted[row]));
      hits[row] = Number(error <= halves[i]);
    });
  }
  return hits;
}

function pick(columns: readonly Float64Array[], rows: Uint32Array): Float64Array[] {
  return columns.map((column) => Float64Array.from(rows, (row) => column[row]));
}

function middle(values: Float64Array): number {
  return values.sort()[values.length >> 1];
}
