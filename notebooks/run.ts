/**
 * `deno task notebooks:run [NAME…]`: runs all notebooks, or those named, and stores their outputs in them.
 *
 * @module
 */
import { environment, kernelVariables, MissingError, root } from "./python.ts";

/** All notebooks, in the order in which they are read. */
export const notebooks = ["explore", "collect", "fit", "validate", "paper"] as const;

/**
 * Runs notebooks with the Deno kernel.
 *
 * @param target The folder that they are written into, outputs and all.
 * @throws {MissingError} Without Python or the registry of its packages.
 * @throws {Error} When a cell fails; the message is the cell's.
 */
export async function execute(names: readonly string[], target: string): Promise<void> {
  const python = await environment("nbclient");
  const { success, stderr } = await new Deno.Command(python, {
    args: [`${root}notebooks/execute.py`, `${root}notebooks`, target, ...names],
    env: { ...kernelVariables(), NO_COLOR: "1" },
    stdout: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
}

if (import.meta.main) {
  const unknown = Deno.args.find((name) => !(notebooks as readonly string[]).includes(name));
  if (unknown !== undefined) {
    console.error(`There is no notebook "${unknown}"; there are ${notebooks.join(", ")}`);
    Deno.exit(2);
  }
  const folder = await Deno.makeTempDir();
  try {
    const names = Deno.args.length > 0 ? Deno.args : notebooks;
    await execute(names, folder);
    for (const name of names) await Deno.copyFile(`${folder}/${name}.ipynb`, `${root}notebooks/${name}.ipynb`);
  } catch (error) {
    console.error(error instanceof MissingError ? error.message : String((error as Error).message));
    Deno.exitCode = 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
