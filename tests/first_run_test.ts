import { assert, assertEquals } from "@std/assert";
import { root } from "./command_line.ts";

const limitBytes = 15e6;

async function folderBytes(path: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    bytes += isDirectory ? await folderBytes(`${path}/${name}`) : (await Deno.lstat(`${path}/${name}`)).size;
  }
  return bytes;
}

// The cache holds packages unpacked, so its size is more than what was downloaded.
const cache = await Deno.makeTempDir();
const { code, stderr } = await new Deno.Command(Deno.execPath(), {
  args: ["task", "predict", "nets/alexnet.np.ts"],
  cwd: root,
  env: { DENO_DIR: cache, NO_COLOR: "1" },
  stdout: "null",
}).output();
const messages = new TextDecoder().decode(stderr);
const bytes = await folderBytes(cache);
await Deno.remove(cache, { recursive: true });
const offline = /error sending request|dns error/.test(messages);

Deno.test({
  name: `the first predict on an empty cache downloads at most 15 MB${
    offline ? " (skipped: no package registry can be reached)" : ""
  }`,
  ignore: offline,
  fn() {
    assertEquals(code, 0, messages);
    assert(bytes <= limitBytes, `${bytes} bytes`);
  },
});
