import { assertEquals } from "@std/assert";
import { Progress } from "./progress.ts";

function written(quietMs: number): string[] {
  const texts: string[] = [];
  const progress = new Progress(2, (text) => texts.push(text), quietMs);
  progress.step("a");
  progress.step("b");
  progress[Symbol.dispose]();
  progress[Symbol.dispose]();
  return texts;
}

Deno.test("steps are written over one another and cleared once; what is short is not told", () => {
  assertEquals(written(0), ["\r\x1b[K1 of 2: a", "\r\x1b[K2 of 2: b", "\r\x1b[K"]);
  assertEquals(written(60_000), []);
});
