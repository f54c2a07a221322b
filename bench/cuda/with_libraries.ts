/**
 * A command that opens CUDA sessions itself needs the loader to know where CUDA's libraries are, and the loader reads that when a process
 * starts: so the command is started again.
 *
 * @module
 */
import type { Provider } from "../ort/session.ts";
import { cudaLibraryPath } from "../setup_cuda.ts";

/**
 * Runs this program again with CUDA's libraries on LD_LIBRARY_PATH, where a provider needs that.
 *
 * @returns The other's exit status; null where this process can go on.
 */
export async function runWithLibraries(
  provider: Provider,
  path: () => Promise<string> = cudaLibraryPath,
): Promise<number | null> {
  if (provider !== "cuda") return null;
  const libraries = await path();
  if (libraries === (Deno.env.get("LD_LIBRARY_PATH") ?? "")) return null;
  const config = `${import.meta.dirname}/../deno.json`;
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "--config", config, Deno.mainModule, ...Deno.args],
    env: { LD_LIBRARY_PATH: libraries },
  }).spawn().status;
  return code;
}
