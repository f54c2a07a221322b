import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { bin, type BoostingOptions, fitBoosting, predictBoosting, predictBoostingRows } from "./boosting.ts";

/** Friedman's first problem with noise: five of the columns tell, `round` makes the first column's values few. */
function friedman(rows: number, columns = 7, seed = 1) {
  const uniform = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const x = Array.from({ length: columns }, () => new Float64Array(rows)), y = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    x.forEach((column, c) => column[i] = c === 0 ? Math.round(20 * uniform()) / 20 : uniform());
    y[i] = 10 * Math.sin(Math.PI * x[0][i] * x[1][i]) + 20 * (x[2][i] - 0.5) ** 2 + 10 * x[3][i] + 5 * x[4][i];
    y[i] += uniform() - 0.5;
  }
  return { x, y };
}

function rSquared(y: Float64Array, predicted: Float64Array): number {
  const mean = y.reduce((a, b) => a + b) / y.length;
  const left = y.reduce((sum, v, i) => sum + (v - predicted[i]) ** 2, 0);
  return 1 - left / y.reduce((sum, v) => sum + (v - mean) ** 2, 0);
}

const usual: BoostingOptions = { trees: 60, learningRate: 0.1, leaves: 12, minLeafRows: 5, lambda: 1 };
const drawn: BoostingOptions = { ...usual, rowShare: 0.8, columnShare: 0.5, seed: 3 };

Deno.test("held-out rows are predicted", () => {
  const { x, y } = friedman(1500), held = friedman(1500, 7, 2);
  for (const options of [usual, { ...drawn, trees: 120 }, { ...usual, trees: 120, clip: 2 }]) {
    const r2 = rSquared(held.y, predictBoostingRows(fitBoosting(x, y, options), held.x));
    assert(r2 > 0.95, `${r2} with ${JSON.stringify(options)}`);
  }
});

Deno.test("bytes walk the trees as the numbers do, one row or many", () => {
  const { x, y } = friedman(700), model = fitBoosting(x, y, drawn);
  const predicted = predictBoostingRows(model, x);
  for (let row = 0; row < y.length; row++) {
    let sum = model.base;
    for (let t = 0; t + 1 < model.roots.length; t++) {
      let node = 0;
      while (node >= 0) {
        const split = model.roots[t] + node, c = model.feature[split];
        node = model.children[2 * split + (x[c][row] <= model.edges[c][model.bin[split]] ? 0 : 1)];
      }
      sum += model.value[model.roots[t] + t - 1 - node];
    }
    assertEquals(predicted[row], sum);
  }
  assertEquals(predictBoosting(model, Float64Array.from(x, (column) => column[99])), predicted[99]);
});

Deno.test("with slopes fewer leaves follow a bend, a row or many alike, and no further than the rows went", () => {
  const { x, y } = friedman(1500), held = friedman(1500, 7, 2);
  const few = { ...usual, leaves: 4 },
    level = fitBoosting(x, y, few),
    sloped = fitBoosting(x, y, { ...few, slopes: true });
  const [one, other] = [level, sloped].map((model) => 1 - rSquared(held.y, predictBoostingRows(model, held.x)));
  assert(other < 0.7 * one, `${other} of the variance is left with slopes, ${one} without`);
  const predicted = predictBoostingRows(sloped, held.x);
  for (const row of [0, 300, 1499]) {
    assertAlmostEquals(
      predictBoosting(sloped, Float64Array.from(held.x, (column) => column[row])),
      predicted[row],
      1e-12,
    );
  }
  // Trained on what it predicts: the scores that the next tree was grown on are those of the finished model.
  const more = fitBoosting(x, y, { ...few, slopes: true, trees: 61 });
  assertEquals(more.value.slice(0, sloped.value.length), sloped.value);
  const most = Math.max(...x[3]);
  const [edge, beyond] = [most, 50 * most].map((value) =>
    predictBoosting(sloped, Float64Array.of(0.5, 0.5, 0.5, value, 0.5, 0, 0))
  );
  assertEquals(beyond, edge);
});

