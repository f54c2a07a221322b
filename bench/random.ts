/**
 * Random draws by seed, the same on every machine and for ever: what was measured must be found again.
 *
 * @module
 */

/** A stream of draws. */
export class Random {
  #state: number;

  /** Streams of other numbers are independent. */
  constructor(...seed: readonly number[]) {
    this.#state = seed.reduce((state, number) => mix(state ^ mix(number + 0x9e3779b9)), 0x6a09e667);
  }

  /** Uniform in [0, 1): splitmix32. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return (mix(this.#state) >>> 0) / 2 ** 32;
  }

  /** True this share of the time. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** A whole number from `from` to `to`, its logarithm uniform. */
  logUniform(from: number, to: number): number {
    return Math.round(Math.exp(Math.log(from) + this.next() * Math.log(to / from)));
  }

  /** One of the values. */
  pick<T>(values: readonly T[]): T {
    return values[this.between(0, values.length - 1)];
  }

  /** One of the values, each as often as its weight says. */
  weighted<T>(values: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.next() * values.reduce((sum, [weight]) => sum + weight, 0);
    return (values.find(([weight]) => (left -= weight) < 0) ?? values[values.length - 1])[1];
  }

  /** The values in random order. */
  shuffled<T>(values: readonly T[]): T[] {
    const order = [...values];
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.between(0, i);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  /** A stream that begins where this one stands and does not move it. */
  fork(): Random {
    return new Random(this.#state);
  }
}

/** murmur3's final mix. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
