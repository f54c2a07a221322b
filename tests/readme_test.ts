import { assertEquals } from "@std/assert";
import { command, root } from "./command_line.ts";

const path = `${root}README.md`;
const block = /```console\n\$ deno task ((?:predict|show|devices) [^\n]*|devices)\n([\s\S]*?)```/g;

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
  assertEquals(blocks.length, 2);
});
