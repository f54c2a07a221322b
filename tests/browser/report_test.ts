/**
 * The report's page in a real browser: `deno test -A --config tests/browser/deno.json tests/browser`. With SCREENSHOTS=DIR in the
 * environment pictures at three widths, light and dark, are left there to be looked at.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import axe from "axe-core";
import { judge, loadDevice, predict, type Prediction } from "neuralpower";
import { concat, network } from "neuralpower/dsl";
import type { Page } from "playwright-core";
import { predictionHtml } from "../../lib/report/html/prediction.ts";
import { validationHtml } from "../../lib/report/html/validation.ts";
import { number } from "../../lib/report/text_table.ts";
import squeezenet from "../../nets/squeezenet1_1.np.ts";
import { startBrowser } from "./browser.ts";

const evil = "<script>document.title = 'taken'</script>";
const hostile = network(
  "<b>'\"&",
  { image: [3, 32, 32] },
  (x) => x.conv(8, { kernel: 3, name: evil }).relu().globalAveragePool().flatten().dense(10),
).build();

const small = network("small", { image: [3, 32, 32] }, (x) => {
  const a = x.conv(8, { kernel: 3, pad: "same" });
  return concat(a, a.conv(8, { kernel: 1 })).softmax();
}).build();

const device = await loadDevice("v100-tf1");
const built = squeezenet.build({ batch: 8 });
const prediction = predict(built, device);
const { runtimeMs, runtimeMsHigh, energyMj } = prediction.total;
const round = (value: number) => Number(value.toPrecision(2));
/** At risk by its interval alone, broken, met. */
const verdicts = judge(prediction, {
  runtimeMs: round((runtimeMs! + runtimeMsHigh!) / 2),
  energyMj: round(energyMj! / 2),
  powerW: 1000,
});
const compared = (measured: number, predicted: number) => ({
  measured,
  predicted,
  low: 0.8 * predicted,
  high: 1.3 * predicted,
});
const pages = {
  prediction: await predictionHtml([{ network: built, prediction, verdicts }], device, "deno task predict"),
  several: await predictionHtml(
    [small, hostile].map((network) => ({ network, prediction: predict(network, device), verdicts: [] })),
    device,
    "deno task predict",
  ),
  // Numbers as arithmetic: the page is what is tested.
  validation: await validationHtml(
    {
      device: "mine",
      method: "Networks are held out by name.",
      networks: [["a", 1, 1.05], ["b", 20, 15], ["<i>c", 300, 310]].map(([name, measured, predicted]) => ({
        name: String(name),
        batch: 1,
        image: null,
        runtimeMs: compared(Number(measured), Number(predicted)),
        powerW: null,
        energyMj: null,
        remark: "",
      })),
      tables: [],
      notes: ["Arithmetic, not measured."],
    },
    device,
    "deno task validate",
  ),
};

const folder = await Deno.makeTempDir();
for (const [name, html] of Object.entries(pages)) await Deno.writeTextFile(`${folder}/${name}.html`, html);
const browser = await startBrowser();
const skipped = typeof browser === "string" ? ` (skipped: ${browser})` : "";
const pictures = Deno.env.get("SCREENSHOTS");

/** A test on one page, which must ask for nothing and log no error. */
function onPage(
  what: string,
  name: keyof typeof pages,
  check: (page: Page) => Promise<void>,
  look: { width?: number; colorScheme?: "light" | "dark" } = {},
) {
  Deno.test({
    name: `${what}${skipped}`,
    ignore: typeof browser === "string",
    // The browser's connection outlives a test.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      if (typeof browser === "string") return;
      const { width = 1280, colorScheme = "light" } = look;
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
      page.setDefaultTimeout(10_000);
      const seen: string[] = [];
      page.on("request", (request) => seen.push(request.url()));
      page.on("pageerror", ({ message }) => seen.push(message));
      page.on("console", (message) => seen.push(message.text()));
      await page.goto(`file://${folder}/${name}.html`);
      await check(page);
      assertEquals(seen, [`file://${folder}/${name}.html`], "it asks for nothing and no error is told");
      await page.close();
    },
  });
}

