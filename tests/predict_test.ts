import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Prediction } from "neuralpower";
import { command, root, temporaryFolder, tiny } from "./command_line.ts";

Deno.test("predict prints layers, subtotals, totals and warnings, without escape codes in a pipe", async () => {
  const { code, stdout, stderr } = await command(["predict", "nets/alexnet.np.ts"]);
  assertEquals([code, stderr], [0, ""]);
  for (
    const text of [
      "alexnet on h200-ort: forward pass, batch 1, float32",
      "costs nothing",
      "fitted",
      "runtime ",
      "energy ",
    ]
  ) {
    assertStringIncludes(stdout, text);
  }
  // deno-lint-ignore no-control-regex
  assert(!/\x1b/.test(stdout));
});

Deno.test("predict --format json prints one object whose total is the layers and the overhead", async () => {
  const { stdout } = await command([
    "predict",
    "nets/resnet50.np.ts",
    "--format",
    "json",
    "--batch",
    "8",
    "--device",
    "p100",
  ]);
  const { device, batch, layers, total } = JSON.parse(stdout) as Prediction;
  assertEquals([device, batch, total.macs], ["p100-tf1", 8, 8 * 4_089_184_256]);
  const sum = layers.reduce((sum, { runtimeMs }) => sum + runtimeMs!, total.overheadMs);
  assert(Math.abs(sum - total.runtimeMs!) < 1e-9 * sum);
});

Deno.test("several networks give an array", async () => {
  const { stdout } = await command(["predict", "nets/nin.np.ts", "nets/alexnet.np.ts", "--format", "json"]);
  assertEquals((JSON.parse(stdout) as Prediction[]).map(({ network }) => network), ["nin", "alexnet"]);
});

Deno.test("csv and markdown have a row for each layer", async () => {
  const csv = (await command(["predict", "nets/alexnet.np.ts", "--format", "csv"])).stdout.trimEnd().split("\n");
  const markdown = (await command(["predict", "nets/alexnet.np.ts", "--format", "markdown"])).stdout;
  // A header, 21 layers and the total.
  assertEquals(csv.length, 1 + 21 + 1);
  assertMatch(markdown, /^\| conv1 \| conv \| 1×64×55×55 \| 70\.3M \|/m);
});

