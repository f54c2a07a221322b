/**
 * A value with its interval.
 *
 * @module
 */

/** A value with its 90 % interval; bounds are null where no held-out error vouches for one. */
export interface Estimate {
  /** The best guess. */
  readonly value: number;
  /** Lower end of the interval. */
  readonly low: number | null;
  /** Upper end of the interval. */
  readonly high: number | null;
}

/** [(value + offset)·exp(∓q) − offset], not below `least`. */
export function around(value: number, q: number | null, offset = 0, least = 0): Estimate {
  if (q === null) return { value, low: null, high: null };
  const [low, high] = [-q, q].map((log) => (value + offset) * Math.exp(log) - offset);
  return { value, low: Math.max(low, least), high };
}
