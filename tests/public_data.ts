/**
 * The folder of public sets: NEURALPOWER_DATA, else `shared/data` beside the repository. It is no part of the repository, so a test
 * that reads it is ignored where it is absent, and its name says why.
 *
 * @module
 */
const folder = Deno.env.get("NEURALPOWER_DATA") ??
  decodeURIComponent(new URL("../../shared/data", import.meta.url).pathname);

/** Reads one file below the folder, such as `willowec/raptorlake_pool.csv`. */
export function readPublic(path: string): Promise<string> {
  return Deno.readTextFile(`${folder}/${path}`);
}

/** Reads the bytes of one file below the folder. */
export function readPublicBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return Deno.readFile(`${folder}/${path}`);
}

/** Registers a test that reads one set's files; it is ignored, and says so, where they are absent. */
export function testOnPublicSet(set: string, name: string, fn: () => Promise<void>): void {
  const ignore = !isFolder(`${folder}/${set}`);
  Deno.test({ name: ignore ? `${name} (skipped: no public sets; set NEURALPOWER_DATA)` : name, ignore, fn });
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
