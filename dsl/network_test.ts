import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  activations,
  add,
  concat,
  type ConvOptions,
  type Dtype,
  type ImageValue,
  mul,
  type Network,
  network,
  networkCost,
  NetworkError,
  ShapeError,
  type Value,
} from "./mod.ts";
import { refused } from "./testing/refusal.ts";

/** The whole text of the error of class `type` that `run` must throw. */
const refusal = (type: typeof ShapeError | typeof NetworkError, run: () => unknown) =>
  refused<Error>([type], run).message;

const names = ({ layers }: Network) => layers.map((layer) => layer.name);

Deno.test("automatic names count each sort of layer", () => {
  const net = network("net", { image: [3, 32, 32] }, (x) => {
    const y = x.conv(8, { kernel: 3 }).batchNorm().relu().maxPool({ kernel: 2 }).conv(8, { kernel: 3, pad: 1 }).lrn();
    const z = concat(add(y, y.conv(8, { kernel: 1 })), mul(y, y.globalAveragePool().sigmoid()));
    return z.averagePool({ kernel: 2 }).globalMaxPool().flatten().dropout().dense(10).softmax();
  });
  assertEquals(names(net.build()), [
    "conv1",
    "batch_norm1",
    "relu1",
    "max_pool1",
    "conv2",
    "lrn1",
    "conv3",
    "add1",
    "global_average_pool1",
    "sigmoid1",
    "mul1",
    "concat1",
    "average_pool1",
    "global_max_pool1",
    "flatten1",
    "dropout1",
    "dense1",
    "softmax1",
  ]);
});

Deno.test("a given name takes no count", () => {
  const net = network("net", { vector: 8 }, (x) => x.dense(8).dense(8, { name: "middle" }).dense(8));
  assertEquals(names(net.build()), ["dense1", "middle", "dense2"]);
});

Deno.test("layers know their inputs and sizes", () => {
  const net = network("net", { image: [3, 8, 8], batch: 2 }, (x) => {
    const a = x.conv(4, { kernel: 3, pad: "same", stride: 2, name: "a" });
    return add(a, a.globalAveragePool({ name: "mean" }));
  });
  const { layers, inputShape, outputs, batch, dtype, name } = net.build();
  assertEquals({ inputShape, outputs, batch, dtype, name }, {
    inputShape: [2, 3, 8, 8],
    outputs: ["add1"],
    batch: 2,
    dtype: "float32",
    name: "net",
  });
  assertEquals(layers[0], {
    kind: "conv",
    op: "conv",
    outChannels: 4,
    kernel: [3, 3],
    stride: [2, 2],
    pad: [0, 0, 1, 1],
    dilation: [1, 1],
    groups: 1,
    bias: true,
    name: "a",
    inputs: ["input"],
    inputShape: [2, 3, 8, 8],
    inElements: 384,
    outputShape: [2, 4, 4, 4],
  });
  assertEquals(layers[2].inputs, ["a", "mean"]);
  assertEquals(layers[2].inElements, 128 + 8);
});

Deno.test("padding: one number, two, four, same and valid", () => {
  const padded = (pad: ConvOptions["pad"]) => {
    const net = network("net", { image: [3, 9, 9] }, (x) => x.conv(4, { kernel: [3, 5], pad })).build();
    const [layer] = net.layers;
    return layer.kind === "conv" && layer.pad;
  };
  assertEquals(padded(undefined), [0, 0, 0, 0]);
  assertEquals(padded("valid"), [0, 0, 0, 0]);
  assertEquals(padded("same"), [1, 2, 1, 2]);
  assertEquals(padded(2), [2, 2, 2, 2]);
  assertEquals(padded([1, 2]), [1, 2, 1, 2]);
  assertEquals(padded([1, 2, 3, 4]), [1, 2, 3, 4]);
});

Deno.test("a transposed convolution with padding same has size · stride outputs, also where its kernel reaches less far", () => {
  for (const [kernel, stride] of [[3, 2], [4, 2], [1, 2], [2, 3], [3, 1]]) {
    const { layers } = network("n", { image: [4, 8, 6] }, (x) => x.deconv(2, { kernel, stride, pad: "same" })).build();
    assertEquals(layers[0].outputShape, [1, 2, 8 * stride, 6 * stride], `kernel ${kernel}, stride ${stride}`);
  }
});

