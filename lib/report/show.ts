/**
 * How things show themselves in a notebook of the Deno kernel: networks, layers tables, fitted devices, validations and predictions as a
 * table and a chart.
 *
 * As the value of a cell's last line each shows itself. After an `await` in the cell the kernel loses about every other such value, so
 * {@linkcode show} is the safe way.
 *
 * @example
 * ```ts ignore
 * import { loadDevice, predict } from "neuralpower";
 * import { show } from "neuralpower/show";
 * import alexnet from "../nets/alexnet.np.ts";
 *
 * await show(alexnet);
 * await show(predict(alexnet.build({ batch: 32 }), await loadDevice("v100-tf1")));
 * ```
 *
 * @module
 */
import { type Network, NetworkDefinition } from "neuralpower/dsl";
import { layerBreakdown } from "../charts/breakdown.ts";
import { costBreakdown } from "../charts/costs.ts";
import { heldOutErrors } from "../charts/held_out.ts";
import { measuredBySize, predictedAgainstMeasured } from "../charts/measured.ts";
import { toPng, toSvg } from "../charts/render.ts";
import type { Spec } from "../charts/spec.ts";
import { type Device, deviceOf } from "../model/device.ts";
import type { ModelFile } from "../model/model.ts";
import type { Prediction } from "../predict.ts";
import type { LayersTable } from "../table.ts";
import { fitText, heldOutTable } from "./fit.ts";
import { escape, plainTable } from "./html/text.ts";
import { tableSummary, tableSummaryText } from "./layers_table.ts";
import { networkSums, networkTable, networkText, networkTitle } from "./network.ts";
import { byLayer, predictionText, title, totals, totalText } from "./prediction.ts";
import { type Validation, validationPoints, validationSummary, validationTable, validationText } from "./validation.ts";
import { type Table, textTable } from "./text_table.ts";

/** What can be shown; a chart's specification is shown as the chart alone. */
export type Showable =
  | NetworkDefinition
  | Network
  | LayersTable
  | Device
  | ModelFile
  | Validation
  | Prediction
  | Table
  | Spec;

/** A value in several forms, of which a front end takes the best that it knows. */
export type MediaBundle = Readonly<Record<string, unknown>> & { readonly "text/plain": string };

/** What a thing says of itself. */
interface Telling {
  readonly text: string;
  readonly html: string | null;
  readonly chart: Spec | null;
}

/** A pause after which the kernel has sent what was displayed; 20 ms were enough in 40 of 40 runs. */
const settleMs = 50;

/**
 * Shows values one below the other: the table, then the chart, which is interactive where the front end knows Vega-Lite. Outside of a
 * notebook it prints the text.
 */
export async function show(...values: readonly Showable[]): Promise<void> {
  const kernel = jupyter();
  for (const value of values) {
    const { text, html, chart } = tell(value);
    if (kernel === null) {
      console.log(text);
      continue;
    }
    if (html !== null) await kernel.display({ "text/plain": text, "text/html": html }, { raw: true });
    if (chart !== null) await kernel.display(await drawn(chart, titleOf(chart)), { raw: true });
  }
  if (kernel !== null) await new Promise((resolve) => setTimeout(resolve, settleMs));
}

/** A value as one bundle: its HTML holds both table and chart. It is what `Symbol.for("Jupyter.display")` gives. */
export async function bundle(value: Showable): Promise<MediaBundle> {
  const { text, html, chart } = tell(value);
  if (chart === null) return { "text/plain": text, "text/html": html };
  const forms = await drawn(chart, text);
  if (html === null) return forms;
  const picture = encodeURIComponent(forms["image/svg+xml"] as string);
  return {
    ...forms,
    "text/html": `${html}\n<img alt="${escape(titleOf(chart))}" src="data:image/svg+xml,${picture}">`,
  };
}

async function drawn(chart: Spec, text: string): Promise<MediaBundle> {
  const svg = await toSvg(chart);
  return {
    "application/vnd.vegalite.v5+json": chart,
    "image/svg+xml": svg,
    "image/png": base64(await toPng(svg)),
    "text/plain": text,
  };
}

function tell(value: Showable): Telling {
  if (value instanceof NetworkDefinition) return tell(value.build());
  if ("columns" in value) {
    const { title, columns, rows } = value as Table;
    return {
      text: `${title}\n\n${textTable(columns, rows)}\n`,
      html: section(title, [plainTable(columns, rows)]),
      chart: null,
    };
  }
  if ("$schema" in value) return { text: titleOf(value), html: null, chart: value };
  if ("total" in value) {
    const sums = totals(value).map((total) => `${total.name}: <b>${escape(totalText(total))}</b>`);
    return {
      text: predictionText(value),
      html: section(title(value), [...sums, plainTable(...byLayer(value)), ...value.warnings.map(escape)]),
      chart: layerBreakdown(value),
    };
  }
  if ("method" in value) {
    const tables = [
      ...[plainTable(...validationSummary(value)), plainTable(...validationTable(value))],
      ...value.tables.flatMap(({ title, columns, rows }) => [escape(title), plainTable(columns, rows)]),
    ];
    const parts = [escape(value.method), ...tables, ...value.notes.map(escape)];
    return {
      text: validationText(value),
      html: section(`${value.device}: measured networks`, parts),
      chart: predictedAgainstMeasured(validationPoints(value), { title: `${value.device}: measured networks` }),
    };
  }
  if ("layers" in value) {
    return {
      text: networkText(value),
      html: section(networkTitle(value), [plainTable(...networkTable(value)), networkSums(value)]),
      chart: costBreakdown(value),
    };
  }
  if ("cells" in value) {
    return {
      text: tableSummaryText(value),
      html: section(`${value.rows.length} measured rows`, [plainTable(...tableSummary(value))]),
      chart: measuredBySize(value.rows),
    };
  }
  if ("fits" in value) return tell(deviceOf(value));
  if (value.model === null) {
    const text = `${value.name}: nothing was measured; all is predicted from the specification`;
    return { text, html: section(text, []), chart: null };
  }
  return {
    text: fitText(value),
    html: section(`${value.name}: errors on held-out configurations`, [plainTable(...heldOutTable(value.model))]),
    chart: heldOutErrors(value.model),
  };
}

function section(heading: string, parts: readonly string[]): string {
  return [`<p><b>${escape(heading)}</b></p>`, ...parts.map((part) => part.startsWith("<div") ? part : `<p>${part}</p>`)]
    .join("\n");
}

function titleOf({ title }: Spec): string {
  return (title as { text: string }).text;
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** The kernel's part of `Deno`, which throws outside of a kernel. */
function jupyter(): typeof Deno.jupyter | null {
  try {
    return Deno.jupyter;
  } catch {
    return null;
  }
}
