/**
 * `deno task notebooks`: JupyterLab on the notebooks, with the Deno kernel. Options are JupyterLab's: `deno task notebooks --no-browser`.
 *
 * @module
 */
import { environment, kernelVariables, root } from "./python.ts";

const python = await environment("jupyterlab").catch((error: Error) => {
  console.error(error.message);
  Deno.exit(1);
});
const lab = new Deno.Command(python, {
  args: ["-m", "jupyterlab", ...Deno.args],
  cwd: `${root}notebooks`,
  env: kernelVariables(),
}).spawn();
// Ctrl-C reaches JupyterLab by itself, which asks before it ends; what ends this process alone must end it, too.
Deno.addSignalListener("SIGINT", () => {});
if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", () => lab.kill("SIGTERM"));
Deno.exit((await lab.status).code);
