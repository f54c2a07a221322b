import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type PowerSource, type PowerTrace, type Reading, reading } from "./meter.ts";
import { compileNvml, nvmlMissing } from "./stand_ins.ts";
import { threaded } from "./thread.ts";
import { LOAD_MS, powerWindow, SHORT_LOAD_MS, windowOf } from "./window.ts";

/** Arithmetic, not a device: 2 s at 20 W, 4 s at 50 W, 3 s at 30 W; a counter that moves every 100 ms. */
const load = { startMs: 2000, endMs: 6000 };
const watts = (timeMs: number) => timeMs < 2000 ? 20 : timeMs < 6000 ? 50 : 30;

function trace(source: PowerSource, read: (timeMs: number, energyMj: number) => Partial<Reading>): PowerTrace {
  let energyMj = 0;
  const samples = Array.from({ length: 450 }, (_, i) => {
    if (i % 5 === 0) energyMj += 100 * watts(i * 20 - 1);
    return { timeMs: i * 20, ...reading(read(i * 20, energyMj)) };
  });
  return { source, device: null, driver: null, intervalMs: 20, samples, warnings: [] };
}

const counted = trace("nvml", (timeMs, energyMj) => ({ energyMj, powerW: watts(timeMs) }));

Deno.test("the window leaves out the ramp and ends on ticks; energy, power and idle come out", () => {
  const window = powerWindow([counted], load);
  assertEquals([window.startMs, window.endMs, window.energyMj, window.powerW], [3000, 6000, 150_000, 50]);
  assertEquals([window.counter?.source, window.counter?.ticks], ["nvml", 30]);
  const between = powerWindow([counted], { startMs: 2050, endMs: 5990 });
  assertEquals([between.startMs, between.endMs, between.energyMj], [3100, 5900, 140_000]);
  assertAlmostEquals(window.sampled[0].powerW, 50, 0.1);
  assertEquals([window.disagrees, window.reasons], [false, []]);
  assertEquals(window.idleBeforeW! < 21 && window.idleBeforeW! >= 20, true);
  assertEquals(window.idleAfterW, 30);
  // Another load may follow.
  const busy = {
    ...counted,
    samples: [...counted.samples, ...counted.samples.map((at) => ({ ...at, timeMs: at.timeMs + 9020 }))],
  };
  assertEquals(powerWindow([busy], load).idleAfterW, 30);
});

Deno.test("both sources are told, and a difference above 5 % is flagged", () => {
  const near = trace("nvidia-smi", (timeMs) => ({ powerW: watts(timeMs) * 1.04 }));
  const far = trace("nvidia-smi", (timeMs) => ({ powerW: watts(timeMs) * 1.06 }));
  const agrees = powerWindow([counted, near], load), differs = powerWindow([counted, far], load);
  assertEquals(agrees.sampled.map(({ source }) => source), ["nvml", "nvidia-smi"]);
  assertAlmostEquals(agrees.disagreement!, 0.04, 0.005);
  assertEquals([agrees.disagrees, differs.disagrees, differs.powerW], [false, true, 50]);
  assertEquals(powerWindow([counted, far], load, { tolerance: 0.1 }).disagrees, false);
});

Deno.test("without a counter the samples decide, and energy is null with the reason", () => {
  const bare = trace("nvml", (timeMs) => ({ powerW: watts(timeMs) }));
  const { energyMj, powerW, disagreement, reasons } = powerWindow([bare], { startMs: 2000, endMs: 5980 });
  assertEquals([energyMj, powerW, disagreement, reasons], [null, 50, null, [
    "The energy counter was not readable (nvml)",
  ]]);
  const still = trace("nvml", (timeMs) => ({ powerW: watts(timeMs), energyMj: 4 }));
  assertEquals(powerWindow([still], load).reasons, ["The energy counter did not move within 3000 ms (nvml)"]);
  const smi = trace("nvidia-smi", (timeMs) => ({ averageW: watts(timeMs) }));
  assertEquals(powerWindow([smi], load).sampled.map(({ kind }) => kind), ["average"]);
  assertEquals(powerWindow([smi], load).reasons, []);
});

