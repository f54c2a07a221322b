import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Design } from "./lasso_moments.ts";
import { nnls } from "./nnls.ts";

/** Numbers in (0, 1): the 32-bit generator of Numerical Recipes. */
function uniforms(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return (seed + 0.5) / 2 ** 32;
  };
}

/** Forty rows of a constant, three sizes over three decades and products of them, one in whole tiles of 32: nearly collinear. */
function layers(): { x: Float64Array; y: Float64Array; n: number; p: number } {
  const uniform = uniforms(11), n = 40, p = 8;
  const x = new Float64Array(n * p);
  for (let i = 0; i < n; i++) {
    const [a, b, c] = [0, 1, 2].map(() => 10 ** (3 * uniform()));
    x.set([1, a, b, c, a * b, b * c, a * c, Math.ceil(a / 32) * 32 * b], i * p);
  }
  const y = Float64Array.from({ length: n }, (_, i) => {
    const row = x.subarray(i * p, i * p + p);
    return (3 + 0.02 * row[1] + 0.004 * row[7] + 0.0005 * row[6]) * Math.exp(0.4 * (uniform() - 0.5));
  });
  return { x, y, n, p };
}

function assertClose(actual: Float64Array, expected: readonly number[]): void {
  expected.forEach((value, j) => assertAlmostEquals(actual[j], value, 1e-7 * Math.abs(value) + 1e-12, `column ${j}`));
}

/** Σ w (y − xb)² */
function loss({ x, n, p, y, weights }: Design, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    let rest = y[i];
    for (let j = 0; j < p; j++) rest -= x[i * p + j] * b[j];
    sum += (weights ? weights[i] : 1) * rest * rest;
  }
  return sum;
}

Deno.test("relative weights: the solution of SciPy 1.17.1's nnls on rows divided by y", () => {
  const { x, y, n, p } = layers();
  const { coefficients, kkt } = nnls({ x, n, p, y, weights: y.map((value) => 1 / (value * value)) });
  assertClose(coefficients, [
    ...[2.9554969603583703, 0.018984056213060933, 0.03786503145385267, 0, 0.001824157285906491, 0],
    ...[0.0004948633325830198, 0.002200584016974289],
  ]);
  assertEquals([...coefficients.keys()].filter((j) => coefficients[j] === 0), [3, 5]);
  assert(kkt < 1e-9, `${kkt}`);
});

Deno.test("without weights, where half of the columns are held at 0: SciPy's solution", () => {
  const { x, y, n, p } = layers();
  const shifted = y.map((value, i) => value - 0.2 * x[i * p + 2]);
  const { coefficients, kkt } = nnls({ x, n, p, y: shifted });
  assertClose(coefficients, [
    ...[0, 0.01654243535542602, 0, 0.014200996259547207, 0.0034047048547905037, 2.989440533168012e-5],
    ...[0.000504096569528091, 0],
  ]);
  assert(kkt < 1e-9, `${kkt}`);
});

Deno.test("no step of any coefficient that stays at or above 0 lowers the error, on random designs", () => {
  const uniform = uniforms(5);
  for (let trial = 0; trial < 50; trial++) {
    const n = 30, p = 1 + trial % 12;
    const x = Float64Array.from({ length: n * p }, () => uniform() - 0.3), y = x.slice(0, n).map(() => uniform() - 0.4);
    const weights = y.map(() => uniform());
    const design = { x, n, p, y, weights };
    const { coefficients } = nnls(design);
    const best = loss(design, coefficients);
    coefficients.forEach((value, j) => {
      assert(value >= 0, `${value}`);
      for (const step of [1e-4, -1e-4]) {
        const moved = coefficients.slice();
        moved[j] = Math.max(0, value + step);
        assert(loss(design, moved) >= best - 1e-12, `trial ${trial}, column ${j}, step ${step}`);
      }
    });
  }
});

Deno.test("columns of zeros and columns that repeat are no trouble", () => {
  const x = Float64Array.of(1, 0, 1, 2, 0, 2, 3, 0, 3), y = Float64Array.of(2, 4, 6);
  const { coefficients } = nnls({ x, n: 3, p: 3, y });
  assertAlmostEquals(coefficients[0] + coefficients[2], 2, 1e-12);
  assertEquals(coefficients[1], 0);
  assertEquals([...nnls({ x, n: 3, p: 3, y: y.map((value) => -value) }).coefficients], [0, 0, 0]);
});

Deno.test("units do not matter: columns scaled by 12 decades give coefficients scaled back", () => {
  const { x, y, n, p } = layers();
  const scale = (j: number) => 10 ** (3 * (j % 5) - 6);
  const { coefficients } = nnls({ x, n, p, y });
  const scaled = nnls({ x: x.map((value, i) => value * scale(i % p)), n, p, y }).coefficients;
  assertClose(scaled.map((value, j) => value * scale(j)), [...coefficients]);
});
