import { assertAlmostEquals, assertEquals } from "@std/assert";
import { energyPrecision, paretoFront } from "./front.ts";

Deno.test("the front holds what no other beats in both, and of equals the first", () => {
  const choices = [
    { name: "dear", error: 0.2, mj: 9 },
    { name: "good", error: 0.25, mj: 4 },
    { name: "beaten", error: 0.3, mj: 5 },
    { name: "as dear and worse", error: 0.21, mj: 9 },
    { name: "cheap", error: 0.4, mj: 1 },
    { name: "equal to cheap", error: 0.4, mj: 1 },
  ];
  const front = paretoFront(choices, ({ mj, error }) => [mj, error]);
  assertEquals(front.map(({ name }) => name), ["cheap", "good", "dear"]);
});

Deno.test("what more precision is worth grows with α", () => {
  assertAlmostEquals(energyPrecision(0.5, 80, 1), 40);
  assertAlmostEquals(energyPrecision(0.5, 80, 4), 5);
});
