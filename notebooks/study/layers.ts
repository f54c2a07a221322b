/**
 * Layers held out: what models say of rows of whose configurations they have seen nothing.
 *
 * @module
 */
import { deviceOf, type KindFit, modelVersion, type TableRow } from "neuralpower";
import type { Device } from "neuralpower";
import { configurationKey, foldsByGroup } from "../../lib/learn/folds.ts";
import { fitGroup, type GroupFit } from "../../lib/model/fit.ts";
import { fitLayers, type FittedForms } from "../../lib/model/fit_layers.ts";
import { hardwareOf } from "../../lib/model/geometry.ts";
import { sheet } from "../../lib/model/sheet.ts";

/** Held-out rows lie in one of so many folds. */
export const folds = 5;

/** What the notebooks fit was measured on CPUs, whose kernels differ from a GPU's. */
const hardware = hardwareOf(null, "ort-cpu");

/** Fits all forms to rows of one kind, pass and number format: the two Lassos, the base, the base with its boosted residual. */
export function fitForms(rows: readonly TableRow[]): GroupFit {
  return fitGroup(rows, 0, { rowsHoldCall: false, specification: null, hardware });
}

/** The base and the boosted form of rows of one kind. */
export interface HeldOutLayers {
  readonly runtime: FittedForms;
  /** Null unless all rows have a power. */
  readonly power: FittedForms | null;
}

/**
 * Fits the base and the boosted form, without the Lasso, which takes longer than both.
 *
 * @param rows Of one kind, pass and number format.
 * @param groupOf What is held out together: the configuration by default.
 */
export function holdOut(
  rows: readonly TableRow[],
  groupOf: (row: TableRow) => string = ({ node }) => configurationKey(node),
): HeldOutLayers {
  const nodes = rows.map(({ node }) => node);
  const powered = rows.every(({ measured }) => measured.powerW !== null);
  const measured = {
    sheet: sheet(nodes, nodes[0].layer.kind, hardware),
    runtimeMs: Float64Array.from(rows, ({ measured }) => measured.runtimeMs!),
    powerW: Float64Array.from(rows, ({ measured }) => measured.powerW ?? NaN),
    powerWeights: new Float64Array(rows.length).fill(1),
    groups: nodes.map(configurationKey),
  };
  const fold = foldsByGroup(rows.map(groupOf), folds);
  return fitLayers(measured, fold, powered ? Uint32Array.from(rows.keys()) : null);
}

/** A fit as a device of its own, which shows its held-out errors. */
export function deviceOfFits(name: string, fits: readonly KindFit[]): Device {
  return deviceOf({
    format: "neuralpower-model",
    version: modelVersion,
    device: name,
    specification: null,
    runtime: "ort-cpu",
    command: "",
    sources: [],
    fits: [...fits],
  });
}
