/**
 * What `deno task fit` does for few rows: `--from`, a device whose models are corrected, and `--learning-curve`.
 *
 * @module
 */
import { type Device, loadDevice, shippedDevices } from "../model/device.ts";
import type { FitOptions } from "../model/fit.ts";
import { floorsOf, groupsOf, measuredRows } from "../model/fit_rows.ts";
import { leastConfigurations } from "../model/fit_target.ts";
import { learningCurve } from "../model/learning_curve.ts";
import { configurationKey } from "../learn/folds.ts";
import { median } from "../learn/metrics.ts";
import { compileSource, type SourceKey, sourceOf } from "../model/sources.ts";
import type { Specification } from "../model/specifications.ts";
import type { KindFit, Source } from "../model/model.ts";
import type { TableRow } from "../table.ts";
import { print, UsageError, userPath } from "./cli.ts";

/**
 * What each kind may be a correction of.
 *
 * @param from A device's name or file, `nearest` of those shipped, or `analytical`; undefined for nothing.
 */
export async function readSource(
  from: string | undefined,
  device: string,
  specification: Specification | null,
  rows: readonly TableRow[],
): Promise<FitOptions["sourceOf"]> {
  if (from === undefined) return undefined;
  if (from === "analytical") {
    if (specification === null) {
      throw new UsageError(
        `--from analytical: "${device}" begins with no card of the table of specifications; name it CARD-RUNTIME with --device`,
      );
    }
    return () => ({ device: specification.name, fit: null });
  }
  if (from === "nearest") return await nearestSource(device, rows);
  const source = await loadDevice(from, userPath);
  if (source.model === null) {
    throw new UsageError(`--from ${from}: nothing was measured on it; give a measured device, or analytical`);
  }
  return (key) => sourceOf(source, key);
}

/** For each kind the shipped device whose times the rows are most nearly a multiple of. */
async function nearestSource(device: string, rows: readonly TableRow[]): Promise<FitOptions["sourceOf"]> {
  const devices: Device[] = [];
  for (const name of await shippedDevices()) {
    if (name !== device) devices.push(await loadDevice(name));
  }
  return (key) => {
    const own = rows.filter(({ node, measured }) => isOf(node, key) && measured.runtimeMs !== null).slice(0, 500);
    const candidates = devices.flatMap((each) => sourceOf(each, key) ?? []).map((source) => {
      const timeOf = compileSource(source, key.kind);
      const logs = own.map(({ node, measured }) => Math.log(measured.runtimeMs! / timeOf(node)));
      const middle = median(logs);
      return { source, spread: median(logs.map((log) => Math.abs(log - middle))) };
    });
    candidates.sort((a, b) => a.spread - b.spread);
    return candidates.at(0)?.source ?? null;
  };
}

function isOf({ layer, pass, dtype }: TableRow["node"], key: SourceKey): boolean {
  return layer.kind === key.kind && pass === key.pass && dtype === key.dtype;
}

/** What of a model file is other devices' models: they stand in it whole. */
export function heldSources(fits: readonly KindFit[], from: string): Source[] {
  const held = fits.flatMap(({ source }) => source ? [source] : []);
  return [...Map.groupBy(held, ({ device }) => device)].map(([device, parts]) => ({
    set: parts[0].fit === null
      ? `times by the data sheet of ${device}, corrected`
      : `times by the models of ${device}, corrected; they stand in this file`,
    file: from.split(/[/\\]/).at(-1)!,
    rows: parts.reduce((sum, { fit }) => sum + (fit?.rows ?? 0), 0),
    counted: {},
  }));
}

/** Which kinds a fit takes from where, a line each. */
export function sourcesText(fits: readonly KindFit[], from: string): string {
  const lines = fits.map(({ kind, pass, dtype, source }) =>
    `  ${kind} ${pass} ${dtype}: ${
      source ? `corrects ${source.device}` : "not corrected; its own rows say more, or it was not measured there"
    }`
  );
  return [`From ${from}:`, ...lines, ""].join("\n");
}

/** Prints the learning curve of every kind, pass and number format that has rows enough to be fitted. */
export async function printLearningCurves(
  rows: readonly TableRow[],
  options: FitOptions,
  from?: string,
): Promise<void> {
  const { curvesText } = await import("../report/learning_curve.ts");
  const timed = rows.filter(({ measured }) => measured.runtimeMs !== null);
  const floors = floorsOf(timed, options);
  const enough = groupsOf(timed).filter(([, rows]) =>
    new Set(rows.map(({ node }) => configurationKey(node))).size >= leastConfigurations
  );
  const curves = enough.map(([name, all]) => {
    const group = all.slice(0, mostRows);
    if (Deno.stderr.isTerminal()) console.error(`learning curve of ${name}`);
    const points = learningCurve({
      rows: group,
      measured: measuredRows(group, options).measured,
      callMs: floors[group[0].node.layer.kind] ?? 0,
    });
    return { name, points };
  });
  print(curvesText(curves, from?.split(/[/\\]/).at(-1) ?? null));
}

/** Enough for the largest number of rows in each fold's training set, and to judge by. */
const mostRows = 4000;
