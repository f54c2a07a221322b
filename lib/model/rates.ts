/**
 * A device's own rates: what its measured layers, of all kinds together, took for each launch, operation and byte,
 *
 *     t = launches · t_launch + FLOPs · t_flop + bytes · t_byte,   all ≥ 0,
 *
 * the analytical model's sum with figures that were measured, not promised. It predicts kinds that were not measured. How far it is
 * off is seen on the measured kinds, each predicted by the rates of the others.
 *
 * @module
 */
import type { Kind } from "neuralpower/dsl";
import { logHalfWidth } from "../learn/intervals.ts";
import { median } from "../learn/metrics.ts";
import { nnls } from "../learn/nnls.ts";
import type { Node } from "../node.ts";
import { type Work, work } from "./analytical.ts";
import type { Rates } from "./model.ts";
import { rateMs, type Sums } from "./nearest_rates.ts";

/** A node and the time that it took by itself, without the call's. */
export interface OwnTime {
  readonly node: Node;
  readonly ownMs: number;
}

const quantities = ["launches", "flops", "bytes"] as const satisfies (keyof Work)[];

/** A kind's rows are thinned to about so many: three rates need no more. */
const mostRows = 1000;

/**
 * Fits the rates of each pass and number format, every kind with the same weight.
 *
 * @param rows Of any kinds, passes and formats.
 */
export function fitRates(rows: readonly OwnTime[]): Rates[] {
  const groups = Map.groupBy(rows, ({ node }) => `${node.pass} ${node.dtype}`);
  return [...groups.values()].flatMap((group): Rates[] => {
    const { pass, dtype } = group[0].node;
    const kinds = [...Map.groupBy(group, ({ node }) => node.layer.kind)].map(([kind, rows]) => ({
      kind,
      rows: thin(rows.filter(({ ownMs }) => ownMs > 0)),
    })).filter(({ rows }) => rows.length > 0);
    return kinds.length === 0
      ? []
      : [{ pass, dtype, kinds: kinds.map(({ kind }) => kind), ...solve(kinds), logHalfWidth: worstWidth(kinds) }];
  });
}

interface KindRows {
  readonly kind: Kind;
  readonly rows: readonly OwnTime[];
}

/** min over rates ≥ 0 of Σ over kinds of the mean of ((t̂ − t) / t)², then scaled so that half of the rows take longer. */
function solve(kinds: readonly KindRows[]): Sums {
  const rows = kinds.flatMap(({ rows }) => rows.map((row) => ({ ...row, weight: 1 / rows.length })));
  const works = rows.map(({ node }) => work(node));
  const p = quantities.length;
  const x = new Float64Array(rows.length * p);
  works.forEach((each, i) => quantities.forEach((name, j) => x[i * p + j] = each[name] / rows[i].ownMs));
  const { coefficients } = nnls({
    x,
    n: rows.length,
    p,
    y: new Float64Array(rows.length).fill(1),
    weights: Float64Array.from(rows, ({ weight }) => weight),
  });
  const [launchMs, flopMs, byteMs] = quantities.map((_, j) => coefficients[j] || cheapest(x, j));
  const sums = { launchMs, flopMs, byteMs };
  const scale = median(kinds.map(({ rows }) => median(rows.map(({ node, ownMs }) => ownMs / rateMs(node, sums)))));
  return { launchMs: scale * launchMs, flopMs: scale * flopMs, byteMs: scale * byteMs };
}

/** Where other quantities explain all rows, this one still costs what the rows that had most of it in their time show: a kind may be all of it. */
function cheapest(x: Float64Array, quantity: number): number {
  let most = 0;
  for (let at = quantity; at < x.length; at += quantities.length) most = Math.max(most, x[at]);
  return most > 0 ? 1 / most : 0;
}

/** The widest interval that a kind needs which the rates of the other kinds predict; of a single kind, what its own leave. */
function worstWidth(kinds: readonly KindRows[]): number | null {
  const widths = kinds.map((held) => {
    const others = kinds.filter((kind) => kind !== held);
    const sums = solve(others.length > 0 ? others : kinds);
    return logHalfWidth(held.rows.map(({ ownMs }) => ownMs), held.rows.map(({ node }) => rateMs(node, sums)));
  }).filter((width) => width !== null);
  return widths.length > 0 ? Math.max(...widths) : null;
}

function thin(rows: readonly OwnTime[]): readonly OwnTime[] {
  const step = Math.ceil(rows.length / mostRows);
  return rows.filter((_, i) => i % step === 0);
}
