/**
 * Draws the specification on standard input as SVG, in a process of its own: it needs no right but to run, and what draws is downloaded by
 * a lock of its own. `deno run --config notebooks/deno.json lib/charts/draw.ts < chart.vl.json > chart.svg`
 *
 * @module
 */
import { toSvg } from "./render.ts";

if (import.meta.main) {
  const svg = await toSvg(await new Response(Deno.stdin.readable).json());
  await new Blob([svg]).stream().pipeTo(Deno.stdout.writable);
}
