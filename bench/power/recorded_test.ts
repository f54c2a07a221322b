/** The sensors of an NVIDIA H200 as they were, by `bench/record_power.ts`: NVML and nvidia-smi over two loads and the rests between them. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { median } from "../../lib/learn/metrics.ts";
import { readRecording } from "./record.ts";
import { replay } from "./replay.ts";
import { powerWindow, SHORT_LOAD_MS, windowOf } from "./window.ts";

const recording = await readRecording(new URL("../../data/h200-ort/power.jsonl", import.meta.url).pathname);
const [nvml, smi] = recording.traces;

/** The windows of both loads, as a sweep has them. */
async function windows() {
  const { meter, loads } = replay(recording);
  await meter.start();
  const traces = await meter.stop();
  return loads.map((load) => powerWindow(traces, load));
}

Deno.test("counter and sensor, and both programs that read it, tell the same power", async () => {
  for (const window of await windows()) {
    assertEquals([window.counter?.source, window.disagrees, window.reasons], ["nvml", false, []]);
    assertEquals(window.sampled.map(({ source, kind }) => `${source} ${kind}`), ["nvml instant", "nvidia-smi instant"]);
    for (const { powerW } of window.sampled) assertAlmostEquals(powerW / window.powerW!, 1, 0.02);
  }
});

Deno.test("a short load has the power of a long one within 2 %", async () => {
  const long = await windows();
  recording.loads.forEach(({ startMs }, i) => {
    const short = powerWindow([nvml], { startMs, endMs: startMs + SHORT_LOAD_MS }, windowOf(SHORT_LOAD_MS));
    assertAlmostEquals(short.powerW! / long[i].powerW!, 1, 0.02);
  });
});

Deno.test("a large convolution runs into the power limit, which lowers the clocks; a relu does not", async () => {
  const [convolution, relu] = await windows();
  assert(convolution.powerW! > 0.97 * 700 && convolution.powerW! < 1.02 * 700, `${convolution.powerW}`);
  assertEquals(convolution.throttle, ["software power cap"]);
  assert(convolution.smClockMhz! < 1900);
  assert(relu.powerW! > 500 && relu.powerW! < 560, `${relu.powerW}`);
  assertEquals([relu.smClockMhz, relu.throttle], [1980, []]);
});

Deno.test("the energy counter moves every 100 ms", () => {
  const ticks = nvml.samples.filter(({ energyMj }, i) => i > 0 && energyMj !== nvml.samples[i - 1].energyMj);
  const steps = ticks.slice(1).map(({ timeMs }, i) => timeMs - ticks[i].timeMs);
  assertAlmostEquals(median(steps), 100, 2);
});

Deno.test("after the load the average takes a second to fall, the instantaneous reading a tenth of it", () => {
  const [{ endMs }] = recording.loads;
  const idle = 150;
  const fallen = (key: "powerW" | "averageW") =>
    nvml.samples.find((sample) => sample.timeMs > endMs && sample[key]! < idle)!.timeMs - endMs;
  assert(fallen("powerW") < 300, `${fallen("powerW")} ms`);
  assert(fallen("averageW") > 700 && fallen("averageW") < 1300, `${fallen("averageW")} ms`);
});

Deno.test("nvidia-smi has no counter, and reads as often as it was asked to", () => {
  assertEquals(smi.samples.filter(({ energyMj }) => energyMj !== null), []);
  const steps = smi.samples.slice(1).map(({ timeMs }, i) => timeMs - smi.samples[i].timeMs);
  assertAlmostEquals(median(steps), 20, 1);
});
