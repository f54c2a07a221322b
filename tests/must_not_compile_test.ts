/**
 * Wrong networks must fail in the editor: each file of `must_not_compile/` has one wrong line, marked with the error that the compiler
 * must give there, and only there.
 */
import { assert, assertEquals } from "@std/assert";

const folder = new URL("./must_not_compile/", import.meta.url);
const control = "control.ts";

/** One `deno check` over all files: starting the compiler is what takes time. */
async function compile(files: string[]): Promise<{ success: boolean; errors: Map<string, string[]> }> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    // Without the configuration, which excludes these files from every other check; its import map is still needed.
    args: [
      "check",
      "--quiet",
      "--no-config",
      `--import-map=${decodeURIComponent(new URL("../deno.json", import.meta.url).pathname)}`,
      ...files,
    ],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const errors = new Map<string, string[]>();
  // An error begins with its code; the first place after it is the error's own, others are of what it refers to.
  for (const error of new TextDecoder().decode(stderr).split(/^(?=TS\d+ \[ERROR\])/m)) {
    const [, code] = error.match(/^(TS\d+)/) ?? [];
    const [, file, line] = error.match(/^ +at .*\/([^/]+\.ts):(\d+):\d+$/m) ?? [];
    if (code) errors.set(file, [...errors.get(file) ?? [], `line ${line}: ${code}`]);
  }
  return { success, errors };
}

/** The errors that a file's comments announce. */
async function expected(file: string): Promise<string[]> {
  const lines = (await Deno.readTextFile(new URL(file, folder))).split("\n");
  return lines.flatMap((line, i) => {
    const [, code] = line.match(/\/\/ error: (TS\d+)$/) ?? [];
    return code ? [`line ${i + 1}: ${code}`] : [];
  });
}

Deno.test("wrong use of the DSL does not compile, each with its error on its line", async () => {
  const files = Array.from(Deno.readDirSync(folder), (entry) => entry.name).filter((name) => name !== control).sort();
  assert(files.length >= 8);
  const { success, errors } = await compile(files);
  assertEquals(success, false);
  for (const file of files) {
    const announced = await expected(file);
    assertEquals(announced.length, 1, `${file} must announce one error`);
    assertEquals(errors.get(file) ?? [], announced, file);
  }
});

Deno.test("the same things used rightly compile", async () => {
  const { success, errors } = await compile([control]);
  assertEquals([...errors], []);
  assert(success);
});
