/**
 * The notebooks run for real, with the Deno kernel: `deno test -A --config notebooks/deno.json notebooks`. Where Python or the registry
 * of its packages is missing they are skipped, and the test's name says so.
 */
import { assertEquals } from "@std/assert";
import { differences, type Notebook } from "./outputs.ts";
import { environment, MissingError, root } from "./python.ts";
import { execute, notebooks } from "./run.ts";
import { publicData } from "./study/data.ts";

const missing = await environment("nbclient").then(() => null, (error) => {
  if (error instanceof MissingError) return error.message;
  throw error;
});

/** Cells that measure, and those of the public sets where there are none: the stored ones are of a run with them. */
const exempt = ["measured", ...publicData === null ? ["public"] : []];

const name = "every notebook runs, and shows what is stored in it";
Deno.test({
  name: missing === null ? name : `${name} (skipped: ${missing})`,
  ignore: missing !== null,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await execute(notebooks, folder);
      const wrong: string[] = [];
      for (const name of notebooks) {
        const [stored, fresh] = await Promise.all(
          [`${root}notebooks`, folder].map((at) => read(`${at}/${name}.ipynb`)),
        );
        wrong.push(...differences(stored, fresh, exempt));
      }
      assertEquals(wrong, [], "run `deno task notebooks:run` and look at what has changed");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("every notebook is of the Deno kernel, has its outputs stored, a chart among them, and no error", async () => {
  for (const name of notebooks) {
    const stored = await read(`${root}notebooks/${name}.ipynb`);
    assertEquals(differences(stored, stored, []), [], name);
    const types = stored.cells.flatMap(({ outputs = [] }) => outputs.flatMap(({ data = {} }) => Object.keys(data)));
    assertEquals(types.includes("application/vnd.vegalite.v5+json"), true, `${name} has no chart`);
    assertEquals(stored.metadata.kernelspec.name, "deno");
  }
});

async function read(
  path: string,
): Promise<Notebook & { readonly metadata: { readonly kernelspec: { name: string } } }> {
  return JSON.parse(await Deno.readTextFile(path));
}
