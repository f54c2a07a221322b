/**
 * Gradient boosting (Friedman 2001): small trees one after another, each fitted to what the ones before it leave over, on
 * histograms of binned columns, as LightGBM (Ke et al. 2017) and scikit-learn's HistGradientBoosting do.
 *
 * @module
 */
import { bin, type Binned, encode } from "./boosting_bins.ts";
import { type Grown, makeGrower } from "./boosting_grow.ts";
import { median as medianOf } from "./metrics.ts";
import { type GrownSlopes, logsWithin, slopeFinder } from "./boosting_slopes.ts";
import { type BoostedTrees, checkColumns } from "./trees.ts";

export { bin, type Binned } from "./boosting_bins.ts";
export { type BoostedTrees, predictBoosting, predictBoostingRows } from "./trees.ts";
export { type BoostedTreesJson, boostingFromJson, boostingToJson } from "./trees_json.ts";

/** How to boost. */
export interface BoostingOptions {
  /** How many trees at most. */
  readonly trees: number;
  /** The share of each tree's leaf values that is added, above 0 and up to 1. */
  readonly learningRate: number;
  /** How many leaves a tree has at most, 2 … 32767. */
  readonly leaves: number;
  /** How few rows a leaf may have: 20 unless told. */
  readonly minLeafRows?: number;
  /** Added to the sum of a leaf's weights, which draws its value towards 0: 0 unless told. */
  readonly lambda?: number;
  /** The share of the rows that each tree sees, drawn anew: all unless told. */
  readonly rowShare?: number;
  /** The share of the columns that each tree sees, drawn anew: all unless told. */
  readonly columnShare?: number;
  /** How many bins a column has at most, 2 … 255: 255 unless told. Columns that come in bins keep theirs. */
  readonly bins?: number;
  /** Another seed draws other rows and columns: 0 unless told. */
  readonly seed?: number;
  /**
   * A row counts for at most so many times the median of the residuals' sizes, found anew for each tree: Huber's loss, which a few wild
   * rows do not rule. Without it the squared error is made least.
   */
  readonly clip?: number;
  /** Whether a leaf's value also rises or falls along one column: not unless told. */
  readonly slopes?: boolean;
  /** Ends where so many trees in a row have not lowered the squared error of the validation rows, and keeps the trees up to its least. */
  readonly patience?: number;
}

/** What else a fit can be given. */
export interface BoostingData {
  /** Each row's weight: 1 unless told. A row of weight 0 is left out. */
  readonly weights?: Float64Array;
  /** The rows to fit, ascending, each once: all unless told. */
  readonly rows?: Uint32Array;
  /** Rows for early stopping, which `patience` asks for. */
  readonly validation?: { readonly columns: readonly Float64Array[]; readonly target: Float64Array };
}

/**
 * Fits boosted trees.
 *
 * @param columns The inputs, one array a column, or the same in bins where several fits share them.
 * @param target What to predict, one number a row.
 * @returns The trees. The same arguments give the same trees, on any machine.
 * @throws {RangeError} Where a number is not finite, lengths differ, no row is left, or an option is out of its range.
 *
 * @example Fit a step
 * ```ts
 * import { fitBoosting, predictBoosting } from "./boosting.ts";
 *
 * const x = Float64Array.from({ length: 100 }, (_, i) => i);
 * const trees = fitBoosting([x], x.map((v) => v < 50 ? 1 : 3), { trees: 100, learningRate: 0.1, leaves: 2 });
 * if (Math.abs(predictBoosting(trees, Float64Array.of(70)) - 3) > 1e-3) throw new Error("not learnt");
 * ```
 */
