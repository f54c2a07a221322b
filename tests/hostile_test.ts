/**
 * Net files that mean harm, each run as a user would run it: what it tries is denied, and told in one line.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { command, root, temporaryFolder, tiny } from "./command_line.ts";
import { cyclic, good, hostileFiles } from "./hostile_files.ts";

for (const [what, [source, line]] of Object.entries(hostileFiles)) {
  Deno.test(`a net file that ${what}`, async () => {
    await using folder = await temporaryFolder({ "a.np.ts": source, "b.ts": cyclic });
    const { code, stdout, stderr } = await command(["predict", "a.np.ts", "--timeout", "2", "--format", "json"], {
      cwd: folder.path,
    });
    const [first, ...printed] = stderr.split("\n");
    assertEquals([code, stdout, first.slice(0, 16)], [1, "", "error: a.np.ts: "], stderr);
    assertMatch(first.slice(16), line);
    assert(first.length < 1000 && printed.join("").length < 17_000);
  });
}

Deno.test("a net file that takes all memory is stopped", async () => {
  const heap = `const all = []; for (;;) all.push(new Array(4e6).fill(1.5));\n${good}`;
  const buffers = `const all = []; for (;;) all.push(new Uint8Array(2 ** 28).fill(1));\n${good}`;
  for (const source of Deno.build.os === "linux" ? [heap, buffers] : [heap]) {
    await using folder = await temporaryFolder({ "a.np.ts": source });
    const { code, stdout, stderr } = await command(["predict", "a.np.ts", "--timeout", "60"], { cwd: folder.path });
    assertEquals([code, stdout], [1, ""]);
    assertMatch(
      stderr,
      /^error: a\.np\.ts: (needs more memory than a net file may take|throws RangeError: Array buffer)/,
    );
    assertEquals(stderr.trimEnd().split("\n").length, 1);
  }
});

Deno.test({
  name: "a net file's process ends with its command, however that ended and whatever it listens to",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const deaf =
      `for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => {});
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);\n`;
    await using folder = await temporaryFolder({ "a.np.ts": deaf });
    const predict = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-prompt", "-P=predict", "lib/commands/main.ts", "predict", `${folder.path}/a.np.ts`],
      cwd: root,
      stderr: "null",
    }).spawn();
    const until = async (right: () => boolean) => {
      for (let tries = 0; tries < 80 && !right(); tries++) await new Promise((resolve) => setTimeout(resolve, 100));
    };
    // Its right to read the folder names it.
    const started = () => processesWith(`${folder.path}/,`);
    await until(() => started().length > 0);
    assertEquals(started().length, 1);
    // Until it has become deaf, its command's end ends it.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    predict.kill("SIGKILL");
    await predict.status;
    await until(() => started().length === 0);
    assertEquals(started(), []);
  },
});

/** Processes whose command line has a text, but for the shell's that start or watch one. */
function processesWith(text: string): string[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => {
    try {
      return /^\d+$/.test(name) ? Deno.readTextFileSync(`/proc/${name}/cmdline`).replaceAll("\0", " ") : "";
    } catch {
      // It has ended meanwhile.
      return "";
    }
  }).filter((line) => line.includes(text) && !line.startsWith("/bin/sh"));
}

Deno.test("a folder that Deno cannot give the right to read is told, and tighter limits are kept in silence", async () => {
  await using folder = await temporaryFolder({ "a.np.ts": tiny });
  await Deno.mkdir(`${folder.path}/b,c`);
  await Deno.copyFile(`${folder.path}/a.np.ts`, `${folder.path}/b,c/a.np.ts`);
  const { code, stderr } = await command(["predict", "b,c/a.np.ts"], { cwd: folder.path });
  assertEquals(code, 1);
  assertMatch(stderr, /^error: \S+\/b,c\/: Deno cannot give the right to read .* comma; rename it\n$/);
  if (Deno.build.os !== "linux") return;
  const limited = await new Deno.Command("sh", {
    args: [
      ...["-c", `ulimit -t 900; exec "$0" run -q -P=predict lib/commands/main.ts predict "$1"`],
      ...[Deno.execPath(), `${folder.path}/a.np.ts`],
    ],
    cwd: root,
  }).output();
  assertEquals([limited.code, new TextDecoder().decode(limited.stderr).includes("ulimit")], [0, false]);
});

