import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type ImageValue, network } from "neuralpower/dsl";
import { loadDevice } from "../model/device.ts";
import { predict } from "../predict.ts";
import { layerDifferences } from "./layer_differences.ts";

const device = await loadDevice("h100");
const predicted = (body: (x: ImageValue) => ImageValue) =>
  predict(network("n", { image: [3, 32, 32], batch: 8 }, body).build(), device);
const relu3 = (x: ImageValue, channels: number) => x.conv(channels, { kernel: 3, pad: 1, activation: "relu" });
const before = predicted((x) => relu3(relu3(relu3(x, 16), 32), 64));

/** What changed, as `change old → new`. */
const told = (after: typeof before) =>
  layerDifferences(before, after).filter(({ change }) => change !== "same")
    .map((each) => `${each.change} ${each.old?.name ?? "–"} → ${each.new?.name ?? "–"}`);

Deno.test("a version is the same as itself", () => {
  assertEquals(told(before), []);
  assertEquals(layerDifferences(before, before).length, before.layers.length);
});

Deno.test("layers after one that is put in between are the same, though they have other names", () => {
  const after = predicted((x) => relu3(relu3(relu3(relu3(x, 16), 16), 32), 64));
  assertEquals(told(after), ["added – → conv2", "added – → conv2_relu"]);
});

Deno.test("a layer of other sizes keeps its name, and so does the one that reads it", () => {
  const after = predicted((x) => relu3(relu3(relu3(x, 16), 48), 64));
  assertEquals(told(after), [
    "changed conv2 → conv2",
    "changed conv2_relu → conv2_relu",
    "changed conv3 → conv3",
  ]);
});

Deno.test("what was removed goes before what was added in its place", () => {
  const after = predicted((x) => relu3(relu3(x, 16), 32).maxPool({ kernel: 2, name: "p" }));
  assertEquals(told(after), ["removed conv3 → –", "removed conv3_relu → –", "added – → p"]);
});

Deno.test("the differences add up to the totals'", () => {
  const after = predicted((x) => relu3(relu3(x, 24), 64).maxPool({ kernel: 2 }));
  const all = layerDifferences(before, after);
  const sum = all.reduce((sum, { runtimeMs }) => sum + runtimeMs!, after.total.overheadMs - before.total.overheadMs);
  assert(sum !== 0);
  assertAlmostEquals(sum, after.total.runtimeMs! - before.total.runtimeMs!, 1e-9);
});

Deno.test("thousands of different layers are refused", () => {
  const many = (name: string) => ({
    ...before,
    layers: Array.from({ length: 9000 }, (_, i) => ({ ...before.layers[0], name: `${name}${i}`, macs: i })),
  });
  assertThrows(
    () => layerDifferences(many("a"), { ...many("b"), layers: many("b").layers.map((l) => ({ ...l, params: -1 })) }),
    RangeError,
    "9000 and 9000 layers differ",
  );
});
