import { assertEquals, assertStringIncludes } from "@std/assert";
import { concat, network, type VectorValue } from "neuralpower/dsl";
import { networkText } from "./network.ts";

Deno.test("a join of many values names the first, and widens no other row", () => {
  const fan = network("fan", { vector: 4 }, (x) => {
    const values = Array.from({ length: 10_000 }, () => x.relu());
    return concat(...values as [VectorValue, VectorValue]);
  }).build();
  for (const format of ["table", "markdown"] as const) {
    const lines = networkText(fan, format).split("\n");
    assertStringIncludes(lines.join("\n"), "relu1, relu2, relu3, relu4, relu5, … 9995 more");
    assertEquals(lines.filter((line) => line.length > 200), []);
  }
});
