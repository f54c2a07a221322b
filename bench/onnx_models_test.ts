import { assert, assertEquals } from "@std/assert";
import {
  add,
  concat,
  type Dtype,
  dtypes,
  type ImageValue,
  type Layer,
  mul,
  type Network,
  network,
  type NetworkDefinition,
  ShapeError,
} from "neuralpower/dsl";
import { onnxGraph, onnxModel } from "../dsl/formats/onnx_write.ts";
import { nodeModelInputs, type NodeModelOptions, onnxNodeModel } from "../dsl/formats/onnx_node_model.ts";
import type { ExecutedNode } from "../dsl/formats/onnx_node_model.ts";
import { computeNaively, type NaiveTensor } from "./naive_layers.ts";
import { type Output, profileModel, runModel, tensor, waves } from "./ort_testing.ts";

const image = (describe: (x: ImageValue) => ImageValue, sizes: [number, number, number] = [6, 9, 8]) =>
  network("case", { image: sizes, batch: 2 }, describe);

/** Small networks that between them have every op, with the options that runtimes are known to differ in. */
const cases: Record<string, NetworkDefinition> = {
  "conv": image((x) => x.conv(4, { kernel: 3 })),
  "conv: groups, dilation, asymmetric padding and strides": image((x) =>
    x.conv(8, { kernel: [3, 2], groups: 2, dilation: [2, 3], pad: [0, 1, 2, 3], stride: [1, 2], bias: false })
  ),
  "conv: depthwise, same": image((x) => x.conv(12, { kernel: 3, groups: 6, pad: "same", stride: 2 })),
  "conv: 16 channels, each activation": network(
    "case",
    { image: [16, 8, 8], batch: 2 },
    (x) =>
      (["relu", "relu6", "sigmoid", "tanh", "silu"] as const).map((activation) =>
        x.conv(16, { kernel: 3, pad: 1, activation, name: activation })
      ),
  ),
  "dense on vectors": network("case", { vector: 12, batch: 3 }, (x) => [x.dense(5), x.dense(7, { bias: false })]),
  "dense on tokens": network("case", { tokens: [5, 12], batch: 3 }, (x) => [x.dense(5), x.dense(7, { bias: false })]),
  "max pools": network("case", { image: [3, 9, 8], batch: 2 }, (x) => [
    x.maxPool({ kernel: 3, stride: 2, pad: [0, 1, 1, 0] }),
    x.maxPool({ kernel: [3, 2], stride: 2, pad: 1, ceilMode: true }),
    x.maxPool({ kernel: 3, stride: 3, ceilMode: true }),
    x.maxPool({ kernel: 2, stride: 3, pad: 1, ceilMode: true }),
  ]),
  "average pools": network("case", { image: [3, 9, 8], batch: 2 }, (x) => [
    x.averagePool({ kernel: 3, stride: 2, pad: 1 }),
    x.averagePool({ kernel: 3, stride: 2, pad: 1, countIncludePad: true }),
    x.averagePool({ kernel: 3, stride: 2, pad: [1, 0, 0, 1], countIncludePad: true }),
    x.averagePool({ kernel: 3, stride: 2, pad: 1, ceilMode: true }),
    x.averagePool({ kernel: 3, stride: 2, pad: 1, ceilMode: true, countIncludePad: true }),
    x.averagePool({ kernel: 2, stride: 3, pad: 1, ceilMode: true, countIncludePad: true }),
  ]),
  "global pools": network("case", { image: [3, 9, 8], batch: 2 }, (x) => [x.globalMaxPool(), x.globalAveragePool()]),
  "batch norm": image((x) => x.batchNorm()),
  "batch norm on vectors": network("case", { vector: 7, batch: 3 }, (x) => x.batchNorm()),
  "batch norm on tokens": network("case", { tokens: [5, 7], batch: 3 }, (x) => x.batchNorm()),
  "conv, batch norm, relu": image((x) => x.conv(8, { kernel: 1 }).batchNorm().relu()),
  "lrn": image((x) => x.relu().lrn()),
  "lrn: of 3 channels": image((x) => x.lrn({ size: 3 })),
  "activations": network("case", { vector: 40 }, (x) => [x.relu(), x.relu6(), x.sigmoid(), x.tanh(), x.silu()]),
  "relu6 above 6": network("case", { vector: 40 }, (x) => mul(x, add(x, x, x, x, x, x, x, x, x)).relu6()),
  "add: three inputs": image((x) => add(x.sigmoid(), x, x.tanh())),
  "mul: a channel gate": image((x) => mul(x, x.globalAveragePool().sigmoid())),
  "mul: a pixel gate": image((x) => mul(x, x.conv(1, { kernel: 1 }))),
  "softmax over channels": image((x) => x.softmax()),
  "softmax over the last axis": network("case", { tokens: [5, 7], batch: 3 }, (x) => x.softmax()),
  "concat": image((x) => concat(x, x.conv(3, { kernel: 1 }), x.relu())),
  "concat of tokens": network("case", { tokens: [5, 7], batch: 3 }, (x) => concat(x.dense(4), x)),
  "views": network("case", { image: [3, 4, 4], batch: 2 }, (x) => x.dropout().relu().dropout().flatten().dropout()),
  "flattened tokens": network("case", { tokens: [5, 7], batch: 3 }, (x) => x.flatten().dense(4).dropout().tanh()),
};