Deno.test("html is one page that asks for nothing, and tells how to make it again", async () => {
  await using folder = await temporaryFolder({ "a b.np.ts": tiny });
  const { code, stderr } = await command(["predict", "a b.np.ts", "--format", "html", "--out", "r.html"], {
    cwd: folder.path,
  });
  assertEquals([code, stderr], [0, "Wrote r.html\n"]);
  const html = await Deno.readTextFile(`${folder.path}/r.html`);
  assertStringIncludes(html, "tiny on h200-ort: forward pass, batch 4, float32");
  assertStringIncludes(html, "deno task predict &#39;a b.np.ts&#39; --format html --out r.html");
  assert(!/(?:src|href)="(?!#)|url\((?!#)|@import|https?:\/\/(?!www\.w3\.org)/.test(html), "it names another file");
});

Deno.test("a broken budget ends with 3 and is told in a line, after all that was asked for", async () => {
  const args = ["predict", "nets/alexnet.np.ts", "--device", "h100", "--format"];
  const json = await command([...args, "json"]);
  const { total } = JSON.parse(json.stdout) as Prediction;
  const budget = (most: number) => ["--max-runtime-ms", String(most), "--max-power-w", "1e6"];
  assertEquals(await command([...args, "json", ...budget(total.runtimeMs!)]), json);
  const broken = await command([...args, "markdown", ...budget(total.runtimeMs! / 2)]);
  assertEquals(broken.code, 3);
  assertMatch(
    broken.stderr,
    /^alexnet on h100\S*, batch 1: its runtime of \S+ ms exceeds the budget of \S+ ms by \S+ ms \(100\.0 %\)\n$/,
  );
  assertMatch(broken.stdout, /^### Budgets: 1 of 2 broken\n[\s\S]*\*\*exceeded by [\s\S]*\n### alexnet on h100/);
  const page = await command([...args, "html", ...budget(total.runtimeMs! / 2)]);
  assertEquals([page.code, page.stderr], [3, broken.stderr]);
  assertStringIncludes(page.stdout, "Budgets: 1 of 2 broken");
});

Deno.test("a network outside the project may import the DSL, and is found relative to the user's folder", async () => {
  await using folder = await temporaryFolder({ "my net #1.np.ts": tiny });
  const { code, stdout } = await command(["predict", "my net #1.np.ts", "--format", "json"], { cwd: folder.path });
  assertEquals([code, JSON.parse(stdout).network], [0, "tiny"]);
});

Deno.test("--out writes the whole file and nothing else", async () => {
  await using folder = await temporaryFolder({ "tiny.np.ts": tiny });
  const { code, stdout } = await command(["predict", "tiny.np.ts", "--format", "json", "--out", "p.json"], {
    cwd: folder.path,
  });
  assertEquals([code, stdout], [0, ""]);
  assertEquals(JSON.parse(await Deno.readTextFile(`${folder.path}/p.json`)).batch, 4);
  assertEquals([...Deno.readDirSync(folder.path)].map(({ name }) => name).sort(), ["p.json", "tiny.np.ts"]);
});

Deno.test("a layers table comes back with predictions and its own columns", async () => {
  await using folder = await temporaryFolder({
    "rows.csv": "kind,batch,in_channels,in_height,in_width,out_channels,kernel_height,mine\n" +
      "conv,8,16,32,32,32,3,a\ndense,8,512,,,10,,b\nconv,8,16,32,32,32,31,c\n",
  });
  const { code, stdout } = await command(["predict", "rows.csv", "--device", "v100"], { cwd: folder.path });
  assertEquals(code, 0);
  const [header, ...rows] = stdout.trimEnd().split("\n").map((line) => line.split(","));
  const column = (name: string) => rows.map((row) => row[header.indexOf(name)]);
  assertEquals(column("mine"), ["a", "b", "c"]);
  // What a row holds of the call on this device is more than 0.1 ms.
  assert(
    column("predicted_runtime_ms").every((text, i) =>
      Number(text) > Math.max(0.1, Number(column("predicted_runtime_ms_low")[i]))
    ),
  );
  assertEquals(column("extrapolates").map((text) => text.includes("kernelHeight")), [false, false, true]);
});

Deno.test("training costs more than the forward pass, and Adam's update more than SGD's", async () => {
  const runtime = async (...args: string[]) => {
    const { stdout } = await command(["predict", "nets/alexnet.np.ts", "--batch", "32", "--format", "json", ...args]);
    return (JSON.parse(stdout) as Prediction).total.runtimeMs!;
  };
  const [forward, sgd, adam] = [
    await runtime(),
    await runtime("--pass", "training"),
    await runtime("--pass", "training", "--optimizer", "adam"),
  ];
  assert(forward < sgd && sgd < adam, `${forward}, ${sgd}, ${adam}`);
});

Deno.test("a network that nothing predicts is refused, or partial when asked for", async () => {
  const rows = Array.from({ length: 60 }, (_, i) => `dense,1,${64 + i},10,${0.1 + i / 100}`).join("\n");
  await using folder = await temporaryFolder({
    "mine.csv": `kind,batch,in_channels,out_channels,runtime_ms\n${rows}\n`,
    "tiny.np.ts": tiny,
  });
  await command(["fit", "mine.csv", "--out", "mine.json"], { cwd: folder.path });
  // Its own rates would predict every kind.
  const { rates: _, ...model } = JSON.parse(await Deno.readTextFile(`${folder.path}/mine.json`));
  await Deno.writeTextFile(`${folder.path}/mine.json`, JSON.stringify(model));
  const args = ["predict", "tiny.np.ts", "--device", "mine.json"];
  const refused = await command(args, { cwd: folder.path });
  assertEquals(
    [refused.code, refused.stderr.trimEnd()],
    [
      1,
      'error: Nothing predicts "conv1" (conv), "conv1_relu" (elementwise) on mine: the kind was not measured and the device has no ' +
      "specification; measure it, or leave such layers out with --allow-unsupported",
    ],
  );
  const { stdout } = await command([...args, "--allow-unsupported", "--format", "json"], { cwd: folder.path });
  const { total, layers } = JSON.parse(stdout) as Prediction;
  assertEquals([total.partial, total.runtimeMs, total.energyMj], [true, null, null]);
  assertEquals([layers[0].runtimeMs, layers[0].runtimeFrom], [null, null]);
});

Deno.test("a pipe that closes early ends the command without a word", async () => {
  const child = new Deno.Command("sh", {
    args: [
      "-c",
      '"$0" run -q --no-prompt --v8-flags=--no-lazy -P=predict lib/commands/main.ts show nets/densenet121.np.ts --features | head -n 1',
      Deno.execPath(),
    ],
    cwd: root,
  });
  const { stdout, stderr } = await child.output();
  assertMatch(new TextDecoder().decode(stdout), /^node +kind/);
  assertEquals(new TextDecoder().decode(stderr), "");
});
