import { assertEquals } from "@std/assert";
import { root } from "./command_line.ts";

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly { readonly code?: { readonly specifier?: string } }[];
}

/** Which folders a folder's modules may import; design: bench → lib → dsl. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  dsl: ["dsl"],
  lib: ["lib", "dsl"],
  nets: ["dsl"],
};

async function modules(...files: string[]): Promise<Module[]> {
  const graphs = files.map(async (file) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", file],
      cwd: root,
      stderr: "null",
    }).output();
    return JSON.parse(new TextDecoder().decode(stdout)).modules as Module[];
  });
  return (await Promise.all(graphs)).flat();
}

const inProject = (specifier: string) => decodeURIComponent(specifier).replace(/^file:\/\//, "").split(root)[1];

Deno.test("dsl imports nothing else of the project, lib imports dsl, nets import the DSL alone", async () => {
  const commands = [...Deno.readDirSync(`${root}lib/commands`)].map(({ name }) => `lib/commands/${name}`);
  const nets = [...Deno.readDirSync(`${root}nets`)].map(({ name }) => `nets/${name}`);
  const seen = await modules("mod.ts", "dsl/mod.ts", ...commands, ...nets);
  const wrong = seen.flatMap(({ specifier, dependencies = [] }) => {
    const from = inProject(specifier);
    const allowed = mayImport[from?.split("/")[0] ?? ""];
    if (allowed === undefined) return [];
    const targets = dependencies.map(({ code }) => inProject(code?.specifier ?? "")).filter((target) =>
      target !== undefined
    );
    return targets.filter((target) => !allowed.includes(target.split("/")[0])).map((target) =>
      `${from} imports ${target}`
    );
  });
  assertEquals(wrong, []);
  // What was checked is there: a graph that could not be read would have nothing wrong in it.
  for (const file of ["dsl/layer.ts", "lib/predict.ts", "lib/commands/main.ts", "nets/alexnet.np.ts"]) {
    assertEquals(seen.some(({ specifier }) => inProject(specifier) === file), true, file);
  }
});

Deno.test("mod.ts and predicting load no native code and no heavy package", async () => {
  const packages = (await modules("mod.ts", "lib/commands/main.ts", "lib/commands/predict.ts"))
    .map(({ specifier }) => /^npm:\/?((?:@[^/]+\/)?[^@/]+)/.exec(specifier)?.[1])
    .filter((name) => name !== undefined);
  assertEquals([...new Set(packages)].sort(), ["deno-std", "valibot"]);
});
