/**
 * Evaluates the base and the boosted residual of a model file for one node at a time: the same terms and columns as in fitting.
 *
 * Outside what was measured trees say the same as at its edge. So the base leads there: with d the largest logarithm by which a
 * feature lies outside its range, the residual counts exp(−d), and the interval grows towards the base's own.
 *
 * @module
 */
import { localHalfWidth } from "../learn/local_width.ts";
import { predictBoosting } from "../learn/trees.ts";
import { boostingFromJson } from "../learn/trees_json.ts";
import type { Node } from "../node.ts";
import { baseTerm } from "./base_terms.ts";
import { type Geometry, geometry, type Hardware } from "./geometry.ts";
import type { BaseFit, BoostedFit, KindFit, StoredWidth, Vouched } from "./model.ts";
import { columnSource, powerColumns, powerInputs, shareOf, sourceTerm } from "./sheet.ts";
import { compileSource } from "./sources.ts";

/** A value and half of its interval's width on the log scale; null where nothing vouches for one. */
export interface Spread {
  readonly value: number;
  readonly halfWidth: number | null;
}

/** What the layer models say of a node. Times are of the whole row. */
export interface LayerEstimate {
  readonly runtimeMs: { readonly base: Spread; readonly boosted: Spread | null };
  readonly powerW: { readonly base: Spread; readonly boosted: Spread | null } | null;
  /** Half of the width of the interval of power times time; null where one width holds for all. */
  readonly energyHalfWidth: ((energyMj: number) => number) | null;
}

/** Predicts a node, given its feature vector and how far it lies outside what was measured; its power too, unless told. */
export type LayerModel = (node: Node, vector: Float64Array, distance: number, powered?: boolean) => LayerEstimate;

/** The parts of a fit that its layer models are made of; without widths there are no intervals. */
export type LayersOf = Pick<KindFit, "kind" | "hardware" | "power" | "energy" | "source"> & {
  readonly runtime: { readonly base: BaseOf | null; readonly boosted: BoostedOf | null };
};

type BaseOf = Pick<BaseFit, "rates" | "least"> & Partial<Vouched>;
type BoostedOf = Pick<BoostedFit, "columns" | "trees"> & Partial<BoostedFit>;

/**
 * Compiles a fit's layer models.
 *
 * @returns Null where the file has none.
 * @throws {RangeError} When a term or a column is not the program's; {TypeError} when trees cannot be read.
 */
export function compileLayers({ kind, hardware, runtime, power, energy, source }: LayersOf): LayerModel | null {
  if (runtime.base === null) return null;
  const sourceMs = source && compileSource(source, kind);
  const time = compileBase(runtime.base, kind, hardware);
  const timeTrees = runtime.boosted && compileBoosted(runtime.boosted, kind, hardware);
  const watts = power?.base ? compileBase(power.base, kind, hardware) : null;
  const wattsTrees = power?.boosted ? compileBoosted(power.boosted, kind, hardware) : null;
  const energyWidth = energy?.width ? compileWidth(energy.width) : null;

  return (node, vector, distance, powered = true) => {
    const fade = Math.exp(-distance);
    const sizes = geometry(node, hardware);
    const from = sourceMs?.(node) ?? 0;
    const base = time(sizes, from);
    const given: Given = { vector, sizes, from, base, power: null };
    const widened = (halfWidth: number | null, of: BaseOf) =>
      halfWidth === null ? null : halfWidth + (1 - fade) * (of.logHalfWidth ?? halfWidth);
    const spread = (of: BaseOf, value: number, trees: CompiledBoosted | null, given: Given) => ({
      base: { value, halfWidth: widened(of.logHalfWidth ?? null, of) },
      boosted: trees && trees(given, value, fade, (halfWidth) => widened(halfWidth, of)),
    });
    const runtimeMs = spread(runtime.base!, base.value, timeTrees, given);
    if (watts === null || !powered) return { runtimeMs, powerW: null, energyHalfWidth: null };

    const basePowerW = Math.min(Math.max(watts(sizes, from).value / base.value, power!.least), power!.most ?? Infinity);
    const elements = sizes.inputs + sizes.outputs;
    const rowMs = runtimeMs.boosted?.value ?? runtimeMs.base.value;
    const withPower = { ...given, power: powerInputs({ macs: sizes.macs, elements }, rowMs, basePowerW) };
    const powerW = spread(power!.base!, basePowerW, wattsTrees, withPower);
    const wide = energyWidth && wattsTrees &&
      ((energyMj: number) => widened(energyWidth(wattsTrees.columns(withPower), energyMj), runtime.base!)!);
    return { runtimeMs, powerW, energyHalfWidth: wide };
  };
}