Deno.test("what is no network's option, or of another length or sort than it should be, is refused and named", () => {
  const image = [3, 8, 8];
  const given = (input: unknown, describe: (x: ImageValue) => ImageValue = (x) => x.relu()) => () =>
    network("n", input as { image: [number, number, number] }, describe).build();
  assertEquals(
    refusal(NetworkError, given({ image, bacth: 4 })),
    'Unknown option "bacth" of network; it has image, tokens, vector, batch, dtype',
  );
  const oneOf = 'Network "n" takes one of image, tokens, vector, got';
  assertEquals(refusal(NetworkError, given({ batch: 4 })), `${oneOf} none`);
  assertEquals(refusal(NetworkError, given({ image, vector: 4 })), `${oneOf} image and vector`);
  assertEquals(refusal(ShapeError, given({ image: [3, 8] })), 'Layer "input": image must be 3 numbers, got [3, 8]');
  const three = [3, 3, 3] as unknown as [number, number];
  for (
    const [describe, message] of [
      [(x: ImageValue) => x.conv(8, { kernel: three }), "kernel must be 2 numbers, got [3, 3, 3]"],
      [(x: ImageValue) => x.adaptiveAveragePool(three), "output size must be 2 numbers, got [3, 3, 3]"],
      [(x: ImageValue) => x.conv(8, { kernel: 3, bias: "no" as never }), 'bias must be true or false, got "no"'],
    ] as const
  ) assertStringIncludes(refusal(ShapeError, given({ image }, describe)), message);
});

Deno.test("an activation is a layer of its own, named after the layer before", () => {
  for (const activation of activations) {
    const net = network(
      "net",
      { image: [3, 8, 8] },
      (x) => x.conv(4, { kernel: 1, activation }).flatten().dense(4, { activation, name: "fc" }),
    ).build();
    assertEquals(names(net), ["conv1", `conv1_${activation}`, "flatten1", "fc", `fc_${activation}`]);
    assertEquals(net.layers[1].op, activation);
    assertEquals(net.layers[1].inputs, ["conv1"]);
    assertEquals(net.outputs, [`fc_${activation}`]);
  }
});

Deno.test("tokens: dense works on each, flatten joins them", () => {
  const net = network("net", { tokens: [16, 32] }, (x) => x.dense(8).flatten().dense(4)).build({ batch: 2 });
  assertEquals(net.layers.map((layer) => layer.outputShape), [[2, 16, 8], [2, 128], [2, 4]]);
});

Deno.test("two outputs", () => {
  const net = network("net", { image: [3, 8, 8] }, (x) => {
    const trunk = x.conv(4, { kernel: 3, name: "trunk" });
    return [trunk.conv(2, { kernel: 1, name: "head_a" }), trunk.conv(3, { kernel: 1, name: "head_b" })];
  });
  assertEquals(net.build().outputs, ["head_a", "head_b"]);
});

Deno.test("built again: batch, image and number format replace the defaults", () => {
  const net = network("net", { image: [3, 32, 32], batch: 128, dtype: "float16" }, (x) => x.conv(4, { kernel: 3 }));
  assertEquals(net.build().inputShape, [128, 3, 32, 32]);
  assertEquals(net.build().dtype, "float16");
  const other = net.build({ batch: 2, image: [16, 24], dtype: "float32" });
  assertEquals([other.batch, other.dtype], [2, "float32"]);
  assertEquals(other.layers[0].outputShape, [2, 4, 14, 22]);
  assertEquals(net.build({ image: 64 }).inputShape, [128, 3, 64, 64]);
  // Two builds share nothing: names are counted anew.
  assertEquals(net.build(), net.build());
  assertEquals(networkCost(net.build({ batch: 6 })).macs, 3 * networkCost(net.build({ batch: 2 })).macs);
});

