/**
 * What held-out predictions vouch for: errors, and a 90 % interval with its coverage.
 *
 * @module
 */
import { configurationKey, foldsByGroup } from "../learn/folds.ts";
import { heldOutCoverage, logHalfWidth } from "../learn/intervals.ts";
import {
  fitLocalWidth,
  heldOutHits,
  localHalfWidths,
  type LocalWidth,
  type WidthRows,
} from "../learn/local_intervals.ts";
import { errors, median } from "../learn/metrics.ts";
import type { TableRow } from "../table.ts";
import type { Vouched } from "./model.ts";

/** Held-out errors come from this many folds of configurations. */
export const outerFolds = 5;

/** Folds of a fit's rows by configuration. */
export function configurationFolds(rows: readonly TableRow[]): Int32Array {
  return foldsByGroup(rows.map(({ node }) => configurationKey(node)), outerFolds);
}

/** Errors, and one interval for all, of predictions of rows that the model has not seen. */
export function vouched(measured: ArrayLike<number>, predicted: ArrayLike<number>, folds: Int32Array): Vouched {
  return {
    heldOut: {
      ...errors(measured, predicted),
      coverage90: heldOutCoverage(measured, predicted, folds),
      worstBin90: null,
    },
    logHalfWidth: logHalfWidth(measured, predicted),
  };
}

/** The same with intervals whose width follows the layer, where rows are enough for one. */
export function vouchedLocally(data: WidthRows): { vouched: Vouched; width: LocalWidth | null } {
  const { measured, predicted, folds, columns } = data;
  const plain = vouched(measured, predicted, folds);
  const width = fitLocalWidth(data, Uint32Array.from(folds.keys()));
  const hits = width && heldOutHits(data);
  if (hits === null || width === null) return { vouched: plain, width: null };
  const coverage90 = hits.reduce((sum, hit) => sum + hit, 0) / hits.length;
  return {
    width,
    vouched: {
      heldOut: { ...plain.heldOut, coverage90, worstBin90: worstBin(measured, hits) },
      logHalfWidth: median(localHalfWidths(width, columns, predicted)),
    },
  };
}

const bins = 5;
const leastInBin = 300;

/** The smallest coverage of five bins by size; null where a bin has fewer rows than can tell. */
function worstBin(measured: Float64Array, hits: Uint8Array): number | null {
  if (measured.length < bins * leastInBin) return null;
  const order = Uint32Array.from(measured.keys()).sort((a, b) => measured[a] - measured[b]);
  return Math.min(...Array.from({ length: bins }, (_, bin) => {
    const part = order.subarray(Math.round(bin * order.length / bins), Math.round((bin + 1) * order.length / bins));
    return part.reduce((sum, row) => sum + hits[row], 0) / part.length;
  }));
}
