import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Dtype,
  dtypes,
  elementwiseOps,
  type Network,
  network,
  type NetworkDefinition,
  ShapeError,
} from "neuralpower/dsl";
import { onnxGraph, onnxModel } from "../dsl/formats/onnx_write.ts";
import { nodeModelInputs, type NodeModelOptions, onnxNodeModel } from "../dsl/formats/onnx_node_model.ts";
import type { ExecutedNode } from "../dsl/formats/onnx_node_model.ts";
import type { Node } from "../lib/node.ts";
import { formatCsv, nodeCells, parseLayersTable, tableColumns } from "../lib/table.ts";
import { opsOf } from "../lib/ops.ts";
import { computeNaively } from "./naive_layers.ts";
import type { NaiveTensor } from "./naive_tensor.ts";
import { onnxCases } from "./onnx_cases.ts";
import { type Output, profileModel, type RanNode, runModel, tensor, waves } from "./ort_testing.ts";

const ops = [
  ...["conv", "deconv", "dense", "matmul", "matmul_transposed", "attention", "window_attention"],
  ...["max", "average", "lp", "global_max", "global_average", "global_lp", "adaptive_max", "adaptive_average"],
  ...["batch", "lrn", "layer", "group", "instance", "rms", "sum", "mean", "min", "l2"],
  ...Object.values(elementwiseOps).flat(),
  ...["softmax", "softmax_height", "softmax_width"],
  ...opsOf("move"),
];
const viewOps = ["flatten", "dropout", "reshape", "parameter"];

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
  const used = new Set(
    Object.values(onnxCases).flatMap((net) => net.build().layers.map((layer) => layer.op as string)),
  );
  assertEquals([...used].sort(), [...new Set([...ops, ...viewOps])].sort());
});

for (const dtype of dtypes) {
  for (const [name, definition] of Object.entries(onnxCases)) {
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

/** Runs copies of a node; gives which nodes ran, and how many copies have one. */
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

/** What runs beside the copies: sinks, views, and changes of an input's layout and number format, once for all. */
const beside = ["Shape", "Reshape", "ReorderInput", "ReorderOutput", "Cast"];

/** All layers of the cases that there are node models of. */
const layersToRun = (dtype: Dtype) =>
  Object.entries(onnxCases).flatMap(([name, definition]) => {
    const net = definition.build({ dtype });
    // A roll that leaves all in place is no work.
    return net.layers.filter((layer) => layer.kind !== "view" && layer.name !== "roll1").map((layer) => ({
      name,
      layer,
    }));
  });

for (const dtype of dtypes) {
  Deno.test(`${dtype} node models: all copies run, for every op`, async () => {
    const used = new Set<string>();
    for (const { name, layer } of layersToRun(dtype)) {
      const node: ExecutedNode = { layer, activation: null, fusedAdd: false, dtype };
      const what = `${name}: ${layer.name}`;
      if (layer.op === "expand" && layer.inputShape[0] === 1) {
        assertThrows(() => onnxNodeModel(node), RangeError, "An expansion of the batch");
        continue;
      }
      for (const optimization of ["disabled", "all"] as const) {
        const ownInputs = optimization === "all";
        const { outputs, copies, ran } = await runCopies(node, { copies: 3, ownInputs }, optimization);
        if (optimization === "disabled") assertEquals(copies, 3, what);
        const counts = Map.groupBy(ran.filter(({ op }) => !beside.includes(op)), ({ op }) => op);
        assert(counts.size > 0, `${what}: nothing ran`);
        for (const [op, { length }] of counts) {
          assert(length > 0 && length % 3 === 0, `${what}: ${op} ran ${length} times`);
        }
        assertEquals(product(outputs.get("sink3")!.values), product(layer.outputShape), what);
      }
      used.add(layer.op);
    }
    assertEquals([...used].sort(), [...new Set(ops)].sort());
  });
}

const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);

Deno.test("a node model of a layers table's row runs as the network's layer does, for every op", async () => {
  for (const { name, layer } of layersToRun("float32")) {
    if (layer.op === "expand" && layer.inputShape[0] === 1) continue;
    const node: Node = { layer, activation: null, fusedAdd: false, dtype: "float32", pass: "forward", optimizer: null };
    const { rows } = await parseLayersTable(await formatCsv(tableColumns, [nodeCells(node)]), name);
    const what = `${name}: ${layer.name}`;
    const [own, read] = await Promise.all([node, rows[0].node].map((it) => runCopies(it, { copies: 1 }, "disabled")));
    assertEquals(product(read.outputs.get("sink1")!.values), product(layer.outputShape), what);
    // A vector or tokens may be an image in a table, and a bias then another operator's.
    const work = (ran: readonly RanNode[]) => ran.map(({ op }) => op).filter((op) => op !== "Reshape");
    if (layer.kind !== "dense") assertEquals(work(read.ran), work(own.ran), what);
  }
});

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
