/**
 * The rows of one case of `bench/accuracy.ts`, and what a fit of them is told.
 *
 * @module
 */
import { datasets, readDataset, type TableRow } from "neuralpower";
import { readDeviceName } from "../lib/model/device.ts";
import type { FitOptions } from "../lib/model/fit.ts";
import { callFloors } from "../lib/model/fit_rows.ts";
import { hardwareOf } from "../lib/model/geometry.ts";
import type { Case } from "./accuracy_cases.ts";

/** A case's rows. */
export interface CaseRows {
  readonly rows: readonly TableRow[];
  /** ms of each row that are its call's. */
  readonly callMs: number;
  readonly options: FitOptions & Required<Pick<FitOptions, "hardware">>;
}

/** Reads a case's rows from the folder of public sets. */
export async function readCase(each: Case, data: string): Promise<CaseRows> {
  const set = datasets.find(({ name }) => name === each.set)!;
  const text = await Deno.readTextFile(`${data}/${each.set}/${each.file}`);
  const read = await readDataset(set, text, each.file, each.device);
  const wanted = read.rows.flatMap((row, i) => {
    const { layer: { kind }, pass } = row.node;
    return kind === each.kind && pass === "forward" && row.measured.runtimeMs !== null ? [{ row, i }] : [];
  });
  const rows = wanted.map(({ row }) => row);
  const covariates = each.covariate === undefined
    ? undefined
    : { [each.covariate]: Float64Array.from(wanted, ({ i }) => Number(read.cells[i][each.covariate!])) };
  const { specification, runtime } = readDeviceName(read.device);
  const floors = runtime.rowsHoldCall ? callFloors(rows, (specification?.launchUs ?? 5) / 1000) : {};
  return {
    rows,
    callMs: floors[each.kind] ?? 0,
    options: {
      rowsHoldCall: runtime.rowsHoldCall,
      specification,
      hardware: hardwareOf(specification, runtime.name),
      covariates,
    },
  };
}
