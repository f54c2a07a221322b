/**
 * A sweep's files: lines are appended and synced, and what a killed sweep left half-written is cut off.
 *
 * @module
 */
import { formatCsv } from "neuralpower";

/** A folder that cannot be measured into, and why. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/** A file's whole lines but the header; half a line at its end is cut off. */
export async function wholeLines(path: string, header: readonly string[]): Promise<string[]> {
  const text = await Deno.readTextFile(path).catch(() => "");
  const lines = text.split("\n");
  const torn = lines.pop() ?? "";
  if (lines.length > 0 && lines[0] !== header.join(",")) {
    throw new StoreError(`${path}: has other columns than this version writes; give another folder with --out`);
  }
  if (torn !== "") await replace(path, header, lines.slice(1));
  return lines.slice(1);
}

/** Cuts off half a line at the end of a file that may not be there. */
export async function cutTornLine(path: string): Promise<void> {
  const text = await Deno.readTextFile(path).catch(() => "");
  if (text === "" || text.endsWith("\n")) return;
  await Deno.writeTextFile(`${path}.tmp`, text.slice(0, text.lastIndexOf("\n") + 1));
  await Deno.rename(`${path}.tmp`, path);
}

/** Writes a file anew, whole or not at all. */
export async function replace(path: string, header: readonly string[], lines: readonly string[]): Promise<void> {
  // A header alone is no table.
  if (lines.length === 0) return await Deno.remove(path);
  await Deno.writeTextFile(`${path}.tmp`, [header.join(","), ...lines, ""].join("\n"));
  await Deno.rename(`${path}.tmp`, path);
}

/** Adds rows, on the disk when it returns; the header first where the file is new. */
export async function append(
  path: string,
  header: readonly string[],
  rows: readonly Record<string, string | number | null | undefined>[],
): Promise<void> {
  const text = await formatCsv(header, rows);
  const file = await Deno.open(path, { create: true, append: true });
  try {
    const { size } = await file.stat();
    const bytes = new TextEncoder().encode(size === 0 ? text : text.slice(text.indexOf("\n") + 1));
    for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
    await file.syncData();
  } finally {
    file.close();
  }
}
