/**
 * Takes README's picture of a report: `deno task pictures`.
 *
 * @module
 */
import { judge, loadDevice, predict } from "neuralpower";
import { predictionHtml } from "../../lib/report/html/prediction.ts";
import alexnet from "../../nets/alexnet.np.ts";
import { startBrowser } from "./browser.ts";

const browser = await startBrowser();
if (typeof browser === "string") throw new Error(`The browser cannot be started: ${browser}`);
const device = await loadDevice("v100-tf1");
const network = alexnet.build({ batch: 32 });
const prediction = predict(network, device);
const verdicts = judge(prediction, { runtimeMs: 6, energyMj: 1000, powerW: 250 });
const html = await predictionHtml([{ network, prediction, verdicts }], device, "deno task predict");
const page = await browser.newPage({ viewport: { width: 1060, height: 1020 }, deviceScaleFactor: 0.8 });
await page.setContent(html);
const path = decodeURIComponent(new URL("../../notebooks/pictures/report.png", import.meta.url).pathname);
await page.screenshot({ path });
await browser.close();
