import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { correlatedSum, type SummedPart } from "./correlated_sum.ts";

/** Numbers of a normal distribution: Box and Muller on the 32-bit generator of Numerical Recipes. */
function normals(seed: number): () => number {
  const uniform = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return (seed + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

const part = (key: string, h: number, correlation: number): SummedPart => ({
  ...{ key, value: 100, low: 100 - h, high: 100 + h, correlation },
});

Deno.test("90 % of sums lie in the interval when parts share as much of their error as is said, equal ones all of it", () => {
  const normal = normals(3);
  const correlation = 0.12, parts = Array.from({ length: 40 }, (_, i) => part(`${i % 25}`, 5 + i % 25, correlation));
  const { value, low, high } = correlatedSum(parts);
  let inside = 0;
  for (let trial = 0; trial < 4000; trial++) {
    const shared = normal(), own = Array.from({ length: 25 }, normal);
    const error = parts.reduce((sum, { key, high }) => {
      const z = Math.sqrt(correlation) * shared + Math.sqrt(1 - correlation) * own[Number(key)];
      return sum + (high! - 100) / 1.645 * z;
    }, 0);
    if (low! <= value + error && value + error <= high!) inside++;
  }
  assert(Math.abs(inside / 4000 - 0.9) < 0.02, `${inside / 4000}`);
});

Deno.test("fully correlated parts add up, nothing vouches for a sum of what nothing vouches for, and none is exact", () => {
  const { low, high } = correlatedSum([part("a", 10, 1), part("b", 20, 1)]);
  assertAlmostEquals(low!, 170, 1e-9);
  assertAlmostEquals(high!, 230, 1e-9);
  assertEquals(correlatedSum([part("a", 10, 0), { ...part("b", 1, 0), low: null }]), {
    value: 200,
    low: null,
    high: null,
  });
  assertEquals(correlatedSum([]), { value: 0, low: 0, high: 0 });
});
