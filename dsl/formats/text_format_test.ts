import { assertEquals, assertThrows } from "@std/assert";
import { FormatError } from "./format_error.ts";
import { isMessage, parseTextFormat, type TextMessage } from "./text_format.ts";

/** A message as plain data. */
function plain({ fields }: TextMessage): Record<string, unknown[]> {
  return Object.fromEntries(
    [...fields].map(([name, values]) => [name, values.map((value) => isMessage(value) ? plain(value) : value.text)]),
  );
}

Deno.test("every form of field that the text format has", () => {
  const text = `# a comment { "
    name: "double \\"quoted\\"" # { after a value
    name: 'single' "and " 'joined'   other : -1.5e-3f;
    nested { a: 1 } nested: < a: 2, b: WORD >   nested{}
    list: [1, 2,3] list: 4  messages: [{ c: true }, < c: false >] none: []
    [extended.name] { d: - 7 } escapes: "\\n\\x41\\101\\t"`;
  assertEquals(plain(parseTextFormat(text)), {
    name: ['double "quoted"', "singleand joined"],
    other: ["-1.5e-3f"],
    nested: [{ a: ["1"] }, { a: ["2"], b: ["WORD"] }, {}],
    list: ["1", "2", "3", "4"],
    messages: [{ c: ["true"] }, { c: ["false"] }],
    none: [],
    "[extended.name]": [{ d: ["-7"] }],
    escapes: ["\nAA\t"],
  });
  assertEquals(plain(parseTextFormat("\uFEFF  ")), {});
});

Deno.test("what is no text format is told with its line", () => {
  const cases: Record<string, string> = {
    "layer {\n  name: 'x'\n": 'Line 3: the message that began on line 1 has no closing "}"',
    "a: 1\n}": 'Line 2: a field\'s name is expected, got "}"',
    "a: 'x\n'": "Line 1: a string has no closing '",
    "\na 1": 'Line 2: ":" is missing between "a" and its value',
    "a: ": 'Line 1: a value of "a" is expected, got the file\'s end',
    "a: [1 2]": 'Line 1: the list of "a" goes on with "," or ends with "]", got "2"',
    "a: [1": 'Line 1: the list of "a" goes on with "," or ends with "]", got the file\'s end',
    "1: 2": 'Line 1: a field\'s name is expected, got "1"',
    [`${"a{".repeat(101)}${"}".repeat(101)}`]: "Line 1: messages are nested deeper than 100",
    [`${"a{".repeat(10_000)}`]: "Line 1: messages are nested deeper than 100",
    [" ".repeat(2_000_001)]: "The file has 2000001 characters; a network's text has at most 2000000",
  };
  for (const [text, message] of Object.entries(cases)) {
    assertThrows(() => parseTextFormat(text), FormatError, message);
  }
});