Deno.test("slopes by weights are those of rows as often, and early stopping sees them", () => {
  const { x, y } = friedman(300), weights = y.map((_, i) => 1 + i % 2);
  const rows = [...y.keys()].flatMap((i) => Array<number>(1 + i % 2).fill(i));
  const options = { ...usual, minLeafRows: 1, trees: 8, slopes: true };
  const coarse = (columns: Float64Array[]) => columns.map((column) => column.map((v) => Math.round(50 * v)));
  const weighted = fitBoosting(coarse(x), y, options, { weights });
  const twice = fitBoosting(
    coarse(x.map((column) => Float64Array.from(rows, (row) => column[row]))),
    Float64Array.from(rows, (row) => y[row]),
    options,
  );
  const [a, b] = [weighted, twice].map((model) => predictBoostingRows(model, coarse(x)));
  a.forEach((v, i) => assertAlmostEquals(v, b[i], 0.02));
  const held = friedman(400, 7, 9), stopped = { ...options, trees: 300, learningRate: 0.3, lambda: 0, patience: 10 };
  const model = fitBoosting(x, y, stopped, { validation: { columns: held.x, target: held.y } });
  const errorOf = (trees: number) =>
    1 - rSquared(held.y, predictBoostingRows(fitBoosting(x, y, { ...stopped, patience: undefined, trees }), held.x));
  const count = model.roots.length - 1;
  assert(count > 3 && count < 290, `${count} trees`);
  for (const trees of [count - 1, count + 1, count + 10]) assert(errorOf(count) <= errorOf(trees));
});

Deno.test("a strictly increasing transform of a column changes no prediction of a fitted row", () => {
  const { x, y } = friedman(900), options = { ...drawn, bins: 40 };
  const bent = x.map((column, c) => column.map((v) => c % 2 ? Math.exp(5 * v) : v ** 3));
  const one = predictBoostingRows(fitBoosting(x, y, options), x);
  assertEquals(predictBoostingRows(fitBoosting(bent, y, options), bent), one);
});

Deno.test("the seed alone decides what is drawn", () => {
  const { x, y } = friedman(300);
  assertEquals(fitBoosting(x, y, drawn), fitBoosting(x, y, drawn));
  const other = predictBoostingRows(fitBoosting(x, y, { ...drawn, seed: 4 }), x);
  assert(other.some((v, i) => v !== predictBoostingRows(fitBoosting(x, y, drawn), x)[i]));
});

Deno.test("a row of weight 0 is as if left out, one of weight 2 as if there twice", () => {
  const { x, y } = friedman(400), weights = y.map((_, i) => i % 3);
  const rows = [...y.keys()].flatMap((i) => Array<number>(i % 3).fill(i));
  const repeated = x.map((column) => Float64Array.from(rows, (row) => column[row]));
  for (const clip of [undefined, 2]) {
    // With every row its own bin in both, and leaves of any count.
    const options = { ...usual, minLeafRows: 1, clip, bins: 255, trees: 10 };
    const coarse = (columns: Float64Array[]) => columns.map((column) => column.map((v) => Math.round(50 * v)));
    const weighted = fitBoosting(coarse(x), y, options, { weights });
    const twice = fitBoosting(coarse(repeated), Float64Array.from(rows, (row) => y[row]), options);
    const [a, b] = [weighted, twice].map((model) => predictBoostingRows(model, coarse(x)));
    a.forEach((v, i) => assertAlmostEquals(v, b[i], 1e-5));
  }
  const kept = Uint32Array.from(y.keys()).filter((i) => i % 3 > 0);
  const left = kept.length, ones = y.map((_, i) => Math.sign(i % 3));
  assertEquals(
    fitBoosting(x, y, usual, { weights: ones }),
    fitBoosting(x.map((c) => Float64Array.from(kept, (i) => c[i])), Float64Array.from(kept, (i) => y[i]), usual, {
      weights: new Float64Array(left).fill(1),
    }),
  );
  assertEquals(fitBoosting(x, y, usual, { weights: ones }).value, fitBoosting(x, y, usual, { rows: kept }).value);
});

Deno.test("shared bins give what own bins of the same rows give", () => {
  const { x, y } = friedman(500), rows = Uint32Array.from(y.keys()).filter((i) => i % 5 > 0);
  assertEquals(fitBoosting(bin(x, 255, rows), y, drawn, { rows }), fitBoosting(x, y, drawn, { rows }));
});

Deno.test("a constant target takes no trees, one row is its own prediction", () => {
  const { x } = friedman(50);
  const constant = fitBoosting(x, new Float64Array(50).fill(0.1), { ...usual, minLeafRows: 1 });
  assertEquals([constant.base, constant.value.length], [0.1, 0]);
  assertEquals(predictBoosting(constant, new Float64Array(7)), 0.1);
  assertEquals(predictBoosting(fitBoosting([Float64Array.of(3)], Float64Array.of(5), usual), Float64Array.of(9)), 5);
});

