/** What needs no browser; `tests/browser/` opens the page. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { loadDevice, predict } from "neuralpower";
import { network } from "neuralpower/dsl";
import { predictionHtml } from "./prediction.ts";
import { validationHtml } from "./validation.ts";

const name = `</script><script>alert("1")</script>\u202e`;
const net = network(name, { image: [3, 16, 16] }, (x) => x.conv(4, { kernel: 3, name }).relu()).build();

Deno.test("names are text, whatever stands in them, and turn no text around", async () => {
  const device = await loadDevice("rtx3090");
  const html = await predictionHtml(
    [{ network: net, prediction: predict(net, device), verdicts: [] }],
    device,
    `predict '${name}'`,
  );
  assertEquals(html.match(/<script/g)?.length, 1);
  assertStringIncludes(html, "&lt;/script&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;�");
  assert(!html.includes("\u202e"));
});

Deno.test("what is not known is left out or a dash, and no bar is drawn for it", async () => {
  const device = { ...await loadDevice("v100-tf1"), specification: null };
  const prediction = predict(net, device, { allowUnsupported: true });
  const html = await predictionHtml([{ network: net, prediction, verdicts: [] }], device, "");
  assert(!/NaN|undefined|Infinity|null/.test(html.replace(/<script>[\s\S]*<\/script>/, "")));
  assertEquals(html.match(/<ol class="bars"/g)?.length, 1);
  assertStringIncludes(html, "not known");
  assert(!html.includes("Under the device"));
});

Deno.test("a validation's page has a plot for each figure that was measured", async () => {
  const compared = { measured: 1, predicted: 1.2, low: null, high: null };
  const network = {
    name,
    batch: 1,
    image: 64,
    runtimeMs: compared,
    powerW: null,
    energyMj: compared,
    remark: "partial",
  };
  const html = await validationHtml(
    { device: "mine", method: "By name.", networks: [network], tables: [], notes: [] },
    null,
    "",
  );
  assertEquals(html.match(/Predicted against measured (runtime|power|energy)/g), [
    "Predicted against measured runtime",
    "Predicted against measured energy",
  ]);
  assertEquals(html.match(/<script/g)?.length, 1);
  assertStringIncludes(html, 'data-value="0.19999999999999996">20.0 %');
});
