import { assertEquals } from "@std/assert";
import { counterWindow } from "./counter.ts";
import { reading } from "./meter.ts";

// Arithmetic, not a device: 50 W told every 100 ms, asked every 20 ms.
const samples = Array.from(
  { length: 60 },
  (_, i) => ({ timeMs: i * 20, ...reading({ energyMj: Math.floor(i / 5) * 5000 }) }),
);

Deno.test("a window begins and ends on ticks", () => {
  assertEquals(counterWindow(samples, 110, 1195), { startMs: 200, endMs: 1100, energyMj: 45_000, ticks: 9 });
  assertEquals(counterWindow(samples, 200, 1100), { startMs: 200, endMs: 1100, energyMj: 45_000, ticks: 9 });
});

Deno.test("a tick after a hole does not bound a window", () => {
  const holed = samples.filter(({ timeMs }) => timeMs < 140 || timeMs > 240);
  assertEquals(counterWindow(holed, 110, 1195), { startMs: 300, endMs: 1100, energyMj: 40_000, ticks: 8 });
});

Deno.test("samples without a counter between its ticks do not matter", () => {
  const mixed = samples.flatMap((sample) => [sample, { timeMs: sample.timeMs + 10, ...reading({ powerW: 1 }) }]);
  assertEquals(counterWindow(mixed, 110, 1195), { startMs: 200, endMs: 1100, energyMj: 45_000, ticks: 9 });
});

Deno.test("no window has a reason", () => {
  assertEquals(counterWindow([], 0, 1000), { reason: "The energy counter was not readable" });
  const still = samples.map((sample) => ({ ...sample, energyMj: 7 }));
  assertEquals(counterWindow(still, 0, 1000), { reason: "The energy counter did not move within 1000 ms" });
  const once = {
    reason: "Fewer than two moves of the energy counter are known to 50 ms; sample more often, or longer",
  };
  assertEquals(counterWindow(samples, 110, 290), once);
  const fell = samples.map((sample, i) => i < 40 ? sample : { ...sample, energyMj: 3 });
  assertEquals(counterWindow(fell, 0, 1000), {
    reason: "The energy counter fell from 35000 to 3 mJ; was the driver reloaded?",
  });
});
