import { assert, assertEquals, assertMatch } from "@std/assert";
import { command, root } from "./command_line.ts";

const path = `${root}README.md`;
const block = /```console\n\$ deno task ((?:predict|compare|show|devices) [^\n]*|devices)\n([\s\S]*?)```/g;

/** With the environment variable UPDATE_README the blocks are written anew. */
const update = (await Deno.permissions.query({ name: "env", variable: "UPDATE_README" })).state === "granted" &&
  Deno.env.has("UPDATE_README");

Deno.test("README's console blocks show what the commands print", async () => {
  const text = await Deno.readTextFile(path);
  const blocks = [...text.matchAll(block)];
  let updated = text;
  for (const [whole, line, shown] of blocks) {
    const { stdout } = await command(line.trim().split(/\s+/));
    if (update) updated = updated.replace(whole, `\`\`\`console\n$ deno task ${line}\n${stdout.trimEnd()}\n\`\`\``);
    else {assertEquals(
        shown.trimEnd(),
        stdout.trimEnd(),
        `of \`deno task ${line}\`; write it anew with UPDATE_README=1`,
      );}
  }
  if (update) await Deno.writeTextFile(path, updated);
  assertEquals(blocks.length, 3);
});

Deno.test("README's workflow runs, in the folder it says, and pins the version of Deno", async () => {
  const text = await Deno.readTextFile(path);
  const [, workflow] = /```yaml\n([\s\S]*?)```/.exec(text)!;
  const [, line] = /run: >-\n([\s\S]*?)>>/.exec(workflow)!;
  const words = line.trim().split(/\s+/);
  assertEquals(words.slice(0, 4), ["deno", "task", "predict", "../net.np.ts"]);
  assertEquals(/deno-version: (\S+) /.exec(workflow)![1], /deno@(\S+)/.exec(text)![1]);
  const { code, stdout } = await command(["predict", "nets/resnet18.np.ts", ...words.slice(4)]);
  assert(code === 0 || code === 3, `status ${code}`);
  assertMatch(stdout, /^### Budgets: /);
});
