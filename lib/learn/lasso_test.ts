import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import oracle from "../../tests/oracles/lasso_oracle.json" with { type: "json" };
import { type Design, lambdaGrid, lassoPath, Moments, predictLinear } from "./lasso.ts";
import { crossValidateLasso } from "./lasso_cv.ts";

const TIGHT = { gap: 1e-12 };

/** Whole numbers from low to high: high bits of the 32-bit generator of Numerical Recipes. */
function integers(seed: number, count: number, low: number, high: number): Float64Array {
  return Float64Array.from({ length: count }, () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return low + (seed >>> 8) % (high - low + 1);
  });
}

/** Six columns: three of chance, the square of the first, a copy of the second and a constant. */
function awkward(n: number): Design {
  const base = integers(1, 3 * n, -20, 20), noise = integers(2, n, -30, 30);
  const rows = Array.from({ length: n }, (_, i) => {
    const [a, b, c] = base.subarray(3 * i);
    return { x: [a, b, c, a * a, b, 0.1], y: 50 + 3 * a - 4 * b + 0.2 * a * a + noise[i] };
  });
  return {
    x: Float64Array.from(rows.flatMap((row) => row.x)),
    n,
    p: 6,
    y: Float64Array.from(rows, (row) => row.y),
    weights: integers(3, n, 0, 4),
  };
}

/** Columns standardised, target centred, straight from the rows: nothing shared with the code under test. */
function scaled({ x, n, p, y, weights = new Float64Array(n).fill(1) }: Design, intercept: boolean) {
  const total = weights.reduce((sum, w) => sum + w, 0);
  const mean = (of: (i: number) => number) => weights.reduce((sum, w, i) => sum + w * of(i), 0) / total;
  const means: number[] = [], deviations: number[] = [];
  for (let j = 0; j < p; j++) {
    means.push(intercept ? mean((i) => x[i * p + j]) : 0);
    const spread = Math.sqrt(mean((i) => (x[i * p + j] - means[j]) ** 2));
    deviations.push(spread > 1e-12 ? spread : 0);
  }
  const target = intercept ? mean((i) => y[i]) : 0;
  return {
    mean,
    deviations,
    column: (j: number) => (i: number) => deviations[j] && (x[i * p + j] - means[j]) / deviations[j],
    centred: (i: number) => y[i] - target,
  };
}

Deno.test("every solution meets the optimality conditions and reports its true gap", () => {
  const design = awkward(60);
  for (const intercept of [true, false]) {
    const { mean, deviations, column, centred } = scaled(design, intercept);
    const start = mean((i) => centred(i) ** 2) / 2;
    for (const options of [TIGHT, { gap: 1e-3 }]) {
      const path = lassoPath(Moments.of(design, { intercept }), { count: 20, ...options });
      for (const { lambda, gap, converged, ...model } of path) {
        assert(converged && gap <= options.gap);
        const fitted = predictLinear(model, design.x), r = (i: number) => design.y[i] - fitted[i];
        const norm = model.coefficients.reduce((sum, value, j) => sum + Math.abs(value * deviations[j]), 0);
        const correlation = Array.from(deviations, (_, j) => mean((i) => column(j)(i) * r(i)));
        const rr = mean((i) => r(i) ** 2), yr = mean((i) => centred(i) * r(i));
        const alpha = Math.min(lambda / Math.max(...correlation.map(Math.abs)), yr / rr);
        const dual = start - mean((i) => (centred(i) - alpha * r(i)) ** 2) / 2;
        assertAlmostEquals((rr / 2 + lambda * norm - dual) / start, gap, 1e-12);
        if (options !== TIGHT) continue;
        // |g_j| ≤ λ, and g_j = λ sign b_j where b_j ≠ 0; the gap of 1e-12 allows an error of about its root
        correlation.forEach((g, j) => {
          assert(Math.abs(g) <= lambda + 1e-6 * path[0].lambda);
          const b = model.coefficients[j];
          if (b !== 0) assertAlmostEquals(g, lambda * Math.sign(b), 1e-6 * path[0].lambda);
        });
      }
    }
  }
});

