import { assert, assertEquals, assertMatch } from "@std/assert";
import { projectFiles } from "./bundle.ts";
import { manifestName, packFolder } from "./bundle_pieces.ts";

const root = new URL("..", import.meta.url).pathname;

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function run(program: string, args: string[], options: Deno.CommandOptions = {}) {
  const { code, stdout, stderr } = await new Deno.Command(program, { args, ...options }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** A tree that does not get smaller, packed into pieces of 10 kB. */
async function packTree(folder: string): Promise<readonly string[]> {
  await Deno.mkdir(`${folder}/tree/sub`, { recursive: true });
  await Deno.writeFile(`${folder}/tree/sub/noise`, crypto.getRandomValues(new Uint8Array(45_000)));
  await Deno.writeTextFile(`${folder}/tree/run.sh`, "#!/bin/sh\n", { mode: 0o755 });
  return (await packFolder(`${folder}/tree`, `${folder}/out`, 10_000)).pieces;
}

Deno.test("A bundle: packed, split, checked and unpacked, all is as it was", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/out`);
    await Deno.writeTextFile(`${folder}/out/bundle.099`, "of an older bundle");
    const pieces = await packTree(folder);
    assertEquals(pieces, ["bundle.000", "bundle.001", "bundle.002", "bundle.003", "bundle.004"]);
    for (const name of pieces) assert((await Deno.stat(`${folder}/out/${name}`)).size <= 10_000);
    const names = (await Array.fromAsync(Deno.readDir(`${folder}/out`))).map(({ name }) => name).sort();
    assertEquals(names, [...pieces, manifestName, "unpack.sh"]);
    const { code, stderr } = await run("sh", ["out/unpack.sh", "to"], { cwd: folder });
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertEquals(await Deno.readFile(`${folder}/to/tree/sub/noise`), await Deno.readFile(`${folder}/tree/sub/noise`));
    assertEquals((await Deno.stat(`${folder}/to/tree/run.sh`)).mode! & 0o777, 0o755);
  }));

Deno.test("A bundle: a damaged and a missing piece are refused by one line", () =>
  inFolder(async (folder) => {
    await packTree(folder);
    const piece = await Deno.readFile(`${folder}/out/bundle.001`);
    piece[17] ^= 1;
    await Deno.writeFile(`${folder}/out/bundle.001`, piece);
    await Deno.remove(`${folder}/out/bundle.003`);
    const { code, stderr } = await run("sh", ["out/unpack.sh", "to"], { cwd: folder });
    assertEquals(stderr, "error: damaged or missing: bundle.001 bundle.003; copy again\n");
    assertEquals(code, 1);
    assertEquals(await Array.fromAsync(Deno.readDir(`${folder}/to`)), []);
    await Deno.remove(`${folder}/out/${manifestName}`);
    const unlisted = await run("sh", ["out/unpack.sh", "to"], { cwd: folder });
    assertEquals(unlisted.stderr, `error: ${manifestName} is missing; copy it again\n`);
    assertEquals(unlisted.code, 1);
  }));

Deno.test("A bundle: without a repository, hidden folders and temporary files stay behind", () =>
  inFolder(async (folder) => {
    for (const path of ["a/b.ts", ".cache/big", "coverage/c", "d.tmp", "e.json"]) {
      await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(`${folder}/${path}`, "");
    }
    assertEquals(await projectFiles(`${folder}/`), ["a/b.ts", "e.json"]);
  }));

Deno.test("A bundle: the project's own list has its entry points and nothing ignored", async () => {
  const files = await projectFiles(root);
  for (const file of ["bench/deno.json", "bench/deno.lock", "mod.ts"]) assert(files.includes(file), file);
  assertEquals(files.filter((file) => file.startsWith(".cache/") || file.startsWith(".git/")), []);
});

Deno.test("A bundle: wrong use and --dry-run", async () => {
  const bundle = (...args: string[]) => run(Deno.execPath(), ["run", "-A", "-q", `${root}bench/bundle.ts`, ...args]);
  const none = await bundle();
  assertMatch(none.stderr, /^error: --out is missing.*\n`deno run -A bench\/bundle.ts --help` tells more\n$/);
  assertEquals(none.code, 2);
  const dry = await bundle("--out", "/nowhere/at/all", "--dry-run", "--provider", "cuda");
  assertEquals(dry.code, 0);
  assertMatch(dry.stderr, /CUDA provider: 272 MB/);
});

const alone = await run("unshare", ["-n", "true"]).then(({ code }) => code === 0, () => false);
const name = "Without a network, cached packages are enough for a convolution";
Deno.test({ name: `${name}${alone ? "" : " (skipped: unshare -n is not permitted)"}`, ignore: !alone }, async () => {
  // Deno's own cache stands for the bundle's: what is shown is that no address is asked for.
  const info = await run(Deno.execPath(), ["info", "--json"]);
  const { denoDir } = JSON.parse(info.stdout);
  const module = `${root}bench/cuda/probe.ts`;
  const { stdout, stderr } = await run("unshare", [
    ...["-n", "env", "-i", `HOME=${denoDir}`, "PATH=/usr/bin:/bin", `DENO_DIR=${denoDir}`],
    ...[Deno.execPath(), "run", "-A", "-q", "--cached-only", "--config", `${root}bench/deno.json`, module, "--cpu"],
  ]);
  assertEquals(stdout, "1x16x16x16\n", stderr);
});
