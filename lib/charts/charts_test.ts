/**
 * Every chart against its golden file. After a wanted change, write them anew and look at them in the Vega editor:
 * `UPDATE_GOLDEN=1 deno test -A lib/charts/charts_test.ts`
 */
import { assert, assertEquals } from "@std/assert";
import { choiceFront } from "./choices.ts";
import { predictedAgainstMeasured } from "./measured.ts";
import { powerTrace } from "./power.ts";
import type { Part } from "./spec.ts";
import { examples, prediction } from "./testing/examples.ts";

const update = (await Deno.permissions.query({ name: "env", variable: "UPDATE_GOLDEN" })).state === "granted" &&
  Deno.env.has("UPDATE_GOLDEN");

for (const [name, spec] of Object.entries(examples)) {
  Deno.test(`${name} is as in its golden file`, async () => {
    const file = new URL(`testing/golden/${name}.vl.json`, import.meta.url);
    const text = `${JSON.stringify(spec, null, 1)}\n`;
    if (update) await Deno.writeTextFile(file, text);
    assertEquals(text, await Deno.readTextFile(file));
  });
}

/** The data of a view's layers, by the layers' order. */
function valuesOf(view: Part): Record<string, unknown>[][] {
  return (view.layer as { data: { values: Record<string, unknown>[] } }[]).map(({ data }) => data.values);
}

Deno.test("the breakdown has every executed layer and no other", () => {
  const { values } = examples.layer_breakdown.data as { values: { name: string; runtimeMs: number }[] };
  const executed = prediction.layers.filter(({ runtimeFrom }) => runtimeFrom !== "free");
  assertEquals(values.map(({ name }) => name), executed.map(({ name }) => name));
  const sum = values.reduce((sum, { runtimeMs }) => sum + runtimeMs, prediction.total.overheadMs);
  assert(Math.abs(sum / prediction.total.runtimeMs! - 1) < 1e-3);
});

Deno.test("a panel of what is not known is left out", async () => {
  const { layerBreakdown } = await import("./breakdown.ts");
  const layers = prediction.layers.map((layer) => ({ ...layer, powerW: null, energyMj: null }));
  const { hconcat } = layerBreakdown({ ...prediction, layers }) as unknown as { hconcat: unknown[] };
  assertEquals(hconcat.length, 1);
});

Deno.test("the roof bends where the peak meets the bandwidth", () => {
  const [roof, layers] = valuesOf(examples.roofline) as unknown as { intensity: number; gflops: number }[][];
  // A V100's 15.7 TFLOP/s over 900 GB/s.
  assert(Math.abs(roof[1].intensity - 15.7e12 / 900e9) < 0.1, `${roof[1].intensity}`);
  assertEquals(roof[1].gflops, roof[2].gflops);
  assertEquals(layers.length, prediction.layers.filter(({ macs }) => macs > 0).length);
});

Deno.test("the share within ±10 % is counted with its ends", () => {
  const point = (predicted: number) => ({ name: "", group: "conv", size: 1, measured: 2, predicted });
  const spec = predictedAgainstMeasured([point(2.2), point(1.8), point(2.21), point(1)]);
  assertEquals((spec.title as { subtitle: string }).subtitle, "4 held out, 50.0 % within ±10 %");
});

Deno.test("a front weighs what is asked for, and leaves out what is not known", () => {
  const choices = [
    { name: "small", error: 0.4, energyMj: 1, runtimeMs: 2 },
    { name: "slow", error: 0.3, energyMj: 2, runtimeMs: 9 },
    { name: "unknown", error: null, energyMj: 3, runtimeMs: 3 },
  ];
  const values = (spec: Part) => (spec.data as { values: { name: string; front: string }[] }).values;
  const names = (spec: Part) => values(spec).filter(({ front }) => front === "on the front").map(({ name }) => name);
  assertEquals(names(choiceFront(choices)), ["slow", "small"]);
  assertEquals(names(choiceFront(choices, "runtime-energy")), ["small"]);
  assertEquals(values(choiceFront(choices, "runtime-error")).map(({ name }) => name), ["slow", "small"]);
});

Deno.test("a trace's readings stand where they change, and last", () => {
  const samples = [10, 10, 10, 30, 30].map((powerW, i) => ({ timeMs: 1000 * i, powerW, averageW: null, limitW: 50 }));
  const spec = powerTrace([{ source: "nvml", samples }], []);
  const [spans, windows, limits, readings] = valuesOf({
    layer: (spec.layer as { data?: unknown }[]).filter(({ data }) => data),
  });
  assertEquals([spans, windows, limits], [[], [], [{ watts: 50, limit: "limit of 50 W" }]]);
  assertEquals(readings.map(({ seconds, watts }) => [seconds, watts]), [[0, 10], [3, 30], [4, 30]]);
});
