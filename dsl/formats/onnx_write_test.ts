import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { add, type Dtype, dtypes, elements, mul, network } from "neuralpower/dsl";
import { type ExecutedNode, nodeGraph, nodeModelInputs, onnxNodeModel } from "./onnx_node_model.ts";
import { onnxFile } from "./onnx_proto.ts";
import { heSpread, randomBytes } from "./onnx_weights.ts";
import { onnxChunks, onnxGraph, onnxModel } from "./onnx_write.ts";

/**
 * What the Python package onnx 1.19.0 writes for the network below, made with `onnx.helper` from the operators' documentation, opset 17,
 * IR version 8: attributes of all sorts, constants, shapes of two bytes.
 */
const byOnnx: Record<Dtype, string> = {
  float32:
    "CAgSC25ldXJhbHBvd2VyOqADCmoKBWlucHV0EgRwb29sGgRwb29sIgdNYXhQb29sKhAKCWNlaWxfbW9kZRgAoAECKhUKDGtlcm5lbF9zaGFwZUADQAKg" +
    "AQcqEQoEcGFkc0ABQABAAEABoAEHKhAKB3N0cmlkZXNAAkABoAEHClMKBHBvb2wSA2xybhoDbHJuIgNMUk4qDwoFYWxwaGEVF7fROKABASoOCgRiZXRhFQAA" +
    "QD+gAQEqDgoEYmlhcxUAAIA/oAEBKgsKBHNpemUYA6ABAgorCgNscm4KCGNsaXAvbWluCghjbGlwL21heBIEY2xpcBoEY2xpcCIEQ2xpcBIEdGlueSoSEAFC" +
    "CGNsaXAvbWluSgQAAAAAKhIQAUIIY2xpcC9tYXhKBAAAwEBaIAoFaW5wdXQSFwoVCAESEQoCCAEKAggDCgMIrAIKAggEYh8KBGNsaXASFwoVCAESEQoCCAEK" +
    "AggDCgMIlgEKAggEah8KBHBvb2wSFwoVCAESEQoCCAEKAggDCgMIlgEKAggEah4KA2xybhIXChUIARIRCgIIAQoCCAMKAwiWAQoCCARCBAoAEBE=",
  float16:
    "CAgSC25ldXJhbHBvd2VyOpwDCmoKBWlucHV0EgRwb29sGgRwb29sIgdNYXhQb29sKhAKCWNlaWxfbW9kZRgAoAECKhUKDGtlcm5lbF9zaGFwZUADQAKg" +
    "AQcqEQoEcGFkc0ABQABAAEABoAEHKhAKB3N0cmlkZXNAAkABoAEHClMKBHBvb2wSA2xybhoDbHJuIgNMUk4qDwoFYWxwaGEVF7fROKABASoOCgRiZXRhFQAA" +
    "QD+gAQEqDgoEYmlhcxUAAIA/oAEBKgsKBHNpemUYA6ABAgorCgNscm4KCGNsaXAvbWluCghjbGlwL21heBIEY2xpcBoEY2xpcCIEQ2xpcBIEdGlueSoQEApC" +
    "CGNsaXAvbWluSgIAACoQEApCCGNsaXAvbWF4SgIARlogCgVpbnB1dBIXChUIChIRCgIIAQoCCAMKAwisAgoCCARiHwoEY2xpcBIXChUIChIRCgIIAQoCCAMK" +
    "AwiWAQoCCARqHwoEcG9vbBIXChUIChIRCgIIAQoCCAMKAwiWAQoCCARqHgoDbHJuEhcKFQgKEhEKAggBCgIIAwoDCJYBCgIIBEIECgAQEQ==",
};

Deno.test("a network without weights: the bytes that ONNX's own package writes", () => {
  const tiny = network(
    "tiny",
    { image: [3, 300, 4] },
    (x) =>
      x.maxPool({ kernel: [3, 2], stride: [2, 1], pad: [1, 0, 0, 1], name: "pool" }).lrn({ size: 3, name: "lrn" })
        .relu6({ name: "clip" }),
  );
  for (const dtype of dtypes) {
    assertEquals(onnxModel(tiny.build({ dtype })), Uint8Array.from(atob(byOnnx[dtype]), (c) => c.charCodeAt(0)));
  }
});

