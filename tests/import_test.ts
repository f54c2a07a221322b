import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Network } from "neuralpower/dsl";
import type { Prediction } from "neuralpower";
import { smallOnnx } from "../dsl/formats/onnx_testing.ts";
import { command, temporaryFolder } from "./command_line.ts";

const image = smallOnnx({
  input: ["batch", 3, "height", "width"],
  constants: { weight: ["float32", [8, 3, 3, 3]], axes: ["int64", [1], [1]] },
  nodes: [
    ["Conv", ["x", "weight"], "c"],
    ["Sigmoid", ["c"], "s"],
    ["Mul", ["c", "s"], "silu"],
    ["GlobalAveragePool", ["silu"], "p"],
    ["Flatten", ["p"], "y"],
  ],
});
const unknown = smallOnnx({
  input: [1, 3, 8, 8],
  constants: { weight: ["float32", [8, 3, 3, 3]] },
  nodes: [["Conv", ["x", "weight"], "c"], ["Wavelet", ["c"], "w"], ["Relu", ["w"], "r"], ["Wavelet", ["r"], "y"]],
});

async function folderWith(files: Readonly<Record<string, Uint8Array>>) {
  const folder = await temporaryFolder({});
  for (const [name, bytes] of Object.entries(files)) await Deno.writeFile(`${folder.path}/${name}`, bytes);
  return folder;
}

Deno.test("show and predict take ONNX files; sizes that are open are given", async () => {
  await using folder = await folderWith({ "net.onnx": image });
  const cwd = folder.path;
  const shown = await command(["show", "net.onnx", "--batch", "2", "--image", "32", "--format", "json"], { cwd });
  assertEquals([shown.code, shown.stderr], [0, ""]);
  const network: Network & { total: { macs: number } } = JSON.parse(shown.stdout);
  assertEquals([network.name, network.batch, network.inputShape], ["net", 2, [2, 3, 32, 32]]);
  assertEquals(network.layers.map(({ op }) => op), ["conv", "silu", "global_average", "flatten"]);
  assertEquals(network.total.macs, 2 * 8 * 30 * 30 * 27);
  const predicted = await command([
    "predict",
    "net.onnx",
    "--shape",
    "x=2x3x32x32",
    "--device",
    "v100-tf1",
    "--format",
    "json",
  ], { cwd });
  const { total }: Prediction = JSON.parse(predicted.stdout);
  assertEquals([total.macs, total.partial], [network.total.macs, false]);
});

Deno.test("what is wrong with an ONNX file is one line that names the file", async () => {
  await using folder = await folderWith({ "net.onnx": image, "cut.onnx": image.slice(0, 60), "unknown.onnx": unknown });
  const told = async (...args: string[]) => {
    const { code, stdout, stderr } = await command(args, { cwd: folder.path });
    assertEquals(stdout, "");
    return `${code} ${stderr}`;
  };
  assertEquals(
    await told("predict", "net.onnx"),
    '1 error: net.onnx: the sizes of input "x" are open: [batch, 3, height, width]; give --batch N and --image S, or --shape x=1x3x224x224\n',
  );
  assertStringIncludes(await told("show", "cut.onnx"), "1 error: cut.onnx: is cut off or damaged: at byte");
  assertStringIncludes(await told("show", "none.onnx"), "1 error: none.onnx: there is no such file");
  assertStringIncludes(
    await told("predict", "net.onnx", "--shape", "x=ax3"),
    '2 error: --shape must be written as input=1x3x224x224, got "x=ax3"',
  );
  assertEquals(
    await told("predict", "unknown.onnx"),
    '1 error: unknown.onnx: operators that are not known: Wavelet (2 nodes, first node "n1" (Wavelet)); --allow-unsupported predicts the rest\n',
  );
});

Deno.test("--allow-unsupported predicts the rest: the total is partial, with the count", async () => {
  await using folder = await folderWith({ "unknown.onnx": unknown });
  const args = ["predict", "unknown.onnx", "--allow-unsupported", "--device", "v100-tf1"];
  const { stdout } = await command([...args, "--format", "json"], { cwd: folder.path });
  const { layers, total, warnings }: Prediction = JSON.parse(stdout);
  assertEquals(layers.map(({ op, runtimeFrom }) => [op, runtimeFrom === null]), [
    ...[["conv", false], ["unsupported", true], ["relu", false], ["unsupported", true]] as [string, boolean][],
  ]);
  assertEquals(total.partial, true);
  assert(
    warnings.some((warning) =>
      warning.startsWith("The total is partial: it leaves out 2 operators that are not known (2 Wavelet)")
    ),
  );
  const table = await command(args, { cwd: folder.path });
  assertStringIncludes(table.stdout, ", partial");
});

Deno.test("import writes source that gives the same network", async () => {
  await using folder = await folderWith({ "net.onnx": image });
  const cwd = folder.path;
  const sizes = ["--batch", "2", "--image", "32"];
  const imported = await command(["import", "net.onnx", "--out", "net.np.ts", ...sizes], { cwd });
  assertEquals([imported.code, imported.stderr], [0, "Wrote net.np.ts, 4 layers\n"]);
  const [file, source] = await Promise.all(
    [["show", "net.onnx", "--format", "json", ...sizes], ["show", "net.np.ts", "--format", "json"]].map((args) =>
      command(args, { cwd })
    ),
  );
  assertEquals(JSON.parse(source.stdout), JSON.parse(file.stdout));
  assertStringIncludes(await Deno.readTextFile(`${cwd}/net.np.ts`), "// Written by `deno task import` from net.onnx;");
  const refused = await command(["import", "net.onnx"], { cwd });
  assertEquals([refused.code, refused.stderr.split("\n")[0]], [2, "error: Say where to write: --out X.np.ts"]);
});
