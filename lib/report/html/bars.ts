/**
 * Bars of a report's page: one list for each of time, power and energy, a bar for each executed layer with its 90 % interval.
 *
 * @module
 */
import { executed, most } from "../../charts/breakdown.ts";
import type { LayerPrediction, Prediction } from "../../predict.ts";
import { number } from "../text_table.ts";
import { escape } from "./text.ts";

const measures = [
  { name: "time", field: "runtimeMs", unit: "ms" },
  { name: "power", field: "powerW", unit: "W" },
  { name: "energy", field: "energyMj", unit: "mJ" },
] as const;

/**
 * The lists with the controls that choose among them.
 *
 * @param idOf A layer's row in the table.
 */
export function bars(prediction: Prediction, prefix: string, idOf: (layer: LayerPrediction) => string): string {
  const layers = executed(prediction);
  const shown = measures.filter(({ field }) => layers.some((layer) => layer[field] !== null));
  const radios = shown.map(({ name }, i) =>
    `<label><input type="radio" class="measure" name="${prefix}-measure" value="${name}"${
      i === 0 ? " checked" : ""
    }> ${name}</label>`
  );
  const lists = shown.map(({ name, field, unit }) => {
    const scale = 100 / (most(layers, field) || 1);
    const items = layers.filter((layer) => layer[field] !== null).map((layer) => {
      const value = layer[field]!;
      const [low, high] = [layer[`${field}Low`], layer[`${field}High`]];
      const interval = low === null || high === null
        ? ""
        : `<b style="--low:${percent(low * scale)};--high:${percent(high * scale)}"></b>`;
      return `<li class="k-${layer.kind}" data-layer="${idOf(layer)}" data-value="${value}"><a href="#${idOf(layer)}">${
        escape(layer.name)
      }</a><span class="track"><i style="--at:${percent(value * scale)}"></i>${interval}</span><span>${
        number(value)
      } ${unit}</span></li>`;
    });
    return `<ol class="bars" data-measure="${name}" aria-label="${name} by layer, ${unit}">\n${
      items.join("\n")
    }\n</ol>`;
  });
  return `<div class="controls">
<fieldset><legend>Show</legend>${radios.join(" ")}</fieldset>
<label>Order <select class="order"><option value="network">as in the network</option><option value="largest">largest first</option></select></label>
</div>
${lists.join("\n")}`;
}

function percent(share: number): string {
  return `${Math.min(share, 100).toFixed(2)}%`;
}