const mixed = network("mixed", { image: [3, 8, 8], batch: 2 }, (x) => {
  const y = x.conv(8, { kernel: 3, pad: "same", bias: false, name: "c" }).batchNorm({ name: "bn" });
  return y.silu({ name: "s" }).dropout({ name: "drop" }).flatten({ name: "flat" }).dense(5, { name: "fc" });
});

Deno.test("nodes and tensors have the layers' names; dropout is left out", () => {
  const graph = onnxGraph(mixed.build());
  assertEquals(graph.nodes.map(({ name, op, inputs, outputs }) => [name, op, inputs[0], outputs]), [
    ["c", "Conv", "input", ["c"]],
    ["bn", "BatchNormalization", "c", ["bn"]],
    ["s/sigmoid", "Sigmoid", "bn", ["s/sigmoid"]],
    ["s", "Mul", "bn", ["s"]],
    ["flat", "Flatten", "s", ["flat"]],
    ["fc", "Gemm", "flat", ["fc"]],
  ]);
  assertEquals(graph.initializers.map(({ name, shape }) => [name, shape]), [
    ["c/weight", [8, 3, 3, 3]],
    ...["scale", "shift", "mean", "variance"].map((part) => [`bn/${part}`, [8]] as [string, number[]]),
    ["fc/weight", [5, 512]],
    ["fc/bias", [5]],
  ]);
  assertEquals(graph.outputs, [{ name: "fc", dtype: "float32", shape: [2, 5] }]);
});

Deno.test("a dropout that is given out is an identity", () => {
  const graph = onnxGraph(network("n", { vector: 4 }, (x) => x.tanh().dropout({ name: "out" })).build());
  assertEquals(graph.nodes.map(({ name, op }) => [name, op]), [["tanh1", "Tanh"], ["out", "Identity"]]);
  assertEquals(graph.outputs.map(({ name }) => name), ["out"]);
});

Deno.test("a layer may be named as another's weights would be", () => {
  const net = network("n", { vector: 4 }, (x) => add(x.dense(4, { name: "a" }), x.dense(4, { name: "a/weight" })))
    .build();
  const { nodes, initializers } = onnxGraph(net);
  const names = [...nodes.map(({ name }) => name), ...initializers.map(({ name }) => name)];
  assertEquals(new Set(names).size, names.length);
});

Deno.test("sums of three are chains of two", () => {
  const graph = onnxGraph(network("n", { vector: 4 }, (x) => mul(x, x.relu(), x.tanh())).build());
  assertEquals(graph.nodes.slice(2).map(({ name, inputs }) => [name, inputs]), [
    ["mul1/mul1", ["input", "relu1"]],
    ["mul1", ["mul1/mul1", "tanh1"]],
  ]);
});

Deno.test("chunks are the model, and as many bytes as were announced", () => {
  for (const dtype of dtypes) {
    // Weights of more than one block of 2¹⁸.
    const net = network("n", { vector: 700, dtype }, (x) => x.dense(1000).relu()).build();
    const chunks = [...onnxChunks(net)];
    assert(chunks.every((chunk) => chunk.byteLength <= 2 ** 20));
    const model = onnxModel(net);
    assertEquals(new Uint8Array(chunks.flatMap((chunk) => [...chunk])), model);
    assertEquals(onnxFile(onnxGraph(net)).byteLength, model.byteLength);
    assert(model.byteLength > 701_000 * (dtype === "float32" ? 4 : 2));
  }
});

Deno.test("the seed makes the weights", () => {
  const net = mixed.build();
  assertEquals(onnxModel(net, { seed: 3 }), onnxModel(net, { seed: 3 }));
  assertEquals(onnxModel(net), onnxModel(net, { seed: 1 }));
  assertNotEquals(onnxModel(net, { seed: 3 }), onnxModel(net, { seed: 4 }));
});

