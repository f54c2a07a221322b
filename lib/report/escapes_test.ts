import { assertEquals, assertMatch } from "@std/assert";
import { formatCsv } from "../table.ts";
import { json, markdown, withoutCommands } from "./escapes.ts";

Deno.test("no line is a runner's command, and others stay as they are", () => {
  assertEquals(
    withoutCommands("::error::a\n\n \t::group::b\rc::d\r::e\nsee ##[error]f\n"),
    "| ::error::a\n\n|  \t::group::b\rc::d\r| ::e\nsee ## [error]f\n",
  );
  const text = "conv1  conv\n  a::b  # [1]\n";
  assertEquals(withoutCommands(text), text);
});

Deno.test("a CSV's first cells are no commands, and the same values", async () => {
  const rows = [{ a: "::x", b: "::y" }, { a: '"\n::z', b: "\n::" }, { a: "  ::a, b", b: "" }, { a: " ::", b: "1::2" }];
  assertEquals(await formatCsv(["a", "b"], rows), 'a,b\n"::x",::y\n"""\n::z","\n::"\n"  ::a, b",\n" ::",1::2\n');
});

Deno.test("Markdown shows a name as it is", () => {
  assertEquals(
    markdown("![x](http://a.b)|`c` @d <e> \\ www.f &lt;"),
    "\\!\\[x\\](http\\://a.b)\\|\\`c\\` \\@d &lt;e> \\\\ www\\.f \\&lt;",
  );
  assertEquals([markdown("# a"), markdown("> b"), markdown("::c::")], ["\\# a", "\\> b", "\\::c::"]);
  for (const name of ["conv1_1", "layer1.0", "a/b:0", "1×64×55×55", "**met**", "-0.5", "+3 %"]) {
    assertEquals(markdown(name), name);
  }
});

Deno.test("JSON has no character that steers or turns text around, and the same values", () => {
  const value = { "a\u009b": ["\\\u202e", "##[error]", "é", 1] };
  assertEquals(JSON.parse(json(value)), value);
  assertMatch(json(value), /^[\n -~é]+$/);
  assertEquals(json(value).includes("##["), false);
});
