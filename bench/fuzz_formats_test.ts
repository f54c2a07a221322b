import { assert, assertEquals, assertMatch } from "@std/assert";
import { readSeeds } from "./fuzz_formats.ts";
import { inputOf } from "./fuzz/inputs.ts";
import { outcomeOf } from "./fuzz/outcome.ts";
import { readers } from "./fuzz/readers.ts";

Deno.test("spoiled files end in a network or an error of one line, within a second and the memory of ten files and 100 MB", async () => {
  // A process of its own: it measures the memory of its process, which other tests take, too.
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "bench/fuzz_formats.ts", "--inputs", "500", "--seed", "7"],
    cwd: new URL("..", import.meta.url),
    stderr: "inherit",
  }).output();
  const lines = new TextDecoder().decode(stdout);
  assertEquals(code, 0, lines);
  for (const reader of Object.keys(readers)) {
    assertMatch(lines, new RegExp(`^${reader}: \\d+ inputs, [1-9]\\d* read, [1-9]\\d* refused, 0 faults`, "m"));
  }
});

Deno.test("what once failed does not any more", async () => {
  for (const { name, bytes } of await readSeeds(undefined)) {
    const [reader] = Object.entries(readers).find(([, { endings }]) => endings.some((end) => name.endsWith(end)))!;
    const { outcome, what } = await outcomeOf(readers[reader].read, bytes);
    assert(outcome !== "fault", `${name}: ${what}`);
  }
});

Deno.test("an input is its number's", async () => {
  const seeds = await readSeeds(undefined);
  for (const reader of Object.keys(readers)) {
    assertEquals(inputOf(reader, 5, seeds, 1), inputOf(reader, 5, seeds, 1));
    const different = new Set([1, 2, 3, 4, 5, 6].map((number) => String(inputOf(reader, number, seeds, 1))));
    assert(different.size > 3, reader);
  }
});

Deno.test("what is no error of ours, or not one line, is a fault", async () => {
  const outcome = async (read: (bytes: Uint8Array) => unknown) => (await outcomeOf(read, new Uint8Array())).outcome;
  assertEquals(await outcome(() => ({})), "read");
  assertEquals(await outcome(() => JSON.parse("{")), "fault");
  assertEquals(await outcome(() => Promise.reject(new RangeError("Maximum call stack size exceeded"))), "fault");
  const { FormatError } = await import("../dsl/formats/format_error.ts");
  const refuse = (message: string) => () => {
    throw new FormatError(message);
  };
  assertEquals(await outcome(refuse("The file is empty")), "refused");
  assertEquals(await outcome(refuse("The file\nis empty")), "fault");
  assertEquals(await outcome(refuse("x".repeat(2000))), "fault");
});
