import { assert, assertEquals } from "@std/assert";
import { type ConvOptions, type ImageValue, network, type NetworkError, type PoolOptions, ShapeError } from "./mod.ts";
import { refused } from "./testing/refusal.ts";

/** The whole text of the error of class `type` that `run` must throw. */
const refusal = (type: typeof ShapeError | typeof NetworkError, run: () => unknown) =>
  refused<Error>([type], run).message;

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
