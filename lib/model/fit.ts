/**
 * Fits a device's models: for each kind, pass and number format one sparse polynomial of runtime and one of power, each in two forms
 * (the paper's Lasso, and the Lasso with weights 1/y²), with errors on held-out configurations.
 *
 * @module
 */
import { type Kind, kinds } from "neuralpower/dsl";
import { featureNames, featureVector } from "../features.ts";
import { configurationKey, foldsByGroup } from "../learn/folds.ts";
import { heldOutCoverage, logHalfWidth } from "../learn/intervals.ts";
import { type Design, predictLinear } from "../learn/lasso.ts";
import { crossValidateLasso } from "../learn/lasso_cv.ts";
import { errors, median } from "../learn/metrics.ts";
import type { TableRow } from "../table.ts";
import { analytical } from "./analytical.ts";
import type { Target } from "./candidates.ts";
import { type KindFit, type Polynomial, type PolynomialName, polynomialNames, type TargetFit } from "./model.ts";
import type { Specification } from "./specifications.ts";
import { nonZero, termTable } from "./term_table.ts";

/** Held-out errors come from this many folds of configurations… */
const outerFolds = 5;
/** …and the penalty from this many within each training set, as in the paper. */
const innerFolds = 10;
/** With fewer configurations no cross-validation within cross-validation is worth its name. */
export const leastConfigurations = 25;

/** A launch where the device has no specification: without one, nothing would remain of the fastest row. */
const assumedLaunchUs = 5;

/** A power row shows its layer's power where the meter's own relative spread is at most this. */
const resolvedSpread = 0.05;

/** A layer smaller than all that were measured may be faster than they, but is not taken to need less than this share. */
const leastShare = 0.5;

/** Relative model error that a power row's meter noise is weighed against: 1 / (σ² + 0.03²). */
const powerModelError = 0.03;

/** What the rows share. */
export interface FitOptions {
  /** Whether each row holds a call's own cost (see {@linkcode callFloors}). */
  readonly rowsHoldCall: boolean;
  /** The device's figures: for the time of a launch, which remains of the fastest row, and the analytical model's errors. */
  readonly specification: Specification | null;
  /** Called before each group's fit. */
  readonly onProgress?: (what: string) => void;
}

/** All fits of a device, and the groups of rows that were too few. */
export interface DeviceFit {
  /** By kind, pass and number format. */
  readonly fits: KindFit[];
  /** Groups with too few configurations, and how many they have. */
  readonly tooFew: string[];
}

/**
 * Fits every group of rows of one kind, pass and number format.
 *
 * @param rows A layers table's rows, in any order.
 * @returns A fit for each group of at least {@linkcode leastConfigurations} configurations with a runtime.
 */
export function fitDevice(rows: readonly TableRow[], options: FitOptions): DeviceFit {
  const timed = rows.filter((row) => row.measured.runtimeMs !== null);
  const floors = options.rowsHoldCall
    ? callFloors(timed, (options.specification?.launchUs ?? assumedLaunchUs) / 1000)
    : {};
  const groups = Map.groupBy(timed, ({ node }) => `${node.layer.kind} ${node.pass} ${node.dtype}`);
  const fits: KindFit[] = [];
  const tooFew: string[] = [];
  for (const [name, group] of [...groups].sort(([, a], [, b]) => order(a) - order(b))) {
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
    fits.push(fitKind(group, floors[group[0].node.layer.kind] ?? 0, options.specification));
  }
  return { fits, tooFew };
}

