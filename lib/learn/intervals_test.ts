import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { heldOutCoverage, intervalLevel, logHalfWidth } from "./intervals.ts";

/** Standard normal numbers: Box and Muller's, of the 32-bit generator of Numerical Recipes. */
function normals(seed: number, count: number): number[] {
  const uniform = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return (seed + 0.5) / 2 ** 32;
  };
  return Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
}

/** Measurements whose log residuals about 1 are 0.1, 0.2, … 0.1·n, over and under in turn. */
function steps(n: number): { measured: number[]; predicted: number[] } {
  const measured = Array.from({ length: n }, (_, i) => Math.exp((i % 2 === 0 ? 0.1 : -0.1) * (i + 1)));
  return { measured, predicted: Array(n).fill(1) };
}

function halfWidth(n: number): number | null {
  const { measured, predicted } = steps(n);
  return logHalfWidth(measured, predicted);
}

Deno.test("the half width is the ⌈0.9 (n + 1)⌉-th smallest residual", () => {
  assertEquals(intervalLevel, 0.9);
  // n: rank. 9: 9; 10: ⌈9.9⌉ = 10; 19: 18; 20: ⌈18.9⌉ = 19; 29: 27; 99: 90; 100: ⌈90.9⌉ = 91
  for (const [n, rank] of [[9, 9], [10, 10], [19, 18], [20, 19], [29, 27], [99, 90], [100, 91]]) {
    assertAlmostEquals(halfWidth(n)!, 0.1 * rank, 1e-12, `${n} rows`);
  }
});

Deno.test("eight rows cannot vouch for nine of ten", () => {
  assertEquals(halfWidth(8), null);
  assertEquals(halfWidth(0), null);
});

Deno.test("too high and too low by the same factor are the same residual", () => {
  const y = Array.from({ length: 20 }, (_, i) => i + 1);
  assertAlmostEquals(logHalfWidth(y, y.map((v) => 1.25 * v))!, Math.log(1.25), 1e-12);
  assertAlmostEquals(logHalfWidth(y, y.map((v) => v / 1.25))!, Math.log(1.25), 1e-12);
  assertEquals(logHalfWidth(y, y), 0);
});

Deno.test("an interval made of log-normal errors holds about 90 % of new ones", () => {
  const predicted = Array<number>(1000).fill(3);
  const measured = normals(1, 1000).map((z) => 3 * Math.exp(0.2 * z));
  const q = logHalfWidth(measured, predicted)!;
  // The normal distribution has 90 % within ±1.645 σ.
  assertAlmostEquals(q, 1.645 * 0.2, 0.02);
  const fresh = normals(2, 4000).map((z) => 3 * Math.exp(0.2 * z));
  const share = fresh.filter((y) => y >= 3 * Math.exp(-q) && y <= 3 * Math.exp(q)).length / 4000;
  assert(share > 0.88 && share < 0.92, `holds ${share}`);
  const coverage = heldOutCoverage(measured, predicted, measured.map((_, row) => row % 5))!;
  assert(coverage > 0.88 && coverage < 0.92, `held-out coverage ${coverage}`);
});

Deno.test("coverage counts a fold by the interval of the other folds", () => {
  // Fold 0 is off by 5 %, fold 1 by 20 %: fold 0 lies within fold 1's interval, fold 1 outside fold 0's.
  const measured = Array<number>(30).fill(1), folds = measured.map((_, row) => Number(row >= 20));
  const predicted = folds.map((fold) => fold === 0 ? 1.05 : 1.2);
  assertEquals(heldOutCoverage(measured, predicted, folds), 20 / 30);
});

Deno.test("a residual as large as the interval lies within it, whatever the rounding", () => {
  for (let step = 1; step <= 200; step++) {
    // Each row has a twin in the other fold, so at least 19 of 20 are no larger than the ⌈0.9 · 21⌉ = 19th of the twins.
    const measured = Array.from({ length: 40 }, (_, row) => 1 + 0.37 * (row >> 1)),
      folds = measured.map((_, row) => row % 2);
    const coverage = heldOutCoverage(measured, measured.map((y) => y * (1 + 0.013 * step)), folds)!;
    assert(coverage >= 19 / 20, `${coverage} at step ${step}`);
  }
});

Deno.test("there is no coverage where a fold's others are too few", () => {
  const measured = Array<number>(12).fill(1);
  assertEquals(heldOutCoverage(measured, measured, measured.map((_, row) => row % 2)), null);
  assertEquals(heldOutCoverage(measured, measured, measured.map((_, row) => row % 6)), 1);
});
