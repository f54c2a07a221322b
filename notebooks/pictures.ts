/**
 * Draws README's chart: `deno task pictures`.
 *
 * @module
 */
import { loadDevice, predict } from "neuralpower";
import { layerBreakdown } from "../lib/charts/breakdown.ts";
import { toSvg } from "../lib/charts/render.ts";
import alexnet from "../nets/alexnet.np.ts";

const prediction = predict(alexnet.build({ batch: 32 }), await loadDevice("v100-tf1"));
const svg = await toSvg(layerBreakdown(prediction));
await Deno.writeTextFile(new URL("pictures/alexnet.svg", import.meta.url), `${svg}\n`);
