/**
 * Measuring from a notebook: each in a process of its own, since a run of ONNX Runtime holds up whoever calls it.
 *
 * @module
 */
import { formatCsv, type LayersTable, type Node, nodeCells, parseLayersTable, tableColumns } from "neuralpower";
import type { CopiesLike } from "../../lib/charts/copies.ts";

const bench = decodeURIComponent(new URL("../../bench/", import.meta.url).pathname);

/** Times 1, 2, 4 … copies of a node on this machine's CPU. */
export async function timeCopies(node: Node): Promise<CopiesLike> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", `${bench}copies_line.ts`],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(await formatCsv(tableColumns, [nodeCells(node)])));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Sweeps this machine's CPU until so many layers are measured, and returns them. Nothing of it is kept. */
export async function sweepLayers(count: number): Promise<LayersTable> {
  const folder = await Deno.makeTempDir();
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--quiet", `${bench}sweep.ts`, "--provider", "cpu"],
        ...["--layers", String(count), "--minutes", "1", "--out", `${folder}/sweep`],
      ],
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
    return await parseLayersTable(await Deno.readTextFile(`${folder}/sweep/layers.csv`), "layers.csv");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
