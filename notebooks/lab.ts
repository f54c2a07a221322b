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
// Ctrl-C is JupyterLab's, which asks before it ends.
Deno.addSignalListener("SIGINT", () => {});
Deno.exit((await lab.status).code);
