import { assertAlmostEquals, assertEquals } from "@std/assert";
import { reading } from "./meter.ts";
import { type SampledPower, sampledPower } from "./samples.ts";

const at = (timeMs: number, powerW: number | null) => ({ timeMs, ...reading({ powerW }) });

Deno.test("the mean is weighted by time, and the ends are interpolated", () => {
  const line = [at(0, 100), at(100, 100), at(200, 300), at(300, 300)];
  assertEquals(sampledPower(line, "powerW", 0, 300), {
    powerW: 200,
    spreadW: sampled(line, 0, 300).spreadW,
    samples: 4,
  });
  // From 150 ms, where the line is at 200 W, up to 300 W at 200 ms, and on at 300 W to 350 ms.
  assertAlmostEquals(sampled([...line, at(400, 300)], 150, 350).powerW, (250 * 50 + 300 * 150) / 200);
});

Deno.test("the spread of a reading that alternates is its distance from the mean", () => {
  const steps = Array.from(
    { length: 100 },
    (_, i) => at(i * 20 + (i % 2) * 19.999, 100 + 10 * (Math.floor((i + 1) / 2) % 2)),
  );
  const { powerW, spreadW } = sampled(steps, steps[0].timeMs, steps[99].timeMs);
  assertAlmostEquals(powerW, 105, 0.2);
  assertAlmostEquals(spreadW, 5, 0.2);
});

Deno.test("unread samples are passed over, not taken for 0", () => {
  assertEquals(sampled([at(0, 80), at(20, null), at(40, 80)], 0, 40), { powerW: 80, spreadW: 0, samples: 2 });
});

Deno.test("holes and too few samples are reasons", () => {
  assertEquals(sampledPower([at(0, 1)], "powerW", 0, 100), { reason: "Only 1 power samples within 100 ms" });
  assertEquals(sampledPower([at(0, 1), at(100, 1), at(400, 1)], "powerW", 0, 400), {
    reason: "The power samples have a hole of 300 ms",
  });
  assertEquals(sampledPower([at(0, 1), at(100, 1)], "powerW", 0, 400), {
    reason: "The power samples have a hole of 300 ms",
  });
  assertEquals(sampledPower([at(0, 1), at(100, 1)], "averageW", 0, 100), {
    reason: "Only 0 power samples within 100 ms",
  });
  assertEquals(sampledPower([], "powerW", 5, 5), { reason: "No time passed between 5 and 5" });
});

function sampled(samples: ReturnType<typeof at>[], fromMs: number, toMs: number): SampledPower {
  const found = sampledPower(samples, "powerW", fromMs, toMs);
  if ("reason" in found) throw new Error(found.reason);
  return found;
}
