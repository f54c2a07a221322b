/**
 * The measurements that the notebooks study: this project's own, which are in every clone, and the public sets where they are given.
 *
 * @module
 */
import { type Dataset, datasets, type LayersTable, parseLayersTable, readDataset } from "neuralpower";

const root = new URL("../..", import.meta.url);

/** Where the public sets lie: NEURALPOWER_DATA, else `shared/data` beside the repository; null where neither is. */
export const publicData: string | null = await folderOf(
  Deno.env.get("NEURALPOWER_DATA") ?? decodeURIComponent(new URL("../shared/data", root).pathname),
);

/** What a cell says in place of a study of a public set. */
export const noPublicData =
  "No public sets here: set NEURALPOWER_DATA to their folder, start again, and this cell says more.";

/** Reads what this project measured on a device: `data/DEVICE/layers.csv`. */
export async function ownLayers(device: string): Promise<LayersTable> {
  return await readTable(`data/${device}/layers.csv`);
}

/** Reads a layers table below the project's folder. */
export async function readTable(path: string): Promise<LayersTable> {
  return await parseLayersTable(await Deno.readTextFile(new URL(path, root)), path);
}

/**
 * Reads a file of a public set.
 *
 * @param file Below the folder of the sets, such as `willowec/raptorlake_pool.csv`: the set's name, then the file's.
 */
export async function publicLayers(file: string, device?: string): Promise<LayersTable> {
  const set = datasets.find(({ name }) => name === file.split("/")[0]) as Dataset;
  return await readDataset(set, await Deno.readTextFile(`${publicData}/${file}`), file, device);
}

/** So many of the values, evenly spread over all. */
export function some<T>(values: readonly T[], count: number): T[] {
  if (values.length <= count) return [...values];
  return Array.from({ length: count }, (_, i) => values[Math.floor(i * values.length / count)]);
}

async function folderOf(path: string): Promise<string | null> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory ? path : null, () => null);
}
