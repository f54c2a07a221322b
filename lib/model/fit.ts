/**
 * Fits a device's models: for each kind, pass and number format runtime and power, each in four forms
 * (the paper's Lasso, the Lasso with weights 1/y², the physical base, and the base with a boosted residual), with errors on held-out
 * configurations.
 *
 * @module
 */
import type { Kind } from "neuralpower/dsl";
import { featureNames, featureVector } from "../features.ts";
import { configurationKey } from "../learn/folds.ts";
import { logHalfWidth } from "../learn/intervals.ts";
import { median } from "../learn/metrics.ts";
import type { TableRow } from "../table.ts";
import { analytical } from "./analytical.ts";
import { errorCorrelation } from "./correlation.ts";
import { fitLayers, storedWidth } from "./fit_layers.ts";
import { floorsOf, groupsOf, isResolved, measuredRows } from "./fit_rows.ts";
import { fitTarget, type HeldOutValues, leastConfigurations } from "./fit_target.ts";
import { type Hardware, hardwareOf } from "./geometry.ts";
import type { EnergyFit, KindFit, Rates, StoredSource, TargetFit } from "./model.ts";
import { fitRates } from "./rates.ts";
import { sourceTerm } from "./sheet.ts";
import type { SourceKey } from "./sources.ts";
import type { Specification } from "./specifications.ts";
import { configurationFolds, vouched, vouchedLocally } from "./vouch.ts";

/** What the rows share. */
export interface FitOptions {
  /** Whether each row holds a call's own cost (see `callFloors` in `fit_rows.ts`). */
  readonly rowsHoldCall: boolean;
  /** The device's figures: for the time of a launch, which remains of the fastest row, and the analytical model's errors. */
  readonly specification: Specification | null;
  /** What the layers run on: the specification's, or a GPU, by default. */
  readonly hardware?: Hardware;
  /** What a kind's time may be a correction of. */
  readonly sourceOf?: (rows: SourceKey) => StoredSource | null;
  /** What else is known of each row, for a study of a set: such a fit predicts no other rows. */
  readonly covariates?: Readonly<Record<string, Float64Array>>;
  /** Called before each group's fit. */
  readonly onProgress?: (what: string) => void;
}

/** All fits of a device, and the groups of rows that were too few. */
export interface DeviceFit {
  /** By kind, pass and number format. */
  readonly fits: KindFit[];
  /** Of all rows, also of kinds that were too few to be fitted. */
  readonly rates: Rates[];
  /** Groups with too few configurations, and how many they have. */
  readonly tooFew: string[];
  /** What models that have not seen a row's configuration say of it, of each row that was fitted. */
  readonly heldOut: ReadonlyMap<TableRow, HeldOutRow>;
}

/** A row's prediction by the default forms, without the call's cost. */
export interface HeldOutRow {
  /** Of the layer alone. */
  readonly runtimeMs: number;
  /** Null where the row's power was not fitted. */
  readonly powerW: number | null;
}

/**
 * Fits every group of rows of one kind, pass and number format.
 *
 * @param rows A layers table's rows, in any order.
 * @returns A fit for each group of at least {@linkcode leastConfigurations} configurations with a runtime.
 */
export function fitDevice(rows: readonly TableRow[], options: FitOptions): DeviceFit {
  const timed = rows.filter((row) => row.measured.runtimeMs !== null);
  const floors = floorsOf(timed, options);
  const fits: KindFit[] = [];
  const tooFew: string[] = [];
  const heldOut = new Map<TableRow, HeldOutRow>();
  for (const [name, group] of groupsOf(timed)) {
    const configurations = new Set(group.map(({ node }) => configurationKey(node))).size;
    if (configurations < leastConfigurations) {
      tooFew.push(`${name}: ${configurations} configurations, ${leastConfigurations} are needed`);
      continue;
    }
    options.onProgress?.(`${name}: ${group.length} rows, ${configurations} configurations`);
    if (new Set(group.map(({ measured }) => measured.runtimeMs)).size === 1) {
      tooFew.push(`${name}: all ${group.length} rows took ${group[0].measured.runtimeMs} ms`);
      continue;
    }
    const fitted = fitGroup(group, floors[group[0].node.layer.kind] ?? 0, options);
    fits.push(fitted.fit);
    for (const [row, values] of fitted.heldOut) heldOut.set(row, values);
  }
  const owned = timed.map(({ node, measured }) => ({
    node,
    ownMs: measured.runtimeMs! - (floors[node.layer.kind] ?? 0),
  }));
  return { fits, rates: fitRates(owned), tooFew, heldOut };
}

/** A group's fit, and what each form says of each row held out. */
export interface GroupFit {
  readonly fit: KindFit;
  readonly runtime: HeldOutValues;
  /** Of the rows that have a power, in their order. */
  readonly power: HeldOutValues | null;
  /** By the default forms. */
  readonly heldOut: ReadonlyMap<TableRow, HeldOutRow>;
}

