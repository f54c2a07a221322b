/**
 * The arithmetic of the slope: which numbers of copies to time, and from their times to the time of one copy.
 *
 * @module
 */
import { median } from "../lib/learn/metrics.ts";

/** A straight line by least squares. */
export interface Line {
  /** Rise for each step of 1. */
  readonly slope: number;
  /** Value at 0. */
  readonly intercept: number;
  /** 1 − Σ(y − ŷ)² / Σ(y − ȳ)²; 0 where all y are equal, for they tell of no slope. */
  readonly r2: number;
}

/** What the times of K copies say of one. */
export interface SlopeFit {
  /** Time of one copy, ms: the median of the trials' slopes. */
  readonly ms: number;
  /** Standard deviation of the trials' slopes, ms. */
  readonly spreadMs: number;
  /** Time of no copy, ms: the call, its inputs' way to the device. Median of the trials. */
  readonly interceptMs: number;
  /** Median of the trials. */
  readonly r2: number;
  /** How far the times bend away from a line, as {@linkcode bend} says. Median of the trials; 0 for two numbers of copies. */
  readonly bend: number;
  /** Whether nothing speaks against a line. */
  readonly straight: boolean;
  /** What does; empty for a straight line. */
  readonly note: string;
}

/** Below this a line is not straight. */
const leastR2 = 0.98;
/**
 * Above this neither: the slope of the upper half of the copies then differs from the lower half's by a fifth. No more may a line give
 * less than nothing to no copies, in shares of its rise.
 */
const mostBend = 0.05;

/**
 * The line of least squares.
 *
 * @param x At least two different values.
 * @param y As many.
 *
 * @example
 * ```ts
 * import { fitLine } from "./slope_fit.ts";
 *
 * fitLine([1, 2, 4], [5, 7, 11]); // { slope: 2, intercept: 3, r2: 1 }
 * ```
 */
export function fitLine(x: readonly number[], y: readonly number[]): Line {
  const meanX = mean(x), meanY = mean(y);
  // slope = Σ(x − x̄)(y − ȳ) / Σ(x − x̄)², intercept = ȳ − slope x̄
  let xx = 0, xy = 0, yy = 0;
  for (let i = 0; i < x.length; i++) {
    xx += (x[i] - meanX) ** 2;
    xy += (x[i] - meanX) * (y[i] - meanY);
    yy += (y[i] - meanY) ** 2;
  }
  const slope = xy / xx;
  return { slope, intercept: meanY - slope * meanX, r2: yy === 0 ? 0 : xy * xy / (xx * yy) };
}

/**
 * How far the parabola of least squares through the points is from its chord in the middle of the range, as a share of the line's rise
 * over the range. Positive where the upper half is the flatter one.
 *
 * @param x At least three different values.
 */
export function bend(x: readonly number[], y: readonly number[]): number {
  const line = fitLine(x, y);
  // y = line + c q, where q is x² without its share in the line; c = Σ q y / Σ q².
  const squares = x.map((value) => value * value);
  const along = fitLine(x, squares);
  let qy = 0, qq = 0;
  for (let i = 0; i < x.length; i++) {
    const q = squares[i] - along.intercept - along.slope * x[i];
    qy += q * y[i];
    qq += q * q;
  }
  const range = Math.max(...x) - Math.min(...x);
  // In the middle, c x² is c range² / 4 below its chord.
  return -(qy / qq) * range ** 2 / 4 / (line.slope * range);
}

/**
 * The time of one copy from trials that each timed all numbers of copies.
 *
 * A bend counts when all trials bend the same way, and an intercept below 0 when all trials have one: noise goes either way.
 *
 * @param copies At least two numbers of copies, no two equal.
 * @param trials Times in ms, one of each trial for each number of copies; at least one trial.
 *
 * @example
 * ```ts
 * import { fitSlope } from "./slope_fit.ts";
 *
 * fitSlope([1, 2, 4], [[5, 7, 11], [5, 7, 11], [5, 7.5, 12]]).ms; // 2
 * ```
 */
export function fitSlope(copies: readonly number[], trials: readonly (readonly number[])[]): SlopeFit {
  const lines = trials.map((times) => fitLine(copies, times));
  const slopes = lines.map(({ slope }) => slope);
  const bends = copies.length < 3 ? [0] : trials.map((times) => bend(copies, times));
  const fit = {
    ms: median(slopes),
    spreadMs: deviation(slopes),
    interceptMs: median(lines.map(({ intercept }) => intercept)),
    r2: median(lines.map(({ r2 }) => r2)),
    bend: median(bends),
  };
  const range = Math.max(...copies) - Math.min(...copies);
  const below = lines.every(({ slope, intercept }) => intercept < -mostBend * Math.abs(slope) * range);
  const oneWay = bends.every((value) => value > 0) || bends.every((value) => value < 0);
  const reasons = [
    ...fit.ms > 0 ? [] : ["more copies take no longer"],
    ...fit.r2 >= leastR2 ? [] : [`R² is ${fit.r2.toFixed(3)}`],
    ...oneWay && Math.abs(fit.bend) > mostBend
      ? [`the times bend by ${(fit.bend * 100).toFixed(0)} % of their rise`]
      : [],
    ...below ? [`the line gives ${fit.interceptMs.toPrecision(2)} ms to no copies`] : [],
    ...copies.length > 2 ? [] : ["two numbers of copies would show no bend"],
  ];
  return { ...fit, straight: reasons.length === 0, note: reasons.join("; ") };
}

/** What bounds the numbers of copies. */
export interface CopiesOptions {
  /** Memory that all models may take together, for they are loaded at the same time, and what a copy and a model take, bytes. */
  readonly bytes: { readonly memory: number; readonly copy: number; readonly model: number };
  /** How many copies one model may have. */
  readonly most: number;
  /** Time of a run with one copy, ms, if it is known: long ones make do with fewer copies. */
  readonly runMs?: number;
  /** How many times the numbers should be multiplied; 1 by default. As far as the bounds allow, a power of two. */
  readonly factor?: number;
}

/**
 * The numbers of copies to time: 1, 2, 4, 8, all multiplied where copies are short, fewer where they are long or large.
 *
 * @returns In ascending order; fewer than two when not even 1 and 2 are within the bounds.
 */
export function chooseCopies({ bytes, most, runMs = 0, factor = 1 }: CopiesOptions): number[] {
  const fits = (copies: readonly number[]) => {
    const all = copies.reduce((sum, number) => sum + number, 0);
    return Math.max(...copies) <= most && all * bytes.copy + copies.length * bytes.model <= bytes.memory;
  };
  for (let times = factor; times > 1; times /= 2) {
    const copies = [1, 2, 4, 8].map((number) => number * times);
    if (fits(copies)) return copies;
  }
  const sets = [...runMs > 5 ? [] : [[1, 2, 4, 8]], ...runMs > 20 ? [] : [[1, 2, 4]], [1, 2, 3], [1, 2], [1]];
  return sets.find(fits) ?? [];
}

/** Standard deviation of a sample; 0 for one value. */
export function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
