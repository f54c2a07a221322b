/**
 * Draws README's charts: `deno task pictures`.
 *
 * @module
 */
import { loadDevice, predict } from "neuralpower";
import { readRecording } from "../bench/power/record.ts";
import { powerWindow } from "../bench/power/window.ts";
import { layerBreakdown } from "../lib/charts/breakdown.ts";
import { powerTrace } from "../lib/charts/power.ts";
import { toSvg } from "../lib/charts/render.ts";
import alexnet from "../nets/alexnet.np.ts";
import { root } from "./python.ts";

const prediction = predict(alexnet.build({ batch: 32 }), await loadDevice("v100-tf1"));
const { loads, traces } = await readRecording(`${root}data/h200-ort/power.jsonl`);
const measured = loads.map((load) => ({ ...load, window: powerWindow(traces, load) }));
const pictures = {
  alexnet: layerBreakdown(prediction),
  h200_power: powerTrace([traces[0]], measured, `${traces[0].device}`),
};
for (const [name, chart] of Object.entries(pictures)) {
  await Deno.writeTextFile(`${root}notebooks/pictures/${name}.svg`, `${await toSvg(chart)}\n`);
}
