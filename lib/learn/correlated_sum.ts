/**
 * The interval of a sum whose parts' errors go together to some degree. With h the half-width of a part's interval and ρ how much of its
 * error's variance it shares with all others,
 *
 *     H² = Σ (1 − ρ)·h² + (Σ √ρ·h)².
 *
 * ρ = 0 is the quadrature of independent errors, ρ = 1 the plain sum of one error. Parts that are the same have the same error: they
 * are merged first. Low and high sides are summed by themselves, since intervals of positive quantities are longer upwards.
 *
 * @module
 */

/** One part of a sum. */
export interface SummedPart {
  /** Parts of the same key are the same thing, with one error. */
  readonly key: string;
  readonly value: number;
  /** Ends of its interval; null where nothing vouches for one, and then nothing does for the sum. */
  readonly low: number | null;
  readonly high: number | null;
  /** Share of its error's variance that it has in common with all other parts, 0 … 1. */
  readonly correlation: number;
}

/**
 * Adds parts up.
 *
 * @example
 * ```ts
 * import { correlatedSum } from "./correlated_sum.ts";
 * const part = (key: string, correlation: number) => ({ key, value: 10, low: 7, high: 14, correlation });
 * // Independent: √(3² + 3²) below, √(4² + 4²) above. The same thing twice: 6 and 8.
 * const { low, high } = correlatedSum([part("a", 0), part("b", 0)]);
 * if (Math.abs(low! - (20 - 3 * Math.SQRT2)) + Math.abs(high! - (20 + 4 * Math.SQRT2)) > 1e-9) throw new Error("not quadrature");
 * if (correlatedSum([part("a", 0), part("a", 0)]).high !== 28) throw new Error("the same error counts in full");
 * ```
 */
export function correlatedSum(
  parts: readonly SummedPart[],
): { readonly value: number; readonly low: number | null; readonly high: number | null } {
  const value = parts.reduce((sum, part) => sum + part.value, 0);
  if (parts.some(({ low, high }) => low === null || high === null)) return { value, low: null, high: null };
  return {
    value,
    low: value - halfWidth(parts, (part) => part.value - part.low!),
    high: value + halfWidth(parts, (part) => part.high! - part.value),
  };
}

function halfWidth(parts: readonly SummedPart[], side: (part: SummedPart) => number): number {
  let own = 0, shared = 0;
  for (const same of Map.groupBy(parts, ({ key }) => key).values()) {
    const h = same.reduce((sum, part) => sum + side(part), 0);
    own += (1 - same[0].correlation) * h * h;
    shared += Math.sqrt(same[0].correlation) * h;
  }
  return Math.sqrt(own + shared * shared);
}
