import { assertEquals } from "@std/assert";
import { add, concat, type ImageValue, network, parameter, type Value } from "neuralpower/dsl";
import resnet50 from "../nets/resnet50.np.ts";
import type { Node } from "./node.ts";
import { plan, type PlannedLayer, type PlanOptions } from "./plan.ts";
import { findRuntime, type Runtime, unfused } from "./runtimes.ts";

const [tf1, pytorch, tensorrt] = ["tf1", "pytorch", "tensorrt"].map((name) => findRuntime(name)!);

function planImage(
  describe: (x: ImageValue) => Value | readonly Value[],
  runtime: Runtime,
  options: PlanOptions = {},
): PlannedLayer[] {
  return plan(network("small", { image: [8, 16, 16], batch: 4 }, describe).build(), runtime, options);
}

/** Each layer in one word: `conv1` has a node, `relu1>conv1` runs in conv1's, `flatten1=` runs nothing. */
function words(planned: readonly PlannedLayer[]): string {
  return planned.map(({ layer, node, fusedInto }) =>
    node !== null ? layer.name : fusedInto !== null ? `${layer.name}>${fusedInto}` : `${layer.name}=`
  ).join(" ");
}

function nodeOf(planned: readonly PlannedLayer[], name: string): Node {
  return planned.find(({ layer }) => layer.name === name)!.node!;
}

const convNormRelu = (x: ImageValue) => x.conv(8, { kernel: 3, pad: 1, bias: false }).batchNorm().relu();

Deno.test("conv, batch norm and relu: one node on TensorRT, three elsewhere", () => {
  assertEquals(words(planImage(convNormRelu, tensorrt)), "conv1 batch_norm1>conv1 relu1>conv1");
  for (const runtime of [tf1, pytorch, unfused]) {
    assertEquals(words(planImage(convNormRelu, runtime)), "conv1 batch_norm1 relu1");
  }
});

Deno.test("a folded batch norm gives the node a bias and leaves the layer as it was", () => {
  const [{ layer, node }] = planImage(convNormRelu, tensorrt);
  assertEquals(layer.kind === "conv" && layer.bias, false);
  assertEquals(node, {
    layer: { ...layer, bias: true } as Node["layer"],
    activation: "relu",
    fusedAdd: false,
    dtype: "float32",
    pass: "forward",
    optimizer: null,
  });
});

Deno.test("a batch norm is not folded while training, and then the relu after it is not fused either", () => {
  for (const runtime of [tf1, pytorch, tensorrt, unfused]) {
    const planned = planImage(convNormRelu, runtime, { pass: "training" });
    assertEquals(words(planned), "conv1 batch_norm1 relu1");
    assertEquals(planned.map(({ node }) => node?.optimizer), ["sgd", "sgd", "sgd"]);
  }
  assertEquals(words(planImage(convNormRelu, tensorrt, { pass: "backward" })), "conv1 batch_norm1 relu1");
});

Deno.test("only a training pass has an optimizer", () => {
  const [{ node }] = planImage(convNormRelu, tf1, { pass: "training", optimizer: "adam" });
  assertEquals([node?.pass, node?.optimizer], ["training", "adam"]);
  const [{ node: forward }] = planImage(convNormRelu, tf1, { optimizer: "adam" });
  assertEquals([forward?.pass, forward?.optimizer], ["forward", null]);
});

Deno.test("tf1 fuses relu, sigmoid and tanh; relu6 and silu stay nodes there and are fused on TensorRT", () => {
  for (const activation of ["relu", "sigmoid", "tanh", "relu6", "silu"] as const) {
    const one = (x: ImageValue) => x.conv(8, { kernel: 1, activation, name: "c" });
    const fused = `c c_${activation}>c`, apart = `c c_${activation}`, stays = ["relu6", "silu"].includes(activation);
    assertEquals(words(planImage(one, tf1)), stays ? apart : fused);
    assertEquals(nodeOf(planImage(one, tf1), "c").activation, stays ? null : activation);
    assertEquals(words(planImage(one, tensorrt)), fused);
    assertEquals(nodeOf(planImage(one, tensorrt), "c").activation, activation);
    for (const runtime of [pytorch, unfused]) assertEquals(words(planImage(one, runtime)), apart);
  }
});

Deno.test("a residual sum runs within the convolution that makes its first input, with the activation after it", () => {
  const residual = (x: ImageValue) => {
    const a = x.conv(8, { kernel: 3, pad: 1, name: "a" });
    const b = x.conv(8, { kernel: 1, name: "b" }).batchNorm({ name: "n" });
    return add(a, b).relu();
  };
  const planned = planImage(residual, tensorrt);
  assertEquals(words(planned), "a b n>b add1>a relu1>a");
  assertEquals([nodeOf(planned, "a").fusedAdd, nodeOf(planned, "b").fusedAdd], [true, false]);
  assertEquals(nodeOf(planned, "a").activation, "relu");
  for (const runtime of [tf1, pytorch, unfused]) assertEquals(words(planImage(residual, runtime)), "a b n add1 relu1");
});

Deno.test("a sum with the network's input is fused", () => {
  assertEquals(words(planImage((x) => add(x.conv(8, { kernel: 1, name: "a" }), x), tensorrt)), "a add1>a");
});

