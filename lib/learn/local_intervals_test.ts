import { assert, assertEquals } from "@std/assert";
import { fitLocalWidth, heldOutHits, localHalfWidths, type WidthRows } from "./local_intervals.ts";

function uniforms(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return (seed + 0.5) / 2 ** 32;
  };
}

/** Rows whose log errors are normal, of 2 % where x is below a half and of 20 % above. */
function rows(count: number, seed: number): WidthRows & { readonly x: Float64Array } {
  const random = uniforms(seed);
  const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  const x = Float64Array.from({ length: count }, () => random());
  const predicted = x.map(() => 10 ** (3 * random()));
  const measured = predicted.map((value, i) => value * Math.exp((x[i] < 0.5 ? 0.02 : 0.2) * normal()));
  return { x, columns: [x], predicted, measured, folds: Int32Array.from(x, (_, i) => i % 5) };
}

Deno.test("widths follow the rows' errors: 1.645 σ on each side of where they change", () => {
  const data = rows(2000, 1);
  const width = fitLocalWidth(data, Uint32Array.from(data.x.keys()))!;
  const [narrow, wide] = localHalfWidths(width, [Float64Array.of(0.25, 0.75)], Float64Array.of(30, 30));
  assert(Math.abs(narrow / (1.645 * 0.02) - 1) < 0.3, `${narrow}`);
  assert(Math.abs(wide / (1.645 * 0.2) - 1) < 0.3, `${wide}`);
});

Deno.test("held-out coverage is 90 % overall, where errors are small, and where they are large", () => {
  const data = rows(3000, 2), hits = heldOutHits(data)!;
  for (const part of [() => true, (x: number) => x < 0.5, (x: number) => x >= 0.5]) {
    const chosen = [...data.x.keys()].filter((i) => part(data.x[i]));
    const share = chosen.reduce((sum, i) => sum + hits[i], 0) / chosen.length;
    assert(share > 0.87 && share < 0.93, `${share}`);
  }
});

Deno.test("a fold's rows decide nothing about their own interval", () => {
  const data = rows(600, 3);
  // Fold 0 is off by a factor that no other row shows.
  const measured = data.measured.map((value, i) => i % 5 === 0 ? 100 * value : value);
  const hits = heldOutHits({ ...data, measured })!;
  assertEquals(hits.filter((_, i) => i % 5 === 0).reduce((sum, hit) => sum + hit, 0), 0);
});

Deno.test("with few rows there are no widths", () => {
  const data = rows(60, 4);
  assertEquals(fitLocalWidth(data, Uint32Array.from(data.x.keys())), null);
  assertEquals(heldOutHits(data), null);
});
