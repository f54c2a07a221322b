/**
 * What all charts share: the form of a specification, one look on light and dark pages, and a colour for each kind of layer.
 *
 * @module
 */
import { type Kind, kinds } from "neuralpower/dsl";

/** A Vega-Lite v5 specification with its data inside: JSON that any front end, the Vega editor and `render.ts` can draw. */
export interface Spec {
  readonly $schema: string;
  readonly [property: string]: unknown;
}

/** A part of a chart: a view, a layer, an encoding. */
export type Part = Readonly<Record<string, unknown>>;

/** Told apart by those who do not see all colours, each dark enough for a line on white. The report's page uses them too. */
export const kindColours: Readonly<Record<Kind, string>> = {
  conv: "#3b6fb5",
  deconv: "#7fa7d9",
  dense: "#e07b1a",
  matmul: "#b8860b",
  attention: "#c8373a",
  pool: "#3f8f4f",
  norm: "#8f7a12",
  softmax: "#c2527d",
  elementwise: "#2f8f8b",
  reduce: "#8a5fa8",
  move: "#8b6147",
  view: "#7d7672",
};

/** Other groups (networks, devices, models) in the order they come. */
const colours = ["#3b6fb5", "#e07b1a", "#3f8f4f", "#c8373a", "#8a5fa8", "#2f8f8b", "#8b6147", "#c2527d", "#7d7672"];

/** The grey of what is no data: bands, diagonals, roofs. */
export const guide = "#8a8a8a";

/** All text's colour is said: a front end's theme takes its own where it is not, white on our white ground. */
const ink = "#1c2127", soft = "#555";

/**
 * A whole chart.
 *
 * @param title What it shows, and in which unit if no axis says it.
 * @param body Its views. The ground is white, so that it reads the same on a dark page.
 */
export function chart(title: string | { readonly text: string; readonly subtitle: string }, body: Part): Spec {
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json",
    title: { ...typeof title === "string" ? { text: title } : title, anchor: "start", frame: "group", offset: 12 },
    background: "white",
    padding: 12,
    ...body,
    config: {
      font: "DejaVu Sans, Verdana, sans-serif",
      view: { stroke: null },
      text: { color: ink },
      axis: {
        ...{ gridColor: "#e6e6e6", domainColor: guide, tickColor: guide, labelColor: ink, titleColor: ink },
        labelLimit: 160,
      },
      title: { color: ink, fontSize: 14, subtitleColor: soft, subtitleFontSize: 11 },
      legend: { labelColor: ink, titleColor: ink, labelLimit: 260 },
    },
  };
}

/** The colour of a group: a kind's own, others in the order they come. */
export function colourBy(field: string, title: string, values: Iterable<string>): Part {
  const domain = [...new Set(values)];
  const isKind = (name: string): name is Kind => (kinds as readonly string[]).includes(name);
  const ordered = domain.every(isKind) ? kinds.filter((kind) => domain.includes(kind)) : domain;
  const range = ordered.map((name, i) => isKind(name) ? kindColours[name] : colours[i % colours.length]);
  return {
    field,
    type: "nominal",
    title,
    scale: { domain: ordered, range },
    legend: ordered.length > 1 ? { symbolOpacity: 1 } : null,
  };
}

/** An axis of numbers above 0 that may span decades. */
export function decades(field: string, title: string, domain: readonly [number, number], format = "~g"): Part {
  return {
    field,
    type: "quantitative",
    title,
    scale: { type: "log", domain, nice: false },
    axis: { format, tickCount: 6, labelOverlap: true },
  };
}

/** The largest figure, 0 at least. A deep network has more layers than a function, `Math.max` say, takes arguments. */
export function largest<T>(things: readonly T[], figureOf: (thing: T) => number): number {
  return things.reduce((most, thing) => Math.max(most, figureOf(thing)), 0);
}

/** The decades' ends around values, with some air. */
export function around(values: Iterable<number>, air = 1.25): [number, number] {
  let [least, most] = [Infinity, 0];
  for (const value of values) {
    if (value > 0) [least, most] = [Math.min(least, value), Math.max(most, value)];
  }
  return most === 0 ? [0.1, 10] : [least / air, most * air];
}
