/** `deno test -A --config notebooks/deno.json lib/report/show_test.ts` */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { loadDevice, parseLayersTable, predict } from "neuralpower";
import { network } from "neuralpower/dsl";
import { learningCurve } from "../charts/curves.ts";
import { bundle, show, type Showable } from "./show.ts";
import type { Validation } from "./validation.ts";

const net = network("<script>", { image: [3, 16, 16], batch: 4 }, (x) => x.conv(8, { kernel: 3 }).flatten().dense(10));
const device = await loadDevice("v100-tf1");
const compared = { measured: 2, predicted: 2.2, low: 1.5, high: 3 };
const validation: Validation = {
  device: "mine",
  method: "Networks are held out by name.",
  networks: [{ name: "a<b", batch: 1, image: null, runtimeMs: compared, powerW: null, energyMj: null, remark: "" }],
  tables: [],
  notes: ["Arithmetic, not measured"],
};

const things: Readonly<Record<string, readonly [value: Showable, text: string]>> = {
  "a network's definition": [net, "<script>: 3 layers, batch 4"],
  "a built network": [net.build({ batch: 2 }), "<script>: 3 layers, batch 2"],
  "a prediction": [predict(net.build(), device), "<script> on v100-tf1"],
  "a fitted device": [device, "v100-tf1: errors on held-out"],
  "a model file": [device.model!, "v100-tf1: errors on held-out"],
  "a layers table": [
    await parseLayersTable("kind,batch,in_channels,out_channels,runtime_ms\ndense,8,64,10,0.5\n", "t.csv"),
    "1 measured rows",
  ],
  "a validation": [validation, "1 measured networks"],
};

for (const [name, [value, text]] of Object.entries(things)) {
  Deno.test(`${name} is a table, a chart, its pictures and text`, async () => {
    const forms = await bundle(value);
    assertStringIncludes(forms["text/plain"], text);
    const html = forms["text/html"] as string;
    assertMatch(html, /<table>[\s\S]*<td[\s\S]*<\/table>[\s\S]*<img alt=/);
    assert(!html.includes("<script>") && !html.includes("a<b"), "a name stays text");
    assertStringIncludes((forms["application/vnd.vegalite.v5+json"] as { $schema: string }).$schema, "vega-lite/v5");
    assert((forms["image/svg+xml"] as string).startsWith("<svg"));
    assertEquals(atob(forms["image/png"] as string).slice(1, 4), "PNG");
  });
}

Deno.test("what the library makes shows itself in a notebook, and nobody else sees how", async () => {
  const display = Symbol.for("Jupyter.display");
  for (const [value] of [things["a prediction"], things["a network's definition"], things["a fitted device"]]) {
    const forms = await (value as unknown as Record<symbol, () => Promise<{ "text/plain": string }>>)[display]();
    assertEquals(forms["text/plain"], (await bundle(value))["text/plain"]);
  }
  const { ...copy } = things["a prediction"][0] as unknown as Record<symbol, unknown>;
  assertEquals(display in copy, false);
});

Deno.test("any table is its rows", async () => {
  const forms = await bundle({ title: "A table", columns: [{ header: "a" }], rows: [["<b>"]] });
  assertEquals(forms["text/plain"], "A table\n\na\n<b>\n");
  assertStringIncludes(forms["text/html"] as string, "&lt;b&gt;");
});

Deno.test("a device without measurements says so, and a chart is shown as it is", async () => {
  const unmeasured = await bundle(await loadDevice("rtx3090"));
  assertStringIncludes(unmeasured["text/plain"], "nothing was measured");
  assertEquals(Object.keys(unmeasured), ["text/plain", "text/html"]);
  const forms = await bundle(learningCurve([{ model: "m", rows: 100, mape: 0.1 }], "A curve"));
  assertEquals([forms["text/plain"], forms["text/html"]], ["A curve", undefined]);
});

Deno.test("outside of a notebook show prints the text", async () => {
  const log = console.log;
  const printed: string[] = [];
  console.log = (text: string) => printed.push(text);
  try {
    await show(net, device);
  } finally {
    console.log = log;
  }
  assertEquals(printed.length, 2);
});
