/**
 * Reads a network's file in a process of its own, as a command does, and tells what that took: the reading alone, and the greatest memory
 * that the whole process had.
 *
 * @module
 */
import { networkCost } from "neuralpower/dsl";
import { loadNetworkFile } from "../lib/commands/network_file.ts";

/** What was read, and what it took. */
export interface ReadApart {
  readonly layers: number;
  /** Multiply-adds. */
  readonly macs: number;
  readonly params: number;
  /** Of reading, the program being loaded. */
  readonly milliseconds: number;
  /** The process's greatest memory, that of Deno too; null where the system does not tell, which Linux does. */
  readonly peakMB: number | null;
}

/**
 * Reads a file in a process of its own.
 *
 * @throws {Error} With what the process said, where the file cannot be read.
 */
export async function readApart(path: string): Promise<ReadApart> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", import.meta.filename!, path],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(text.decode(stderr).trim().split("\n")[0]);
  return JSON.parse(text.decode(stdout));
}

function peakMB(): number | null {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))!;
    return Number(kilobytes) * 1024 / 1e6;
  } catch {
    return null;
  }
}

if (import.meta.main) {
  const start = performance.now();
  try {
    const network = await loadNetworkFile(Deno.args[0], {});
    const milliseconds = performance.now() - start;
    const { macs, params } = networkCost(network);
    const read: ReadApart = { layers: network.layers.length, macs, params, milliseconds, peakMB: peakMB() };
    console.log(JSON.stringify(read));
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
