/**
 * Paths as the user means them.
 *
 * @module
 */

/** A path as the user means it: relative to the folder that the task was called from. */
export function userPath(path: string): string {
  const folder = Deno.env.get("INIT_CWD");
  if (folder === undefined || path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path)) return path;
  return `${folder}/${path}`;
}
