/**
 * Draws a chart into a file, by a process of its own: what draws is heavy, and has a lock of its own in `notebooks/`.
 *
 * @module
 */
import type { Spec } from "../charts/spec.ts";
import { plain } from "../report/text_table.ts";
import { projectPath, UsageError, userPath, writeWhole } from "./cli.ts";

/** Checks the name of a chart's file. */
export function readChartFile(file: string | undefined): string | undefined {
  if (file === undefined || file.toLowerCase().endsWith(".svg")) return file;
  throw new UsageError(`--chart is drawn as SVG, got "${file}"; give a file that ends in .svg`);
}

/**
 * Draws a chart and writes it.
 *
 * @throws {Error} When it cannot be drawn, where the packages that draw can be had neither from the cache nor the network, say.
 */
export async function writeChart(spec: Spec, file: string): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-prompt",
      "--config",
      projectPath("notebooks/deno.json"),
      projectPath("lib/charts/draw.ts"),
    ],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // Where the process has ended early, its own message says why.
  const sent = new Blob([JSON.stringify(spec)]).stream().pipeTo(child.stdin).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  await sent;
  if (code !== 0) {
    const [why] = new TextDecoder().decode(stderr).split("\n");
    throw new Error(
      `${file}: the chart cannot be drawn: ${plain(why.replace(/^error: (?:Uncaught (?:\(in promise\) )?)?/, ""))}`,
    );
  }
  await writeWhole(userPath(file), new TextDecoder().decode(stdout));
  console.error(`Wrote ${file}`);
}
