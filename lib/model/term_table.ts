/**
 * The design matrix of a fit: candidate terms by rows.
 *
 * @module
 */
import type { Kind } from "neuralpower/dsl";
import { featureNames, featureVector } from "../features.ts";
import { compileTerms, type Term, termName } from "../learn/terms.ts";
import type { Pass } from "../node.ts";
import type { TableRow } from "../table.ts";
import { candidateTerms, type Target } from "./candidates.ts";

/** The candidate terms' values for each row, without constant columns and all but the first of identical ones. */
export function termTable(
  rows: readonly TableRow[],
  kind: Kind,
  target: Target,
  pass: Pass,
): { terms: Term[]; x: Float64Array } {
  const all = candidateTerms(kind, target, pass);
  const evaluator = compileTerms(all, featureNames(kind));
  const values = new Float64Array(rows.length * all.length);
  rows.forEach(({ node }, row) => evaluator.evaluate(featureVector(node), values, row * all.length));

  const seen = new Set<string>();
  const kept = all.map((_, term) => term).filter((term) => {
    const column = Float64Array.from(rows, (_, row) => values[row * all.length + term]);
    const key = column.join();
    const wanted = column.some((value) => value !== column[0]) && !seen.has(key);
    seen.add(key);
    return wanted;
  });
  const x = new Float64Array(rows.length * kept.length);
  rows.forEach((_, row) => kept.forEach((term, i) => x[row * kept.length + i] = values[row * all.length + term]));
  return { terms: kept.map((term) => all[term]), x };
}

/** The coefficients that are not 0, by term. */
export function nonZero(terms: readonly Term[], coefficients: Float64Array): Record<string, number> {
  const entries = terms.map((term, i): [string, number] => [termName(term), coefficients[i]]);
  return Object.fromEntries(entries.filter(([, coefficient]) => coefficient !== 0));
}
