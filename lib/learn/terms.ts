/**
 * Polynomial terms over named features: `batch`, `outHeight^2*inChannels`, `log2(batch)*outChannels`.
 *
 * A term is a product of at most three factors, each a feature or its binary logarithm; that is all that the paper's polynomials of
 * degree three need, and what makes evaluating one fast.
 *
 * @module
 */

/** A feature, or its binary logarithm. */
export interface Factor {
  readonly feature: string;
  readonly log2: boolean;
}

/** A product of one to three factors, in a fixed order. */
export type Term = readonly Factor[];

/** The term's name: equal factors as a power, factors joined by `*`. */
export function termName(term: Term): string {
  const powers = new Map<string, number>();
  for (const { feature, log2 } of term) {
    const factor = log2 ? `log2(${feature})` : feature;
    powers.set(factor, (powers.get(factor) ?? 0) + 1);
  }
  return [...powers].map(([factor, power]) => power === 1 ? factor : `${factor}^${power}`).join("*");
}

/**
 * Reads a term's name.
 *
 * @throws {SyntaxError} When it is none.
 */
export function parseTerm(name: string): Term {
  const term = name.split("*").flatMap((text): Factor[] => {
    const match = /^(?:log2\((\w+)\)|(\w+))(?:\^([23]))?$/.exec(text);
    if (match === null) {
      throw new SyntaxError(`"${name}" is not a term such as batch, inHeight^2*inChannels or log2(batch)`);
    }
    return Array(Number(match[3] ?? 1)).fill({ feature: match[1] ?? match[2], log2: match[1] !== undefined });
  });
  if (term.length > 3) throw new SyntaxError(`"${name}" has ${term.length} factors; a term has three at most`);
  return term;
}

/** All products of exactly `degree` of the factors, with repetition: (n + degree − 1 choose degree) terms. */
export function products(factors: readonly Factor[], degree: number): Term[] {
  if (degree === 0) return [[]];
  return factors.flatMap((factor, first) =>
    products(factors.slice(first), degree - 1).map((rest) => [factor, ...rest])
  );
}

/** Evaluates terms of feature vectors. */
export interface TermEvaluator {
  readonly count: number;
  /** Writes the terms' values to `out` from `offset` on. */
  evaluate(vector: Float64Array, out: Float64Array, offset: number): void;
  /** Σ coefficient · term. */
  dot(vector: Float64Array, coefficients: Float64Array): number;
}

/**
 * Compiles terms over feature vectors.
 *
 * @param terms Any number of terms.
 * @param features Names of the vector's entries.
 * @throws {RangeError} When a term names a feature that the vector has not.
 */
export function compileTerms(terms: readonly Term[], features: readonly string[]): TermEvaluator {
  // Entry 0 is the factor 1, then each distinct factor once; a term is three indices, unused ones pointing at the 1.
  const slots = new Map<string, number>();
  const sources: { index: number; log2: boolean }[] = [];
  const indices = new Int32Array(3 * terms.length);
  terms.forEach((term, t) =>
    term.forEach(({ feature, log2 }, f) => {
      const key = termName([{ feature, log2 }]);
      if (!slots.has(key)) {
        const index = features.indexOf(feature);
        if (index < 0) {
          throw new RangeError(`Term "${termName(term)}" needs the feature "${feature}", which is not there`);
        }
        sources.push({ index, log2 });
        slots.set(key, sources.length);
      }
      indices[3 * t + f] = slots.get(key)!;
    })
  );
  const sourceIndex = Int32Array.from(sources, ({ index }) => index);
  const sourceLog = Uint8Array.from(sources, ({ log2 }) => Number(log2));
  const values = new Float64Array(sources.length + 1);
  values[0] = 1;
  const load = (vector: Float64Array) => {
    for (let s = 0; s < sourceIndex.length; s++) {
      const value = vector[sourceIndex[s]];
      values[s + 1] = sourceLog[s] ? Math.log2(value) : value;
    }
  };
  return {
    count: terms.length,
    evaluate(vector, out, offset) {
      load(vector);
      for (let t = 0, i = 0; t < terms.length; t++, i += 3) {
        out[offset + t] = values[indices[i]] * values[indices[i + 1]] * values[indices[i + 2]];
      }
    },
    dot(vector, coefficients) {
      load(vector);
      let sum = 0;
      for (let t = 0, i = 0; t < coefficients.length; t++, i += 3) {
        sum += coefficients[t] * values[indices[i]] * values[indices[i + 1]] * values[indices[i + 2]];
      }
      return sum;
    },
  };
}
