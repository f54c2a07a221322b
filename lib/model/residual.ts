/**
 * What boosted trees add to a base: they predict the logarithm of measurement over base from the node's features, its derived columns
 * and the base's own shares, and the prediction is
 *
 *     ŷ = base · exp(fade · mean of the trees).
 *
 * @module
 */
import { bin, type BoostedTrees, type BoostingOptions, fitBoosting, predictBoostingRows } from "../learn/boosting.ts";
import { foldsByGroup } from "../learn/folds.ts";

/** Inputs of trees: names, and each one's value in every row. */
export interface Inputs {
  readonly names: readonly string[];
  readonly values: readonly Float64Array[];
}

/** Trees whose mean is the residual. */
export interface Residual {
  /** Names of the inputs, in the order of the trees' columns. */
  readonly columns: readonly string[];
  readonly trees: readonly BoostedTrees[];
  readonly clip: number;
}

/** What to fit on. */
export interface ResidualRows {
  /** Log of measurement over base, of every row of the inputs. */
  readonly target: Float64Array;
  /** Those to fit. */
  readonly rows: Uint32Array;
  /** Each row's configuration. */
  readonly groups: readonly string[];
  /** Each row's; 1 by default. */
  readonly weights?: Float64Array;
  /** Where it is known which clip is the better: then a single ensemble with this one is fitted, which is quick and nearly as good. */
  readonly quickly?: number;
}

type Settings = BoostingOptions & { readonly ensembles: number };

/** Of a dense layer there are about 45, of a convolution 80 and more. */
const fewColumns = 60;

/** Trees grow with the rows: settings found on inner folds of the public sets, between which they hardly matter. */
function settingsFor(rows: number, columns: number): Settings {
  const few = { lambda: 1, rowShare: 0.8, columnShare: 0.5, ensembles: 3, slopes: true };
  if (rows < 250) return { ...few, trees: 200, leaves: 6, learningRate: 0.05, minLeafRows: 5 };
  if (rows < 1500) return { ...few, trees: 400, leaves: 10, learningRate: 0.04, minLeafRows: 8 };
  const common = { lambda: 1, rowShare: 0.8, columnShare: 0.45, minLeafRows: 8 };
  const middling = { ...common, trees: 600, leaves: 31, learningRate: 0.04, slopes: true };
  if (rows < 4000) return { ...middling, bins: 128, ensembles: 3 };
  // Of few columns larger trees learn the noise.
  if (columns < fewColumns) return { ...middling, ensembles: 2 };
  return { ...common, trees: 1000, leaves: 63, learningRate: 0.035, ensembles: 1 };
}

/** A residual counts for at most so many times the median one: usually, and where wild rows would rule a small set. */
export const usualClip = 4;
const firmClip = 1.5;
/** Of more rows than this wild ones are too few to rule. */
const fewRows = 3000;
const innerFolds = 3;

/** The clips that a fit of so many rows may choose. */
export function clipsFor(rows: number): readonly number[] {
  return rows > fewRows ? [usualClip] : [usualClip, firmClip];
}

/** Fits the residual; where rows are few, which clip is found by cross-validation within them. */
export function fitResidual(inputs: Inputs, fit: ResidualRows): Residual {
  const settings = settingsFor(fit.rows.length, inputs.names.length);
  if (fit.quickly) {
    const trees = boost(inputs, fit, { ...settings, clip: fit.quickly, ensembles: 1 });
    return { columns: inputs.names, trees, clip: fit.quickly };
  }
  const clips = clipsFor(fit.rows.length);
  const clip = clips.length === 1 ? clips[0] : betterClip(inputs, fit, settings);
  return { columns: inputs.names, trees: boost(inputs, fit, { ...settings, clip }), clip };
}

/** The residual of every row of the inputs. */
export function residuals(trees: readonly BoostedTrees[], { values }: Pick<Inputs, "values">): Float64Array {
  const sums = new Float64Array(values[0].length);
  for (const each of trees) predictBoostingRows(each, values).forEach((value, row) => sums[row] += value);
  return sums.map((sum) => sum / trees.length);
}

function boost({ values }: Inputs, { target, rows, weights }: ResidualRows, settings: Settings): BoostedTrees[] {
  const { ensembles, ...options } = settings;
  const binned = bin(values, options.bins, rows);
  return Array.from(
    { length: ensembles },
    (_, seed) => fitBoosting(binned, target, { ...options, seed: seed + 1 }, { rows, weights }),
  );
}

/** The clip whose trees are nearer, in mean absolute logarithm, on inner folds of the rows. */
function betterClip(inputs: Inputs, fit: ResidualRows, settings: Settings): number {
  const coarse = { trees: settings.trees >> 1, learningRate: 2 * settings.learningRate, ensembles: 1 };
  const rows = Array.from(fit.rows);
  const folds = foldsByGroup(rows.map((row) => fit.groups[row]), innerFolds, 2);
  const error = (clip: number) => {
    let sum = 0;
    for (let fold = 0; fold < innerFolds; fold++) {
      const training = Uint32Array.from(rows.filter((_, i) => folds[i] !== fold));
      const held = rows.filter((_, i) => folds[i] === fold);
      const trees = boost(inputs, { ...fit, rows: training }, { ...settings, ...coarse, clip });
      const predicted = residuals(trees, {
        values: inputs.values.map((values) => Float64Array.from(held, (row) => values[row])),
      });
      held.forEach((row, i) => sum += (fit.weights?.[row] ?? 1) * Math.abs(fit.target[row] - predicted[i]));
    }
    return sum;
  };
  return error(firmClip) < error(usualClip) ? firmClip : usualClip;
}
