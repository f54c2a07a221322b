import { assert, assertEquals, assertRejects } from "@std/assert";
import { reading, Warnings } from "./meter.ts";
import { pollingMeter } from "./polling.ts";

Deno.test("a polling meter keeps its cadence, can be restarted, and refuses a wrong order", async () => {
  let closed = 0;
  const open = () => ({
    device: "test",
    driver: null,
    read: () => reading({ energyMj: 1 }),
    warnings: () => ["one"],
    close: () => void closed++,
  });
  const meter = pollingMeter("rapl", open, 10);
  await assertRejects(() => meter.stop(), Error, "The rapl meter is not running; start it first");
  for (let round = 1; round <= 2; round++) {
    const begin = performance.now();
    await meter.start();
    await assertRejects(() => meter.start(), Error, "The rapl meter is running already; stop it first");
    await new Promise((resolve) => setTimeout(resolve, 205));
    const [{ samples, ...trace }] = await meter.stop();
    const most = (performance.now() - begin) / 10 + 2;
    assertEquals(trace, { source: "rapl", device: "test", driver: null, intervalMs: 10, warnings: ["one"] });
    // About 21; a busy machine may miss many, none may come on top.
    assert(samples.length >= 1 && samples.length <= most, `${samples.length} samples of at most ${most}`);
    assertEquals(closed, round);
  }
});

Deno.test("a device that does not open rejects start, and the meter stays stopped", async () => {
  const meter = pollingMeter("nvml", () => {
    throw new Error("No driver");
  });
  await assertRejects(() => meter.start(), Error, "No driver");
  await assertRejects(() => meter.start(), Error, "No driver");
});

Deno.test("warnings keep the first of each kind, in order", () => {
  const warnings = new Warnings();
  warnings.add("a", "first a");
  warnings.add("b", "b");
  warnings.add("a", "second a");
  assertEquals(warnings.list(), ["first a", "b"]);
});
