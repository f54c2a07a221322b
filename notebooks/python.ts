/**
 * Jupyter for this project's notebooks: Python environments of pinned lists in `.cache/`, made when they are first needed, and the way to
 * the Deno kernel.
 *
 * @module
 */

/** The project's folder. */
export const root = decodeURIComponent(new URL("..", import.meta.url).pathname);

/** Pinned lists of packages: all of JupyterLab, or what runs a notebook without a window. */
export type PackageList = "jupyterlab" | "nbclient";

/** Something that this machine lacks, not a fault: no Python, no package registry. The message is one line. */
export class MissingError extends Error {
  /** The class's name. */
  override readonly name = "MissingError";
}

/**
 * The Python of an environment with a list's packages; made anew when the list has changed.
 *
 * @throws {MissingError} Without Python, or without the registry when it has to be made.
 */
export async function environment(list: PackageList): Promise<string> {
  const packages = await Deno.readFile(`${root}notebooks/${list}.txt`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", packages)).slice(0, 4).toHex();
  const folder = `${root}.cache/python/${list}-${digest}`;
  const python = Deno.build.os === "windows" ? `${folder}/Scripts/python.exe` : `${folder}/bin/python`;
  const complete = `${folder}/complete`;
  if (await exists(complete)) return python;
  // What an interrupted run has left.
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await run("python3", "-m", "venv", folder);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1"];
  await run(python, ...pip, "-r", `${root}notebooks/${list}.txt`);
  await Deno.writeTextFile(complete, "");
  return python;
}

/** The environment variables by which Jupyter finds the Deno kernel, and the kernel this Deno. */
export function kernelVariables(): Record<string, string> {
  const separator = Deno.build.os === "windows" ? ";" : ":";
  const before = (first: string, name: string) => {
    const rest = Deno.env.get(name);
    return rest ? `${first}${separator}${rest}` : first;
  };
  return {
    JUPYTER_PATH: before(`${root}jupyter`, "JUPYTER_PATH"),
    PATH: before(Deno.execPath().replace(/[/\\][^/\\]*$/, ""), "PATH"),
  };
}

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const output = await new Deno.Command(program, { args: [...args], stdout: "null" }).output().catch((error) => {
    if (error instanceof Deno.errors.NotFound) {
      throw new MissingError(`There is no ${program}: install Python 3.10 or later`);
    }
    throw error;
  });
  if (output.success) return;
  const text = new TextDecoder().decode(output.stderr).trim();
  const call = `${program} ${args.slice(0, 3).join(" ")}`;
  if (/connection|resolution|timed out|unreachable/i.test(text)) {
    throw new MissingError(`${call}: the registry of Python's packages cannot be reached`);
  }
  throw new Error(`${call} failed: ${text.split("\n").at(-1)}`);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
