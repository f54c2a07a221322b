/**
 * The zoo's networks by name.
 *
 * @module
 */
import type { NetworkDefinition } from "neuralpower/dsl";

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
