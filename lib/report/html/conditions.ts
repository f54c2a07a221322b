/**
 * What a page says of the device, of what its models were fitted on, and of how its figures came to be.
 *
 * @module
 */
import { intervalLevel } from "../../learn/intervals.ts";
import { fitName } from "../../model/fallbacks.ts";
import type { Device } from "../../model/device.ts";
import type { FormName, HeldOut, KindFit, TargetFit } from "../../model/model.ts";
import type { Prediction } from "../../predict.ts";
import { percent } from "../text_table.ts";
import { escape, pageTable } from "./text.ts";

const right = "right" as const;

/**
 * The device, its runtime, and the held-out errors of its models.
 *
 * @param predictions Whose kinds of layer to tell of; all by default.
 */
export function conditions(device: Device, predictions: readonly Prediction[] | null = null): string {
  const { name, specification, runtime, model } = device;
  const lines = [
    specification === null
      ? `${name}; no data sheet figures are known of it`
      : `${name}: ${specification.title}, ${specification.peakTflops.float32} TFLOP/s in float32, ` +
        `${specification.bandwidthGBs} GB/s, ${specification.boardW} W at most`,
    `Runtime: ${runtime.title}. ${runtime.source}`,
  ];
  const kinds = predictions && new Set(predictions.flatMap(({ layers }) => layers.map(({ kind }) => kind)));
  const fits = (model?.fits ?? []).filter(({ kind }) => kinds === null || kinds.has(kind));
  const sources = (model?.sources ?? []).map(({ set, file, rows }) => `${file}: ${rows} rows of ${set}`);
  return [
    list(lines),
    fits.length === 0 ? "<p>Nothing was measured on it.</p>" : errorsTable(fits),
    sources.length === 0 ? "" : `<h3>Measurements</h3>${list(sources)}`,
  ].join("\n");
}

/** The rules, and the commands to make the page and the models again. */
export function method(device: Device, command: string): string {
  const rules = [
    "Fitted: by a model of the layer's kind, trained on measurements of that kind on this device; of several models the one that inner " +
    "folds of these say is best. Its error above is on configurations that it had not seen.",
    "Analytical: by launches, arithmetic and memory traffic, at the device's own rates where layers of other kinds were measured, else at " +
    "the data sheet's, usually too short. The warnings say which.",
    "Within another layer, or costs nothing: the runtime fuses it, or only looks at the same elements otherwise.",
    `Intervals hold ${
      percent(intervalLevel, 0)
    } of held-out measurements. In the total's, layers' errors go together as far as those of ` +
    "the measured rows do, or they are those of networks that were measured whole.",
    "Energy is power times runtime. The total is the layers and what one call costs beside them.",
    "Outside: an option or size of the layer lies outside of what was measured; distrust it.",
  ];
  return `${list(rules)}
<h3>To make this page again</h3>
<pre>${escape(command)}</pre>
${device.model === null ? "" : `<h3>To fit the models again</h3>\n<pre>${escape(device.model.command)}</pre>`}`;
}

function errorsTable(fits: readonly KindFit[]): string {
  const columns = [
    { header: "kind" },
    { header: "pass" },
    { header: "configurations", align: right },
    { header: "model of time" },
    ...["MAPE of time", "within 10 %", "in 90 % interval", "MAPE of power", "MAPE of energy"].map((header) => ({
      header,
      align: right,
    })),
  ];
  const rows = fits.map((fit) => {
    const { mape, within10, coverage90 } = heldOutOf(fit.runtime);
    const power = fit.power && heldOutOf(fit.power).mape;
    const energy = fit.energy && fit.energy.heldOut.mape;
    return {
      cells: [
        fitName(fit),
        fit.pass,
        String(fit.configurations),
        forms[fit.runtime.default],
        ...[mape, within10, coverage90, power, energy].map((share) => percent(share)),
      ],
      values: [null, null, fit.configurations, null, mape, within10, coverage90, power, energy],
    };
  });
  return pageTable("Errors of the device's models on held-out configurations", columns, rows, "wrap");
}

const forms: Readonly<Record<FormName, string>> = {
  paper: "the paper's sparse polynomial",
  relative: "sparse polynomial, relative errors",
  base: "physical terms",
  boosted: "physical terms and boosted trees",
};

function heldOutOf({ default: form, polynomials, base, boosted }: TargetFit): HeldOut {
  return { ...polynomials, base: base!, boosted: boosted! }[form].heldOut;
}

function list(lines: readonly string[]): string {
  return `<ul>${lines.map((line) => `<li>${escape(line)}</li>`).join("")}</ul>`;
}