function order([{ node }]: readonly TableRow[]): number {
  return kinds.indexOf(node.layer.kind) * 10 + ["forward", "backward", "training"].indexOf(node.pass);
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

/** Fits runtime and power of rows of one kind, pass and number format. */
function fitKind(rows: readonly TableRow[], callMs: number, specification: Specification | null): KindFit {
  const { layer: { kind }, pass, dtype } = rows[0].node;
  const runtime = fitTarget(rows, "runtime", callMs);
  const powered = rows.filter(({ measured }) => measured.powerW !== null);
  const enough = new Set(powered.map(({ node }) => configurationKey(node))).size >= leastConfigurations;
  const power = enough ? fitTarget(powered, "power", 0) : null;
  return {
    kind,
    pass,
    dtype,
    rows: rows.length,
    configurations: new Set(rows.map(({ node }) => configurationKey(node))).size,
    callMs,
    ranges: featureRanges(rows, kind),
    runtime: { ...runtime.fit, analytical: specification && analyticalFit(rows, callMs, specification) },
    power: power?.fit ?? null,
    energy: power && heldOutEnergy(runtime.predictions, power.predictions),
  };
}

/** What no prediction is below, and for power above. */
type Bounds = Pick<TargetFit, "least" | "most">;

/** A target's fit, and each row's prediction by the default polynomial fitted without the row's configuration. */
interface FittedTarget {
  readonly fit: TargetFit;
  readonly predictions: ReadonlyMap<TableRow, number>;
}

function fitTarget(rows: readonly TableRow[], target: Target, callMs: number): FittedTarget {
  const { layer: { kind }, pass } = rows[0].node;
  const y = Float64Array.from(
    rows,
    ({ measured }) => (target === "runtime" ? measured.runtimeMs! : measured.powerW!) - callMs,
  );
  const spreads = rows.map(({ measured }) =>
    target === "runtime"
      ? ratio(measured.runtimeMsSpread, measured.runtimeMs!)
      : ratio(measured.powerWSpread, measured.powerW!)
  );
  // The extremes of a power meter that steps more coarsely than the layer runs are the meter's, not the layer's.
  const resolved = y.map((_, row) => Number(target === "runtime" || (spreads[row] ?? 0) <= resolvedSpread));
  const boundsOf = (training: readonly number[]): Bounds => {
    const seen = training.some((row) => resolved[row]) ? training.filter((row) => resolved[row]) : training;
    const smallest = seen.reduce((smallest, row) => Math.min(smallest, y[row]), Infinity);
    const least = target === "runtime" ? leastShare * smallest : smallest;
    return { least, most: target === "power" ? seen.reduce((largest, row) => Math.max(largest, y[row]), 0) : null };
  };
  const { least, most } = boundsOf([...y.keys()]);
  const table = termTable(rows, kind, target, pass);
  const groups = rows.map(({ node }) => configurationKey(node));
  const folds = foldsByGroup(groups, outerFolds);
  const measured = y.map((value) => value + callMs);

  const fits = polynomialNames.map((name) => {
    const weights = name === "paper" ? undefined : relativeWeights(measured, target === "power" ? spreads : null);
    const design: Design = { x: table.x, n: rows.length, p: table.terms.length, y, weights };
    const predictions = heldOutPredictions(design, groups, folds, boundsOf).map((value) => value + callMs);
    const { fit, unconverged } = crossValidateLasso(design, { folds: foldsByGroup(groups, innerFolds) });
    const polynomial: Polynomial = {
      lambda: fit.lambda,
      gap: fit.gap,
      unconverged,
      intercept: fit.intercept,
      coefficients: nonZero(table.terms, fit.coefficients),
      ...vouched(rows, measured, predictions),
    };
    return { name, polynomial, predictions };
  });
  const better: PolynomialName = fits[1].polynomial.heldOut.rmspe <= fits[0].polynomial.heldOut.rmspe
    ? "relative"
    : "paper";
  const chosen = fits.find(({ name }) => name === better)!;
  return {
    fit: {
      default: better,
      least,
      most,
      noise: spreads.every((spread) => spread !== null) ? median(spreads as number[]) : null,
      analytical: null,
      polynomials: { paper: fits[0].polynomial, relative: fits[1].polynomial },
    },
    predictions: new Map(rows.map((row, i) => [row, chosen.predictions[i]])),
  };
}

/** Each row's prediction by a Lasso that has not seen its configuration, neither for its coefficients nor for its penalty. */
function heldOutPredictions(
  design: Design,
  groups: readonly string[],
  folds: Int32Array,
  boundsOf: (training: readonly number[]) => Bounds,
): Float64Array {
  const predictions = new Float64Array(design.n);
  const all = Array.from(folds.keys());
  for (let fold = 0; fold < outerFolds; fold++) {
    const training = all.filter((row) => folds[row] !== fold);
    const held = all.filter((row) => folds[row] === fold);
    const inner = foldsByGroup(training.map((row) => groups[row]), innerFolds, 1);
    const { fit } = crossValidateLasso(pick(design, training), { folds: inner });
    const { least, most } = boundsOf(training);
    predictLinear(fit, design.x, held).forEach((value, i) => {
      predictions[held[i]] = Math.min(Math.max(value, least), most ?? Infinity);
    });
  }
  return predictions;
}

function pick({ x, p, y, weights }: Design, rows: readonly number[]): Design {
  const part = new Float64Array(rows.length * p);
  rows.forEach((row, i) => part.set(x.subarray(row * p, (row + 1) * p), i * p));
  return {
    x: part,
    n: rows.length,
    p,
    y: Float64Array.from(rows, (row) => y[row]),
    weights: weights && Float64Array.from(rows, (row) => weights[row]),
  };
}

/** Weights 1/y², scaled to a mean of 1; rows whose meter is coarse weigh less. */
function relativeWeights(y: Float64Array, spreads: readonly (number | null)[] | null): Float64Array {
  const weights = y.map((value, i) => 1 / (value * value * ((spreads?.[i] ?? 0) ** 2 + powerModelError ** 2)));
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return weights.map((weight) => weight / mean);
}

function featureRanges(rows: readonly TableRow[], kind: Kind): Record<string, [number, number]> {
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
    ...vouched(rows, measured, predicted.map((value) => value + callMs)),
    scale,
    scaledLogHalfWidth: logHalfWidth(own, predicted.map((value) => value * scale)),
  };
}

/** Errors and interval of predictions of rows that the model has not seen. */
function vouched(rows: readonly TableRow[], measured: ArrayLike<number>, predicted: ArrayLike<number>) {
  const folds = foldsByGroup(rows.map(({ node }) => configurationKey(node)), outerFolds);
  return {
    heldOut: { ...errors(measured, predicted), coverage90: heldOutCoverage(measured, predicted, folds) },
    logHalfWidth: logHalfWidth(measured, predicted),
  };
}

/** Energy's errors: held-out power times held-out runtime on the rows with both. */
function heldOutEnergy(
  runtimes: ReadonlyMap<TableRow, number>,
  powers: ReadonlyMap<TableRow, number>,
) {
  const rows = [...powers.keys()];
  const measured = rows.map((row) => row.measured.energyMj!);
  const predicted = rows.map((row) => powers.get(row)! * runtimes.get(row)!);
  return vouched(rows, measured, predicted);
}

function ratio(spread: number | null, value: number): number | null {
  return spread === null ? null : spread / value;
}
