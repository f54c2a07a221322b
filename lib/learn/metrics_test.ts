import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { errors, median, spearman } from "./metrics.ts";

Deno.test("errors by hand: 1, 2, 4 predicted as 1.5, 2, 3", () => {
  const { rows, mape, rmspe, rmse, medianApe, within10, r2 } = errors([1, 2, 4], [1.5, 2, 3]);
  assertEquals(rows, 3);
  // relative errors 1/2, 0, 1/4
  assertAlmostEquals(mape, (1 / 2 + 0 + 1 / 4) / 3, 1e-15);
  assertAlmostEquals(rmspe, Math.sqrt((1 / 4 + 0 + 1 / 16) / 3), 1e-15);
  assertEquals(medianApe, 1 / 4);
  assertEquals(within10, 1 / 3);
  // errors 1/2, 0, −1
  assertAlmostEquals(rmse, Math.sqrt((1 / 4 + 0 + 1) / 3), 1e-15);
  // the mean is 7/3; squares about it 16/9 + 1/9 + 25/9 = 42/9
  assertAlmostEquals(r2!, 1 - (5 / 4) / (42 / 9), 1e-15);
});

Deno.test("relative errors do not change with the unit, the RMSE does", () => {
  const [y, predicted] = [[1, 2, 4, 9], [1.5, 2.1, 3, 8]];
  const ms = errors(y, predicted), us = errors(y.map((v) => 1024 * v), predicted.map((v) => 1024 * v));
  assertEquals(us, { ...ms, rmse: 1024 * ms.rmse });
});

Deno.test("an error of exactly 10 % is within 10 %, a little more is not", () => {
  assertEquals(errors([2, 0.3, 70], [2.2, 0.27, 77]).within10, 1);
  assertEquals(errors([2, 2], [2.2001, 1.7999]).within10, 0);
});

Deno.test("perfect predictions have no error, and equal measurements no R²", () => {
  const none = { mape: 0, rmspe: 0, rmse: 0, medianApe: 0, within10: 1 };
  assertEquals(errors([3, 5], [3, 5]), { rows: 2, ...none, r2: 1 });
  assertEquals(errors([3, 3], [3, 3]), { rows: 2, ...none, r2: null });
  assertEquals(errors([3, 5], [4, 4]).r2, 0);
});

Deno.test("the median is the middle, or the mean of the two in the middle, in the order of numbers", () => {
  assertEquals(median([9, 10, 1]), 9);
  assertEquals(median([10, 9, 1, 100]), 9.5);
  assertEquals(median([7]), 7);
});

Deno.test("no rows, or not as many predictions as measurements, are refused", () => {
  const text = "Errors need as many predictions as measurements and at least one, got";
  assertThrows(() => errors([], []), RangeError, `${text} 0 of 0`);
  assertThrows(() => errors([1, 2], [1]), RangeError, `${text} 1 of 2`);
});

Deno.test("Spearman's correlation is that of ranks, equal values sharing theirs", () => {
  assertEquals(spearman([1, 10, 100], [2, 3, 50]), 1);
  assertEquals(spearman([1, 10, 100], [3, 2, 1]), -1);
  // Ranks 0, 1.5, 1.5, 3 and 0, 1, 2, 3: 4.5 / √(4.5 · 5).
  assertAlmostEquals(spearman([1, 2, 2, 3], [1, 2, 3, 4])!, 4.5 / Math.sqrt(4.5 * 5), 1e-12);
  assertEquals(spearman([1, 1], [1, 2]), null);
});