Deno.test("nothing is fused into a convolution that others read too, or that the network gives out", () => {
  const readTwice = (x: ImageValue) => {
    const a = x.conv(8, { kernel: 1, name: "a" });
    return concat(a.relu(), a);
  };
  assertEquals(words(planImage(readTwice, tensorrt)), "a relu1 concat1");
  const readTwiceBySum = (x: ImageValue) => {
    const a = x.conv(8, { kernel: 1, name: "a" });
    return add(a, a);
  };
  assertEquals(words(planImage(readTwiceBySum, tensorrt)), "a add1");
  const givenOut = (x: ImageValue) => {
    const a = x.conv(8, { kernel: 1, name: "a" });
    return [a, add(x, a)];
  };
  assertEquals(words(planImage(givenOut, tensorrt)), "a add1");
});

Deno.test("a sum that others read too is fused, but not the activation after it", () => {
  const planned = planImage((x) => {
    const y = add(x, x.conv(8, { kernel: 1, name: "a" }));
    return concat(y, y.relu());
  }, tensorrt);
  assertEquals(words(planned), "a add1>a relu1 concat1");
  assertEquals(nodeOf(planned, "a").activation, null);
});

Deno.test("a sum that broadcasts, or of three, stays a node", () => {
  const gate = (x: ImageValue) => add(x.conv(1, { kernel: 1, name: "gate" }), x.conv(8, { kernel: 1, name: "a" }));
  assertEquals(words(planImage(gate, tensorrt)), "gate a add1");
  const three = (x: ImageValue) => add(x, x.conv(8, { kernel: 1, name: "a" }), x.conv(8, { kernel: 1, name: "b" }));
  assertEquals(words(planImage(three, tensorrt)), "a b add1");
  const broadcastInput = network(
    "broadcast",
    { image: [1, 16, 16] },
    (x) => add(x, x.conv(8, { kernel: 1, name: "a" })),
  );
  assertEquals(words(plan(broadcastInput.build(), tensorrt)), "a add1");
});

Deno.test("a dense layer fuses its activation, but no sum", () => {
  const net = network("dense", { vector: 32, batch: 2 }, (x) => add(x, x.dense(32, { name: "d" })).relu()).build();
  assertEquals(words(plan(net, tensorrt)), "d add1 relu1");
  const tanh = network("dense", { vector: 32 }, (x) => x.dense(8, { activation: "tanh", name: "d" })).build();
  assertEquals(words(plan(tanh, tf1)), "d d_tanh>d");
  assertEquals(nodeOf(plan(tanh, tf1), "d").activation, "tanh");
  assertEquals(words(plan(tanh, pytorch)), "d d_tanh");
});

Deno.test("views run nothing, and a dense layer keeps the image's shape from before flatten, through dropout", () => {
  const planned = planImage(
    (x) => x.dropout().flatten().dropout().dense(10, { name: "d" }).dense(5, { name: "e" }),
    tf1,
  );
  assertEquals(words(planned), "dropout1= flatten1= dropout2= d e");
  assertEquals(nodeOf(planned, "d").layer.inputShape, [4, 8, 16, 16]);
  assertEquals(nodeOf(planned, "e").layer.inputShape, [4, 10]);
  assertEquals(planned[3].layer.inputShape, [4, 2048]);
});

Deno.test("what is made of learned numbers alone runs nothing, however many layers make it", () => {
  const planned = plan(
    network("small", { image: [8, 4, 4] }, (x) => add(x, parameter(x, [1, 8, 1, 1]).relu().expand([1, 8, 4, 4]).tanh()))
      .build(),
    unfused,
  );
  assertEquals(words(planned), "parameter1= relu1= expand1= tanh1= add1");
});

Deno.test("a dense layer after flattened tokens keeps their length and width", () => {
  const net = network("tokens", { tokens: [7, 12], batch: 3 }, (x) => x.flatten().dense(5, { name: "d" })).build();
  assertEquals(nodeOf(plan(net, tf1), "d").layer.inputShape, [3, 7, 12]);
});

Deno.test("resnet50: TensorRT runs 53 convolutions with all else fused, the others every layer but flatten", () => {
  const count = (runtime: Runtime, options?: PlanOptions) => {
    const planned = plan(resnet50.build(), runtime, options);
    const kinds = Map.groupBy(planned.flatMap(({ node }) => node ?? []), ({ layer }) => layer.kind);
    return Object.fromEntries([...kinds].map(([kind, nodes]) => [kind, nodes.length]));
  };
  // 1 + 16 blocks · 3 + 4 downsamples convolutions and norms; 1 + 16 · 3 relus and 16 sums are elementwise; max and global pool.
  const all = { conv: 53, norm: 53, elementwise: 49 + 16, pool: 2, dense: 1 };
  for (const runtime of [tf1, pytorch, unfused]) assertEquals(count(runtime), all);
  assertEquals(count(tensorrt), { conv: 53, pool: 2, dense: 1 });
  for (const runtime of [tf1, pytorch, tensorrt, unfused]) assertEquals(count(runtime, { pass: "training" }), all);
  const planned = plan(resnet50.build(), tensorrt);
  assertEquals(planned.filter(({ node }) => node?.fusedAdd).length, 16);
  assertEquals(planned.filter(({ node }) => node?.activation === "relu").length, 49);
});
