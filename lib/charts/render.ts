/**
 * Draws charts as SVG and PNG.
 *
 * @module
 */
import type { Spec } from "./spec.ts";

/**
 * Loaded when something is drawn, by names that no module graph sees: predicting downloads none of it. `notebooks/deno.lock` pins what
 * they bring along.
 */
const packages = { vega: "npm:vega@6.4.0", vegaLite: "npm:vega-lite@6.5.0", resvg: "npm:@resvg/resvg-js@2.6.2" };

/**
 * Draws a chart as SVG.
 *
 * @throws {Error} When the specification is wrong: what Vega would only warn of, too.
 *
 * @example
 * ```ts ignore
 * import { layerBreakdown } from "./breakdown.ts";
 * import { toSvg } from "./render.ts";
 *
 * await Deno.writeTextFile("alexnet.svg", await toSvg(layerBreakdown(prediction)));
 * ```
 */
export async function toSvg(spec: Spec): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import(packages.vega), import(packages.vegaLite)]);
  const refuse = (...message: readonly unknown[]) => {
    // A chart of nothing is an empty chart.
    if (/^Infinite extent/.test(String(message[0]))) return logger;
    throw new Error(`The chart cannot be drawn: ${message.join(" ")}`);
  };
  const quiet = () => logger;
  const logger: unknown = { level: quiet, error: refuse, warn: refuse, info: quiet, debug: quiet };
  // The library is of the version after the one that notebooks' front ends know; what our charts use is the same in both.
  const { $schema: _, ...body } = spec;
  const view = new vega.View(vega.parse(vegaLite.compile(body, { logger }).spec), { renderer: "none", logger });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/**
 * Draws a chart as PNG.
 *
 * @param spec The chart, or its SVG.
 * @param scale Pixels for each of the chart's; 2 by default, for a sharp picture on today's screens.
 */
export async function toPng(spec: Spec | string, scale = 2): Promise<Uint8Array> {
  const svg = typeof spec === "string" ? spec : await toSvg(spec);
  const { Resvg } = await import(packages.resvg);
  return new Resvg(svg, { fitTo: { mode: "zoom", value: scale }, font: { defaultFontFamily: "DejaVu Sans" } }).render()
    .asPng();
}
