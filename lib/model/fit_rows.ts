/**
 * Rows of a table as fits take them: in groups of one kind, pass and number format, as columns; and what of them is the call's.
 *
 * @module
 */
import { dtypes, type Kind, kinds } from "neuralpower/dsl";
import { configurationKey } from "../learn/folds.ts";
import { passes } from "../node.ts";
import type { TableRow } from "../table.ts";
import type { FitOptions } from "./fit.ts";
import { hardwareOf } from "./geometry.ts";
import type { Measured } from "./layer_model.ts";
import type { StoredSource } from "./model.ts";
import { sheet, sourceTerm } from "./sheet.ts";
import { compileSource } from "./sources.ts";

/** A launch where the device has no specification: without one, nothing would remain of the fastest row. */
const assumedLaunchUs = 5;

/** Relative model error that a power row's meter noise is weighed against: 1 / (σ² + 0.03²). */
const powerModelError = 0.03;

/** Rows with a runtime by kind, pass and number format, in the order of these. */
export function groupsOf(timed: readonly TableRow[]): [name: string, rows: TableRow[]][] {
  const groups = Map.groupBy(timed, ({ node }) => `${node.layer.kind} ${node.pass} ${node.dtype}`);
  return [...groups].sort(([, a], [, b]) => order(a) - order(b));
}

function order([{ node }]: readonly TableRow[]): number {
  return kinds.indexOf(node.layer.kind) * 100 + passes.indexOf(node.pass) * 10 + dtypes.indexOf(node.dtype);
}

/** What each kind's rows hold of the call that measured them, in ms by kind. */
export function floorsOf(timed: readonly TableRow[], options: FitOptions): Partial<Record<Kind, number>> {
  return options.rowsHoldCall ? callFloors(timed, (options.specification?.launchUs ?? assumedLaunchUs) / 1000) : {};
}

/**
 * What each kind's rows hold of the call that measured them: the fastest row but for one launch. A call's cost differs by kind, for
 * it feeds and fetches what that kind reads and writes.
 *
 * @returns Milliseconds by kind.
 */
export function callFloors(rows: readonly TableRow[], launchMs: number): Partial<Record<Kind, number>> {
  const floors: Partial<Record<Kind, number>> = {};
  for (const { node, measured } of rows) {
    if (measured.runtimeMs === null) continue;
    const { kind } = node.layer;
    floors[kind] = Math.min(floors[kind] ?? Infinity, Math.max(0, measured.runtimeMs - launchMs));
  }
  return floors;
}

/** Rows of one group as the layer models take them, and what their time may be a correction of. */
export function measuredRows(
  rows: readonly TableRow[],
  { specification, hardware = hardwareOf(specification, ""), sourceOf, covariates }: FitOptions,
): { measured: Measured; source: StoredSource | null } {
  const { layer: { kind }, pass, dtype } = rows[0].node;
  const source = sourceOf?.({ kind, pass, dtype }) ?? null;
  const timeOf = source && compileSource(source, kind);
  const given: FitOptions["covariates"] = timeOf
    ? { [sourceTerm]: Float64Array.from(rows, ({ node }) => timeOf(node)) }
    : {};
  const measured: Measured = {
    sheet: sheet(rows.map(({ node }) => node), kind, hardware, { ...covariates, ...given }),
    runtimeMs: Float64Array.from(rows, ({ measured }) => measured.runtimeMs!),
    powerW: Float64Array.from(rows, ({ measured }) => measured.powerW ?? NaN),
    powerWeights: Float64Array.from(rows, (row) => powerModelError ** 2 / meterVariance(powerSpread(row))),
    groups: rows.map(({ node }) => configurationKey(node)),
  };
  return { measured, source };
}

/** Relative; null where it is not known. */
export function powerSpread({ measured: { powerW, powerWSpread } }: TableRow): number | null {
  return powerWSpread === null || powerW === null ? null : powerWSpread / powerW;
}

/** A power row shows its layer's power where the meter's own relative spread is at most this. */
const resolvedSpread = 0.05;

/** What a row's power then weighs at least. */
export const resolvedWeight = powerModelError ** 2 / meterVariance(resolvedSpread);

/** Whether a row's power is its layer's, and not its meter's. */
export function isResolved(row: TableRow): boolean {
  return (powerSpread(row) ?? 0) <= resolvedSpread;
}

/** A model's relative error and the meter's, squared and added. */
export function meterVariance(spread: number | null): number {
  return (spread ?? 0) ** 2 + powerModelError ** 2;
}
