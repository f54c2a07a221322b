import { assertEquals } from "@std/assert";
import { type Cell, differences, type Notebook, type Output, textDifference } from "./outputs.ts";

const svg = "<svg></svg>", png = "iVBORw0KGgo=";
const chart = (value: number): Output => ({
  output_type: "display_data",
  data: {
    "application/vnd.vegalite.v5+json": { data: { values: [{ ms: value, name: "conv1" }] } },
    "image/svg+xml": [svg],
    "image/png": png,
    "text/plain": ["A chart"],
  },
});
const table = (text: string): Output => ({ output_type: "display_data", data: { "text/plain": text } });
const notebook = (outputs: readonly Output[], changes: Partial<Cell> = {}): Notebook => ({
  cells: [{ id: "a", cell_type: "code", source: "await show(x)", metadata: {}, outputs, ...changes }],
});
const compare = (before: readonly Output[], now: readonly Output[], changes: Partial<Cell> = {}) =>
  differences(notebook(before, changes), notebook(now, changes), ["measured"]);

Deno.test("a run that shows the same is well, within tolerances", () => {
  assertEquals(compare([chart(1), table("ms 1.23")], [chart(1.005), table("ms  1.24")]), []);
});

Deno.test("another figure, word, form or number of outputs is told", () => {
  assertEquals(compare([chart(1)], [chart(1.02)]), [
    "a: output 1: application/vnd.vegalite.v5+json: /data/values/0/ms was 1, now 1.02",
  ]);
  assertEquals(compare([table("12.3 %")], [table("12.9 %")]), ["a: output 1: text/plain: was 12.3, now 12.9"]);
  assertEquals(compare([table("5 rows")], [table("6 rows")]), ["a: output 1: text/plain: was 5, now 6"]);
  assertEquals(compare([table("conv")], [table("pool")]), ["a: output 1: text/plain: the words are others"]);
  assertEquals(compare([table("x"), chart(1)], [table("x")]), ["a: stored are 2 outputs, the run has 1"]);
  assertEquals(compare([table("x")], [{ output_type: "display_data", data: { "text/html": "x" } }]), [
    "a: output 1 was text/plain, now text/html",
  ]);
});

Deno.test("exempt cells may have other figures, but must show something, and no errors", () => {
  const measured = { metadata: { tags: ["measured"] } };
  assertEquals(compare([chart(1)], [chart(9)], measured), []);
  assertEquals(compare([chart(1)], [], measured), ["a: 1 calls of show, and nothing is shown"]);
  const error: Output = { output_type: "stream", name: "stderr", text: ["Uncaught\n", "Error"] };
  assertEquals(compare([chart(1)], [chart(1), error], measured), [
    "a: it wrote to the error stream: Uncaught",
  ]);
});

Deno.test("a chart comes with its pictures, and what is printed must come", () => {
  const { data, ...rest } = chart(1);
  const without = { ...rest, data: { ...data, "image/png": "" } };
  assertEquals(compare([without], [without]), ["a: a chart is without its pictures"]);
  assertEquals(compare([], [], { source: 'console.log("x")' }), ["a: nothing was printed"]);
});

Deno.test("pieces of a stream are one, however they are cut", () => {
  const piece = (text: string): Output => ({ output_type: "stream", name: "stdout", text });
  assertEquals(compare([piece("one "), piece("two")], [piece("one two")]), []);
});

Deno.test("columns' widths and bars are no difference, signs and digits are", () => {
  assertEquals(textDifference("a  10.0 ███▌", "a 10.05  ██"), null);
  assertEquals(textDifference("a −5.0 %", "a 5.0 %"), "was −5.0, now 5.0");
  assertEquals(textDifference("1.0e-5", "9.8e-6"), null);
  assertEquals(textDifference("1.0e-5", "1.0e-4"), "was 1.0e-5, now 1.0e-4");
});