/**
 * Checks the names of a fit's terms and columns, without its trees.
 *
 * @throws {RangeError} When one is not the program's, or stands for a source that the fit has not got.
 */
export function checkNames({ kind, hardware, runtime, power, source }: Omit<LayersOf, "energy">): void {
  for (const target of [runtime, power]) {
    const names = [...Object.keys(target?.base?.rates ?? {}), ...target?.boosted?.columns ?? []];
    if (names.includes(sourceTerm) && !source) throw new RangeError("they have a source that is not in the file");
    for (const name of Object.keys(target?.base?.rates ?? {})) if (name !== sourceTerm) baseTerm(name, kind, hardware);
    for (const name of target?.boosted?.columns ?? []) columnReader(name, kind, hardware);
  }
  if (source?.fit) checkNames({ ...source.fit, kind, runtime: source.fit, power: null });
}

/** What the columns of a node are made of. */
interface Given {
  readonly vector: Float64Array;
  readonly sizes: Geometry;
  /** The source's time. */
  readonly from: number;
  readonly base: BaseValue;
  readonly power: readonly number[] | null;
}

interface BaseValue {
  readonly value: number;
  /** Each term's part of it, by name. */
  readonly parts: ReadonlyMap<string, number>;
}

function compileBase({ rates, least }: BaseOf, kind: Node["layer"]["kind"], hardware: Hardware) {
  const terms = Object.entries(rates).map(([name, rate]) => ({
    name,
    rate,
    term: name === sourceTerm ? null : baseTerm(name, kind, hardware),
  }));
  return (sizes: Geometry, from: number): BaseValue => {
    const parts = new Map(terms.map(({ name, rate, term }) => [name, rate * (term === null ? from : term(sizes))]));
    let sum = 0;
    for (const part of parts.values()) sum += part;
    return { value: Math.max(sum, least), parts };
  };
}

interface CompiledBoosted {
  (given: Given, base: number, fade: number, widened: (halfWidth: number | null) => number | null): Spread;
  columns(given: Given): Float64Array;
}

function compileBoosted(fit: BoostedOf, kind: Node["layer"]["kind"], hardware: Hardware): CompiledBoosted {
  const readers = fit.columns.map((name) => columnReader(name, kind, hardware));
  const trees = fit.trees.map(boostingFromJson);
  const width = fit.width ? compileWidth(fit.width) : null;
  const columns = (given: Given) => Float64Array.from(readers, (read) => read(given));
  const evaluate = (
    given: Given,
    base: number,
    fade: number,
    widened: (halfWidth: number | null) => number | null,
  ): Spread => {
    const row = columns(given);
    const residual = trees.reduce((sum, each) => sum + predictBoosting(each, row), 0) / trees.length;
    const value = base * Math.exp(fade * residual);
    return { value, halfWidth: widened(width ? width(row, value) : fit.logHalfWidth ?? null) };
  };
  return Object.assign(evaluate, { columns });
}

function columnReader(name: string, kind: Node["layer"]["kind"], hardware: Hardware): (given: Given) => number {
  if (name === "base") return ({ base }) => base.value;
  if (name === sourceTerm) return ({ from }) => from;
  if (name.startsWith(shareOf)) {
    const term = name.slice(shareOf.length);
    return ({ base }) => (base.parts.get(term) ?? 0) / base.value;
  }
  const place = powerColumns.findIndex((column) => column === name);
  if (place >= 0) return ({ power }) => power![place];
  const source = columnSource(name, kind, hardware);
  return "feature" in source ? ({ vector }) => vector[source.feature] : ({ sizes }) => source.derived(sizes);
}

function compileWidth({ trees, edges, quantiles }: StoredWidth): (row: Float64Array, value: number) => number {
  const width = { trees: boostingFromJson(trees), edges, quantiles };
  return (row, value) => localHalfWidth(width, row, value);
}

/**
 * How far a feature vector lies outside ranges: the largest |ln((1 + value) / (1 + end of the range))|, 0 inside.
 *
 * @param outside Called with the place of each feature outside its range.
 */
export function distanceOutside(
  vector: Float64Array,
  lows: Float64Array,
  highs: Float64Array,
  outside: (feature: number) => void,
): number {
  let distance = 0;
  for (let i = 0; i < vector.length; i++) {
    const nearest = Math.min(Math.max(vector[i], lows[i]), highs[i]);
    if (nearest === vector[i]) continue;
    outside(i);
    distance = Math.max(distance, Math.abs(Math.log((1 + vector[i]) / (1 + nearest))));
  }
  return distance;
}
