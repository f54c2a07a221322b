/**
 * A device's models as text: what they were fitted on and how far they were off.
 *
 * @module
 */
import type { Device } from "../model/device.ts";
import {
  type FormName,
  type HeldOut,
  type KindFit,
  type NetworksFit,
  polynomialNames,
  type Source,
  type SumFit,
  type TargetFit,
} from "../model/model.ts";
import { type Column, number, percent, textTable } from "./text_table.ts";

const columns: readonly Column[] = [
  { header: "kind" },
  { header: "pass" },
  { header: "target" },
  { header: "model" },
  { header: "terms", align: "right" },
  { header: "rows", align: "right" },
  { header: "MAPE", align: "right" },
  { header: "RMSPE", align: "right" },
  { header: "RMSE", align: "right" },
  { header: "median", align: "right" },
  { header: "within 10 %", align: "right" },
  { header: "R²", align: "right" },
  { header: "in 90 %", align: "right" },
  { header: "worst bin", align: "right" },
];

/** Held-out errors of each kind, pass and target, one row a model, the default's marked: a table's columns and rows. */
export function heldOutTable(model: Device["model"]): [readonly Column[], string[][]] {
  const rows = (model?.fits ?? []).flatMap((fit) => [
    ...targetRows(fit, "runtime", "ms", fit.runtime),
    ...fit.power === null ? [] : targetRows(fit, "power", "W", fit.power),
    ...fit.energy === null ? [] : [line(fit, "energy", "power × runtime *", "", "mJ", fit.energy.heldOut)],
    ...fit.energy?.resolved
      ? [
        line(fit, "power", "* rows that the meter resolves", "", "W", fit.energy.resolved.power),
        line(fit, "energy", "* rows that the meter resolves", "", "mJ", fit.energy.resolved.energy),
      ]
      : [],
  ]);
  return [columns, rows];
}

/** The same as text. */
export function fitText({ name, model }: Device): string {
  return [
    `${name}: errors on held-out configurations (5 folds; * is the default; Lasso: paper = plain, relative = weights 1/y², less for power rows that their meter hardly resolves; base = physical terms at fitted rates ≥ 0; boosted = base times trees)`,
    "",
    textTable(...heldOutTable(model)),
    "",
    ...(model?.networks ?? []).flatMap(networkLines),
  ].join("\n");
}

/** What leads from layers to networks, and how far networks were off that it was not fitted to. */
function networkLines({ pass, dtype, networks, runtime, energy }: NetworksFit): string[] {
  const line = (what: string, unit: string, { scale, perNode, perCall, heldOut }: SumFit) =>
    `  ${what} = ${scale.toPrecision(3)} × layers + ${number(perNode)} ${unit} × nodes + ${number(perCall)} ${unit}: ` +
    `MAPE ${percent(heldOut.mape)}, median ${percent(heldOut.medianApe)}, ${percent(heldOut.within10)} within 10 %, ` +
    `${percent(heldOut.coverage90)} in their 90 % interval`;
  return [
    `${networks} networks measured whole, ${pass}, ${dtype}; held out by network, their layers by configuration:`,
    line("runtime", "ms", runtime),
    ...energy === null ? [] : [line("energy", "mJ", energy)],
    "",
  ];
}

/** What every row underwent, and what became of those that were not taken as they stand. */
export function countsText(
  sources: readonly Source[],
  tooFew: readonly string[],
  conversions: readonly string[],
): string {
  const lines = sources.flatMap(({ file, rows, counted }) => [
    `${file}: ${rows} rows`,
    ...conversions.map((conversion) => `  all: ${conversion}`),
    ...Object.entries(counted).map(([what, count]) => `  ${count} × ${what}`),
  ]);
  return [...lines, ...tooFew.map((group) => `Not fitted: ${group}`), ""].join("\n");
}

function targetRows(fit: KindFit, target: string, unit: string, fitted: TargetFit): string[][] {
  const { polynomials, base, boosted, analytical } = fitted;
  const mark = (name: FormName) => name === fitted.default ? " *" : "";
  return [
    ...polynomialNames.map((name) => {
      const { heldOut, coefficients } = polynomials[name];
      const terms = String(Object.keys(coefficients).length);
      return line(fit, target, `${name}${mark(name)}`, terms, unit, heldOut);
    }),
    ...base === null
      ? []
      : [line(fit, target, `base${mark("base")}`, String(Object.keys(base.rates).length), unit, base.heldOut)],
    ...boosted === null
      ? []
      : [line(fit, target, `boosted${mark("boosted")}`, String(boosted.columns.length), unit, boosted.heldOut)],
    ...analytical === null ? [] : [line(fit, target, "analytical", "", unit, analytical.heldOut)],
  ];
}

function line(
  { kind, pass }: KindFit,
  target: string,
  model: string,
  terms: string,
  unit: string,
  heldOut: HeldOut,
): string[] {
  const { rows, mape, rmspe, rmse, medianApe, within10, r2, coverage90, worstBin90 } = heldOut;
  return [
    ...[
      kind,
      pass,
      target,
      model,
      terms,
      String(rows),
      percent(mape),
      percent(rmspe),
      !Number.isFinite(rmse) ? "–" : `${rmse.toPrecision(3)} ${unit}`,
    ],
    ...[
      percent(medianApe),
      percent(within10),
      r2 === null ? "–" : r2.toFixed(3),
      percent(coverage90),
      percent(worstBin90),
    ],
  ];
}
