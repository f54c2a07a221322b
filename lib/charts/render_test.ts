/**
 * Every chart drawn: `deno test -A --config notebooks/deno.json lib/charts/render_test.ts`. With DRAWN=DIR in the environment the pictures
 * are left there, to be looked at.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { choiceFront } from "./choices.ts";
import { learningCurve } from "./curves.ts";
import { errorsByGroupAndSize, predictedAgainstMeasured } from "./measured.ts";
import { toPng, toSvg } from "./render.ts";
import { chart } from "./spec.ts";
import { examples } from "./testing/examples.ts";

const folder = Deno.env.get("DRAWN");

for (const [name, spec] of Object.entries(examples)) {
  Deno.test(`${name} is drawn as SVG and PNG`, async () => {
    const svg = await toSvg(spec);
    const png = await toPng(svg);
    if (folder !== undefined) await Deno.writeFile(`${folder}/${name}.png`, png);
    const { text } = spec.title as { text: string };
    assert(svg.includes(text.replaceAll("&", "&amp;")), "its title is not in it");
    assert(!/NaN|undefined|Infinity/.test(svg), "a coordinate is missing");
    // Marks of data, whatever they are: at least one path or shape that is neither an axis nor the ground.
    assert(/class="mark-(rect|symbol|line|area|rule)[^"]* role-mark[^"]*"[^>]*>\s*<path/.test(svg), "it has no marks");
    assertEquals([...png.subarray(1, 4)].map((byte) => String.fromCharCode(byte)).join(""), "PNG");
    assert(png.length > 5000, `${png.length} bytes`);
  });
}

Deno.test("charts of no points can be drawn", async () => {
  for (const spec of [predictedAgainstMeasured([]), errorsByGroupAndSize([]), learningCurve([]), choiceFront([])]) {
    assert((await toSvg(spec)).startsWith("<svg"));
  }
});

Deno.test("what Vega only warns of is an error", async () => {
  const x = { field: "a", type: "quantitative", scale: { type: "log" } };
  const wrong = chart("wrong", { data: { values: [{ a: 0 }] }, mark: "point", encoding: { x, colour: x } });
  await assertRejects(() => toSvg(wrong), Error, "The chart cannot be drawn");
});
