/**
 * The table of networks that were measured whole, `networks.csv`: read along with the layers table beside it, some of whose rows were
 * measured within them.
 *
 * @module
 */
import { type Dtype, dtypes, type Network, type NetworkDefinition } from "neuralpower/dsl";
import type { Node } from "./node.ts";
import { plan } from "./plan.ts";
import type { Runtime } from "./runtimes.ts";
import { type LayersTable, parseCsv } from "./table.ts";
import { Cells } from "./table_cells.ts";

/** One network as it was measured. */
export interface NetworkMeasurement {
  /** Its name. */
  readonly name: string;
  /** What it can be built from again: a file of `nets/`, or a generator's seed. */
  readonly source: string;
  readonly batch: number;
  /** Side of the square image; null for the network's own. */
  readonly image: number | null;
  readonly dtype: Dtype;
  /** Of one run. */
  readonly runtimeMs: number;
  readonly powerW: number | null;
  readonly energyMj: number | null;
  /** What the runtime's profiler adds to each node's measured time. */
  readonly profilerMs: number;
  /** Places in the layers table of the rows that were measured within it; none where layers are measured by themselves. */
  readonly rows: readonly number[];
}

/**
 * Reads networks, but for those that a sweep repeats to see the machine drift.
 *
 * @param file Its name, for errors.
 * @param layers The table beside it.
 * @throws {TableError} A cell that cannot be read: file, line, column.
 */
export async function parseNetworksTable(
  text: string,
  file: string,
  layers: Pick<LayersTable, "cells">,
): Promise<NetworkMeasurement[]> {
  const rowsOf = Map.groupBy(layers.cells.keys(), (row) => layers.cells[row].source ?? "");
  const { records } = await parseCsv(text, file);
  return records.flatMap(({ cells: own, line }) => {
    const cells = new Cells(own, file, line);
    // A network's note begins with the name that its layers have as their source.
    const note = cells.text("note") ?? "";
    if (note.endsWith("anchor")) return [];
    return [{
      name: cells.text("network") ?? cells.fail("network", "is empty; a network's name is needed"),
      source: cells.text("source") ?? "",
      batch: cells.whole("batch", 1),
      image: cells.text("image") === null ? null : cells.whole("image", 1),
      dtype: cells.oneOf("dtype", dtypes, "float32"),
      runtimeMs: cells.measured("runtime_ms") ?? cells.fail("runtime_ms", "is empty; a network's time is needed"),
      powerW: cells.measured("power_w"),
      energyMj: cells.measured("energy_mj"),
      profilerMs: cells.spread("profiler_ms") ?? 0,
      rows: rowsOf.get(note.split(" ")[0]) ?? [],
    }];
  });
}

/**
 * The nodes that ran: those that were measured, else as the runtime should execute the network.
 *
 * @param build Builds a network again; null where it cannot.
 */
export async function nodesOf(
  network: NetworkMeasurement,
  layers: Pick<LayersTable, "rows">,
  runtime: Runtime,
  build: (network: NetworkMeasurement) => Promise<Network | null>,
): Promise<readonly Node[] | null> {
  if (network.rows.length > 0) return network.rows.map((row) => layers.rows[row].node);
  const built = await build(network);
  return built && plan(built, runtime).flatMap(({ node }) => node === null ? [] : [node]);
}

/** The network of `nets/` that a source names, or null: a table may name any file, which loading it would run. */
export async function networkOfZoo(source: string): Promise<NetworkDefinition | null> {
  if (!/^nets\/[a-z0-9_]+\.np\.ts$/.test(source)) return null;
  return (await import(new URL(`../${source}`, import.meta.url).href)).default;
}
