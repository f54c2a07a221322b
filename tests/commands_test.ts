import { activations } from "neuralpower/dsl";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Prediction } from "neuralpower";
import type { Combination } from "../lib/decide/comparison.ts";
import { modelVersion } from "../lib/model/model.ts";
import { command, root, temporaryFolder } from "./command_line.ts";

const net = (body: string) => `import { network } from "neuralpower/dsl";\nexport default ${body};\n`;
const tiny = net(
  `network("tiny", { image: [3, 16, 16], batch: 4 }, (x) => x.conv(8, { kernel: 3, activation: "relu" }))`,
);

/** Wrong use ends with status 2, what fails otherwise with 1; both with one line first, and nothing on standard output. */
async function refuses(args: readonly string[], line: string, code = 2, files: Readonly<Record<string, string>> = {}) {
  await using folder = await temporaryFolder(files);
  const outcome = await command(args, { cwd: folder.path });
  assertEquals(outcome.stderr.split("\n")[0], `error: ${line}`);
  assertEquals(outcome.code, code);
  assertEquals(outcome.stdout, "");
}

Deno.test("predict prints layers, subtotals, totals and warnings, without escape codes in a pipe", async () => {
  const { code, stdout, stderr } = await command(["predict", "nets/alexnet.np.ts"]);
  assertEquals([code, stderr], [0, ""]);
  for (
    const text of [
      "alexnet on v100-tf1: forward pass, batch 1, float32",
      "runs within conv1",
      "analytical",
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
  assertStringIncludes(html, "tiny on v100-tf1: forward pass, batch 4, float32");
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

Deno.test("compare ranks all combinations, and one that cannot be predicted is a row with its reason", async () => {
  await using folder = await temporaryFolder({
    "tiny.np.ts": tiny,
    "other.np.ts": tiny.replace("conv(8", "conv(64"),
    "broken.np.ts": tiny.replace("kernel: 3", "kernel: 20"),
  });
  const files = ["other.np.ts", "tiny.np.ts", "broken.np.ts"];
  const { code, stdout, stderr } = await command(
    [
      ...["compare", ...files, "--device", "h100,v100-tf1", "--batch", "1,8", "--format", "json", "--sort", "energy"],
      ...["--accuracy", "tiny=0.5,other=0.9", "--chart", "sweep.svg", "--out", "rows.json"],
    ],
    { cwd: folder.path },
  );
  const failed = "4 of 12 combinations could not be predicted; each has its reason in its row";
  assertEquals([code, stdout, stderr], [0, "", `Wrote rows.json\n${failed}\nWrote sweep.svg\n`]);
  const rows = JSON.parse(await Deno.readTextFile(`${folder.path}/rows.json`)) as Combination[];
  const energies = rows.slice(0, 8).map(({ energyPerImageMj }) => energyPerImageMj!);
  assertEquals(energies, energies.toSorted((a, b) => a - b));
  // Both files' networks have one name: their files tell them apart.
  assertEquals(rows.slice(0, 8).map(({ network }) => network).toSorted()[0], "other.np.ts");
  assertEquals(rows.find(({ network }) => network === "tiny.np.ts")!.error, 0.5);
  assertEquals(rows[0].onEnergyFront, true);
  for (const { network, failed } of rows.slice(8)) {
    assertEquals([network, failed?.slice(0, 41)], ["broken.np.ts", 'Layer "conv1": a window of 20×20 does not']);
  }
  assert((await Deno.readTextFile(`${folder.path}/sweep.svg`)).startsWith("<svg"));
});

Deno.test("compare knows published accuracies, and tells two versions' layers apart", async () => {
  const args = ["compare", "nets/alexnet.np.ts", "--device", "h100"];
  const { code, stdout, stderr } = await command([...args, "--format", "csv"]);
  assertEquals([code, stderr], [0, ""]);
  const [header, row] = stdout.trimEnd().split("\n").map((line) => line.split(","));
  assertEquals(row[header.indexOf("error")], "0.43478");

  await using folder = await temporaryFolder({ "old.np.ts": tiny, "new.np.ts": tiny.replace("conv(8", "conv(16") });
  const layers = await command(["compare", "old.np.ts", "new.np.ts", "--layers", "--device", "h100"], {
    cwd: folder.path,
  });
  assertEquals([layers.code, layers.stderr], [0, ""]);
  assertMatch(layers.stdout, /^changed +conv1 +conv +4×8×14×14 → 4×16×14×14 /m);
  assertMatch(layers.stdout, /^ +the whole call .*\+.* %\)/m);
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

Deno.test("networks that cannot be used are one line each", async () => {
  const example = 'write `export default network("name", { image: [3, 224, 224] }, (x) => …)`';
  await refuses(["predict", "no.np.ts"], "no.np.ts: there is no such file; give the path of one that exists", 1);
  await refuses(["predict", "a.np.ts"], `a.np.ts: has no default export; ${example}`, 1, {
    "a.np.ts": "export const a = 1;",
  });
  await refuses(["predict", "a.np.ts"], `a.np.ts: exports something else than a network by default; ${example}`, 1, {
    "a.np.ts": "export default 3;",
  });
  await refuses(["predict", "a.np.ts"], "a.np.ts: throws Error: no (line 1, column 7)", 1, {
    "a.np.ts": 'throw new Error("no");',
  });
  await refuses(
    ["predict", "a.np.ts"],
    'a.np.ts: Layer "conv1": a window of 20×20 does not fit an image of 16×16 with padding [0, 0, 0, 0]',
    1,
    {
      "a.np.ts": tiny.replace("kernel: 3", "kernel: 20"),
    },
  );
  await refuses(
    ["predict", "a.np.ts"],
    'a.np.ts: Layer "conv1": output channels must be a whole number of at least 1, got 2.5',
    1,
    {
      "a.np.ts": tiny.replace("conv(8", "conv(2.5"),
    },
  );
  await refuses(
    ["predict", "a.np.ts"],
    'a.np.ts: Layer "conv1": output channels must be a whole number of at least 1, got -8',
    1,
    {
      "a.np.ts": tiny.replace("conv(8", "conv(-8"),
    },
  );
  const outcome = await command(["predict", "nets/../tests/golden/alexnet.txt"]);
  assertEquals(
    outcome.stderr.split("\n")[0],
    "error: nets/../tests/golden/alexnet.txt: is not a network; give a .np.ts, .onnx, .prototxt or Paleo .json file",
  );
});

Deno.test("a misspelt option, an unknown activation and a missing kernel are refused, though nothing compiled the file", async () => {
  const refusal = (from: string, to: string, message: string) =>
    refuses(["predict", "a.np.ts"], `a.np.ts: ${message}`, 1, { "a.np.ts": tiny.replace(from, to) });
  const options = "kernel, stride, pad, dilation, groups, bias, activation, name";
  await refusal("kernel: 3,", "kernel: 3, strides: 2,", `Unknown option "strides" of conv; it has ${options}`);
  await refusal("kernel: 3,", "", 'Option "kernel" of conv is missing; give it');
  await refusal(
    '"relu"',
    '"swish"',
    `Layer "conv1": its activation must be one of ${activations.join(", ")}, got swish`,
  );
  await refusal('"tiny"', "undefined", "A network's name must be text, got undefined");
});

Deno.test("a network's source that does not parse is told with its place", async () => {
  await using folder = await temporaryFolder({ "a.np.ts": "export default (;\n" });
  const { code, stderr } = await command(["predict", "a.np.ts"], { cwd: folder.path });
  assertEquals(code, 1);
  assertMatch(stderr, /^error: a\.np\.ts: does not parse: .+ \(line 1, column \d+\)\n$/);
});

Deno.test("files of later versions are refused", async () => {
  for (const extension of [".pb", ".pt"]) {
    await refuses(
      ["predict", `x${extension}`],
      `x${extension}: networks in ${extension} files cannot be read yet; give a .np.ts, .onnx, .prototxt or Paleo .json file`,
      2,
    );
  }
  await refuses(
    ["predict", "x.np.ts", "--format", "pdf"],
    '--format must be one of table, json, csv, markdown, html, got "pdf"',
  );
});

Deno.test("wrong options are one line each", async () => {
  const file = { "a.np.ts": tiny };
  await refuses(
    ["predict"],
    "No network given; give a .np.ts, .onnx, .prototxt or Paleo .json file, or a layers table (.csv)",
  );
  await refuses(
    ["predict", "a.np.ts", "--batch", "0"],
    '--batch must be a whole number of at least 1, got "0"',
    2,
    file,
  );
  await refuses(
    ["predict", "a.np.ts", "--batch", "2.5"],
    '--batch must be a whole number of at least 1, got "2.5"',
    2,
    file,
  );
  await refuses(
    ["predict", "a.np.ts", "--image=-1"],
    '--image must be a whole number of at least 1, got "-1"',
    2,
    file,
  );
  await refuses(
    ["predict", "a.np.ts", "--dtype", "int8"],
    '--dtype must be one of float32, float16, got "int8"',
    2,
    file,
  );
  await refuses(["predict", "a.np.ts", "--optimizer", "adam"], "--optimizer goes with --pass training", 2, file);
  await refuses(
    ["predict", "a.np.ts", "--at-risk"],
    "--at-risk goes with a budget: --max-runtime-ms, --max-energy-mj, --max-power-w",
    2,
    file,
  );
  await refuses(
    ["predict", "a.np.ts", "--max-power-w", "5W"],
    '--max-power-w must be a number above 0, got "5W"',
    2,
    file,
  );
  await refuses(
    ["compare", "a.np.ts", "--batch", "1,,8"],
    '--batch has an empty part, got "1,,8"; separate its parts by single commas',
    2,
    file,
  );
  await refuses(
    ["compare", "a.np.ts", "--accuracy", "tiny=76"],
    '--accuracy must be written as NAME=0.76 with a share between 0 and 1, got "tiny=76"',
    2,
    file,
  );
  await refuses(
    ["compare", "a.np.ts", "--accuracy", "b=0.7"],
    '--accuracy names "b", which no network is; there are tiny, a',
    2,
    file,
  );
  await refuses(
    ["compare", "a.np.ts", "--layers"],
    "--layers compares two networks, OLD NEW, on one device at one batch",
    2,
    file,
  );
  await refuses(["predict", "a.np.ts", "--batch"], "--batch needs a value: --batch N", 2, file);
  await refuses(
    ["predict", "a.np.ts", "--batch", "1", "--batch", "2"],
    "--batch is given twice; give it once",
    2,
    file,
  );
  await refuses(
    ["devices", "--fromat", "json"],
    "Unknown option --fromat of devices; it has --format, --verbose, --help",
  );
  await refuses(
    ["predikt"],
    'Unknown command "predikt"; there are predict, show, compare, devices, export, import, fit',
  );
  await refuses(
    ["predict", "a.np.ts", "--device", "v200"],
    'Unknown device "v200"; nearest: v100, v100-tf1, v100-pcie. `deno task devices` lists all, or give a model file (.json)',
    1,
    file,
  );
});

Deno.test("tables that cannot be read are one line each, with file, line and column", async () => {
  const table = (row: string, header = "kind,batch,in_channels,out_channels,runtime_ms") => ({
    "t.csv": `${header}\n${row}\n`,
  });
  const cases: [row: string, message: string][] = [
    ["dense,1,,10,1", "t.csv, line 2, column in_channels: is empty; a whole number is needed"],
    ["dense,1,NaN,10,1", 't.csv, line 2, column in_channels: must be a whole number of at least 1, got "NaN"'],
    [
      "dense,1,64,10,NaN",
      't.csv, line 2, column runtime_ms: must be a number above 0, or empty where it is not known, got "NaN"',
    ],
    [
      "dense,1,64,10,-2",
      't.csv, line 2, column runtime_ms: must be a number above 0, or empty where it is not known, got "-2"',
    ],
    ["dense,1,64,10", "t.csv, line 2: has 4 cells where the header has 5"],
  ];
  for (const [row, message] of cases) await refuses(["fit", "t.csv"], message, 1, table(row));
  await refuses(
    ["fit", "t.csv"],
    "t.csv, line 1, column batch: is missing; a layers table needs it",
    1,
    table("dense,1", "kind,in_channels"),
  );
  await refuses(
    ["fit", "t.csv", "--device", "my card"],
    'A device\'s name is made of letters, digits, dots and hyphens, got "my card"; name it with --device',
    2,
    table("dense,1,64,10,1"),
  );
  await refuses(["fit", "t.csv"], "t.csv: there is no such file; give the path of one that exists", 1);
  await refuses(
    ["fit", "t.csv"],
    "There is nothing to fit: dense forward float32: 1 configurations, 10 are needed",
    1,
    table("dense,1,64,10,1"),
  );
});

Deno.test("model files that cannot be used are one line each, and nothing is predicted", async () => {
  const whole = await Deno.readTextFile(`${root}models/v100-tf1.json`);
  const args = ["predict", "a.np.ts", "--device", "m.json"];
  const refusal = async (text: string, model = "auto") => {
    await using folder = await temporaryFolder({ "a.np.ts": tiny, "m.json": text });
    const { code, stdout, stderr } = await command([...args, "--model", model], { cwd: folder.path });
    assertEquals([code, stdout], [1, ""]);
    return stderr.trimEnd().replace(`${folder.path}/`, "");
  };
  assertMatch(await refusal(whole.slice(0, 2000)), /^error: m\.json: is not whole JSON \(.+\); fit the model again$/);
  assertEquals(
    await refusal(whole.replace(`"version": ${modelVersion}`, '"version": 77')),
    `error: m.json: has version 77, this program reads version ${modelVersion}; fit the model again`,
  );
  assertEquals(
    await refusal(whole.replaceAll('"inWidth"', '"inBreadth"')),
    "error: m.json: its features of conv are not the program's: it lacks inWidth and has inBreadth, unknown here; fit the model again",
  );
  assertEquals(
    await refusal(whole.replace(/"macs": (?=[\d-])/g, '"nonsense": '), "paper"),
    'error: m.json: its terms of conv: Term "nonsense" needs the feature "nonsense", which is not there; fit the model again',
  );
  await refuses(args, "m.json: cannot be read (NotFound); give an existing model file", 1, { "a.np.ts": tiny });
});
