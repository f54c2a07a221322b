import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { bend, chooseCopies, deviation, fitLine, fitSlope } from "./slope_fit.ts";
import { Random } from "./random.ts";

const copies = [1, 2, 4, 8];
const line = (slope: number, intercept: number) => copies.map((k) => intercept + slope * k);

Deno.test("an exact line gives slope, intercept, R² 1 and no spread", () => {
  assertEquals(fitLine([1, 2, 4], [5, 7, 11]), { slope: 2, intercept: 3, r2: 1 });
  const fit = fitSlope(copies, [line(0.5, 2), line(0.5, 2), line(0.5, 2)]);
  assertEquals([fit.ms, fit.spreadMs, fit.r2, fit.straight, fit.note], [0.5, 0, 1, true, ""]);
  assertAlmostEquals(fit.interceptMs, 2, 1e-12);
  assertAlmostEquals(fit.bend, 0, 1e-12);
});

Deno.test("the median trial counts, and the spread is that of the slopes", () => {
  const fit = fitSlope(copies, [line(1, 0), line(1.1, 5), line(3, 1)]);
  assertAlmostEquals(fit.ms, 1.1, 1e-12);
  assertAlmostEquals(fit.interceptMs, 1, 1e-12);
  assertAlmostEquals(fit.spreadMs, deviation([1, 1.1, 3]), 1e-12);
  assertEquals([deviation([4]), deviation([1, 3])], [0, Math.SQRT2]);
});

Deno.test("noise of 2 % leaves a line straight and the slope right", () => {
  const random = new Random(1);
  const noisy = () => line(0.2, 0.1).map((ms) => ms * (1 + 0.04 * (random.next() - 0.5)));
  const fit = fitSlope(copies, Array.from({ length: 5 }, noisy));
  assert(fit.straight, fit.note);
  assertAlmostEquals(fit.ms, 0.2, 0.01);
  assert(fit.spreadMs > 0 && fit.spreadMs < 0.02);
});

Deno.test("a bent line is marked, whichever way it bends, though R² is high", () => {
  // Copies beyond the fourth cost half, or twice, as much.
  for (const later of [0.5, 2]) {
    const bent = copies.map((k) => Math.min(k, 4) + later * Math.max(k - 4, 0));
    const fit = fitSlope(copies, [bent, bent, bent]);
    assert(fit.r2 > 0.96);
    assertEquals(fit.straight, false);
    assert(fit.note.includes("the times bend by"), fit.note);
    assertEquals(Math.sign(fit.bend), later < 1 ? 1 : -1);
  }
  // A parabola's middle is a quarter of its range's square below its chord: 7² / 4 of a rise of 63.
  assertAlmostEquals(
    bend(copies, copies.map((k) => k * k)),
    -(49 / 4) / (fitLine(copies, copies.map((k) => k * k)).slope * 7),
    1e-12,
  );
});

Deno.test("trials that bend different ways are noise", () => {
  const [up, down] = [0.8, 1.2].map((later) => copies.map((k) => Math.min(k, 4) + later * Math.max(k - 4, 0)));
  assertEquals(fitSlope(copies, [up, up, down]).straight, true);
});

Deno.test("a slope that is not positive, and scattered times, are no line", () => {
  const falling = fitSlope(copies, [line(-0.1, 5)]);
  assertEquals([falling.straight, falling.note], [false, "more copies take no longer"]);
  const level = fitSlope(copies, [line(0, 5)]);
  assertEquals([level.ms, level.r2, level.straight], [0, 0, false]);
  const scattered = fitSlope(copies, [[1, 3, 2, 4]]);
  assert(!scattered.straight && scattered.note.includes("R² is 0."), scattered.note);
});

Deno.test("a line that gives less than nothing to no copies is marked, if every trial says so", () => {
  const fit = fitSlope(copies, [line(1, -1), line(1, -1.2), line(1, -0.8)]);
  assertEquals([fit.straight, fit.note], [false, "the line gives -1.0 ms to no copies"]);
  assertEquals(fitSlope(copies, [line(1, -1), line(1, -1.2), line(1, 0)]).straight, true);
});

Deno.test("two numbers of copies always fit, so they show nothing", () => {
  const fit = fitSlope([1, 2], [[3, 5], [3, 5]]);
  assertEquals([fit.ms, fit.interceptMs, fit.r2, fit.straight], [2, 1, 1, false]);
  assertEquals(fit.note, "two numbers of copies would show no bend");
});

Deno.test("long and large copies are fewer, short ones more", () => {
  const room = (memory: number, model = 0) => ({ bytes: { memory, copy: 1, model }, most: 64 });
  const free = room(Infinity);
  assertEquals(chooseCopies(free), [1, 2, 4, 8]);
  assertEquals(chooseCopies({ ...free, runMs: 10 }), [1, 2, 4]);
  assertEquals(chooseCopies({ ...free, runMs: 100 }), [1, 2, 3]);
  assertEquals(chooseCopies({ ...free, factor: 8 }), [8, 16, 32, 64]);
  assertEquals(chooseCopies({ ...free, factor: 16 }), [8, 16, 32, 64]);
  assertEquals(chooseCopies({ ...room(40), factor: 8 }), [2, 4, 8, 16]);
  assertEquals(chooseCopies(room(14)), [1, 2, 4]);
  assertEquals(chooseCopies(room(6)), [1, 2, 3]);
  assertEquals(chooseCopies(room(3)), [1, 2]);
  assertEquals(chooseCopies(room(26, 4)), [1, 2, 4]);
  assertEquals(chooseCopies({ ...free, most: 1 }), [1]);
  assertEquals(chooseCopies(room(0)), []);
});
