import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { drift, slownessAt } from "./drift.ts";
import { Random } from "./random.ts";

Deno.test("the slowness is interpolated, and held at the ends", () => {
  const anchors = [{ timeMs: 0, ms: 8 }, { timeMs: 100, ms: 10 }, { timeMs: 200, ms: 12 }];
  assertEquals([-5, 0, 50, 100, 150, 200, 999].map((timeMs) => slownessAt(anchors, timeMs)), [
    ...[0.8, 0.8, 0.9, 1, 1.1, 1.2, 1.2],
  ]);
});

Deno.test("a slow drift is seen and its correction helps on anchors left out; noise is not corrected away", () => {
  const random = new Random(1);
  const times = Array.from({ length: 40 }, (_, i) => i * 1000);
  const slow = drift(times.map((timeMs, i) => ({ timeMs, ms: 10 + i / 10 })));
  assertAlmostEquals(slow.trend!, 3.9 / 11.95, 1e-9);
  assert(slow.correctedDeviation! < slow.deviation / 3, `${slow.correctedDeviation} of ${slow.deviation}`);
  const noise = drift(times.map((timeMs) => ({ timeMs, ms: random.between(900, 1100) / 100 })));
  assert(noise.correctedDeviation! > noise.deviation, `${noise.correctedDeviation} of ${noise.deviation}`);
  assertEquals([drift([{ timeMs: 0, ms: 3 }]).trend, drift([{ timeMs: 0, ms: 3 }]).correctedDeviation], [null, null]);
});
