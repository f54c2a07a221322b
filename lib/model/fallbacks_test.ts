import { assertEquals } from "@std/assert";
import { deviceOf, loadDevice } from "./device.ts";
import { fallbacks } from "./fallbacks.ts";

Deno.test("training on tf1 has fits of its own, on PyTorch's CPUs those of forward and backward together", async () => {
  const told = async (name: string) => fallbacks(await loadDevice(name));
  const { training: gpu, power: watts, specification } = await told("v100-tf1");
  assertEquals([gpu, watts, specification], [["conv", "dense"], [], "v100"]);
  const { training, power } = await told("raptor-lake-pytorch");
  assertEquals([training, power], [["conv", "dense"], ["conv", "dense", "pool"]]);
});

Deno.test("the backward pass of another number format makes no training, and the format is named", async () => {
  const { model } = await loadDevice("raptor-lake-pytorch");
  const convolutions = model!.fits.filter(({ kind }) => kind === "conv");
  const half = convolutions.map((fit) => ({ ...fit, dtype: "float16" as const }));
  const told = (fits: typeof convolutions) => fallbacks(deviceOf({ ...model!, fits })).training;
  assertEquals(told(convolutions.map((fit, i) => fit.pass === "backward" ? half[i] : fit)), []);
  assertEquals(told(half), ["conv float16"]);
});

Deno.test("a card alone is all its specification's, and a device without one predicts what it has measured alone", async () => {
  assertEquals(fallbacks(await loadDevice("h100")), { training: [], power: [], rates: [], specification: "h100" });
  assertEquals(fallbacks(await loadDevice("amd-epyc-2core-ort-cpu")).specification, null);
});
