import { assertEquals } from "@std/assert";
import { runWithLibraries } from "./with_libraries.ts";

Deno.test("only CUDA needs another library path, and not where it is set already", async () => {
  const refused = () => Promise.reject(new Error("not asked for"));
  assertEquals([await runWithLibraries("cpu", refused), await runWithLibraries("webgpu", refused)], [null, null]);
  const own = Deno.env.get("LD_LIBRARY_PATH") ?? "";
  assertEquals(await runWithLibraries("cuda", () => Promise.resolve(own)), null);
});

Deno.test("the program runs again with the path, its arguments and its exit status", async () => {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  const module = new URL("with_libraries.ts", import.meta.url).href;
  await Deno.writeTextFile(
    file,
    `import { runWithLibraries } from ${JSON.stringify(module)};
const code = await runWithLibraries("cuda", () => Promise.resolve("/some/where"));
if (code !== null) Deno.exit(code);
console.log(Deno.env.get("LD_LIBRARY_PATH"), ...Deno.args);
Deno.exit(7);
`,
  );
  const config = new URL("../deno.json", import.meta.url).pathname;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "--config", config, file, "--provider", "cuda"],
  }).output();
  await Deno.remove(file);
  assertEquals([code, new TextDecoder().decode(stdout).trim()], [7, "/some/where --provider cuda"]);
});