/** Of each row that is shown, in the order shown: the name and the exact values. */
async function shownRows(page: Page): Promise<{ name: string; cells: string[]; values: (number | null)[] }[]> {
  return await page.$$eval("table.layers tbody tr:not([hidden])", (rows) =>
    rows.map((row) => {
      const cells = [...row.children] as unknown as { textContent: string; dataset: { value?: string } }[];
      return {
        name: cells[0].textContent,
        cells: cells.map(({ textContent }) => textContent),
        values: cells.map(({ dataset }) => dataset.value === undefined ? null : Number(dataset.value)),
      };
    }));
}

onPage("the page's numbers are the JSON's", "prediction", async (page) => {
  const { layers, total } = JSON.parse(JSON.stringify(prediction)) as Prediction;
  const rows = await shownRows(page);
  assertEquals(rows.map(({ name }) => name), layers.map(({ name }) => name));
  rows.forEach(({ cells, values }, i) => {
    const { macs, runtimeMs, powerW, energyMj, runtimeFrom } = layers[i];
    assertEquals([values[3], values[4], values[6], values[7]], [macs, runtimeMs, powerW, energyMj]);
    if (runtimeFrom !== "free") assertEquals([cells[4], cells[6], cells[7]], [runtimeMs, powerW, energyMj].map(number));
  });
  const figures = await page.$$eval(
    "[data-figure]",
    (all) => all.map((each) => [each.getAttribute("data-figure"), Number(each.getAttribute("data-value"))]),
  );
  assertEquals(figures, [["runtime", total.runtimeMs], ["power", total.powerW], ["energy", total.energyMj]]);
  for (const warning of prediction.warnings) assertStringIncludes(await page.innerText("ul.warnings"), warning);
});

onPage("budgets are told with how each fared", "prediction", async (page) => {
  const results = page.locator("section[aria-label='Budgets'] tbody td:nth-last-child(4)");
  const texts = await results.allInnerTexts();
  assertEquals(texts.map((text) => text.split(" by ")[0]), ["met, at risk", "exceeded", "met"]);
  assertEquals(await page.innerText("section[aria-label='Budgets'] h2"), "Budgets: 1 of 3 broken");
});

onPage(
  "columns sort by their values, and a third click brings back the network's order",
  "prediction",
  async (page) => {
    const header = page.locator("table.layers thead button", { hasText: /^ms$/ });
    const times = async () => (await shownRows(page)).map(({ values }) => values[4]!);
    const original = await times();
    await header.click();
    assertEquals(await times(), [...original].sort((a, b) => b - a));
    assertEquals(await header.locator("..").getAttribute("aria-sort"), "descending");
    await header.click();
    assertEquals(await times(), [...original].sort((a, b) => a - b));
    await header.click();
    assertEquals(await times(), original);
  },
);

onPage("kinds and words decide what is shown, in the table, the bars and the graph", "prediction", async (page) => {
  await page.getByRole("checkbox", { name: /^conv / }).uncheck();
  const without = prediction.layers.filter(({ kind }) => kind !== "conv");
  assertEquals((await shownRows(page)).length, without.length);
  assertEquals(await page.locator(".bars:not([hidden]) li.k-conv:visible").count(), 0);
  assertEquals(await page.locator(".graph a.k-conv:not(.dim)").count(), 0);
  const expected = without.filter(({ op, outputShape }) => op === "concat" && outputShape.includes(128))
    .map(({ name }) => name);
  await page.getByLabel("Find").fill("concat 128");
  assertEquals(
    (await shownRows(page)).map(({ name }) => name),
    expected,
  );
  assertEquals(await page.innerText(".shown"), `${expected.length} of ${prediction.layers.length}`);
});

