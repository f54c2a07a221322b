import { assert, assertEquals, assertThrows } from "@std/assert";
import { network } from "neuralpower/dsl";
import { plan } from "../plan.ts";
import { findRuntime } from "../runtimes.ts";
import { configurationKey, drawGroups, foldsByGroup } from "./folds.ts";

/** 37 configurations, the first of them in one row, the second in two and so on up to five. */
const groups = Array.from({ length: 37 }, (_, g) => Array<string>(1 + g % 5).fill(`configuration ${g}`)).flat();

Deno.test("rows of one configuration lie in one fold", () => {
  const folds = foldsByGroup(groups, 5);
  for (const group of new Set(groups)) {
    assertEquals(new Set(folds.filter((_, row) => groups[row] === group)).size, 1, group);
  }
});

Deno.test("37 configurations in five folds are 8, 8, 7, 7 and 7", () => {
  for (const seed of [0, 1, 2]) {
    const folds = foldsByGroup(groups, 5, seed);
    const sizes = [0, 1, 2, 3, 4].map((fold) => new Set(groups.filter((_, row) => folds[row] === fold)).size);
    assertEquals(sizes, [8, 8, 7, 7, 7]);
  }
});

Deno.test("the fold of a configuration does not depend on the rows' order", () => {
  const folds = foldsByGroup(groups, 10, 3);
  assertEquals(foldsByGroup(groups.toReversed(), 10, 3), folds.toReversed());
  const sorted = groups.map((_, row) => row).sort((a, b) => groups[a] < groups[b] ? 1 : -1);
  assertEquals(foldsByGroup(sorted.map((row) => groups[row]), 10, 3), Int32Array.from(sorted, (row) => folds[row]));
});

Deno.test("another seed deals otherwise, the same one alike", () => {
  assertEquals(foldsByGroup(groups, 5, 1), foldsByGroup(groups, 5, 1));
  const [one, other] = [foldsByGroup(groups, 5, 1), foldsByGroup(groups, 5, 2)];
  const alike = one.filter((fold, row) => fold === other[row]).length / groups.length;
  assert(alike < 0.5, `${alike} of the rows are in the same fold`);
});

Deno.test("as many configurations as folds make one each, fewer are refused", () => {
  assertEquals(new Set(foldsByGroup(["a", "b", "a", "c"], 3)), new Set([0, 1, 2]));
  const error = assertThrows(() => foldsByGroup(["a", "b", "a"], 3), RangeError);
  assertEquals(error.message, "3 folds need at least 3 configurations, got 2; measure more layers");
});

Deno.test("the configuration is the sizes and window: activation, bias, optimizer, pass and format are left out", () => {
  const key = (
    batch: number,
    bias: boolean,
    activation: "relu" | "tanh",
    out = 8,
    half = false,
    optimizer?: "adam",
  ) => {
    const net = network("one", { image: [3, 16, 16] }, (x) => x.conv(out, { kernel: 3, bias, activation }));
    const built = net.build({ batch, dtype: half ? "float16" : "float32" });
    return configurationKey(plan(built, findRuntime("tf1")!, { pass: optimizer && "training", optimizer })[0].node!);
  };
  const one = key(4, true, "relu");
  assertEquals(key(4, false, "tanh"), one);
  assertEquals(key(4, true, "relu", 8, true), one);
  assertEquals(key(4, true, "relu", 8, false, "adam"), one);
  assert(key(5, true, "relu") !== one);
  assert(key(4, true, "relu", 9) !== one);
});

Deno.test("groups are drawn by the seed, whatever their order, and all of them where more are asked for", () => {
  const groups = Array.from({ length: 50 }, (_, i) => `net ${i % 25}`);
  const drawn = drawGroups(groups, 10, 1);
  assertEquals(drawn.size, 10);
  assertEquals(drawGroups(groups.toReversed(), 10, 1), drawn);
  assertEquals(drawGroups(groups, 12, 1).isSupersetOf(drawn), true);
  assertEquals(drawGroups(groups, 10, 2).isSubsetOf(drawn), false);
  assertEquals(drawGroups(groups, 99).size, 25);
});