Deno.test("two layers of one name", () => {
  const twice = network("net", { vector: 8 }, (x) => x.dense(8, { name: "fc" }).dense(4, { name: "fc" }));
  assertEquals(
    refusal(NetworkError, () => twice.build()),
    'Network "net": two layers are named "fc"; give one of them another name',
  );
  const input = network("net", { vector: 8 }, (x) => x.dense(8, { name: "input" }));
  assertEquals(
    refusal(NetworkError, () => input.build()),
    'Network "net": two layers are named "input"; give one of them another name',
  );
});

Deno.test("a layer that nothing uses", () => {
  const net = network("net", { vector: 8 }, (x) => {
    x.dense(4, { name: "forgotten" });
    return x.dense(2);
  });
  assertEquals(
    refusal(NetworkError, () => net.build()),
    'Network "net": layer "forgotten" is not used; return it as an output or remove it',
  );
});

Deno.test("no layers", () => {
  const net = network("net", { vector: 8 }, (x) => x);
  assertEquals(refusal(NetworkError, () => net.build()), 'Network "net": it has no layers');
});

Deno.test("a value of another build", () => {
  let kept: ImageValue | undefined;
  const mixed = network("net", { image: [3, 8, 8] }, (x) => {
    const y = x.conv(4, { kernel: 1 });
    kept ??= y;
    return add(y, kept);
  });
  mixed.build();
  assertEquals(
    refusal(NetworkError, () => mixed.build()),
    'Layer "add1": its inputs must be values of the same network and the same build',
  );
  const returned = network("net", { image: [3, 8, 8] }, (x) => kept ?? x);
  assertEquals(
    refusal(NetworkError, () => returned.build()),
    'Network "net": its function must return the output value, or an array of them',
  );
});

Deno.test("a function that returns something else than values", () => {
  const none = [undefined, null, 3, [], [undefined], Promise.resolve()] as unknown[] as Value[];
  for (const nothing of none) {
    const net = network("net", { vector: 8 }, () => nothing);
    assertEquals(
      refusal(NetworkError, () => net.build()),
      'Network "net": its function must return the output value, or an array of them',
    );
  }
});

Deno.test("wrong batch, sizes and number format", () => {
  const net = network("net", { image: [3, 8, 8] }, (x) => x.conv(4, { kernel: 1 }));
  const whole = "must be a whole number of at least 1, got";
  assertEquals(refusal(ShapeError, () => net.build({ batch: 0 })), `Layer "input": batch ${whole} 0`);
  assertEquals(refusal(ShapeError, () => net.build({ batch: 1.5 })), `Layer "input": batch ${whole} 1.5`);
  assertEquals(refusal(ShapeError, () => net.build({ image: 0 })), `Layer "input": height ${whole} 0`);
  assertEquals(refusal(ShapeError, () => net.build({ image: [8, 7.5] })), `Layer "input": width ${whole} 7.5`);
  assertEquals(
    refusal(NetworkError, () => net.build({ dtype: "float64" as Dtype })),
    'Network "net": dtype must be one of float32, float16, got "float64"',
  );
  const describe = (x: Value) => x.relu();
  assertEquals(
    refusal(ShapeError, () => network("net", { image: [0.5, 8, 8] }, describe).build()),
    `Layer "input": channels ${whole} 0.5`,
  );
  assertEquals(
    refusal(ShapeError, () => network("net", { vector: -1 }, describe).build()),
    `Layer "input": width ${whole} -1`,
  );
  assertEquals(
    refusal(ShapeError, () => network("net", { tokens: [0, 8] }, describe).build()),
    `Layer "input": length ${whole} 0`,
  );
});

Deno.test("an image size for a network that takes none", () => {
  const net = network("net", { vector: 8 }, (x) => x.dense(4));
  assertEquals(
    refusal(ShapeError, () => net.build({ image: 64 })),
    'Layer "input": the network takes no image, so it has no image size 64',
  );
});

Deno.test("a size that does not fit names the layer", () => {
  const net = network("net", { image: [3, 8, 8] }, (x) => x.conv(4, { kernel: 3 }).maxPool({ kernel: 3, name: "p" }));
  assertEquals(net.build().layers[1].outputShape, [1, 4, 2, 2]);
  assertEquals(
    refusal(ShapeError, () => net.build({ image: 4 })),
    'Layer "p": a window of 3×3 does not fit an image of 2×2 with padding [0, 0, 0, 0]',
  );
});
