import { assertEquals } from "@std/assert";
import { concat, type Dtype, dtypes, mul, type Network, network, type NetworkDefinition } from "neuralpower/dsl";
import { fileBytes, onnxFile } from "../dsl/formats/onnx_proto.ts";
import { onnxGraph, onnxModel } from "../dsl/formats/onnx_write.ts";
import { onnxNodeModel } from "../dsl/formats/onnx_node_model.ts";

// ONNX's own checker, as a second opinion beside a runtime's: it is stricter. It needs Python; its environment is made in a cache folder.
const VERSION = "1.19.0";

/**
 * Checks each file, its shapes inferred beside those declared; and that ONNX's own tool would have written the same bytes, so that the
 * file has no unknown field. Prints one line a file.
 */
const PROGRAM = `
import sys, onnx
for path in sys.argv[1:]:
    data = open(path, "rb").read()
    model = onnx.load_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    print("same" if model.SerializeToString() == data else "different")
`;

const environment = new URL(`../.cache/onnx-${VERSION}/`, import.meta.url).pathname;
const python = `${environment}bin/python`;

async function command(program: string, args: string[]): Promise<{ success: boolean; stdout: string; stderr: string }> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { success, stdout: text(stdout), stderr: text(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { success: false, stdout: "", stderr: `${program} is not installed` };
  }
}

/** Why there is no checker, or null. */
async function missing(): Promise<string | null> {
  if ((await command(python, ["-c", "import onnx"])).success) return null;
  const steps: [string, string[]][] = [
    ["python3", ["-m", "venv", environment]],
    [python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `onnx==${VERSION}`]],
  ];
  for (const [program, args] of steps) {
    const { success, stderr } = await command(program, args);
    if (!success) return stderr.trim().split("\n").at(-1) ?? "no reason given";
  }
  return null;
}

const reason = await missing();
if (reason !== null) console.warn(`The tests of ONNX's checker are skipped, because it cannot be installed: ${reason}`);

/** One network with every kind, pools in ceil mode and a dropout that is given out. */
const everything = network("everything", { image: [6, 17, 18], batch: 2 }, (x) => {
  const a = x.conv(8, { kernel: 3, pad: [0, 1, 2, 1], groups: 2, bias: false }).batchNorm().relu();
  const b = x.conv(8, { kernel: [3, 1], pad: "same", dilation: [2, 1], activation: "silu" }).lrn();
  const c = mul(b, b.globalAveragePool().conv(8, { kernel: 1, activation: "sigmoid" })).relu6();
  const d = concat(a, c).maxPool({ kernel: 3, stride: 2, ceilMode: true }).softmax();
  const e = d.averagePool({ kernel: 2, stride: 3, pad: 1, ceilMode: true, countIncludePad: true });
  const f = e.averagePool({ kernel: 3, stride: 2, ceilMode: true }).flatten().dense(9, { activation: "tanh" });
  return [f.dropout(), d.globalMaxPool()];
});
const tokens = network("tokens", { tokens: [5, 8] }, (x) => x.dense(8).batchNorm().dense(4, { bias: false }).softmax());

async function check(models: Uint8Array[]): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const paths = models.map((_, i) => `${folder}/${i}.onnx`);
    for (const [i, model] of models.entries()) await Deno.writeFile(paths[i], model);
    const { stdout, stderr, success } = await command(python, ["-c", PROGRAM, ...paths]);
    assertEquals([success, stderr], [true, ""]);
    assertEquals(stdout.trim().split("\n"), models.map(() => "same"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const nodeModels = (dtype: Dtype) =>
  [everything, tokens].flatMap((net) =>
    net.build({ dtype }).layers.filter(({ kind }) => kind !== "view").map((layer) => {
      const isConv = layer.kind === "conv";
      const node = { layer, activation: isConv ? "silu" as const : null, fusedAdd: isConv, dtype };
      const sink = layer.outputShape.length === 4 ? "maxpool" : "shape";
      return onnxNodeModel(node, { copies: 3, sink, spoilerMiB: layer.kind === "pool" ? 1 : 0 });
    })
  );

for (const dtype of dtypes) {
  Deno.test({
    name: `ONNX's checker: every kind, and models of nodes, ${dtype}`,
    ignore: reason !== null,
    fn: () => check([...[everything, tokens].map((net) => onnxModel(net.build({ dtype }))), ...nodeModels(dtype)]),
  });
}

/** Weights are fed instead: how they are written is seen on the networks above, and those of the zoo are large. */
function withoutWeights(network: Network): Uint8Array {
  const graph = onnxGraph(network);
  const [weights, constants] = [true, false].map((large) =>
    graph.initializers.filter(({ data }) => data.byteLength > mostConstantBytes === large)
  );
  const inputs = [...graph.inputs, ...weights.map(({ name, dtype, shape }) => ({ name, dtype, shape }))];
  return fileBytes(onnxFile({ ...graph, inputs, initializers: constants }));
}

/** Shapes and axes are shorter; the checker needs them. */
const mostConstantBytes = 256;

Deno.test({
  name: "ONNX's checker: the zoo",
  ignore: reason !== null,
  async fn() {
    const zoo = new URL("../nets/", import.meta.url);
    const files = [...Deno.readDirSync(zoo)].map(({ name }) => name).filter((name) => name.endsWith(".np.ts")).sort();
    const definitions: NetworkDefinition[] = await Promise.all(
      files.map(async (file) => (await import(new URL(file, zoo).href)).default),
    );
    await check(definitions.map((definition) => withoutWeights(definition.build({ batch: 1 }))));
  },
});
