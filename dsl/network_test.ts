import { assert, assertEquals, assertStringIncludes } from "@std/assert";
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
  type PoolOptions,
  ShapeError,
  type Value,
} from "./mod.ts";

/** The whole text of the error of class `type` that `run` must throw. */
function refusal(type: typeof ShapeError | typeof NetworkError, run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!(error instanceof type)) throw error;
    return error.message;
  }
  throw new Error("nothing was refused");
}

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
  const refused = (input: unknown, describe: (x: ImageValue) => ImageValue = (x) => x.relu()) => {
    try {
      network("n", input as { image: [number, number, number] }, describe).build();
    } catch (error) {
      return (error as Error).message;
    }
  };
  const image = [3, 8, 8], described = (describe: (x: ImageValue) => ImageValue) => refused({ image }, describe);
  assertEquals(
    refused({ image, bacth: 4 }),
    'Unknown option "bacth" of network; it has image, tokens, vector, batch, dtype',
  );
  assertEquals(refused({ batch: 4 }), 'Network "n" takes one of image, tokens, vector, got none');
  assertEquals(refused({ image, vector: 4 }), 'Network "n" takes one of image, tokens, vector, got image and vector');
  assertEquals(refused({ image: [3, 8] }), 'Layer "input": image must be 3 numbers, got [3, 8]');
  const three = [3, 3, 3] as unknown as [number, number];
  assertStringIncludes(described((x) => x.conv(8, { kernel: three }))!, "kernel must be 2 numbers, got [3, 3, 3]");
  assertStringIncludes(described((x) => x.adaptiveAveragePool(three))!, "output size must be 2 numbers");
  assertStringIncludes(
    described((x) => x.conv(8, { kernel: 3, bias: "no" as unknown as boolean }))!,
    "bias must be true or false, got no",
  );
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
    'Network "net": dtype must be one of float32, float16, got float64',
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

/** Numbers in [0, 1) that are the same each time (Park and Miller's generator). */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = state * 48271 % 2147483647) / 2147483647;
}

Deno.test("2000 random chains of valid layers build, with outputs of at least a pixel", () => {
  const next = random(1);
  const upTo = (limit: number) => 1 + Math.floor(next() * limit);
  const step = (x: ImageValue): ImageValue => {
    const [, channels, height, width] = x.shape;
    const stride: [number, number] = [upTo(3), upTo(3)];
    if (next() < 0.5) {
      // Padding below the kernel, as for pools; then the kernel fits whatever the image.
      const kernel: [number, number] = [upTo(Math.min(5, height)), upTo(Math.min(5, width))];
      const same = next() < 0.3;
      const pad = same
        ? "same"
        : [0, 1, 2, 3].map((side) => upTo(kernel[side % 2]) - 1) as [number, number, number, number];
      const options: PoolOptions = { kernel, stride, pad, ceilMode: next() < 0.5 };
      return next() < 0.5 ? x.maxPool(options) : x.averagePool(options);
    }
    const pad = upTo(4) - 1;
    const dilation = upTo(3);
    const fitting = (size: number) => upTo(Math.min(7, Math.floor((size + 2 * pad - 1) / dilation) + 1));
    const divisors = [1, 2, 3, 4, channels].filter((groups) => channels % groups === 0);
    const groups = divisors[upTo(divisors.length) - 1];
    return x.conv(groups * upTo(4), {
      kernel: [fitting(height), fitting(width)],
      stride,
      pad: next() < 0.3 ? "same" : pad,
      dilation,
      groups,
      bias: next() < 0.5,
    });
  };
  for (let i = 0; i < 2000; i++) {
    const image = [upTo(8), upTo(40), upTo(40)] as const;
    const length = upTo(8);
    const net = network(`net${i}`, { image, batch: upTo(4) }, (x) => {
      let y = x;
      for (let n = 0; n < length; n++) y = step(y);
      return y;
    }).build();
    assertEquals(net.layers.length, length);
    for (const { outputShape } of net.layers) {
      assert(outputShape.length === 4 && outputShape.every((size) => Number.isSafeInteger(size) && size >= 1));
    }
  }
});

Deno.test("2000 random layers with one wrong option give a ShapeError that names them", () => {
  const next = random(2);
  const pick = <T>(values: readonly T[]) => values[Math.floor(next() * values.length)];
  const wrongSizes = [0, -1, 1.5, NaN, Infinity, [3, 0], [-2, 3], [3, 2.5]] as const;
  for (let i = 0; i < 2000; i++) {
    const side = 1 + Math.floor(next() * 20);
    const name = "wrong";
    const pad = pick([0, 1, "same", "valid"] as const);
    const conv: ConvOptions = { kernel: 1, pad, name };
    const size = pick(wrongSizes) as number;
    const convs: readonly [channels: number, options: ConvOptions][] = [
      [8, { ...conv, kernel: size }],
      [8, { ...conv, kernel: side + 3, pad: 1 }],
      [8, { ...conv, kernel: 2, pad: 0, dilation: side }],
      [8, { ...conv, stride: size }],
      [8, { ...conv, dilation: size }],
      [8, { ...conv, pad: pick([-1, 0.5, NaN, [0, -1], [0, 0, 1.5, 0]] as const) as number }],
      [8, { ...conv, groups: pick([0, -6, 1.5, 4, 5, 12]) }],
      [8, { ...conv, groups: 3 }],
      [pick([0, -8, 2.5, NaN]), conv],
    ];
    const pools: readonly PoolOptions[] = [
      { kernel: size, stride: 1, pad, name },
      { kernel: 1, stride: size, pad, name },
      { kernel: 2, pad: pick([2, 3, [0, 2], [0, 0, 2, 0]] as const) as number, name },
      { kernel: side + 1, stride: 1, ceilMode: next() < 0.5, name },
    ];
    const net = network("net", { image: [6, side, side] }, (x) => {
      if (next() < 0.6) return x.conv(...pick(convs));
      return next() < 0.5 ? x.maxPool(pick(pools)) : x.averagePool(pick(pools));
    });
    assert(refusal(ShapeError, () => net.build()).startsWith('Layer "wrong": '));
  }
});
