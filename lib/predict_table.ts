/**
 * Predicts a layers table: the same rows, with predictions beside them.
 *
 * @module
 */
import type { Device } from "./model/device.ts";
import { type Estimate, type ModelChoice, nodeModel } from "./model/node_model.ts";
import { UnsupportedError } from "./predict.ts";
import type { LayersTable } from "./table.ts";

const targets = ["predicted_runtime_ms", "predicted_power_w", "predicted_energy_mj"] as const;
const predictedColumns = [...targets.flatMap((target) => [target, `${target}_low`, `${target}_high`]), "extrapolates"];

/** A table's columns with those of the predictions, and its rows by column. */
export interface PredictedTable {
  /** The table's own columns, then those of the predictions. */
  readonly header: readonly string[];
  /** Cells by column, in the table's order. */
  readonly rows: readonly Readonly<Record<string, string | number | null>>[];
}

/**
 * Predicts each row as it would be measured on the device: what a call costs is in it, where the device's rows hold it.
 *
 * @throws {UnsupportedError} When nothing predicts a row, unless `allowUnsupported`; then its predictions are empty.
 */
export function predictRows(
  table: LayersTable,
  device: Device,
  model: ModelChoice,
  allowUnsupported = false,
): PredictedTable {
  const predictNode = nodeModel(device, model);
  const made = table.rows.map(({ node }) => predictNode(node));
  const unsupported = table.rows.filter((_, i) => made[i] === null);
  if (unsupported.length > 0 && !allowUnsupported) {
    throw new UnsupportedError(
      device,
      unsupported.map(({ node }) => ({ ...node.layer, name: node.layer.op, inputs: [] })),
    );
  }
  const rows = table.cells.map((cells, i) => {
    const prediction = made[i];
    // The table may be an earlier prediction's.
    if (prediction === null) {
      return { ...cells, ...Object.fromEntries(predictedColumns.map((column) => [column, null])) };
    }
    const { callMs, runtimeMs, powerW, energyMj, extrapolates } = prediction;
    const values = [shift(runtimeMs, callMs), powerW, energyMj && shift(energyMj, callMs * powerW!.value)];
    const predicted = targets.flatMap((target, t): [string, number | null][] => [
      [target, values[t]?.value ?? null],
      [`${target}_low`, values[t]?.low ?? null],
      [`${target}_high`, values[t]?.high ?? null],
    ]);
    return { ...cells, ...Object.fromEntries(predicted), extrapolates: extrapolates.join(" ") };
  });
  return {
    header: [...table.header.filter((column) => !predictedColumns.includes(column)), ...predictedColumns],
    rows,
  };
}

function shift({ value, low, high }: Estimate, by: number): Estimate {
  return { value: value + by, low: low === null ? null : low + by, high: high === null ? null : high + by };
}