Deno.test("what a net file prints goes to standard error, and globals that it changes change nothing", async () => {
  const changed = [
    `console.log("printed\\x1b[2J");`,
    `Deno.stdout.writeSync(new TextEncoder().encode('{"network":{"name":"false"}}'));`,
    `JSON.stringify = () => "false";`,
    `globalThis.postMessage = () => {};`,
    `Array.prototype.map = function () { return []; };`,
    `Array.prototype.push = function () { return 0; };`,
    `Object.prototype.batch = 7;`,
    `TextEncoder.prototype.encode = () => new Uint8Array();`,
    `Deno.stdout.writeSync = () => 0;`,
  ];
  for (const tamper of changed) {
    await using folder = await temporaryFolder({ "a.np.ts": `${tamper}\n${good}` });
    const { code, stdout, stderr } = await command(["predict", "a.np.ts", "--format", "json"], { cwd: folder.path });
    if (code === 0) {
      const { network, layers } = JSON.parse(stdout);
      // Its own batch it may change by whatever way it likes.
      const shape = layers[0].outputShape.slice(1);
      assertEquals([network, layers.length, shape], ["tiny", 1, [8, 14, 14]], tamper);
    } else {
      // It has only spoilt its own network.
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /^error: a\.np\.ts: .+\n$/, tamper);
    }
    // deno-lint-ignore no-control-regex
    assert(!/\x1b/.test(stderr));
    if (tamper.startsWith("console.log")) assertStringIncludes(stderr, "printed");
  }
});

/** A definition that answers what it likes. */
const liar = (answer: string) =>
  `import { NetworkDefinition } from "neuralpower/dsl";
export default { __proto__: NetworkDefinition.prototype, build: () => (${answer}) };\n`;
const conv = (changes: string) =>
  `{ name: "liar", batch: 1, dtype: "float32", inputShape: [1, 3, 8, 8], outputs: ["c"], layers: [{ name: "c", inputs: ["input"],
    kind: "conv", op: "conv", outChannels: 8, kernel: [3, 3], stride: [1, 1], pad: [0, 0, 0, 0], dilation: [1, 1], groups: 1, bias: true,
    ${changes} }] }`;

