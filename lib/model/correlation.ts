/**
 * How far the errors of a network's layers go together.
 *
 * Layers of one network are much alike, and a model that has seen none like them is off in one direction for all of them. So rows are
 * put into cells of alike layers, whole cells are held out, and with r the logarithm of measurement over prediction and s the standard
 * deviation that the row's interval claims,
 *
 *     ρ = mean of r_i·r_j / (s_i·s_j) over pairs of rows of one cell and different configurations.
 *
 * @module
 */
import { localHalfWidths, type LocalWidth } from "../learn/local_intervals.ts";
import { fitTime, type Measured } from "./layer_model.ts";
import { usualClip } from "./residual.ts";

/** A 90 % interval's half-width in standard deviations of a normal distribution. */
const deviations = 1.645;
/** One wild row must not decide for its cell: no error counts for more standard deviations than this. */
const mostDeviations = 3;
/** Rows of a cell: about as many layers as networks have. */
const cellRows = 40;
/** More rows than these do not change the mean, and take their time. */
const mostRows = 4000;
const folds = 3;

/**
 * Estimates ρ of a kind's time.
 *
 * @param columns Inputs of the final fit, and its interval's width.
 * @returns 0 … 1.
 */
export function errorCorrelation(measured: Measured, columns: readonly Float64Array[], width: LocalWidth): number {
  const { sheet, runtimeMs, groups } = measured;
  const all = Array.from({ length: sheet.rows }, (_, row) => row);
  const logs = sheet.columnValues.map((values) => values.map((value) => Math.log1p(Math.abs(value))));
  const every = Math.ceil(sheet.rows / mostRows);
  const cells = cellsOf(all, logs).filter((_, cell) => cell % every === 0);
  const used = cells.flatMap((rows, cell) => rows.map((row) => ({ row, fold: cell % folds })));
  const deviation = new Float64Array(sheet.rows);
  for (let fold = 0; fold < folds; fold++) {
    const training = Uint32Array.from(used.filter((each) => each.fold !== fold), ({ row }) => row).sort();
    const held = Uint32Array.from(used.filter((each) => each.fold === fold), ({ row }) => row);
    if (training.length === 0 || held.length === 0) continue;
    const { values } = fitTime(measured, training, usualClip);
    const pick = (column: Float64Array) => Float64Array.from(held, (row) => column[row]);
    const halves = localHalfWidths(width, columns.map(pick), pick(values));
    held.forEach((row, i) => {
      const z = Math.log(runtimeMs[row] / values[row]) * deviations / halves[i];
      deviation[row] = Math.min(Math.max(z, -mostDeviations), mostDeviations);
    });
  }
  let products = 0, pairs = 0;
  for (const rows of cells) {
    for (const [i, row] of rows.entries()) {
      for (const other of rows.slice(i + 1)) {
        if (groups[row] === groups[other]) continue;
        products += deviation[row] * deviation[other];
        pairs++;
      }
    }
  }
  return pairs === 0 ? 0 : Math.min(1, Math.max(0, products / pairs));
}

/** Halves rows at the median of the column that spreads most, again and again. */
function cellsOf(rows: readonly number[], columns: readonly Float64Array[]): number[][] {
  if (rows.length <= cellRows) return [[...rows]];
  const spreads = columns.map((column) => variance(rows.map((row) => column[row])));
  const widest = columns[spreads.indexOf(Math.max(...spreads))];
  const sorted = [...rows].sort((a, b) => widest[a] - widest[b] || a - b);
  const half = sorted.length >> 1;
  return [...cellsOf(sorted.slice(0, half), columns), ...cellsOf(sorted.slice(half), columns)];
}

function variance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