const ops = [
  ...["conv", "dense", "max", "average", "global_max", "global_average", "batch", "lrn", "relu", "relu6", "sigmoid"],
  ...["tanh", "silu", "add", "mul", "softmax", "concat", "flatten", "dropout"],
];

/** Computes a network's layers by their definitions, with the weights of its graph. */
function computeAll(net: Network, input: Float32Array): Map<string, NaiveTensor> {
  const weights = new Map(
    onnxGraph(net).initializers.map(({ name, dtype, data }) => {
      const bytes = Uint8Array.from([...data.chunks()].flatMap((chunk) => [...chunk])).buffer;
      return [name, dtype === "float32" ? Float64Array.from(new Float32Array(bytes)) : halves(bytes)];
    }),
  );
  const first = net.dtype === "float16" ? Float16Array.from(input) : input;
  const tensors = new Map([["input", { shape: net.inputShape, data: Float64Array.from(first) } as NaiveTensor]]);
  for (const layer of net.layers) {
    const inputs = layer.inputs.map((name) => tensors.get(name)!);
    tensors.set(layer.name, computeNaively(layer, inputs, (part) => weights.get(`${layer.name}/${part}`)!));
  }
  return tensors;
}

const halves = (bytes: ArrayBuffer) => Float64Array.from(new Float16Array(bytes));

function assertNear(actual: Output, expected: NaiveTensor, tolerance: number, what: string): void {
  assertEquals(actual.shape, expected.shape, what);
  const size = Math.max(...expected.data.map(Math.abs), 1e-3);
  const off = Math.max(...actual.values.map((value, i) => Math.abs(value - expected.data[i])));
  assert(off <= tolerance * size, `${what}: off by ${off}, allowed ${tolerance} of ${size}`);
}

const tolerances: Record<Dtype, number> = { float32: 2e-6, float16: 4e-3 };

Deno.test("the cases have every op", () => {
  const used = new Set(Object.values(cases).flatMap((net) => net.build().layers.map((layer) => layer.op as string)));
  assertEquals([...used].sort(), [...ops].sort());
});

for (const dtype of dtypes) {
  for (const [name, definition] of Object.entries(cases)) {
    Deno.test(`${dtype} ${name}: as by definition`, async () => {
      const net = definition.build({ dtype });
      const input = waves(net.inputShape);
      const expected = computeAll(net, input);
      for (const optimization of ["disabled", "all"] as const) {
        const feeds = { input: tensor(dtype, net.inputShape, input) };
        const outputs = await runModel(onnxModel(net), feeds, { optimization });
        for (const output of net.outputs) {
          assertNear(outputs.get(output)!, expected.get(output)!, tolerances[dtype], `${output}, ${optimization}`);
        }
      }
    });
  }
}

/** Runs copies of a node; gives which copies ran. */
async function runCopies(node: ExecutedNode, options: NodeModelOptions, optimization: "disabled" | "all") {
  const feeds = Object.fromEntries(
    nodeModelInputs(node, options).map((input, i) => [
      input.name,
      tensor(input.dtype, input.shape, waves(input.shape, i)),
    ]),
  );
  const { outputs, ran } = await profileModel(onnxNodeModel(node, options), feeds, { optimization });
  const copies = new Set(ran.flatMap(({ name }) => name.match(/copy\d+/)?.[0] ?? []));
  return { outputs, ran, copies: copies.size };
}

const isWeighted = ({ kind, op }: Layer) => kind === "conv" || kind === "dense" || op === "batch";

for (const dtype of dtypes) {
  Deno.test(`${dtype} node models: all copies run, for every op`, async () => {
    const layers = Object.values(cases).flatMap((net) => net.build({ dtype }).layers);
    let models = 0;
    for (const layer of layers.filter((layer) => layer.kind !== "view")) {
      const node: ExecutedNode = { layer, activation: null, fusedAdd: false, dtype };
      for (const optimization of ["disabled", "all"] as const) {
        const ownInputs = optimization === "all" && !isWeighted(layer);
        const { outputs, copies } = await runCopies(node, { copies: 3, ownInputs }, optimization);
        assertEquals(copies, 3, `${layer.name} ${layer.op}, ${optimization}`);
        assertEquals(outputs.get("sink2")!.values, [...layer.outputShape], `${layer.name} ${layer.op}`);
        models++;
      }
    }
    assert(models > 60);
  });
}