Deno.test("a false answer is refused, and what follows from options is derived again", async () => {
  const lies: [answer: string, line: RegExp][] = [
    ["null", /throws TypeError: /],
    ["{ layers: [] }", /the network's name is no text/],
    [conv("").replace("batch: 1", "batch: 2"), /the batch is not the input's first size/],
    [conv("").replace('"float32"', '"int8"'), /number format must be one of/],
    [conv("").replace("[1, 3, 8, 8]", "[1, 3, -8, 8]"), /a size of the input must be a whole number/],
    [conv("").replace("[1, 3, 8, 8]", "[1, 3, 8.5, 8]"), /a size of the input must be a whole number/],
    [
      conv("").replace('name: "c", inputs: ["input"]', 'name: "c", inputs: ["c"]'),
      /reads "c", which no layer before it/,
    ],
    [
      conv("").replace("layers: [", 'layers: [{ name: "a", inputs: ["c"], kind: "elementwise", op: "relu" }, '),
      /layer "a" reads "c", which no layer before it makes/,
    ],
    [conv("get pad() { throw new Error('gotcha'); }"), /throws Error: gotcha/],
    [`{ get name() { throw new Error("gotcha"); } }`, /throws Error: gotcha/],
    [conv("groups: 1n"), /throws TypeError: Do not know how to serialize a BigInt/],
    [conv("get self() { return this; }"), /throws TypeError: Converting circular structure to JSON/],
    ["{ ...liar, layers: { length: 1e12 } }".replace("...liar", 'name: "l"'), /throws TypeError: /],
    [conv('kind: "__proto__"'), /is of no known kind/],
    [conv('kind: "constructor"'), /is of no known kind/],
    [conv('op: "other"'), /has no known op/],
    [conv('kernel: ["3", 3]'), /kernel height must be a whole number|an option is neither/],
    [conv("kernel: 3"), /kernel must be 2 numbers, got 3/],
    [conv("kernel: [3, 3, 3]"), /kernel must be 2 numbers, got \[3, 3, 3\]/],
    [conv("groups: 0"), /groups must be a whole number/],
    [
      conv(
        'kind: "pool", op: "adaptive_max", outputSize: [2, 2], ceilMode: false, countIncludePad: false, pad: [1, 2, 3]',
      ),
      /padding must be 4 numbers, got \[1, 2, 3\]/,
    ],
    [conv("pad: [0, 0, 0, -1]"), /pad right must be a whole number/],
    [conv("outChannels: 9e15"), /elements|exceed 2⁵³/],
    [conv('bias: "<script>"'), /an option is neither/],
    [conv("extra: { deep: [] }"), /an option is neither/],
    [conv('name: "x".repeat(1000)'), /longer than 200 characters/],
    [conv("").replace('outputs: ["c"]', 'outputs: ["d"]'), /output "d" is made by no layer/],
    [conv("").replace('outputs: ["c"]', "outputs: 3"), /the outputs are no list/],
  ];
  for (const [answer, line] of lies) {
    await using folder = await temporaryFolder({ "a.np.ts": liar(answer) });
    const { code, stdout, stderr } = await command(["predict", "a.np.ts"], { cwd: folder.path });
    assertEquals([code, stdout], [1, ""], answer);
    assertMatch(stderr.split("\n")[0], line, answer);
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  }
  await using folder = await temporaryFolder({
    "a.np.ts": liar(conv('outputShape: [1, 1, 1, 1], macs: 5, learned: -1e15, operator: "Made"')),
  });
  const { stdout } = await command(["predict", "a.np.ts", "--format", "json"], { cwd: folder.path });
  const { layers: [layer], total, warnings } = JSON.parse(stdout);
  assertEquals([total.params, warnings.filter((text: string) => text.includes("Made"))], [8 * 27 + 8, []]);
  assertEquals([layer.outputShape, layer.macs], [[1, 8, 6, 6], 8 * 6 * 6 * 27]);
  const wrong = await command(["predict", "a.np.ts", "--batch", "8"], { cwd: folder.path });
  assertStringIncludes(wrong.stderr, "it was built for batch 1, not 8");
});

Deno.test("without --out predict gives up its right to write before a net file is loaded", async () => {
  const script = `import { runCommand } from "${root}lib/commands/cli.ts";
import { predictCommand } from "${root}lib/commands/predict.ts";
const query = () => Deno.permissions.querySync({ name: "write" }).state;
const asked: string[] = [];
const realPath = Deno.realPathSync;
Deno.realPathSync = (path) => (asked.push(query()), realPath(path));
const code = await runCommand(predictCommand, ["nets/alexnet.np.ts", ...Deno.args]);
console.error(JSON.stringify([code, [...new Set(asked)], query()]));
Deno.exit();\n`;
  await using folder = await temporaryFolder({ "script.ts": script });
  const run = async (...args: string[]) => {
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-q",
        "--no-prompt",
        "-P=predict",
        `--config=${root}deno.json`,
        `${folder.path}/script.ts`,
        ...args,
      ],
      cwd: root,
      env: { INIT_CWD: root, NO_COLOR: "1" },
    }).output();
    // With --out, what was written is told before.
    return JSON.parse(new TextDecoder().decode(stderr).trimEnd().split("\n").at(-1)!);
  };
  // The file's path is looked up first of all that is done with it; with --out it is also compared with that.
  assertEquals(await run(), [0, ["prompt"], "prompt"]);
  assertEquals(await run("--out", `${folder.path}/out.txt`), [0, ["granted"], "granted"]);
});