onPage("bars show the chosen measure in the chosen order", "prediction", async (page) => {
  await page.getByRole("radio", { name: "energy" }).check();
  await page.getByLabel("Order").selectOption("largest");
  const shown = await page.$$eval(
    ".bars:not([hidden]) li",
    (items) => items.map((item) => Number(item.getAttribute("data-value"))),
  );
  const energies = prediction.layers.filter(({ runtimeFrom }) => runtimeFrom !== "free").map(({ energyMj }) =>
    energyMj!
  );
  assertEquals(shown, energies.sort((a, b) => b - a));
});

onPage("the keyboard reaches every bar by arrows, is told of it, and goes to its row", "prediction", async (page) => {
  const links = page.locator(".bars:not([hidden]) a");
  await links.first().focus();
  await page.keyboard.press("ArrowDown");
  const second = prediction.layers.filter(({ runtimeFrom }) => runtimeFrom !== "free")[1];
  assertEquals(await page.evaluate("document.activeElement.textContent"), second.name);
  assertStringIncludes(await page.innerText("#tip"), `ms: ${number(second.runtimeMs)}`);
  await page.keyboard.press("Escape");
  assertEquals(await page.locator("#tip").isVisible(), false);
  await page.keyboard.press("Enter");
  assertEquals(await page.innerText("tr:target th"), second.name);
  // One stop a drawing, not one a layer.
  assertEquals(await page.locator(".graph a[tabindex='0']").count(), 1);
});

onPage("the pointer is told of what is under it", "prediction", async (page) => {
  await page.locator(".graph a").nth(2).hover();
  const third = prediction.layers.filter(({ runtimeFrom }) => runtimeFrom !== "free")[2];
  assertStringIncludes(await page.innerText("#tip"), third.name);
});

onPage("a layer named <script> stays text", "several", async (page) => {
  assertEquals(await page.title(), "2 networks on v100-tf1");
  const names = await page.locator("table.layers tbody th").allInnerTexts();
  assert(names.includes(evil));
  assertEquals(await page.locator("script").count(), 1);
  assertEquals(
    await page.locator("section.report h2").last().innerText(),
    "<b>'\"& on v100-tf1: forward pass, batch 1, float32",
  );
});

onPage("on paper there are no controls, and nothing is cut off", "prediction", async (page) => {
  await page.emulateMedia({ media: "print" });
  assertEquals(await page.locator(".controls:visible").count(), 0);
  const cut = await page.$$eval(
    ".scroll, .bars",
    (all) => all.filter((each) => each.scrollHeight > each.clientHeight + 1).length,
  );
  assertEquals(cut, 0);
});

interface Look {
  readonly width: number;
  readonly colorScheme: "light" | "dark";
}
const all = [390, 820, 1280].flatMap((
  width,
): Look[] => [{ width, colorScheme: "light" }, { width, colorScheme: "dark" }]);
const [narrowLight, wideDark] = [all[0], all[5]];

/** The first two have the same parts, so one look each is enough; pictures are taken of all. */
const looks: Readonly<Record<keyof typeof pages, readonly Look[]>> = pictures === undefined
  ? { prediction: [wideDark], several: [narrowLight], validation: [narrowLight, wideDark] }
  : { prediction: all, several: all, validation: all };

for (const name of Object.keys(pages) as (keyof typeof pages)[]) {
  for (const look of looks[name]) {
    const { width, colorScheme } = look;
    onPage(
      `${name}, ${colorScheme}, ${width} pixels: axe-core finds nothing, and nothing is wider`,
      name,
      async (page) => {
        assert(Number(await page.evaluate("document.documentElement.scrollWidth")) <= width);
        await page.addScriptTag({ content: axe.source });
        const { violations } = await page.evaluate("axe.run()") as axe.AxeResults;
        assertEquals(violations.map(({ id, nodes }) => [id, nodes[0].html]), []);
        if (pictures) {
          await page.screenshot({ path: `${pictures}/${name}_${colorScheme}_${width}.png`, fullPage: true });
        }
      },
      look,
    );
  }
}

Deno.test({
  name: `the browser ends${skipped}`,
  ignore: typeof browser === "string",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    if (typeof browser !== "string") await browser.close();
    await Deno.remove(folder, { recursive: true });
  },
});
