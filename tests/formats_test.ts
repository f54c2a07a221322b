import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Prediction } from "neuralpower";
import { command, temporaryFolder } from "./command_line.ts";

const prototxt = `name: "whatever"
  layer { name: "data" type: "Data" top: "data" top: "label" data_param { batch_size: 4 } }
  layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 8 kernel_size: 3 } }
  layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
  layer { name: "odd" type: "Mystery" bottom: "conv" top: "odd" }`;
const known = prototxt.split("\n").slice(0, -1).join("\n");
const paleo = JSON.stringify({
  name: "whatever",
  layers: {
    data: { type: "Input", parents: [], tensor: [4, 16, 16, 3] },
    conv: { type: "Convolution", parents: ["data"], filter: [3, 3, 3, 8], strides: [1, 1, 1, 1], padding: "VALID" },
  },
});

Deno.test("predict, show and import take Caffe's and Paleo's files", async () => {
  await using folder = await temporaryFolder({ "a.prototxt": known, "b.json": paleo });
  const run = (...args: string[]) => command(args, { cwd: folder.path });
  const predicted = await run("predict", "a.prototxt", "b.json", "--image", "16", "--format", "json");
  assertEquals([predicted.code, predicted.stderr], [0, ""]);
  const [a, b] = JSON.parse(predicted.stdout) as Prediction[];
  assertEquals([a.network, a.batch, b.network, b.batch], ["a", 4, "b", 4]);
  assertEquals(a.total.macs, 4 * 14 * 14 * 27 * 8);
  assertEquals({ ...a.total, macs: 0 }, { ...b.total, macs: 0 });

  const shown = await run("show", "a.prototxt", "--shape", "data=2x3x10x12", "--format", "csv");
  assertStringIncludes(shown.stdout, "conv,conv,conv,input,2 3 10 12,2 8 8 10");
  assertEquals((await run("import", "b.json", "--out", "b.np.ts")).code, 0);
  assertEquals((await run("show", "b.np.ts")).stdout, (await run("show", "b.json")).stdout);
});

Deno.test("what such a file lacks, and types that are not known, are told in one line", async () => {
  await using folder = await temporaryFolder({ "a.prototxt": known, "odd.prototxt": prototxt, "b.json": "{" });
  const run = (...args: string[]) => command(args, { cwd: folder.path });
  const cases: Record<string, string> = {
    "a.prototxt": 'a.prototxt: Line 2: the file does not say all sizes of the input "data"; give --image S',
    "odd.prototxt":
      'odd.prototxt: Layers of types that are not known here: "Mystery" (1, first "odd"); --allow-unsupported predicts the rest',
    "b.json":
      "b.json: The file is not whole JSON: Expected property name or '}' in JSON at position 1 (line 1 column 2)",
  };
  for (const [file, message] of Object.entries(cases)) {
    const { code, stdout, stderr } = await run("predict", file);
    assertEquals([code, stdout, stderr], [1, "", `error: ${message}\n`]);
  }
  const { stdout } = await run("predict", "odd.prototxt", "--image", "16", "--allow-unsupported", "--format", "json");
  const { total, warnings } = JSON.parse(stdout) as Prediction;
  assertEquals(total.partial, true);
  assertMatch(warnings.join("\n"), /1 Mystery/);
});

Deno.test("fit takes NeuralPower's logs and coefficients", async () => {
  const line = (i: number) => {
    const [size, width] = [8 + i, 16 + 3 * i];
    const out = `[4, ${size - 2}, ${size - 2}, ${width}]`;
    const ms = 0.2 + (size - 2) ** 2 * width * 9 * 16 * 4 / 1e9;
    return `conv${i}\t${out}  Filters: [3, 3, 16, ${width}]  Pad: VALID (0, 0) Stride: 1, 1 Params: 1 ` +
      `Input: [4, ${size}, ${size}, 16] Runtime: ${ms.toFixed(4)} Power: ${(90 + ms).toFixed(3)}`;
  };
  const log = Array.from({ length: 30 }, (_, i) => line(i));
  await using folder = await temporaryFolder({
    "run.log": log.join("\n"),
    "bad.log": [...log, "conv99 cut: off"].join("\n"),
    "coeff_fc.txt": [...Array(21).fill(0), 0.5, ...Array(65).fill(0), 120].join("\n"),
    "net.np.ts": `import { network } from "neuralpower/dsl";
      export default network("net", { vector: 32 }, (x) => x.dense(8));`,
  });
  const run = (...args: string[]) => command(args, { cwd: folder.path });
  const fit = (...args: string[]) => run("fit", "--device", "gtx-titan-x-tf1", "--out", "m.json", ...args);

  const fitted = await fit("--format", "neuralpower", "run.log");
  assertEquals([fitted.code, fitted.stderr], [0, ""]);
  assertMatch(fitted.stdout, /conv +forward +power +paper/);
  const bad = await fit("--format", "neuralpower", "bad.log");
  assertEquals([bad.code, bad.stderr.split("\n")[0]], [
    1,
    'error: bad.log, line 31: has 2 items separated by ":", its name asks for 8; mend the line or take it out',
  ]);

  const taken = await fit("--format", "coefficients", "coeff_fc.txt");
  assertEquals([taken.code, taken.stderr], [0, ""]);
  assertMatch(taken.stdout, /dense +forward +runtime +paper \* +0 +0 +– +– +–/);
  const predicted = JSON.parse((await run("predict", "net.np.ts", "--device", "m.json", "--format", "json")).stdout);
  const [{ runtimeMs, runtimeMsLow, powerW, runtimeFrom }] = (predicted as Prediction).layers;
  assertEquals([runtimeMs, runtimeMsLow, powerW, runtimeFrom], [0.5, null, 120, "fitted"]);
  assertMatch((predicted as Prediction).warnings.join("\n"), /The models of dense are coefficients from elsewhere/);
  const devices = await run("devices", "m.json", "--format", "json");
  assertEquals(JSON.parse(devices.stdout)[0].kinds.dense.runtime.mape, null);
});