Deno.test("a short load has no window, and the reason says how short", () => {
  const window = powerWindow([counted], { startMs: 2000, endMs: 4500 });
  assertEquals([window.startMs, window.energyMj, window.powerW, window.spreadW, window.sampled], [
    null,
    null,
    null,
    null,
    [],
  ]);
  assertEquals(window.reasons, [
    "The load gives a window of 1500 ms after a ramp of 1000 ms, less than 2000 ms; run it longer",
  ]);
  // Two seconds hold just 1.9 s between ticks: the samples still give the mean.
  const tight = powerWindow([counted], { startMs: 2050, endMs: 5060 });
  assertEquals([tight.energyMj, Math.round(tight.powerW!)], [null, 50]);
  assertEquals(tight.reasons, [
    "The load gives a window of 1900 ms between ticks of the energy counter, less than 2000 ms; run it longer",
  ]);
});

Deno.test("a counter tells the power of a load that is too short for a reading", () => {
  const short = { startMs: 2000, endMs: 2000 + SHORT_LOAD_MS };
  const { startMs, powerW, reasons } = powerWindow([counted], short, windowOf(SHORT_LOAD_MS));
  assertEquals([startMs, powerW, reasons], [2300, 50, []]);
  const smi = trace("nvidia-smi", (timeMs) => ({ powerW: watts(timeMs) }));
  const read = powerWindow([smi], short, windowOf(SHORT_LOAD_MS));
  assertEquals([read.powerW, read.sampled, read.reasons], [null, [], [
    "Without an energy counter a load must run for 3300 ms",
  ]]);
  assertAlmostEquals(powerWindow([smi], load, windowOf(LOAD_MS)).powerW!, 50, 0.1);
});

Deno.test("nothing read is null all over, with reasons", () => {
  const window = powerWindow([trace("nvml", () => ({}))], load);
  assertEquals([window.powerW, window.energyMj, window.idleBeforeW, window.idleAfterW, window.throttle], [
    null,
    null,
    null,
    null,
    null,
  ]);
  assertEquals(window.reasons, ["The energy counter was not readable (nvml)", "No power reading (nvml)"]);
  assertEquals(powerWindow([], load).powerW, null);
});

Deno.test("clocks, temperature and throttling are those of the window", () => {
  const state = trace("nvml", (timeMs) => ({
    powerW: watts(timeMs),
    smClockMhz: timeMs < 3000 ? 300 : 1900,
    temperatureC: timeMs > 6000 ? 90 : 60,
    throttle: timeMs < 2000 ? 0x40 : timeMs < 4000 ? 0x1 : 0x4,
  }));
  const { smClockMhz, temperatureC, throttle } = powerWindow([state], load);
  assertEquals([smClockMhz, temperatureC, throttle], [1900, 60, ["software power cap"]]);
});

Deno.test("RAPL's power is its counter's rise, so the two do not vouch for each other", () => {
  const { disagreement, powerW } = powerWindow([{ ...counted, source: "rapl" }], load);
  assertEquals([disagreement, powerW], [null, 50]);
});

Deno.test("from the stand-in library, sampled live, to a window", { ignore: nvmlMissing() }, async () => {
  const folder = Deno.makeTempDirSync();
  const library = compileNvml(folder);
  const meter = threaded({ source: "nvml", options: { library: library.path } });
  await meter.start();
  const startMs = Date.now();
  await new Promise((resolve) => setTimeout(resolve, LOAD_MS / 3));
  const endMs = Date.now();
  const window = powerWindow(await meter.stop(), { startMs, endMs }, { rampMs: 100, minimumMs: 500 });
  assert(window.counter !== null && window.counter.ticks >= 3, window.reasons.join("; "));
  // A tick is known to 20 ms at each end of about a second.
  assertAlmostEquals(window.powerW!, 50, 50 * 0.1);
  assertEquals([window.sampled[0].powerW, window.throttle], [50, ["software power cap"]]);
  library.close();
  Deno.removeSync(folder, { recursive: true });
});