Deno.test("weights: variance 2 / fan-in, mean 0, unrelated from tensor to tensor and seed to seed", () => {
  const numbers = (seed: number, stream: string) => {
    const chunks = [...randomBytes(300_000, "float32", heSpread(50), seed, stream).chunks()];
    return chunks.flatMap((chunk) => [...new Float32Array(chunk.buffer as ArrayBuffer)]);
  };
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const a = numbers(1, "a");
  assertEquals(a.length, 300_000);
  assert(Math.abs(mean(a)) < 2e-3);
  assert(Math.abs(mean(a.map((x) => x * x)) / 0.04 - 1) < 0.01);
  assert(a.every((x) => x !== 0 && Math.abs(x) <= Math.sqrt(6 / 50)));
  for (const other of [numbers(2, "a"), numbers(1, "b")]) {
    assert(Math.abs(mean(a.map((x, i) => x * other[i])) / 0.04) < 0.01);
  }
  // Neighbours are unrelated too.
  assert(Math.abs(mean(a.slice(1).map((x, i) => x * a[i])) / 0.04) < 0.01);
});

Deno.test("more than 2 GiB are refused before a weight is made", () => {
  const huge = network("huge", { vector: 30_000 }, (x) => x.dense(30_000)).build();
  assertThrows(
    () => onnxModel(huge),
    RangeError,
    'An ONNX file holds at most 2147483647 bytes, and "huge" has 3600120000 bytes of weights; use float16',
  );
});

Deno.test("a response normalisation over an even number of channels is refused, which ONNX Runtime would not load", () => {
  const even = network("n", { image: [4, 6, 6] }, (x) => x.lrn({ size: 4 })).build();
  assertThrows(
    () => onnxModel(even),
    RangeError,
    'Layer "lrn1": ONNX takes odd sizes of a local response normalisation only, got 4; use another size',
  );
});

const image = network("n", { image: [4, 6, 6], batch: 3 }, (x) => mul(x.conv(4, { kernel: 1 }), x.globalMaxPool()))
  .build();
const [conv, , gate] = image.layers;
const node = (layer: ExecutedNode["layer"], more: Partial<ExecutedNode> = {}): ExecutedNode => ({
  layer,
  activation: null,
  fusedAdd: false,
  dtype: "float32",
  ...more,
});

Deno.test("node model: copies with weights of their own, the last one's shape as output", () => {
  const graph = nodeGraph(node(conv, { activation: "silu" }), { copies: 2 });
  assertEquals(graph.nodes.map(({ name, op }) => [name, op]), [
    ...["copy1", "copy2"].flatMap((copy) => [
      [copy, "Conv"],
      [`${copy}/silu/sigmoid`, "Sigmoid"],
      [`${copy}/silu`, "Mul"],
    ]),
    ["sink2", "Shape"],
  ]);
  assertEquals(graph.initializers.map(({ name }) => name), [
    "copy1/weight",
    "copy1/bias",
    "copy2/weight",
    "copy2/bias",
  ]);
  const [first, , second] = graph.initializers.map(({ data }) => [...data.chunks()][0]);
  assertNotEquals(first, second);
  // The batch is left open, so that shapes cannot be computed beforehand.
  assertEquals(graph.inputs, [{ name: "input", dtype: "float32", shape: ["batch", 4, 6, 6] }]);
  assertEquals(graph.outputs.map(({ name, dtype }) => [name, dtype]), [["sink2", "int64"]]);
});

Deno.test("node model: inputs to feed", () => {
  assertEquals(nodeModelInputs(node(gate), { copies: 2 }), [
    { name: "input", dtype: "float32", shape: [3, 4, 6, 6] },
    { name: "input_2", dtype: "float32", shape: [3, 4, 1, 1] },
  ]);
  assertEquals(nodeModelInputs(node(gate), { copies: 2, ownInputs: true }).map(({ name }) => name), [
    ...["input_copy1", "input_2_copy1", "input_copy2", "input_2_copy2"],
  ]);
  const spoiled = nodeModelInputs(node(conv, { fusedAdd: true, dtype: "float16" }), { spoilerMiB: 16 });
  assertEquals(spoiled, [
    { name: "input", dtype: "float16", shape: [3, 4, 6, 6] },
    { name: "added_copy1", dtype: "float16", shape: [3, 4, 6, 6] },
    { name: "spoiler", dtype: "float32", shape: [2 ** 22] },
  ]);
});

