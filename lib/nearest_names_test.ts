import { assertEquals } from "@std/assert";
import { nearestNames } from "./nearest_names.ts";

const known = [
  "l4",
  "t4",
  "m60",
  "v100",
  "v100-tf1",
  "v100-tensorrt",
  "p100-tf1",
  "rtx3090",
  "a100-sxm-80gb",
  "gtx1080ti-tf1",
];

Deno.test("one wrong letter, a missing end or a missing letter: the name that was meant comes first", async () => {
  const first = async (name: string) => (await nearestNames(name, known, 1))[0];
  assertEquals(await first("v100-tf2"), "v100-tf1");
  assertEquals(await first("v100-tensort"), "v100-tensorrt");
  assertEquals(await first("rtx309"), "rtx3090");
  assertEquals(await first("a100-smx"), "a100-sxm-80gb");
  assertEquals(await first("1080ti"), "gtx1080ti-tf1");
});

Deno.test("a long name does not lose to short ones, and at most as many come back as are asked for", async () => {
  assertEquals(await nearestNames("v10", known), ["v100", "v100-tf1", "v100-tensorrt"]);
  assertEquals(await nearestNames("v100", [], 3), []);
});
