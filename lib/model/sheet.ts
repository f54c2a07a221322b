/**
 * The rows of a fit as columns of numbers: the base's terms, and what the boosted residual sees.
 *
 * @module
 */
import type { Kind } from "neuralpower/dsl";
import { featureNames, featureVector } from "../features.ts";
import type { Node } from "../node.ts";
import { baseTerm, baseTermNames } from "./base_terms.ts";
import { type Column, derivedColumns } from "./columns.ts";
import { geometry, type Hardware } from "./geometry.ts";

/** Rows by columns. */
export interface Sheet {
  readonly kind: Kind;
  readonly hardware: Hardware;
  readonly rows: number;
  /** The base's terms that are not 0 in every row, and each one's values. */
  readonly terms: readonly string[];
  readonly termValues: readonly Float64Array[];
  /** Features and derived columns that vary, and each one's values. */
  readonly columns: readonly string[];
  readonly columnValues: readonly Float64Array[];
  /** Multiply-adds, and elements read and written, of each row. */
  readonly macs: Float64Array;
  readonly elements: Float64Array;
}

/**
 * Evaluates all terms and columns of nodes of one kind.
 *
 * @param covariates What else is known of each row, by name: terms and columns too. But for {@linkcode sourceTerm}, models of it cannot
 * be shipped.
 */
export function sheet(
  nodes: readonly Node[],
  kind: Kind,
  hardware: Hardware,
  covariates: Readonly<Record<string, Float64Array>> = {},
): Sheet {
  const given = Object.entries(covariates).map(([name, values]) => ({ name, values: Float64Array.from(values) }));
  const geometries = nodes.map((node) => geometry(node, hardware));
  const terms = baseTermNames(kind, hardware, geometries.map(({ op }) => op)).map((name) => {
    const term = baseTerm(name, kind, hardware);
    return { name, values: Float64Array.from(geometries, term) };
  }).concat(given).filter(({ values }) => values.some((value) => value !== 0));

  const vectors = nodes.map((node) => featureVector(node));
  const candidates = [
    ...given,
    ...featureNames(kind).map((name, i) => ({ name, values: Float64Array.from(vectors, (vector) => vector[i]) })),
    ...Object.entries(derivedColumns(kind, hardware)).map(([name, column]) => ({
      name: derivedPrefix + name,
      values: Float64Array.from(geometries, column),
    })),
  ];
  const seen = new Set<string>();
  const columns = candidates.filter(({ values }) => {
    const key = values.join();
    const wanted = values.some((value) => value !== values[0]) && !seen.has(key);
    seen.add(key);
    return wanted;
  });
  return {
    kind,
    hardware,
    rows: nodes.length,
    terms: terms.map(({ name }) => name),
    termValues: terms.map(({ values }) => values),
    columns: columns.map(({ name }) => name),
    columnValues: columns.map(({ values }) => values),
    macs: Float64Array.from(geometries, ({ macs }) => macs),
    elements: Float64Array.from(geometries, ({ inputs, outputs }) => inputs + outputs),
  };
}

/** Name of the term, and of the column, that holds another device's time: see `sources.ts`. */
export const sourceTerm = "source";

/** Column names that are no features: they come from the base and from the predicted time. */
export const shareOf = "share_";

/** What the trees of power see beside what those of time see, in this order. */
export const powerColumns = ["runtime", "macRate", "elementRate", "basePower"] as const;

/** One row's values of {@linkcode powerColumns}. */
export function powerInputs(
  { macs, elements }: { readonly macs: number; readonly elements: number },
  runtimeMs: number,
  basePowerW: number,
): [number, number, number, number] {
  return [runtimeMs, macs / runtimeMs, elements / runtimeMs, basePowerW];
}

/** Derived columns have names of their own beside the features'. */
const derivedPrefix = "derived_";

/** A column's place in a feature vector, or how it is derived. */
export type ColumnSource = { readonly feature: number } | { readonly derived: Column };

/**
 * Where a column of a model file comes from.
 *
 * @throws {RangeError} When the kind has none of that name.
 */
export function columnSource(name: string, kind: Kind, hardware: Hardware): ColumnSource {
  const feature = featureNames(kind).indexOf(name);
  if (feature >= 0) return { feature };
  const derived = name.startsWith(derivedPrefix)
    ? derivedColumns(kind, hardware)[name.slice(derivedPrefix.length)]
    : undefined;
  if (derived === undefined) throw new RangeError(`"${name}" is not a column of ${kind} on a ${hardware.type}`);
  return { derived };
}