export function fitBoosting(
  columns: readonly Float64Array[] | Binned,
  target: Float64Array,
  options: BoostingOptions,
  { weights, rows: asked, validation }: BoostingData = {},
): BoostedTrees {
  check(options);
  if (options.patience !== undefined && !validation) {
    throw new RangeError(`Boosting's patience of ${options.patience} trees needs validation rows, got none`);
  }
  const { trees, learningRate, leaves, lambda = 0, rowShare = 1, columnShare = 1, clip } = options;
  const rows = usable(target, weights, asked);
  const binned = "codes" in columns ? columns : bin(columns, options.bins, rows);
  if (binned.codes.length === 0 || binned.codes[0].length !== target.length) {
    throw new RangeError(`${target.length} targets need columns as long, got ${binned.codes[0]?.length ?? "none"}`);
  }
  const grow = makeGrower(binned, { leaves, minLeafRows: options.minLeafRows ?? 20, lambda }, weights);
  const random = randomNumbers(options.seed ?? 0);
  const weightOf = (row: number) => weights ? weights[row] : 1;
  const base = clip === undefined ? mean(target, rows, weightOf) : median(rows, (row) => target[row], weights);
  const scores = new Float64Array(target.length).fill(base), residuals = new Float64Array(target.length);
  const grownRows = new Uint32Array(Math.max(1, Math.round(rowShare * rows.length)));
  const otherRows = new Uint32Array(rows.length - grownRows.length);
  const slopes = options.slopes ? slopeFinder(binned.values, rows, { leaves, learningRate, weights }) : null;
  const held = validation && heldOut(validation, binned, base, slopes?.ranges);
  const varied = Uint16Array.from(binned.edges.keys()).filter((c) => binned.edges[c].length > 0);
  const grownColumns = new Uint16Array(Math.min(varied.length, Math.max(1, Math.round(columnShare * varied.length))));
  const otherColumns = new Uint16Array(varied.length - grownColumns.length);

  const roots = [0], feature: number[] = [], bins: number[] = [], children: number[] = [], value: number[] = [];
  const slopeColumn: number[] = [], slope: number[] = [];
  let best = { loss: held?.loss() ?? Infinity, trees: 0 };
  for (let t = 0; t < trees; t++) {
    // Where half of the rows are met exactly, the others are not nothing.
    const most = clip === undefined
      ? Infinity
      : clip * median(rows, (row) => Math.abs(target[row] - scores[row]), weights) || Infinity;
    for (const row of rows) {
      residuals[row] = weightOf(row) * Math.min(Math.max(target[row] - scores[row], -most), most);
    }
    sample(rows, grownRows, otherRows, random);
    sample(varied, grownColumns, otherColumns, random);
    const tree = grow(residuals, grownRows, grownColumns);
    if (tree.splits === 0) continue;
    for (let leaf = 0; leaf <= tree.splits; leaf++) tree.value[leaf] = Math.fround(learningRate * tree.value[leaf]);
    slopes?.find(tree, residuals, grownRows);
    for (let leaf = 0; leaf <= tree.splits; leaf++) {
      value.push(tree.value[leaf]);
      if (slopes) slopeColumn.push(slopes.column[leaf]), slope.push(slopes.slope[leaf]);
    }
    for (let k = 0; k < tree.splits; k++) {
      feature.push(tree.feature[k]);
      bins.push(tree.bin[k]);
      children.push(tree.children[2 * k], tree.children[2 * k + 1]);
    }
    roots.push(feature.length);
    for (let leaf = 0; leaf <= tree.splits; leaf++) {
      const log = slopes?.logs[slopes.column[leaf]];
      for (let i = tree.start[leaf]; i < tree.end[leaf]; i++) {
        const row = grownRows[i];
        scores[row] += tree.value[leaf] + (log ? slopes!.slope[leaf] * log[row] : 0);
      }
    }
    addTree(tree, binned.codes, otherRows, scores, slopes);
    if (!held) continue;
    held.add(tree, slopes);
    const now = held.loss();
    if (now < best.loss) best = { loss: now, trees: roots.length - 1 };
    else if (roots.length - 1 - best.trees >= (options.patience ?? Infinity)) break;
  }
  const kept = held && options.patience !== undefined ? best.trees : roots.length - 1, splits = roots[kept];
  return prune({
    base,
    edges: binned.edges,
    roots: Uint32Array.from(roots.slice(0, kept + 1)),
    feature: Uint16Array.from(feature.slice(0, splits)),
    bin: Uint8Array.from(bins.slice(0, splits)),
    children: Int16Array.from(children.slice(0, 2 * splits)),
    value: Float32Array.from(value.slice(0, splits + kept)),
    slopes: slopes && {
      column: Uint16Array.from(slopeColumn.slice(0, splits + kept)),
      slope: Float32Array.from(slope.slice(0, splits + kept)),
      ranges: slopes.ranges,
    },
  });
}

function addTree(
  { feature, bin, children, value }: Grown,
  codes: readonly Uint8Array[],
  rows: Uint32Array,
  scores: Float64Array,
  slopes: GrownSlopes | null,
): void {
  for (const row of rows) {
    let node = 0;
    do node = children[2 * node + (codes[feature[node]][row] > bin[node] ? 1 : 0)]; while (node >= 0);
    const leaf = -1 - node;
    scores[row] += value[leaf];
    if (slopes) scores[row] += slopes.slope[leaf] * slopes.logs[slopes.column[leaf]][row];
  }
}

/** The validation rows' predictions as trees are added, and their squared error. */
function heldOut(
  { columns, target }: { columns: readonly Float64Array[]; target: Float64Array },
  { edges }: Binned,
  base: number,
  ranges: Float64Array | undefined,
) {
  checkColumns(columns, edges.length);
  const wrong = columns[0].length === target.length ? target.findIndex((v) => !Number.isFinite(v)) : NaN;
  if (wrong !== -1) {
    const what = wrong >= 0 ? `${target[wrong]} at row ${wrong}` : `${target.length} for ${columns[0].length} rows`;
    throw new RangeError(`Validation rows need as many finite targets, got ${what}`);
  }
  const codes = columns.map((column, c) => {
    const out = new Uint8Array(target.length);
    encode(column, edges[c], out, 0, 1, 0, target.length);
    return out;
  });
  const logs = ranges && logsWithin(columns, ranges);
  const rows = Uint32Array.from(target.keys()), scores = new Float64Array(target.length).fill(base);
  return {
    add: (tree: Grown, slopes: GrownSlopes | null) =>
      addTree(tree, codes, rows, scores, slopes && { ...slopes, logs: logs! }),
    loss: () => {
      let sum = 0;
      for (const row of rows) sum += (target[row] - scores[row]) ** 2;
      return sum;
    },
  };
}

