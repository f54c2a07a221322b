import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { findRuntime, parseLayersTable, plan } from "neuralpower";
import { anchor, type Job, jobNetwork } from "./jobs.ts";
import { killSweeps } from "./kills.ts";
import { nodeKey } from "./store.ts";

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

/** How many nodes the runtime executes of a network, as its plan has it. */
async function nodesOf(job: Job): Promise<number> {
  return plan(await jobNetwork(job), findRuntime("ort-cpu")!).filter(({ node }) => node !== null).length;
}

Deno.test("a sweep measures, says so, and its rows can be fitted, resumed and told apart", async () => {
  const folder = await Deno.makeTempDir();
  // The anchor's nodes, those of the first network, and two layers by themselves.
  const inside = await nodesOf(anchor) + await nodesOf({ ...anchor, source: "nets/shufflenet_v2.np.ts" });
  const args = ["--provider", "cpu", "--seed", "6", "--out", folder, "--layers"];
  const first = await run([...args, String(inside + 2)]);
  assertEquals(first.code, 0, first.stderr);
  assertMatch(first.stdout, new RegExp(`^2 networks, ${inside + 2} layers: .*\\d+ conv`));
  assertMatch(first.stdout, /\nNoise floor: layers' measurements spread by [\d.]+ % \(median\)\n/);
  assertStringIncludes(first.stdout, `Next: deno task fit ${folder}`);
  const refused = await run([...args, "60"]);
  assertEquals(refused.code, 1);
  assertMatch(
    refused.stderr,
    /^error: .*: has 2 measured networks and 2 nodes; continue with --resume, or give another folder with --out\n$/,
  );
  // The anchor again, then one layer that was not measured.
  const more = await run([...args, String(inside + 3 + await nodesOf(anchor)), "--resume"]);
  assertEquals(more.code, 0, more.stderr);
  const { rows, cells } = await parseLayersTable(await Deno.readTextFile(`${folder}/layers.csv`), "layers.csv");
  const alone = rows.filter((_, i) => cells[i].source === "node");
  assertEquals(new Set(alone.map(({ node }) => nodeKey(node))).size, 3);
  assertEquals([...new Set(cells.map(({ setup }) => setup))].sort(), ["profile", "spoiled_copies"]);
  const device = JSON.parse(await Deno.readTextFile(`${folder}/device.json`));
  assertMatch(device.device, /^[a-z0-9-]+-\d+core-ort-cpu$/);
  assert(device.noiseFloor.layers > 0);
  assertEquals([device.setup, device.setupAlone, device.seed], ["profile", "spoiled_copies", 6]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("kill -9 at any moment loses nothing that counted", async () => {
  const folder = await Deno.makeTempDir();
  await killSweeps(folder, 10);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a folder of another device is not continued", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/device.json`, '{ "device": "abacus" }');
  const { code, stderr } = await sweep(["--provider", "cpu", "--resume", "--out", folder]).output();
  assertEquals(code, 2);
  assertStringIncludes(new TextDecoder().decode(stderr), "was measured on abacus, and this is ");
  assertEquals([...Deno.readDirSync(folder)].length, 1);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("Ctrl-C ends after the row in work, with status 130 and how to go on", async () => {
  const folder = await Deno.makeTempDir({ prefix: "with a blank " });
  // A session of its own, whose processes all get the signal, as a terminal's do.
  const process = new Deno.Command("setsid", {
    args: [Deno.execPath(), "run", "-A", "-q", "bench/sweep.ts", "--provider", "cpu", "--out", folder],
    cwd: root,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // The worker's folder is there when the first network is in work.
  for (let tries = 0; tries < 600 && !await Deno.stat(`${folder}/.work`).then(() => true, () => false); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await new Deno.Command("kill", { args: ["-INT", "--", `-${process.pid}`] }).output();
  const { code, stdout, stderr } = await process.output();
  const [said, told] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(code, 130);
  assertStringIncludes(told, `Continue with: deno run -A bench/sweep.ts --provider=cpu --resume --out '${folder}'`);
  assertMatch(said, /^1 networks, \d+ layers/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("whole networks alone have no layers, and the sweep says what it has", async () => {
  const folder = await Deno.makeTempDir();
  const process = sweep(["--provider", "cpu", "--networks", "--seed", "2", "--out", folder]).spawn();
  for (let tries = 0; tries < 600; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (await Deno.stat(`${folder}/networks.csv`).then(() => true, () => false)) break;
  }
  process.kill("SIGINT");
  const { code, stdout } = await process.output();
  assertEquals(code, 130);
  assertMatch(new TextDecoder().decode(stdout), /^[1-9]\d* networks, 0 layers\n/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a table's rows are measured by themselves, resumed, and what ONNX cannot express is a failure with its reason", async () => {
  const folder = await Deno.makeTempDir();
  const table = `${folder}/wanted.csv`;
  await Deno.writeTextFile(
    table,
    "kind,op,batch,in_channels,in_height,in_width,out_channels,kernel_height,pass,layer\n" +
      "conv,conv,1,16,28,28,24,1,forward,first\nconv,conv,1,16,28,28,24,1,backward,\nconv,conv,1,16,14,14,24,1,forward,\n",
  );
  const args = ["--provider", "cpu", "--table", table, "--out", `${folder}/out`];
  const one = await run([...args, "--layers", "1"]);
  assertEquals(one.code, 0, one.stderr);
  assertMatch((await run(args)).stderr, /has 0 measured networks and 1 nodes; continue with --resume/);
  const all = await run([...args, "--resume"]);
  assertMatch(all.stdout, /^0 networks, 2 layers: 2 conv\n/);
  assertMatch(all.stdout, /Not measured: node:.*ONNX models run the forward pass; got a node of the pass ;backward;/);
  const lines = (await Deno.readTextFile(`${folder}/out/layers.csv`)).trimEnd().split("\n");
  assertEquals(lines.length, 3);
  assertMatch(lines[1], /,spoiled_copies: mean of 4,spoiled_copies,node,first,20[^,]+Z,\d*$/);
  assertMatch(lines[2], /,spoiled_copies,node,row 3,/);
  // A second time there is nothing left to do, failed rows included.
  assertMatch((await run([...args, "--resume"])).stdout, /^0 networks, 2 layers: 2 conv\n/);
  const both = await run([...args, "--networks"]);
  assertEquals([both.code, both.stderr.split(";")[0]], [
    2,
    "error: --networks chooses networks, and --table has layers",
  ]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("--dry-run lists and measures nothing; wrong options are one line", async () => {
  const listed = await run(["--provider", "cpu", "--dry-run", "--minutes", "2"]);
  assertMatch(
    listed.stdout,
    /^About \d+ networks and \d+ layers by themselves in 2 minutes, nets\/squeezenet1_1.np.ts, batch 1 again every minute:\n/,
  );
  const [networks, layers] = listed.stdout.match(/\d+/g)!.map(Number), lines = listed.stdout.trimEnd().split("\n");
  assertEquals(lines.length, 1 + networks + layers);
  assertEquals(lines.filter((line) => /^ {2}[a-z]+: .* \((random|.*, resized)\)$/.test(line)).length, layers);
  const whole = await run(["--provider", "cpu", "--networks", "--dry-run", "--minutes", "1"]);
  assertMatch(whole.stdout, /^About 15 networks in 1 minutes, /);
  const wrong = await run(["--minutes", "0"]);
  const more = "`deno run -A bench/sweep.ts --help` tells more\n";
  assertEquals([wrong.code, wrong.stderr], [
    2,
    `error: --minutes must be a whole number of at least 1, got "0"\n${more}`,
  ]);
  const short = await run(["--power-ms", "1000"]);
  assertEquals([short.code, short.stderr], [2, `error: --power-ms 1000 is too short; give 1500 or more\n${more}`]);
  const half = await run(["--provider", "cpu", "--dtype", "float16"]);
  assertEquals(half.code, 2);
  assertMatch(
    half.stderr,
    /^error: --dtype float16 runs with casts on the CPU, .*; use --setup slope or --networks\n/,
  );
});
