import { assertEquals } from "@std/assert";
import { deviceOf, loadDevice } from "./device.ts";
import { fallbacks } from "./fallbacks.ts";

Deno.test("training on tf1 has fits of its own, on PyTorch's CPUs those of forward and backward together", async () => {
  const told = async (name: string) => fallbacks(await loadDevice(name));
  assertEquals(await told("v100-tf1"), {
    backward: [],
    training: ["conv", "dense"],
    timeFrom: "v100",
    power: [],
    powerFrom: "v100",
  });
  const { backward, training, power } = await told("raptor-lake-pytorch");
  assertEquals([backward, training, power], [["conv", "dense"], ["conv", "dense"], ["conv", "dense", "pool"]]);
});

Deno.test("a number format is named, and the backward pass of another one makes no training", async () => {
  const { model } = await loadDevice("raptor-lake-pytorch");
  const fits = model!.fits.filter(({ kind }) => kind === "conv")
    .map((fit) => fit.pass === "backward" ? { ...fit, dtype: "float16" as const } : fit);
  const { backward, training } = fallbacks(deviceOf({ ...model!, fits }));
  assertEquals([backward, training], [["conv float16"], []]);
});

Deno.test("a card alone is all its specification's, and a device without one predicts what it has measured alone", async () => {
  const { training, timeFrom } = fallbacks(await loadDevice("h200"));
  assertEquals([training, timeFrom], [[], "h200"]);
  const own = fallbacks(await loadDevice("amd-epyc-2core-ort-cpu"));
  assertEquals([own.timeFrom, own.powerFrom], [null, null]);
});
