/**
 * The report's page: one file that needs no other, with its styles and script inside.
 *
 * @module
 */
import { kinds } from "neuralpower/dsl";
import { kindColours } from "../../charts/spec.ts";
import { escape } from "./text.ts";

/** Reads a file beside this one. */
async function beside(name: string): Promise<string> {
  return await Deno.readTextFile(new URL(name, import.meta.url));
}

/**
 * A whole page.
 *
 * @param title As text.
 * @param body HTML.
 */
export async function page(title: string, body: string): Promise<string> {
  const [script, ...styles] = await Promise.all(["page.js", "page.css", "drawings.css", "print.css"].map(beside));
  const colours = kinds.map((kind) => `.k-${kind} { --kind: ${kindColours[kind]}; }`).join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="NeuralPower for Deno">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escape(title)}</title>
<style>
${styles.join("")}${colours}
</style>
</head>
<body>
<main>
${body}
</main>
<div id="tip" role="tooltip" hidden></div>
<script>
${script}</script>
</body>
</html>
`;
}
