import { activations } from "neuralpower/dsl";
import { assertEquals, assertMatch } from "@std/assert";
import { modelVersion } from "../lib/model/model.ts";
import { command, root, temporaryFolder, tiny } from "./command_line.ts";

/** Wrong use ends with status 2, what fails otherwise with 1; both with one line first, and nothing on standard output. */
async function refuses(args: readonly string[], line: string, code = 2, files: Readonly<Record<string, string>> = {}) {
  await using folder = await temporaryFolder(files);
  const outcome = await command(args, { cwd: folder.path });
  assertEquals(outcome.stderr.split("\n")[0], `error: ${line}`);
  assertEquals(outcome.code, code);
  assertEquals(outcome.stdout, "");
}

Deno.test("no result replaces what it is made of", async () => {
  for (const name of ["predict", "export", "import", "show"]) {
    await refuses(
      [name, "a.np.ts", "--out", "./a.np.ts"],
      "--out ./a.np.ts would replace the input itself; give another file",
      2,
      {
        "a.np.ts": tiny,
      },
    );
  }
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
    `Layer "conv1": its activation must be one of ${activations.join(", ")}, got "swish"`,
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
