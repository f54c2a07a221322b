/**
 * The zoo's networks by name.
 *
 * @module
 */
import { publishedAccuracy } from "neuralpower";
import type { Network, NetworkDefinition } from "neuralpower/dsl";

/** Loads `nets/NAME.np.ts`. */
export async function net(name: string): Promise<NetworkDefinition> {
  return (await import(`../../nets/${name}.np.ts`)).default;
}

/** Loads all of them, by name. */
export async function zoo(): Promise<Record<string, NetworkDefinition>> {
  const names = [...Deno.readDirSync(new URL("../../nets", import.meta.url))]
    .map(({ name }) => name.replace(".np.ts", "")).sort();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await net(name)])));
}

/** The zoo's networks whose top-1 accuracy on ImageNet is published, at a batch. */
export async function withAccuracy(
  batch: number,
): Promise<{ readonly name: string; readonly network: Network; readonly accuracy: number }[]> {
  return Object.entries(await zoo()).flatMap(([name, definition]) => {
    const network = definition.build({ batch });
    const accuracy = publishedAccuracy(network);
    return accuracy === null ? [] : [{ name, network, accuracy }];
  });
}