Deno.test("a link in the net file's own folder is followed, as README says, and tells nobody but the user", async () => {
  await using outside = await temporaryFolder({ "secret.txt": "secret" });
  await using folder = await temporaryFolder({
    "a.np.ts": `console.log(Deno.readTextFileSync(new URL("link.txt", import.meta.url)));\n${good}`,
  });
  await Deno.symlink(`${outside.path}/secret.txt`, `${folder.path}/link.txt`);
  const { code, stdout, stderr } = await command(["predict", "a.np.ts", "--format", "json"], { cwd: folder.path });
  assertEquals([code, JSON.parse(stdout).network, stderr], [0, "tiny", "secret\n"]);
});

Deno.test("sizes beyond 2⁵³, names that steer and very deep networks get a clear error or a right answer", async () => {
  const net = (body: string) =>
    `import { network } from "neuralpower/dsl";\nexport default network("n", { image: [3, 64, 64] }, (x) => ${body});\n`;
  await using folder = await temporaryFolder({
    "tensor.np.ts": net("x.conv(9e15, { kernel: 1 })"),
    "macs.np.ts": net("x.conv(1e9, { kernel: 1 }).conv(1e9, { kernel: 1 })"),
    "names.np.ts": net('x.conv(8, { kernel: 1, name: "<script>\\x1b[2J" })'),
    "deep.np.ts": net("{ for (let i = 0; i < 100000; i++) x = x.relu(); return x; }"),
    "wide.np.ts": net(
      "{ const all = []; for (let i = 1; i < 100000; i++) all.push(x.conv(1, { kernel: 1 })); return concat(...all); }",
    )
      .replace("{ network }", "{ concat, network }"),
    "<script>\x1b[2J.np.ts": "",
    "title.np.ts": net("x.relu()").replace('"n"', '"<script>\\x1b[2J"'),
    "two.np.ts": `import { block } from "./block.ts";\n${net("block(x)")}`,
    "block.ts": "export const block = (x: any) => x.conv(8, { kernel: 1 });\n",
  });
  const at = { cwd: folder.path };
  const tensor = await command(["predict", "tensor.np.ts"], at);
  assertMatch(tensor.stderr, /^error: tensor\.np\.ts: Layer "conv1": a tensor of .* has more than 2⁵³ elements\n$/);
  const macs = await command(["predict", "macs.np.ts"], at);
  assertMatch(macs.stderr, /^error: macs\.np\.ts: .*layer "conv2": its macs exceed 2⁵³ and cannot be counted/);
  for (const format of ["table", "markdown", "json", "csv"]) {
    for (const file of ["names.np.ts", "title.np.ts"]) {
      const { code, stdout } = await command(["predict", file, "--format", format], at);
      assertEquals(code, 0);
      // deno-lint-ignore no-control-regex
      assert(!/\x1b/.test(stdout), format);
      assertStringIncludes(stdout, format === "markdown" ? "&lt;script>" : "<script>");
    }
  }
  const steering = await command(["predict", "<script>\x1b[2J.np.ts"], at);
  assertMatch(steering.stderr, /^error: <script>.\[2J\.np\.ts: has no default export; .*\n$/);
  // deno-lint-ignore no-control-regex
  assert(!/\x1b/.test(steering.stderr));
  for (const file of ["deep.np.ts", "wide.np.ts"]) {
    const { code, stdout } = await command(["predict", file, "--format", "json"], at);
    assertEquals([code, JSON.parse(stdout).layers.length], [0, 100_000], file);
  }
  const local = await command(["predict", "two.np.ts", "names.np.ts", "--image", "32", "--format", "json"], at);
  assertEquals(JSON.parse(local.stdout)[0].layers[0].outputShape, [1, 8, 32, 32]);
});