Deno.test("leaves have the rows asked for, trees the leaves", () => {
  const { x, y } = friedman(200);
  const { roots, children } = fitBoosting(x, y, { ...usual, trees: 5, minLeafRows: 40 });
  assert(Math.max(...roots.slice(1).map((end, t) => end - roots[t])) <= 4, `${roots}`);
  assert(children.length > 0);
  const many = fitBoosting(x, y, { ...usual, trees: 5, minLeafRows: 1 });
  assertEquals([...many.roots], [0, 11, 22, 33, 44, 55]);
});

Deno.test("patience keeps the trees up to the least validation loss", () => {
  const noise = friedman(200), validation = friedman(400, 7, 9);
  const options = { ...usual, minLeafRows: 1, trees: 400, learningRate: 0.3, lambda: 0 };
  const data = { validation: { columns: validation.x, target: validation.y } };
  const long = fitBoosting(noise.x, noise.y, options),
    short = fitBoosting(noise.x, noise.y, {
      ...options,
      patience: 10,
    }, data);
  const count = short.roots.length - 1;
  assert(count > 3 && count < 390, `${count} trees`);
  assertEquals(short.value, long.value.slice(0, short.value.length));
  const errorOf = (trees: number) => {
    const model = fitBoosting(noise.x, noise.y, { ...options, trees });
    return 1 - rSquared(validation.y, predictBoostingRows(model, validation.x));
  };
  for (const trees of [count - 2, count - 1, count + 1, count + 10]) assert(errorOf(count) <= errorOf(trees));
});

Deno.test("what cannot be fitted is refused with the value and the place", () => {
  const { x, y } = friedman(30);
  const holed = x.map((column) => column.slice());
  holed[2][7] = NaN;
  const message = (run: () => unknown) => assertThrows(run, RangeError).message;
  assertEquals(message(() => fitBoosting(holed, y, usual)), "Column 2 is NaN at row 7; leave such rows or columns out");
  assertEquals(
    message(() => predictBoostingRows(fitBoosting(x, y, usual), holed)),
    "Column 2 is NaN at row 7; trees cannot tell where to send it",
  );
  const target = y.with(4, Infinity);
  assertEquals(message(() => fitBoosting(x, target, usual)), "The target is Infinity at row 4; leave it out");
  fitBoosting(x, target, usual, { weights: y.map((_, i) => i === 4 ? 0 : 1) });
  assertEquals(
    message(() => fitBoosting(x, y, usual, { weights: y.map(() => -1) })),
    "A weight is finite and at least 0, got -1 at row 0",
  );
  assertEquals(
    message(() => fitBoosting(x, y, usual, { rows: new Uint32Array() })),
    "Boosting needs at least one row of weight above 0, got none",
  );
  assertEquals(
    message(() => fitBoosting(x, y.slice(1), usual)),
    "29 targets need columns as long, got 30",
  );
  assertEquals(
    message(() => predictBoostingRows(fitBoosting(x, y, usual), x.slice(1))),
    "These trees take 7 columns, got 6",
  );
  const validated = (columns: Float64Array[], target: Float64Array) =>
    message(() => fitBoosting(x, y, usual, { validation: { columns, target } }));
  assertEquals(validated(holed, y), "Column 2 is NaN at row 7; trees cannot tell where to send it");
  assertEquals(validated(x.slice(1), y), "These trees take 7 columns, got 6");
  assertEquals(validated(x, y.slice(1)), "Validation rows need as many finite targets, got 29 for 30 rows");
  assertEquals(validated(x, y.with(0, NaN)), "Validation rows need as many finite targets, got NaN at row 0");
  const wrong: [Partial<BoostingOptions>, string][] = [
    [{ trees: 1.5 }, "Boosting's trees is a whole number from 0, got 1.5"],
    [{ learningRate: 0 }, "Boosting's learningRate is above 0 and up to 1, got 0"],
    [{ leaves: 1 }, "Boosting's leaves is a whole number 2 … 32767, got 1"],
    [{ minLeafRows: 0 }, "Boosting's minLeafRows is a whole number from 1, got 0"],
    [{ lambda: -1 }, "Boosting's lambda is finite and at least 0, got -1"],
    [{ rowShare: 2 }, "Boosting's rowShare is above 0 and up to 1, got 2"],
    [{ columnShare: NaN }, "Boosting's columnShare is above 0 and up to 1, got NaN"],
    [{ patience: 0 }, "Boosting's patience is a whole number from 1, got 0"],
    [{ patience: 5 }, "Boosting's patience of 5 trees needs validation rows, got none"],
    [{ bins: 256 }, "A column has 2 to 255 bins, got 256"],
  ];
  for (const [option, text] of wrong) {
    assertEquals(message(() => fitBoosting(x, y, { ...usual, ...option })), text);
  }
});

