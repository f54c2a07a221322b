/**
 * What `deno task fit` makes of a `networks.csv` beside a `layers.csv`: the constants that lead from a network's layers to its whole.
 *
 * @module
 */
import type { Network } from "neuralpower/dsl";
import { drawGroups } from "../learn/folds.ts";
import { deviceOf } from "../model/device.ts";
import type { DeviceFit } from "../model/fit.ts";
import { fitNetworks } from "../model/fit_networks.ts";
import type { ModelFile } from "../model/model.ts";
import { nodeModel } from "../model/node_model.ts";
import { summedNetworks } from "../model/summed_networks.ts";
import { type NetworkMeasurement, networkOfZoo, nodesOf, parseNetworksTable } from "../networks_table.ts";
import type { LayersTable } from "../table.ts";
import { UsageError } from "./cli.ts";

/** A measured network and the table that has its layers. */
export type NetworkBeside = NetworkMeasurement & { readonly layers: LayersTable };

/** The networks in the folder of a layers table; none where it has no table of them. */
export async function networksBeside(path: string, layers: LayersTable): Promise<NetworkBeside[]> {
  const folder = /^(.*[/\\])layers\.csv$/.exec(path)?.[1];
  const text = folder && await Deno.readTextFile(`${folder}networks.csv`).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
  if (!text || text.trim().split("\n").length < 2) return [];
  return (await parseNetworksTable(text, "networks.csv", layers)).map((network) => ({ ...network, layers }));
}

/**
 * Checks how many networks are to be used, before anything is fitted.
 *
 * @throws {UsageError} When more are asked for than were measured.
 */
export function checkCount(networks: readonly NetworkBeside[], count: number | undefined): void {
  const distinct = new Set(networks.map(({ name }) => name)).size;
  if (count !== undefined && count > distinct) {
    throw new UsageError(
      `--calibrate-with ${count}: there are ${distinct} measured networks beside the layers; give so many or fewer`,
    );
  }
}

/**
 * Adds the networks' constants to a model.
 *
 * @param count How many of the networks to use; all by default.
 */
export async function withNetworks(
  model: ModelFile,
  networks: readonly NetworkBeside[],
  fit: DeviceFit,
  count: number | undefined,
): Promise<ModelFile> {
  const used = drawGroups(networks.map(({ name }) => name), count ?? networks.length);
  const device = deviceOf(model);
  const executed = [];
  for (const network of networks.filter(({ name }) => used.has(name))) {
    const nodes = await nodesOf(network, network.layers, device.runtime, buildOfZoo);
    if (nodes !== null) executed.push({ ...network, nodes });
  }
  const fitted = fitNetworks(summedNetworks(executed, fit, nodeModel(device)));
  return fitted.length === 0 ? model : { ...model, networks: fitted };
}

/** Builds a network of `nets/` again; random networks are the sweep's. */
async function buildOfZoo({ source, batch, image, dtype }: NetworkMeasurement): Promise<Network | null> {
  const definition = await networkOfZoo(source);
  return definition && definition.build({ batch, dtype, ...image === null ? {} : { image } });
}