/**
 * Fits runtime and power of rows of one kind, pass and number format, in every form.
 *
 * @param callMs What of each row is the call's.
 */
export function fitGroup(rows: readonly TableRow[], callMs: number, options: FitOptions): GroupFit {
  const { layer: { kind }, pass, dtype } = rows[0].node;
  const { specification, hardware = hardwareOf(specification, "") } = options;
  const { measured, source } = measuredRows(rows, options);
  const { groups } = measured;
  const folds = configurationFolds(rows);
  const powered = Uint32Array.from(rows.keys()).filter((row) => rows[row].measured.powerW !== null);
  const enough = new Set(Array.from(powered, (row) => groups[row])).size >= leastConfigurations;
  const layers = fitLayers(measured, folds, enough ? powered : null);
  const runtime = fitTarget(rows, "runtime", callMs, folds, layers.runtime, { inner: layers.innerErrors });
  const { base, boosted } = layers.runtime;
  const corrects = sourceTerm in base.fit.rates || boosted.fit.columns.includes(sourceTerm);
  const powerRows = Array.from(powered, (row) => rows[row]);
  const power = layers.power &&
    fitTarget(powerRows, "power", 0, pickInt(folds, powered), layers.power, {
      places: powered,
      inner: layers.power.inner,
    });
  const fit: KindFit = {
    kind,
    pass,
    dtype,
    hardware,
    rows: rows.length,
    configurations: new Set(groups).size,
    callMs,
    ranges: featureRanges(rows, kind),
    ...source && corrects ? { source } : {},
    ...layers.runtime.width &&
      { correlation: errorCorrelation(layers.measured, layers.runtime.columns, layers.runtime.width) },
    runtime: { ...runtime.fit, analytical: specification && analyticalFit(rows, callMs, specification) },
    power: power?.fit ?? null,
    energy: power && energyFit(powerRows, runtime.predictions, power.predictions, layers.power!.columns),
  };
  const heldOut = new Map(
    rows.map((row) => [row, {
      runtimeMs: Math.max(runtime.predictions.get(row)! - callMs, fit.runtime.least),
      powerW: power?.predictions.get(row) ?? null,
    }]),
  );
  return { fit, runtime: runtime.forms, power: power && power.forms, heldOut };
}

function pickInt(values: Int32Array, rows: Uint32Array): Int32Array {
  return Int32Array.from(rows, (row) => values[row]);
}

/** Smallest and largest value of each feature. */
export function featureRanges(rows: readonly TableRow[], kind: Kind): Record<string, [number, number]> {
  const vectors = rows.map(({ node }) => featureVector(node));
  return Object.fromEntries(
    featureNames(kind).map((name, i) => {
      const values = vectors.map((vector) => vector[i]);
      return [
        name,
        values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]),
      ];
    }),
  );
}

/** The analytical model's errors, which has seen no row, and what it takes to bring it to the rows' level. */
function analyticalFit(
  rows: readonly TableRow[],
  callMs: number,
  specification: Specification,
): TargetFit["analytical"] {
  const measured = rows.map((row) => row.measured.runtimeMs!);
  const predicted = rows.map(({ node }) => analytical(node, specification).runtimeMs);
  const own = measured.map((value) => value - callMs);
  const scale = median(own.map((value, i) => value / predicted[i]));
  return {
    ...vouched(measured, predicted.map((value) => value + callMs), configurationFolds(rows)),
    scale,
    scaledLogHalfWidth: logHalfWidth(own, predicted.map((value) => value * scale)),
  };
}

/** Energy's errors: held-out power times held-out runtime on the rows with both. */
function energyFit(
  rows: readonly TableRow[],
  runtimes: ReadonlyMap<TableRow, number>,
  powers: ReadonlyMap<TableRow, number>,
  columns: readonly Float64Array[],
): EnergyFit {
  const measured = Float64Array.from(rows, (row) => row.measured.energyMj!);
  const predicted = Float64Array.from(rows, (row) => powers.get(row)! * runtimes.get(row)!);
  const folds = configurationFolds(rows);
  const { vouched: energy, width } = vouchedLocally({ columns, measured, predicted, folds });
  const resolved = rows.filter(isResolved);
  const some = resolved.length < rows.length &&
    new Set(resolved.map(({ node }) => configurationKey(node))).size >= leastConfigurations;
  const errorsOf = (value: (row: TableRow) => number, prediction: (row: TableRow) => number) =>
    vouched(resolved.map(value), resolved.map(prediction), configurationFolds(resolved)).heldOut;
  return {
    ...energy,
    width: width && storedWidth(width),
    resolved: some
      ? {
        power: errorsOf(({ measured }) => measured.powerW!, (row) => powers.get(row)!),
        energy: errorsOf(({ measured }) => measured.energyMj!, (row) => powers.get(row)! * runtimes.get(row)!),
      }
      : null,
  };
}