const [convLayer] = network("case", { image: [16, 14, 14] }, (x) => x.conv(32, { kernel: 3, pad: 1 })).build().layers;
const fused: ExecutedNode = { layer: convLayer, activation: "relu", fusedAdd: true, dtype: "float32" };

Deno.test("a fused sum and activation run as one convolution, a chain of copies", async () => {
  for (const sink of ["shape", "maxpool", "none"] as const) {
    const { copies, ran, outputs } = await runCopies(fused, { copies: 4, sink }, "all");
    assertEquals(copies, 4);
    assertEquals(ran.filter(({ op }) => op === "Add" || op === "Relu"), []);
    const [[name, { shape }], ...more] = [...outputs];
    assertEquals(more, []);
    if (sink === "shape") assertEquals([name, shape], ["sink4", [4]]);
    if (sink === "maxpool") assertEquals([name, shape], ["sinks", [1, 32, 1, 1]]);
    if (sink === "none") assertEquals([name, shape], ["copy4/relu", [1, 32, 14, 14]]);
  }
});

Deno.test("a spoiler runs before each copy", async () => {
  for (const optimization of ["disabled", "all"] as const) {
    for (const sink of ["shape", "maxpool", "none"] as const) {
      for (const fusedAdd of [false, true]) {
        const { ran } = await runCopies({ ...fused, fusedAdd }, { copies: 3, sink, spoilerMiB: 1 }, optimization);
        const order = ran.flatMap(({ op }) => op === "Conv" || op === "LeakyRelu" ? [op] : []);
        const spoiled = order.filter((op, i) => op === "Conv" && order[i - 1] === "LeakyRelu");
        const what = `${optimization}, ${sink}, fused sum ${fusedAdd}: ${order}`;
        // Outputs of full size are put into a runtime's own layout at the end of the list, and their copies with them.
        if (sink !== "none") assertEquals(spoiled.length, 3, what);
        assertEquals(order.length, 7, what);
      }
    }
  }
});

Deno.test("joined pixels keep the blocked layout", async () => {
  const { ran } = await runCopies({ ...fused, fusedAdd: false }, { copies: 4, sink: "maxpool" }, "all");
  assertEquals(ran.filter(({ op }) => op === "ReorderInput" || op === "ReorderOutput").length <= 2, true);
});

/** The network at the smallest image that its layers fit on. */
function smallest(definition: NetworkDefinition, dtype: Dtype): Network {
  for (const size of "image" in definition.input ? [64, 96] : []) {
    try {
      return definition.build({ batch: 1, dtype, image: size });
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
    }
  }
  return definition.build({ batch: 1, dtype });
}

const zoo = new URL("../nets/", import.meta.url);
const files = [...Deno.readDirSync(zoo)].map(({ name }) => name).filter((name) => name.endsWith(".np.ts")).sort();

for (const file of files) {
  Deno.test(`nets/${file}: every layer's shape, finite values, float32 and float16`, async () => {
    const definition = (await import(new URL(file, zoo).href)).default as NetworkDefinition;
    const net = smallest(definition, "float32");
    const input = waves(net.inputShape);
    const plain = await runModel(onnxModel(net), { input: tensor("float32", net.inputShape, input) });
    assertEquals([...plain.keys()], net.outputs);

    const given = { ...net, outputs: net.layers.map((layer) => layer.name) };
    const all = await runModel(onnxModel(given), { input: tensor("float32", net.inputShape, input) }, {
      optimization: "disabled",
    });
    for (const { name, outputShape } of net.layers) {
      const { shape, values } = all.get(name)!;
      assertEquals(shape, outputShape, name);
      assert(values.every(Number.isFinite), name);
      // Neither so large that float16 would overflow, nor so small that it would have denormal numbers only.
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      assert(largest > 1e-4 && largest < 2e4, `${name}: the largest value is ${largest}`);
    }
    for (const output of net.outputs) {
      const { shape, values } = all.get(output)!;
      assertNear(plain.get(output)!, { shape, data: Float64Array.from(values) }, 1e-4, output);
    }

    const half = smallest(definition, "float16");
    const inHalf = await runModel(onnxModel(half), { input: tensor("float16", half.inputShape, input) });
    for (const output of half.outputs) {
      assertEquals(inHalf.get(output)!.shape, plain.get(output)!.shape);
      assert(inHalf.get(output)!.values.every(Number.isFinite), output);
    }
  });
}
