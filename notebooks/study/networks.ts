/**
 * Networks held out: the sum of a measured network's layers, predicted by models that have seen no layer of that network.
 *
 * @module
 */
import type { TableRow } from "neuralpower";
import { networkCost } from "neuralpower/dsl";
import { jobNetwork } from "../../bench/jobs.ts";
import { median } from "../../lib/learn/metrics.ts";
import type { Validation } from "../../lib/report/validation.ts";
import { parseCsv } from "../../lib/table.ts";
import { ownLayers, some } from "./data.ts";
import { folds, holdOut } from "./layers.ts";

/** The paper's five networks, all of the zoo. */
export const papersNetworks = ["vgg16", "alexnet", "nin", "overfeat", "cifar10_6conv"];

/** Rows of random networks, of each kind, to learn from beside the networks' own. */
const rowsBeside = 120;

interface MeasuredNetwork {
  readonly name: string;
  readonly source: string;
  readonly batch: number;
  readonly runtimeMs: number;
  readonly overheadMs: number;
  readonly rows: readonly TableRow[];
}

/**
 * Predicts measured networks of the zoo at their own image size, each by models that were fitted on the layers of other networks and of random ones.
 *
 * @param names Which networks of the zoo.
 * @returns Sums of held-out layers and what a call costs; and by multiply-adds alone, at the other networks' median rate.
 */
export async function heldOutNetworks(
  device: string,
  names: readonly string[],
): Promise<{ readonly byLayers: Validation; readonly byMacs: Validation }> {
  const { known, beside } = await measuredNetworks(device, names);
  const nameOf = new Map(known.flatMap(({ name, rows }) => rows.map((row) => [row, name] as const)));
  const all = [...nameOf.keys(), ...beside];
  const others = new Map(beside.map((row, i) => [row, `random ${i}`]));
  const predicted = new Map<TableRow, number>();
  for (const rows of Map.groupBy(all, ({ node }) => node.layer.kind).values()) {
    const { predictions } = holdOut(rows, (row) => nameOf.get(row) ?? others.get(row)!).runtime.boosted;
    rows.forEach((row, i) => predicted.set(row, predictions[i]));
  }
  const overheadMs = median(known.map(({ overheadMs }) => overheadMs));
  const macs = new Map<MeasuredNetwork, number>();
  for (const network of known) {
    macs.set(network, networkCost(await jobNetwork({ ...network, image: null, dtype: "float32" })).macs);
  }
  const rate = ({ name }: MeasuredNetwork) =>
    median(known.filter((other) => other.name !== name).map((other) => other.runtimeMs / macs.get(other)!));
  const validation = (method: string, predict: (network: MeasuredNetwork) => number): Validation => ({
    device,
    method,
    networks: known.map((network) => ({
      name: network.name,
      batch: network.batch,
      image: null,
      runtimeMs: { measured: network.runtimeMs, predicted: predict(network), low: null, high: null },
      powerW: null,
      energyMj: null,
      remark: "",
    })),
    tables: [],
    notes: [],
  });
  return {
    byLayers: validation(
      `Sums of layers, held out by network in ${folds} folds; learned from the others and ${rowsBeside} layers a kind of random networks.`,
      ({ rows }) => rows.reduce((sum, row) => sum + predicted.get(row)!, overheadMs),
    ),
    byMacs: validation(
      "Multiply-adds alone, at the median rate of the other networks.",
      (network) => rate(network) * macs.get(network)!,
    ),
  };
}

async function measuredNetworks(device: string, names: readonly string[]) {
  const layers = await ownLayers(device);
  const rowsOf = Map.groupBy(layers.rows.keys(), (row) => layers.cells[row].source);
  const file = `data/${device}/networks.csv`;
  const { records } = await parseCsv(await Deno.readTextFile(new URL(`../../${file}`, import.meta.url)), file);
  const measured = records.filter(({ cells }) => !cells.note.endsWith(" anchor")).map(({ cells }) => ({
    name: cells.network,
    source: cells.source,
    batch: Number(cells.batch),
    image: cells.image,
    runtimeMs: Number(cells.runtime_ms),
    overheadMs: Number(cells.overhead_ms),
    rows: (rowsOf.get(cells.note.split(" ")[0]) ?? []).map((row) => layers.rows[row]),
  }));
  const known: MeasuredNetwork[] = measured.filter(({ name, source, image, rows }) =>
    names.includes(name) && source === `nets/${name}.np.ts` && image === "" && rows.length > 0
  ).sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name) || a.batch - b.batch);
  const kinds = new Set(known.flatMap(({ rows }) => rows.map(({ node }) => node.layer.kind)));
  const random = measured.filter(({ source }) => !source.startsWith("nets/")).flatMap(({ rows }) => rows);
  const beside = [...kinds].flatMap((kind) => some(random.filter(({ node }) => node.layer.kind === kind), rowsBeside));
  return { known, beside };
}