/**
 * scikit-learn 1.7.2: HistGradientBoostingRegressor(max_iter, learning_rate=0.5, max_leaf_nodes=6, min_samples_leaf=10,
 * l2_regularization=2, early_stopping=False).fit(friedman(200), sample_weight=(row mod 4) + 1 or none), predictions of rows 0 … 7
 * and the sum of all, splits of the first tree.
 */
const references = [{
  trees: 1,
  weighted: false,
  base: 14.689436931076028,
  // deno-fmt-ignore
  first: [12.468755418357008, 12.468755418357008, 17.286758148418986, 12.468755418357008, 17.286758148418986,
    14.611996017775066, 14.611996017775066, 12.119481435388396],
  sum: 2942.8671310759546,
  // deno-fmt-ignore
  splits: [[0, 0.32499999999999996], [1, 0.1906124351080507], [1, 0.194335333770141], [3, 0.45635000453330576],
    [3, 0.7118043706286699]],
}, {
  trees: 3,
  weighted: false,
  base: 14.689436931076028,
  // deno-fmt-ignore
  first: [11.275010947802654, 10.69703552749545, 16.543153429343956, 10.065771109294083, 16.724278096065998,
    14.499655716901401, 15.495203567874322, 8.944599268059005],
  sum: 2941.2131004113344,
  // deno-fmt-ignore
  splits: [[0, 0.32499999999999996], [1, 0.1906124351080507], [1, 0.194335333770141], [3, 0.45635000453330576],
    [3, 0.7118043706286699]],
}, {
  trees: 3,
  weighted: true,
  base: 14.652568441279472,
  // deno-fmt-ignore
  first: [10.330170638810378, 13.715428459036188, 15.587342940311466, 10.196681332050252, 18.36770545984011,
    15.580107267577496, 14.850568495771418, 9.759514143557688],
  sum: 2936.777178965868,
  // deno-fmt-ignore
  splits: [[0, 0.32499999999999996], [1, 0.1906124351080507], [1, 0.194335333770141], [3, 0.45635000453330576],
    [4, 0.4950255146250129]],
}];

Deno.test("the same trees as scikit-learn's", () => {
  const { x, y } = friedman(200);
  for (const { trees, weighted, base, first, sum, splits } of references) {
    const options = { trees, learningRate: 0.5, leaves: 6, minLeafRows: 10, lambda: 2 };
    const model = fitBoosting(x, y, options, weighted ? { weights: y.map((_, i) => i % 4 + 1) } : {});
    assertAlmostEquals(model.base, base, 1e-12);
    const predicted = predictBoostingRows(model, x);
    first.forEach((value, row) => assertAlmostEquals(predicted[row], value, 3e-6, `row ${row} of ${trees} trees`));
    assertAlmostEquals(predicted.reduce((a, b) => a + b), sum, 1e-4);
    const own = Array.from({ length: model.roots[1] }, (_, k) => [
      model.feature[k],
      model.edges[model.feature[k]][model.bin[k]],
    ]);
    own.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    own.forEach(([column, edge], k) => {
      assertEquals(column, splits[k][0]);
      assertAlmostEquals(edge, splits[k][1], 1e-15);
    });
  }
});

Deno.test("held-out R² is scikit-learn's within 0.002", () => {
  const fitted = friedman(2000), held = friedman(2000, 7, 2);
  const options = { trees: 100, learningRate: 0.1, leaves: 31, minLeafRows: 20 };
  // scikit-learn 1.7.2, the same settings, early_stopping=False.
  const model = fitBoosting(fitted.x, fitted.y, options);
  assertAlmostEquals(rSquared(held.y, predictBoostingRows(model, held.x)), 0.9733120843472822, 0.002);
});

Deno.test("where residuals are clipped, a few wild rows hardly matter, and no others are lost", () => {
  const { x, y } = friedman(1000), held = friedman(1000, 7, 2);
  const wild = y.map((value, i) => i % 25 === 0 ? value + 200 : value);
  const quality = (target: Float64Array, clip?: number) =>
    rSquared(held.y, predictBoostingRows(fitBoosting(x, target, { ...usual, clip }), held.x));
  assert(quality(wild) < 0.5 && quality(wild, 3) > quality(y) - 0.02);
  assert(quality(y, 4) > quality(y) - 0.003);
  // Where more than half are met exactly, their median is no measure.
  const step = y.map((_, i) => i % 10 === 0 ? 1 : 0);
  assertEquals(fitBoosting([step], step, { ...usual, clip: 4 }).value.some((value) => value > 0), true);
  assertThrows(() => fitBoosting(x, y, { ...usual, clip: 0 }), RangeError, "clip is above 0, got 0");
});
