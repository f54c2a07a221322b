import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { killSweeps } from "./kills.ts";

const root = decodeURIComponent(new URL("..", import.meta.url).pathname);

function sweep(args: readonly string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "bench/sweep.ts", ...args],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function run(args: readonly string[]) {
  const { code, stdout, stderr } = await sweep(args).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("a sweep measures, says so, and its rows can be fitted, resumed and told apart", async () => {
  const folder = await Deno.makeTempDir();
  const first = await run(["--out", folder, "--layers", "60"]);
  assertEquals(first.code, 0, first.stderr);
  assertMatch(first.stdout, /^\d+ networks, \d+ layers: .*\d+ conv/);
  assertStringIncludes(first.stdout, `Next: deno task fit ${folder}`);
  const refused = await run(["--out", folder, "--layers", "60"]);
  assertEquals(refused.code, 1);
  assertMatch(
    refused.stderr,
    /^error: .*: has \d+ measured networks; continue with --resume, or give another folder with --out\n$/,
  );
  const layers = (text: string) => Number(/, (\d+) layers/.exec(text)![1]);
  const more = await run(["--out", folder, "--layers", String(layers(first.stdout) + 1), "--resume"]);
  assert(layers(more.stdout) > layers(first.stdout));
  const device = JSON.parse(await Deno.readTextFile(`${folder}/device.json`));
  assertMatch(device.device, /^[a-z0-9-]+-\d+core-ort-cpu$/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("kill -9 at any moment loses nothing that counted", async () => {
  const folder = await Deno.makeTempDir();
  await killSweeps(folder, 10);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("an interrupt ends after the network in work, with status 130 and how to go on", async () => {
  const folder = await Deno.makeTempDir();
  const process = sweep(["--out", folder, "--minutes", "5"]).spawn();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  process.kill("SIGINT");
  const { code, stderr } = await process.output();
  assertEquals(code, 130);
  assertStringIncludes(
    new TextDecoder().decode(stderr),
    `Continue with: deno run -A bench/sweep.ts --resume --out ${folder}`,
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("--dry-run lists and measures nothing; wrong options are one line", async () => {
  const listed = await run(["--dry-run", "--minutes", "2"]);
  assertMatch(listed.stdout, /^About 30 networks in 2 minutes, an anchor every 15:\n/);
  assertEquals(listed.stdout.trimEnd().split("\n").length, 31);
  const wrong = await run(["--minutes", "0"]);
  const more = "`deno run -A bench/sweep.ts --help` tells more\n";
  assertEquals([wrong.code, wrong.stderr], [
    2,
    `error: --minutes must be a whole number of at least 1, got "0"\n${more}`,
  ]);
  const half = await run(["--provider", "cpu", "--dtype", "float16"]);
  assertEquals(half.code, 2);
  assertMatch(
    half.stderr,
    /^error: --dtype float16 runs with casts on the CPU, .*; use --setup slope or --networks\n/,
  );
});