Deno.test("an orthonormal design is soft-thresholded", () => {
  // Columns of a Hadamard matrix have mean 0, variance 1 and no correlation.
  const x = Float64Array.of(1, 1, 1, -1, 1, -1, 1, -1, -1, -1, -1, 1), y = Float64Array.of(9, 1, 2, -4);
  const c = [0, 1, 2].map((j) => y.reduce((sum, value, i) => sum + value * x[3 * i + j] / 4, 0));
  for (const lambda of [3.5, 3, 2, 1]) {
    const [{ intercept, coefficients }] = lassoPath(Moments.of({ x, n: 4, p: 3, y }), { lambdas: [lambda] });
    assertAlmostEquals(intercept, 2, 1e-12);
    c.forEach((value, j) => {
      const soft = Math.sign(value) * Math.max(0, Math.abs(value) - lambda);
      assertAlmostEquals(coefficients[j], soft, 1e-12);
    });
  }
});

Deno.test("nothing enters at the largest penalty and something does just below it", () => {
  const moments = Moments.of(awkward(50)), [largest] = lambdaGrid(moments);
  const [at, below] = lassoPath(moments, { lambdas: [largest * 0.999, largest], ...TIGHT });
  assert(at.coefficients.every((value) => value === 0) && at.converged);
  assert(below.coefficients.some((value) => value !== 0));
});

Deno.test("a duplicated column fits as one and a constant column gets nothing", () => {
  const design = awkward(50), { x, n } = design;
  const single = Float64Array.from({ length: 4 * n }, (_, k) => x[6 * Math.floor(k / 4) + k % 4]);
  const doubled = lassoPath(Moments.of(design), TIGHT);
  const alone = lassoPath(Moments.of({ ...design, x: single, p: 4 }), TIGHT);
  doubled.forEach(({ coefficients: b, converged }, k) => {
    assert(converged);
    assertEquals(b[5], 0);
    assertAlmostEquals(b[1] + b[4], alone[k].coefficients[1], 1e-5);
    assertAlmostEquals(b[3], alone[k].coefficients[3], 1e-5);
  });
});

Deno.test("weights are repeated rows, and a row without weight is absent", () => {
  const design = awkward(40), { x, y, n, p } = design;
  const rows = Array.from({ length: n }, (_, i) => Array(design.weights![i]).fill(i)).flat();
  const repeated: Design = {
    x: Float64Array.from(rows.flatMap((i) => [...x.subarray(i * p, (i + 1) * p)])),
    n: rows.length,
    p,
    y: Float64Array.from(rows, (i) => y[i]),
  };
  const lambdas = [10, 1, 0.1, 0.01], options = { lambdas, ...TIGHT };
  const long = lassoPath(Moments.of(repeated), options);
  lassoPath(Moments.of(design), options).forEach((model, k) => {
    const one = predictLinear(model, x), other = predictLinear(long[k], x);
    one.forEach((value, i) => assertAlmostEquals(value, other[i], 1e-8));
  });
});

Deno.test("a fold taken away by subtraction leaves the sums of the other rows", () => {
  const design = awkward(30), total = Moments.of(design);
  const inside = [0, 3, 4, 17, 29], outside = Array.from(Array(30).keys()).filter((i) => !inside.includes(i));
  const rest = total.subtract(total.part(design, inside)).standardise();
  const direct = Moments.of(design, { rows: outside }).standardise();
  rest.gram.forEach((value, k) => assertAlmostEquals(value, direct.gram[k], 1e-12));
  rest.c.forEach((value, k) => assertAlmostEquals(value, direct.c[k], 1e-10));
  assertThrows(() => total.subtract(Moments.of(design)), TypeError, "part()");
});

Deno.test("cross-validation matches one refit per fold, even when one fold holds all the large rows", () => {
  const design = awkward(40), { x, y, n, p, weights } = design;
  for (let i = 0; i < 8; i++) x[i * p + 2] *= 1e9;
  const folds = Int32Array.from({ length: n }, (_, i) => Math.floor(i / 8));
  const cv = crossValidateLasso(design, { folds, count: 30, ...TIGHT });
  assertEquals(cv.unconverged, 0);
  assertEquals(cv.errors[cv.best], Math.min(...cv.errors));
  assertEquals(cv.fit.lambda, cv.lambdas[cv.best]);
  const expected = new Float64Array(n);
  for (let fold = 0; fold < 5; fold++) {
    const rows = Array.from(Array(n).keys()).filter((i) => folds[i] !== fold);
    const [model] = lassoPath(Moments.of(design, { rows }), { lambdas: [cv.fit.lambda], ...TIGHT });
    const all = predictLinear(model, x);
    for (let i = 8 * fold; i < 8 * fold + 8; i++) expected[i] = all[i];
  }
  // Row by row relative to its own size: the huge rows are extrapolated by nine powers of ten.
  expected.forEach((value, i) => assertAlmostEquals(cv.predictions[i], value, 1e-6 * (1 + Math.abs(value))));
  const error = expected.reduce((sum, value, i) => sum + weights![i] * (y[i] - value) ** 2, 0) /
    weights!.reduce((sum, w) => sum + w, 0);
  assertAlmostEquals(cv.errors[cv.best] / error, 1, 1e-5);
});