function check(options: BoostingOptions): void {
  const { trees, learningRate, leaves, minLeafRows = 20, lambda = 0, rowShare = 1, columnShare = 1, patience = 1 } =
    options;
  const wrong = (name: string, range: string, value: number) => {
    throw new RangeError(`Boosting's ${name} is ${range}, got ${value}`);
  };
  if (options.clip !== undefined && !(options.clip > 0)) wrong("clip", "above 0", options.clip);
  if (!Number.isInteger(trees) || trees < 0) wrong("trees", "a whole number from 0", trees);
  if (!(learningRate > 0 && learningRate <= 1)) wrong("learningRate", "above 0 and up to 1", learningRate);
  if (!Number.isInteger(leaves) || leaves < 2 || leaves > 32767) wrong("leaves", "a whole number 2 … 32767", leaves);
  if (!Number.isInteger(minLeafRows) || minLeafRows < 1) wrong("minLeafRows", "a whole number from 1", minLeafRows);
  if (!(lambda >= 0 && lambda < Infinity)) wrong("lambda", "finite and at least 0", lambda);
  if (!Number.isInteger(patience) || patience < 1) wrong("patience", "a whole number from 1", patience);
  if (!(rowShare > 0 && rowShare <= 1)) wrong("rowShare", "above 0 and up to 1", rowShare);
  if (!(columnShare > 0 && columnShare <= 1)) wrong("columnShare", "above 0 and up to 1", columnShare);
}

/** The rows to fit: those asked for, less those of weight 0. */
function usable(target: Float64Array, weights?: Float64Array, asked?: Uint32Array): Uint32Array {
  if (weights && weights.length !== target.length) {
    throw new RangeError(`${target.length} targets need as many weights, got ${weights.length}`);
  }
  const rows = (asked ?? Uint32Array.from(target.keys())).filter((row) => !weights || weights[row] !== 0);
  if (rows.length === 0) throw new RangeError("Boosting needs at least one row of weight above 0, got none");
  for (const row of rows) {
    if (!Number.isFinite(target[row])) throw new RangeError(`The target is ${target[row]} at row ${row}; leave it out`);
    if (weights && !(weights[row] > 0 && weights[row] < Infinity)) {
      throw new RangeError(`A weight is finite and at least 0, got ${weights[row]} at row ${row}`);
    }
  }
  return rows;
}

function mean(target: Float64Array, rows: Uint32Array, weightOf: (row: number) => number): number {
  // About the first target, so that equal targets have their own value as mean.
  const first = target[rows[0]];
  let sum = 0, weight = 0;
  for (const row of rows) {
    sum += weightOf(row) * (target[row] - first);
    weight += weightOf(row);
  }
  return first + sum / weight;
}

/** The least value that half the weight does not exceed; halfway to the next where exactly half does not. */
function median(rows: Uint32Array, valueOf: (row: number) => number, weights?: Float64Array): number {
  if (!weights) return medianOf(Float64Array.from(rows, valueOf));
  const sorted = Array.from(rows, (row) => ({ value: valueOf(row), weight: weights[row] }))
    .sort((a, b) => a.value - b.value);
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let below = 0;
  for (let i = 0; i < sorted.length; i++) {
    below += sorted[i].weight;
    if (below === half && i + 1 < sorted.length) return (sorted[i].value + sorted[i + 1].value) / 2;
    if (below > half) return sorted[i].value;
  }
  return sorted[sorted.length - 1].value;
}

/** Draws as many values as `drawn` holds, each as likely as any other; both parts in order (Knuth's algorithm S). */
function sample<T extends Uint16Array | Uint32Array>(values: T, drawn: T, others: T, random: () => number): void {
  if (others.length === 0) return drawn.set(values);
  for (let i = 0, taken = 0; i < values.length; i++) {
    if ((values.length - i) * random() < drawn.length - taken) drawn[taken++] = values[i];
    else others[i - taken] = values[i];
  }
}

/** Uniform in [0, 1): Steele, Lea and Flood's SplitMix in 32 bits, which is equal on every machine. */
function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** Leaves out the edges that no split asks about: fewer to store and to look through. */
function prune(model: BoostedTrees): BoostedTrees {
  const used = model.edges.map((edges) => new Uint8Array(edges.length));
  model.feature.forEach((c, k) => used[c][model.bin[k]] = 1);
  const rank = used.map((flags) => {
    let count = 0;
    return flags.map((flag) => flag ? count++ : 0);
  });
  return {
    ...model,
    edges: model.edges.map((edges, c) => edges.filter((_, b) => used[c][b])),
    bin: model.bin.map((b, k) => rank[model.feature[k]][b]),
  };
}
