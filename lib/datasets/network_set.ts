/**
 * How a public set of whole networks becomes rows: a network by its name in the set, and what one pass of one batch took.
 *
 * @module
 */
import type { Dtype, NetworkDefinition } from "neuralpower/dsl";
import type { Pass } from "../node.ts";
import { parseCsv } from "../table.ts";
import { Cells } from "../table_cells.ts";

/** What a whole network took. What a set does not say is null. */
export interface NetworkRow {
  /** As the set names it; its file need not be in `nets/`. */
  readonly network: string;
  /** What it ran on, a card and a runtime: one of the set's. */
  readonly device: string;
  /** Its layers; null where the set only names it. */
  readonly definition: NetworkDefinition | null;
  /** Samples in one batch. */
  readonly batch: number;
  /** Side of the square input, pixels. */
  readonly image: number | null;
  /** Of tensors and weights; under mixed precision that of the multiply-adds. */
  readonly dtype: Dtype;
  /** What one batch's runtime covers. */
  readonly pass: Pass;
  /** Of one batch. */
  readonly runtimeMs: number | null;
  /** Mean while it runs. */
  readonly powerW: number | null;
  /** Of one batch: W · ms. */
  readonly energyMj: number | null;
  /** Multiply-adds of one image, by the set's own count. */
  readonly macsPerImage: number | null;
  /** By the set's own count. */
  readonly params: number | null;
  /** Limit that the device's power was set to, W; null where it was left as it is. */
  readonly powerLimitW: number | null;
  /** Further cells, by the set's own columns. */
  readonly more: Readonly<Record<string, string | number | null>>;
}

/** One public set of networks: where it is from and what its rows mean. */
export interface NetworkSet {
  /** Its folder's name. */
  readonly name: string;
  /** Owner and repository on GitHub. */
  readonly repository: string;
  /** The commit's first seven digits. */
  readonly commit: string;
  /** By its SPDX name. */
  readonly licence: string;
  /** Cards and runtimes: `v100-pytorch`. */
  readonly devices: readonly string[];
  /** What every row undergoes: units, conventions. */
  readonly conversions: readonly string[];
  /** One row of a file: what each of its measurements is of. */
  readonly convert: (cells: Cells) => NetworkRow[];
}

/**
 * Reads one file of a set of networks.
 *
 * @param text The file's text.
 * @param path Its path, for errors.
 * @throws {TableError} A cell that cannot be read: file, line, column.
 */
export async function readNetworkSet(set: NetworkSet, text: string, path: string): Promise<NetworkRow[]> {
  const { records } = await parseCsv(text, path);
  return records.flatMap(({ cells, line }) => set.convert(new Cells(cells, path, line)));
}
