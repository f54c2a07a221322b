import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { add, type Dtype, type ImageValue, network, type Value } from "neuralpower/dsl";
import { type Node, optimizers } from "../node.ts";
import { plan, type PlanOptions } from "../plan.ts";
import { findRuntime, unfused } from "../runtimes.ts";
import { analytical, idlePowerW } from "./analytical.ts";
import { findSpecification } from "./specifications.ts";

const [v100, m60] = ["v100", "m60"].map((name) => findSpecification(name)!);

function imageNode(describe: (x: ImageValue) => Value, options: PlanOptions & { dtype?: Dtype } = {}): Node {
  const net = network("one", { image: [3, 8, 8], batch: 2 }, describe).build({ dtype: options.dtype });
  return plan(net, unfused, options).at(-1)!.node!;
}

// 2 · 4 · 8 · 8 outputs of 27 products: 13,824 multiply-adds, 512 biases added; 4 · 27 + 4 = 112 parameters.
const conv = (x: ImageValue) => x.conv(4, { kernel: 3, pad: 1 });
const convFlops = 2 * 13_824 + 512;
// (384 in + 112 parameters + 512 out) · 4 bytes, and 2 · 3 · (10 · 10 − 8 · 8) padded pixels · 4
const convBytes = 4_032 + 864;
/** Milliseconds of the V100: 15.7 TFLOP/s at 62 %, 900 GB/s. */
const computeMs = (flops: number, tflops = 15.7) => flops / (tflops * 1e12 * 0.62) * 1e3;
const memoryMs = (bytes: number) => bytes / 900e9 * 1e3;

function assertClose(actual: number, expected: number): void {
  assertAlmostEquals(actual / expected, 1, 1e-12, `${actual} is not ${expected}`);
}

Deno.test("V100, a dense layer 4096 → 4096 on 64 vectors: 0.005 + 0.2206 + 0.0769 ms", () => {
  const net = network("one", { vector: 4096, batch: 64 }, (x) => x.dense(4096)).build();
  const { runtimeMs, powerW } = analytical(plan(net, unfused)[0].node!, v100);
  // 64 · 4096² multiply-adds and 64 · 4096 biases; 64 · 4096 in, 4096 · 4097 parameters, 64 · 4096 out, 4 bytes each
  assertClose(runtimeMs, 0.005 + computeMs(2 * 1_073_741_824 + 262_144) + memoryMs(69_222_400));
  assertAlmostEquals(runtimeMs, 0.005 + 0.2206 + 0.0769, 1e-4);
  // It is busy for all but the launch: 44 W idle, 300 W at most.
  assertClose(powerW, 44 + 256 * (1 - 0.005 / runtimeMs));
});

Deno.test("V100, a padded convolution: its padding is read along", () => {
  const { runtimeMs, powerW } = analytical(imageNode(conv), v100);
  assertClose(runtimeMs, 0.005 + computeMs(convFlops) + memoryMs(convBytes));
  assertClose(powerW, 44 + 256 * (computeMs(convFlops) + memoryMs(convBytes)) / runtimeMs);
  const unpadded = analytical(imageNode((x) => x.conv(4, { kernel: 1 })), v100).runtimeMs;
  // 512 outputs of 3 products and a bias; 384 in, 16 parameters, 512 out
  assertClose(unpadded, 0.005 + computeMs(2 * 1_536 + 512) + memoryMs(4 * 912));
});

Deno.test("a pool's padding is not read: its windows are only cut short", () => {
  const { runtimeMs } = analytical(imageNode((x) => x.maxPool({ kernel: 3, stride: 1, pad: 1 })), v100);
  // 9 comparisons for each of 384 outputs
  assertClose(runtimeMs, 0.005 + computeMs(9 * 384) + memoryMs(4 * (384 + 384)));
});

Deno.test("a backward pass is two launches of twice the work, training four of thrice and the update", () => {
  const time = (options: PlanOptions) => analytical(imageNode(conv, options), v100).runtimeMs;
  assertClose(time({ pass: "backward" }), 0.01 + 2 * (computeMs(convFlops) + memoryMs(convBytes)));
  const accesses = { sgd: 3, momentum: 5, rmsprop: 5, adagrad: 5, adadelta: 7, adam: 7 };
  for (const optimizer of optimizers) {
    const update = memoryMs(112 * accesses[optimizer] * 4);
    const expected = 0.02 + 3 * (computeMs(convFlops) + memoryMs(convBytes)) + update;
    assertClose(time({ pass: "training", optimizer }), expected);
  }
});

Deno.test("float16 moves half the bytes, at its own peak where the device has one", () => {
  const half = imageNode(conv, { dtype: "float16" });
  assertClose(analytical(half, v100).runtimeMs, 0.005 + computeMs(convFlops, 125) + memoryMs(convBytes / 2));
  // 4.83 TFLOP/s and 160 GB/s; no float16 peak of its own
  assertClose(analytical(half, m60).runtimeMs, 0.005 + computeMs(convFlops, 4.83) + convBytes / 2 / 160e9 * 1e3);
});

Deno.test("a fused sum reads its second input", () => {
  const net = network("one", { image: [3, 8, 8], batch: 2 }, (x) => add(x, x.conv(3, { kernel: 1 }))).build();
  const [fused] = plan(net, findRuntime("tensorrt")!), [alone] = plan(net, unfused);
  const more = analytical(fused.node!, v100).runtimeMs - analytical(alone.node!, v100).runtimeMs;
  assertAlmostEquals(more, memoryMs(4 * 384), 1e-15);
});

Deno.test("idle power is the device's, or a tenth of its limit", () => {
  assertEquals(idlePowerW(v100), 44);
  assertEquals(m60.idleW, null);
  assertEquals(idlePowerW(m60), 15);
});

Deno.test("power lies between idle and the board's limit, higher the longer a node computes", () => {
  for (const specification of [v100, m60]) {
    const powers = [1, 16, 256, 4096].map((batch) => {
      const net = network("one", { image: [64, 32, 32], batch }, (x) => x.conv(64, { kernel: 3, pad: 1 })).build();
      return analytical(plan(net, unfused)[0].node!, specification).powerW;
    });
    assertEquals(powers.toSorted((a, b) => a - b), powers);
    assert(powers[0] > idlePowerW(specification) && powers[3] < specification.boardW, `${powers}`);
    assert(powers[3] > 0.99 * specification.boardW, `${powers}`);
  }
});
