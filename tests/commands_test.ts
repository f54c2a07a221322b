import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Prediction } from "neuralpower";
import { command, net, temporaryFolder } from "./command_line.ts";

Deno.test("show prints layers and exact sums; --features the nodes of a runtime", async () => {
  const layers = await command(["show", "nets/mobilenet_v2.np.ts"]);
  assertStringIncludes(layers.stdout, "300774272 multiply-adds");
  assertStringIncludes(layers.stdout, "3504872 parameters");
  const nodes = JSON.parse(
    (await command(["show", "nets/alexnet.np.ts", "--features", "--runtime", "tf1", "--format", "json"])).stdout,
  );
  assertEquals(nodes[0].features.macs, 70_276_800);
  // 5 convolutions and 3 dense layers with their activations, 3 poolings.
  assertEquals(nodes.length, 11);
});

Deno.test("devices --format json has the contract's fields", async () => {
  const devices = JSON.parse((await command(["devices", "--format", "json"])).stdout);
  const raptor = devices.find(({ device }: { device: string }) => device === "raptor-lake-pytorch");
  assertEquals(Object.keys(raptor.kinds), ["conv", "dense", "pool"]);
  assertEquals(Object.keys(raptor.kinds.conv), ["rows", "runtime", "power", "energy"]);
  assertEquals(Object.keys(raptor.kinds.pool.energy), ["mape", "rmspe", "medianApe", "within10", "coverage90"]);
  assertEquals(devices.find(({ device }: { device: string }) => device === "v100-tf1").kinds.conv.power, null);
});

Deno.test("devices says which device a card's name means, what falls back, and each number format", async () => {
  const { stdout } = await command(["devices", "v100"]);
  assertStringIncludes(stdout, "--device v100 is v100-tf1, which has the most kinds measured\n");
  assertMatch(stdout, /^v100-tensorrt +conv float16 +36001 /m);
  assertMatch(stdout, /^v100-tf1 +conv, dense +– +its own rates, of conv, dense$/m);
  // Named alone, what the card's name means is not told.
  const alone = (await command(["devices", "v100-tensorrt"])).stdout;
  assert(!alone.includes("--device v100 is"));
  assert(!/^v100-pcie/m.test(alone));
  assertMatch((await command(["devices", "amd-epyc-2core"])).stdout, /^amd.* its own rates, of conv, pool, move, /m);
});

Deno.test("every command has help with examples", async () => {
  for (const name of ["predict", "compare", "show", "devices", "export", "fit"]) {
    const { code, stdout } = await command([name, "--help"]);
    assertEquals(code, 0);
    assertStringIncludes(stdout, `Usage: deno task ${name} `);
    assertStringIncludes(stdout, `Examples:\n  deno task ${name}`);
  }
});

Deno.test("fit learns a user's table, and predict uses the file", async () => {
  // 60 dense layers of a device that needs 1 ns a multiply-add and 20 µs a call.
  const rows = Array.from({ length: 60 }, (_, i) => {
    const [batch, width, out] = [1 + i % 8, 64 + 37 * i, 10 + 29 * ((i * 7) % 60)];
    return `dense,${batch},${width},${out},${0.02 + batch * width * out * 1e-6}`;
  });
  await using folder = await temporaryFolder({
    "mine.csv": `kind,batch,in_channels,out_channels,runtime_ms\n${rows.join("\n")}\n`,
  });
  const fitted = await command(["fit", "mine.csv", "--out", "mine.json"], { cwd: folder.path });
  assertEquals([fitted.code, fitted.stderr], [0, ""]);
  // The median: the fastest layer, held out, is below all that its fold's model has seen, and held to half of that.
  assertMatch(fitted.stdout, /dense +forward +runtime +relative \*? +1 +60 .* 0\.0 % /);
  await Deno.writeTextFile(
    `${folder.path}/net.np.ts`,
    net(`network("one", { vector: 1000, batch: 4 }, (x) => x.dense(500))`),
  );
  const { stdout } = await command(["predict", "net.np.ts", "--device", "mine.json", "--format", "json"], {
    cwd: folder.path,
  });
  assert(Math.abs((JSON.parse(stdout) as Prediction).total.runtimeMs! - 2.02) < 0.01);
});

Deno.test("no name, and nothing that a net file prints, is a command of GitHub's runner", async () => {
  const body = `network("::error::n", { vector: 4 }, (x) =>
    x.dense(4, { name: "::warning::a" }).dense(4, { name: "##[error]b" }).dense(4, { name: "c\\u009b\\u202e" }))`;
  await using folder = await temporaryFolder({
    "n.np.ts": net(body),
    "printing.np.ts": `console.log("::error::p");\nconsole.log("##[error]q");\n${net(body)}`,
    "failing.np.ts": 'console.log("::error::p");\nconsole.log("  ##[error]q");\nthrow new Error("##[error]r");\n',
  });
  const told = async (...args: string[]) => {
    const { stdout, stderr } = await command(args, { cwd: folder.path });
    for (const line of `${stdout}\n${stderr}`.split(/[\n\r]/)) {
      assert(!/^\s*::|##\[/.test(line), `${args.join(" ")}: ${line}`);
    }
    return { stdout, stderr };
  };
  const formats = ["table", "markdown", "csv", "json"];
  const calls = [["predict"], ["show"], ["show", "--features"], ["compare"], ["compare", "printing.np.ts", "--layers"]];
  for (const format of formats) {
    for (const [name, ...more] of calls) {
      const { stdout } = await told(name, "n.np.ts", ...more, "--format", format);
      if (format === "json") assert(!/[\x7f-\x9f\u202e]/.test(stdout) && stdout.includes("::"), name);
      if (format === "csv" && name === "show") assertMatch(stdout, /\n"::warning::a",dense,/);
    }
  }
  const broken = await told("predict", "printing.np.ts", "--max-runtime-ms", "1e-9");
  assertMatch(broken.stderr, /^\| ::error::n on .*, batch 1: its runtime .* exceeds /m);
  assertMatch(broken.stderr, /^\| ::error::p\n## \[error\]q$/m);
  const failed = await told("predict", "failing.np.ts");
  assertMatch(
    failed.stderr,
    /^error: failing.np.ts: throws Error: ## \[error\]r .*\n\| ::error::p\n {2}## \[error\]q\n$/,
  );
});
