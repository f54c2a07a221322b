/**
 * Where a network's time, power and energy go.
 *
 * @module
 */
import type { LayerPrediction, Prediction } from "../predict.ts";
import { chart, colourBy, largest, type Spec } from "./spec.ts";

const panels = [
  { field: "runtimeMs", title: "time, ms", aggregate: "sum" },
  { field: "powerW", title: "power, W", aggregate: "mean" },
  { field: "energyMj", title: "energy, mJ", aggregate: "sum" },
] as const;

/**
 * Time, power and energy of each executed layer, in the network's order, with 90 % intervals; a panel whose figures are not known is
 * left out.
 *
 * @example
 * ```ts
 * import { deviceOf, loadDevice, predict } from "neuralpower";
 * import { layerBreakdown } from "./breakdown.ts";
 * import alexnet from "../../nets/alexnet.np.ts";
 *
 * const spec = layerBreakdown(predict(alexnet.build(), await loadDevice("rtx3090")));
 * console.log(JSON.stringify(spec)); // paste it into vega.github.io/editor
 * ```
 */
export function layerBreakdown(prediction: Prediction): Spec {
  const layers = executed(prediction);
  const values = layers.map((layer) => ({
    ...pick(layer, ["name", "kind", "runtimeMs", "runtimeMsLow", "runtimeMsHigh", "powerW", "powerWLow", "powerWHigh"]),
    ...pick(layer, ["energyMj", "energyMjLow", "energyMjHigh"]),
  }));
  const step = Math.max(4, Math.min(16, 1200 / layers.length));
  const y = { field: "name", type: "ordinal", sort: null, title: null, axis: { labelLimit: 150, labelOverlap: true } };
  const colour = colourBy("kind", "kind", layers.map(({ kind }) => kind));
  const shown = panels.filter(({ field }) => layers.some((layer) => layer[field] !== null));
  return chart(heading(prediction, "by layer"), {
    data: { values },
    hconcat: shown.map(({ field, title }, i) => {
      const bars = {
        mark: { type: "bar", tooltip: { content: "data" } },
        encoding: { x: { field, type: "quantitative", title }, color: colour },
      };
      const intervals = {
        transform: [{ filter: `isValid(datum.${field}Low)` }],
        mark: { type: "rule", color: "#333", strokeWidth: 1, opacity: 0.6, clip: true },
        encoding: {
          // An interval that leaves the panel must not shrink its bars.
          x: { field: `${field}Low`, type: "quantitative", scale: { domainMax: most(layers, field) }, title },
          x2: { field: `${field}High` },
        },
      };
      return {
        width: 190,
        height: { step },
        layer: layers.some((layer) => layer[`${field}Low`] !== null) ? [bars, intervals] : [bars],
        encoding: { y: i === 0 ? y : { ...y, axis: null } },
      };
    }),
  });
}

/** Time and energy of each kind of layer, most first, and each kind's mean power over time. */
export function kindBreakdown(prediction: Prediction): Spec {
  const groups = Map.groupBy(executed(prediction), ({ kind }) => kind);
  const values = [...groups].map(([kind, layers]) => {
    const [runtimeMs, energyMj] = [total(layers, "runtimeMs"), total(layers, "energyMj")];
    const powerW = runtimeMs && energyMj !== null ? energyMj / runtimeMs : null;
    return { kind, layers: layers.length, runtimeMs, powerW, energyMj };
  }).sort((a, b) => (b.runtimeMs ?? 0) - (a.runtimeMs ?? 0));
  const shown = panels.filter(({ field }) => values.some((value) => value[field] !== null));
  return chart(heading(prediction, "by kind of layer"), {
    data: { values },
    hconcat: shown.map(({ field, title }, i) => ({
      width: 170,
      height: { step: 22 },
      mark: { type: "bar", tooltip: { content: "data" } },
      encoding: {
        y: { field: "kind", type: "nominal", sort: null, title: null, axis: i === 0 ? {} : null },
        x: { field, type: "quantitative", title },
        color: { ...colourBy("kind", "kind", groups.keys()), legend: null },
      },
    })),
  });
}

/** Layers that run something of their own and are predicted. */
export function executed({ layers }: Prediction): LayerPrediction[] {
  return layers.filter(({ runtimeFrom }) => runtimeFrom !== "free" && runtimeFrom !== null);
}

function heading({ network, device, batch, dtype, pass }: Prediction, how: string) {
  return { text: `${network} on ${device}, ${how}`, subtitle: `${pass} pass, batch ${batch}, ${dtype}` };
}

/** Null where one of them is not known. */
function total(layers: readonly LayerPrediction[], field: "runtimeMs" | "energyMj"): number | null {
  return layers.reduce((sum: number | null, layer) => {
    const value = layer[field];
    return sum === null || value === null ? null : sum + value;
  }, 0);
}

/** Where an axis of bars ends: room for the bars, and for intervals up to half as long again. */
export function most(layers: readonly LayerPrediction[], field: "runtimeMs" | "powerW" | "energyMj"): number {
  const bars = largest(layers, (layer) => layer[field] ?? 0);
  const intervals = largest(layers, (layer) => layer[`${field}High`] ?? 0);
  return Math.min(Math.max(bars, intervals), 1.5 * bars);
}

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<T, K>;
}
