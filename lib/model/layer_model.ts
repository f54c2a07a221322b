/**
 * The layer model: a physical base and a boosted residual, of time and of power.
 *
 * Power is never an energy model over a time model: its trees see the predicted time, and energy is predicted power times predicted
 * time.
 *
 * @module
 */
import { foldsByGroup } from "../learn/folds.ts";
import { type Base, baseValues, fitBase } from "./base.ts";
import { resolvedWeight } from "./fit_rows.ts";
import { fitResidual, type Inputs, type Residual, type ResidualRows, residuals } from "./residual.ts";
import { powerColumns, powerInputs, shareOf, type Sheet } from "./sheet.ts";

/** Measurements of a sheet's rows. */
export interface Measured {
  readonly sheet: Sheet;
  /** ms. */
  readonly runtimeMs: Float64Array;
  /** W; NaN where it is not known. */
  readonly powerW: Float64Array;
  /** Each row's, for power. */
  readonly powerWeights: Float64Array;
  /** Each row's configuration. */
  readonly groups: readonly string[];
}

/** A fitted target, and what it says of every row of its sheet. */
export interface Fitted {
  readonly base: Base;
  readonly residual: Residual;
  readonly inputs: Inputs;
  readonly baseValues: Float64Array;
  readonly values: Float64Array;
}

/**
 * Fits time on the rows given.
 *
 * @param quickly A clip that is known to be the better: see {@linkcode ResidualRows}.
 */
export function fitTime(
  { sheet, runtimeMs, groups }: Measured,
  rows: Uint32Array,
  quickly?: ResidualRows["quickly"],
): Fitted {
  const base = fitBase(sheet, runtimeMs, rows);
  const values = baseValues(sheet, base);
  const inputs = timeInputs(sheet, base, values);
  const residual = fitResidual(inputs, {
    target: runtimeMs.map((y, i) => Math.log(y / values[i])),
    rows,
    groups,
    quickly,
  });
  return fitted(base, residual, inputs, values);
}

function fitted(base: Base, residual: Residual, inputs: Inputs, values: Float64Array): Fitted {
  const logs = residuals(residual.trees, inputs);
  return { base, residual, inputs, baseValues: values, values: values.map((value, i) => value * Math.exp(logs[i])) };
}

/** The sheet's columns, each term's share of the base, and the base. */
function timeInputs(
  { columns, columnValues, terms, termValues }: Sheet,
  { rates }: Base,
  values: Float64Array,
): Inputs {
  const shares = terms.map((name, j) => ({ name, j })).filter(({ name }) => rates[name] > 0);
  return {
    names: [...columns, ...shares.map(({ name }) => shareOf + name), "base"],
    values: [
      ...columnValues,
      ...shares.map(({ name, j }) => termValues[j].map((value, row) => rates[name] * value / values[row])),
      values,
    ],
  };
}

/**
 * Fits power on the rows given.
 *
 * @param time Fitted on the same rows.
 * @param unseenMs Each row's time by models that have not seen it.
 */
export function fitPower(
  { sheet, runtimeMs, powerW, powerWeights, groups }: Measured,
  rows: Uint32Array,
  time: Fitted,
  unseenMs: Float64Array,
): Fitted {
  const energyMj = powerW.map((watts, i) => watts * runtimeMs[i]);
  const base = fitBase(sheet, energyMj, rows, powerWeights);
  const energies = baseValues(sheet, base);
  const resolved = rows.filter((row) => powerWeights[row] >= resolvedWeight);
  const bounds = (resolved.length > 0 ? resolved : rows).reduce(
    ([least, most], row) => [Math.min(least, powerW[row]), Math.max(most, powerW[row])],
    [Infinity, 0],
  );
  const values = energies.map((energy, i) => Math.min(Math.max(energy / time.baseValues[i], bounds[0]), bounds[1]));
  const own = powerColumns.map(() => new Float64Array(sheet.rows));
  for (let row = 0; row < sheet.rows; row++) {
    powerInputs({ macs: sheet.macs[row], elements: sheet.elements[row] }, unseenMs[row], values[row])
      .forEach((value, c) => own[c][row] = value);
  }
  const inputs = { names: [...time.inputs.names, ...powerColumns], values: [...time.inputs.values, ...own] };
  const target = powerW.map((watts, i) => Math.log(watts / values[i]));
  const residual = fitResidual(inputs, { target, rows, groups, weights: powerWeights });
  return fitted(base, residual, inputs, values);
}

/** Each row's time by models fitted on the other inner folds; rows that are not among those given get `time`'s own. */
export function unseenTimes(measured: Measured, rows: Uint32Array, time: Fitted, folds = 4): Float64Array {
  const times = time.values.slice();
  const fold = foldsByGroup(Array.from(rows, (row) => measured.groups[row]), folds, 3);
  for (let held = 0; held < folds; held++) {
    const { values } = fitTime(measured, rows.filter((_, i) => fold[i] !== held), time.residual.clip);
    rows.forEach((row, i) => {
      if (fold[i] === held) times[row] = values[row];
    });
  }
  return times;
}
