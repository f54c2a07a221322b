import { assertEquals } from "@std/assert";
import { textTable } from "./text_table.ts";

Deno.test("a very long cell shifts its own row alone", () => {
  const columns = [{ header: "a" }, { header: "b" }, { header: "c", align: "right" }] as const;
  const [header, long, short] = textTable(columns, [["x".repeat(10_000), "1", "2"], ["y", "1", "2"]]).split("\n");
  assertEquals(long, `${"x".repeat(10_000)}  1  2`);
  assertEquals([header.length, short.length], [126, 126]);
});