/** Shapes of a node's inputs, told from the sizes that a table has. */
const inputs = (
  layer: Pick<ExecutedNode["layer"], "kind" | "op"> & { axis?: number },
  first: number[],
  all: number,
  output: number[],
) =>
  nodeModelInputs(node({ ...layer, inputShape: first, inElements: all, outputShape: output } as ExecutedNode["layer"]))
    .map(({ shape }) => shape);

Deno.test("node model: other inputs are told from sizes", () => {
  const [sum, dense] = [{ kind: "elementwise", op: "add" }, { kind: "dense", op: "dense" }] as const;
  const full = [2, 8, 5, 5];
  assertEquals(inputs(sum, full, 2 * elements(full), full), [full, full]);
  assertEquals(inputs(sum, full, 3 * elements(full), full), [full, full, full]);
  assertEquals(inputs(sum, full, elements(full) + 16, full), [full, [2, 8, 1, 1]]);
  assertEquals(inputs(sum, full, elements(full) + 50, full), [full, [2, 1, 5, 5]]);
  assertEquals(inputs(sum, full, elements(full) + 8, full), [full, [1, 8, 1, 1]]);
  assertEquals(inputs(sum, [2, 8, 1, 1], elements(full) + 16, full), [[2, 8, 1, 1], full]);
  assertEquals(inputs({ kind: "move", op: "concat", axis: 1 }, full, 600, [2, 12, 5, 5]), [full, [2, 4, 5, 5]]);
  assertEquals(inputs(dense, full, 400, [2, 10]), [[2, 200]]);
  assertEquals(inputs(dense, [2, 8, 5, 1], 80, [2, 5, 10]), [[2, 5, 8]]);
  assertThrows(
    () => inputs(sum, full, elements(full) + 7, full),
    RangeError,
    "The inputs of add cannot be told from their sizes: the first is [2, 8, 5, 5] and the output [2, 8, 5, 5], and no other shape of " +
      "7 elements gives it; correct in_elements, which counts all inputs",
  );
});

Deno.test("node model: a fused sum adds what the copy before gave out; with spoilers each adds its own", () => {
  const fused = node(conv, { fusedAdd: true, activation: "relu" });
  const sums = (spoilerMiB: number) =>
    nodeGraph(fused, { copies: 3, spoilerMiB }).nodes.filter(({ op }) => op === "Add").map(({ inputs }) => inputs);
  assertEquals(sums(0), [["copy1", "added1"], ["copy2", "copy1/relu"], ["copy3", "copy2/relu"]]);
  assertEquals(sums(1), [["copy1", "added1"], ["copy2", "added2"], ["copy3", "added3"]]);
  assertEquals(nodeGraph(fused, { copies: 3 }).outputs.map(({ name }) => name), ["sink3"]);
  assertEquals(nodeGraph(fused, { copies: 3, sink: "none" }).outputs.map(({ name }) => name), ["copy3/relu"]);
});

Deno.test("node model: what is refused", () => {
  const refused = (it: ExecutedNode, options: Parameters<typeof onnxNodeModel>[1], message: string) =>
    assertThrows(() => onnxNodeModel(it, options), RangeError, message);
  refused(node({ ...conv, kind: "view", op: "dropout" } as ExecutedNode["layer"]), {}, "A view (dropout) runs nothing");
  refused(node(conv, { pass: "training" }), {}, 'got a node of the pass "training"; plan it as forward');
  refused(node(conv), { copies: 0 }, "copies must be a whole number of at least 1, got 0");
  refused(node(conv), { spoilerMiB: 0.5 }, "spoilerMiB must be a whole number of at least 0, got 0.5");
  const [dense] = network("n", { vector: 4 }, (x) => x.dense(3)).build().layers;
  refused(node(dense), { sink: "maxpool" }, 'The sink "maxpool" takes images, and the node gives [1, 3]; use "shape"');
});