Deno.test("a training set with next to none of the weight is fitted from its own rows", () => {
  const n = 40,
    folds = Int32Array.from({ length: n }, (_, i) => i % 2),
    rows = folds.map((_, i) => i).filter((i) => i % 2);
  const design = { ...awkward(n), weights: Float64Array.from(folds, (fold) => fold ? 1e-13 : 0.7) }, lambdas = [1];
  const { predictions } = crossValidateLasso(design, { folds, lambdas, ...TIGHT });
  const [model] = lassoPath(Moments.of(design, { rows }), { lambdas, ...TIGHT });
  predictLinear(model, design.x).forEach((value, i) => {
    if (folds[i] === 0) assertAlmostEquals(predictions[i], value, 1e-8);
  });
});

Deno.test("a solve that is cut short says so, and bad input is refused", () => {
  const design = awkward(40), moments = Moments.of(design);
  const [short] = lassoPath(moments, { lambdas: [0.01], maxIterations: 1, ...TIGHT });
  assert(!short.converged && short.gap > 1e-12);
  assertThrows(() => lassoPath(moments, { lambdas: [0] }), RangeError, "The penalty is 0");
  assertThrows(() => lambdaGrid(moments, { ratio: 2 }), RangeError, "ratio is 2");
  assertThrows(() => lambdaGrid(Moments.of({ ...design, y: new Float64Array(40) })), RangeError, "No column varies");
  assertThrows(() => Moments.of({ ...design, p: 5 }), RangeError, "240 values");
  assertThrows(() => Moments.of({ ...design, y: new Float64Array(40).fill(NaN) }), RangeError, "row 0 is NaN");
  assertThrows(() => Moments.of({ ...design, weights: new Float64Array(40) }), RangeError, "sum to 0");
  assertThrows(() => crossValidateLasso(design, { folds: new Int32Array(40) }), RangeError, "two or more");
  const folds = Int32Array.from({ length: 40 }, (_, i) => i % 2),
    weights = Float64Array.from(folds, (fold) => 0.1 * fold);
  assertThrows(() => crossValidateLasso({ ...design, weights }, { folds, lambdas: [1] }), RangeError, "sum to 0");
});

Deno.test("a target that no column tells anything of leaves the intercept alone", () => {
  const design = { ...awkward(40), y: new Float64Array(40).fill(7) };
  const { fit, predictions } = crossValidateLasso(design, { folds: Int32Array.from({ length: 40 }, (_, i) => i % 4) });
  assertAlmostEquals(fit.intercept, 7, 1e-12);
  assert(fit.coefficients.every((value) => value === 0) && predictions.every((value) => Math.abs(value - 7) < 1e-12));
});

for (const { name, n, p, x, y, weights, intercept, solutions } of oracle.problems) {
  Deno.test(`objective and predictions equal those of scikit-learn ${oracle.versions.sklearn}: ${name}`, () => {
    const design = { x: new Float64Array(x), n, p, y: new Float64Array(y), weights: new Float64Array(weights) };
    const { mean, deviations } = scaled(design, intercept);
    const lambdas = solutions.map((solution) => solution.lambda);
    const size = Math.max(...design.y.map(Math.abs));
    lassoPath(Moments.of(design, { intercept }), { lambdas, ...TIGHT }).forEach((model, k) => {
      assert(model.converged && !solutions[k].warned);
      const predictions = predictLinear(model, design.x);
      const norm = model.coefficients.reduce((sum, value, j) => sum + Math.abs(value * deviations[j]), 0);
      const objective = mean((i) => (y[i] - predictions[i]) ** 2) / 2 + lambdas[k] * norm;
      assertAlmostEquals(objective / solutions[k].objective, 1, 1e-6);
      predictions.forEach((value, i) => assertAlmostEquals(value, solutions[k].predictions[i], 1e-6 * size));
    });
  });
}
