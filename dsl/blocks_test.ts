import { assertEquals, assertThrows } from "@std/assert";
import { bottleneck, convNorm, invertedResidual, squeezeExcite, transformerBlock } from "./blocks.ts";
import { NetworkError } from "./errors.ts";
import type { ImageValue } from "./image_value.ts";
import { networkCost } from "./built_network.ts";
import { network } from "./network.ts";

const image = (channels: number, describe: (x: ImageValue) => ImageValue) =>
  network("block", { image: [channels, 14, 14] }, describe).build();
const names = ({ layers }: ReturnType<typeof image>) => layers.map(({ name }) => name);

Deno.test("a convolution has no bias where a norm shifts, and its layers are named after it", () => {
  const net = image(3, (x) => convNorm(x, 8, { kernel: 3, stride: 2, pad: 1, activation: "relu", name: "stem" }));
  assertEquals(names(net), ["stem", "stem_bn", "stem_relu"]);
  assertEquals(networkCost(net).params, 3 * 9 * 8 + 2 * 8);
  assertEquals(names(image(3, (x) => convNorm(x, 8, { kernel: 1, bias: true }))), ["conv1", "conv1_bn"]);
  assertEquals(networkCost(image(3, (x) => convNorm(x, 8, { kernel: 1, bias: true }))).params, 3 * 8 + 8 + 16);
});

Deno.test("squeeze and excitation: two dense layers on the averages, and a gate for each channel", () => {
  const net = image(64, (x) => squeezeExcite(x, { squeeze: 16, gate: "hard_sigmoid", name: "se" }));
  assertEquals(names(net), ["se_pool", "se_reduce", "se_reduce_relu", "se_expand", "se_expand_hard_sigmoid", "mul1"]);
  assertEquals([networkCost(net).params, networkCost(net).macs], [2128, 2 * 64 * 16]);
  assertEquals(net.layers.at(-1)?.outputShape, [1, 64, 14, 14]);
});

Deno.test("inverted residual: added where the sizes are equal, expanded where there is more to expand to", () => {
  const equal = image(24, (x) => invertedResidual(x, 24, { expanded: 144 }));
  // MobileNetV2's third block: 24·144 + 2·144, 9·144 + 2·144, 144·24 + 2·24.
  assertEquals(networkCost(equal).params, 8832);
  assertEquals(equal.layers.at(-1)?.op, "add");
  const smaller = image(24, (x) => invertedResidual(x, 24, { expanded: 24, stride: 2, kernel: 5 }));
  assertEquals(smaller.layers.map(({ op }) => op), ["conv", "batch", "relu6", "conv", "batch"]);
  assertEquals(smaller.layers.at(-1)?.outputShape, [1, 24, 7, 7]);
});

Deno.test("bottleneck: the shortcut is projected where the sizes differ", () => {
  const equal = image(256, (x) => bottleneck(x, 256, { width: 64 }));
  // ResNet-50's second block: 256·64 + 9·64·64 + 64·256 and scales and shifts of 64, 64 and 256.
  assertEquals(networkCost(equal).params, 70_400);
  const projected = image(64, (x) => bottleneck(x, 256, { width: 64, stride: 2, groups: 2, name: "b" }));
  assertEquals(names(projected).filter((name) => name.includes("downsample")), ["b_downsample", "b_downsample_bn"]);
  assertEquals(networkCost(projected).params, 64 * 64 + 9 * 64 * 32 + 64 * 256 + 64 * 256 + 2 * (64 + 64 + 256 + 256));
  assertEquals(projected.layers.at(-1)?.outputShape, [1, 256, 7, 7]);
});

Deno.test("transformer block: a twelfth of ViT-B/16's encoder", () => {
  const net = network("block", { tokens: [197, 768] }, (x) => transformerBlock(x, { heads: 12 })).build();
  assertEquals(networkCost(net).params, 4 * 768 ** 2 + 4 * 768 + 2 * 4 * 768 ** 2 + 5 * 768 + 2 * 2 * 768);
  assertEquals(net.layers.map(({ op }) => op), [
    ...["layer", "attention", "add"],
    ...["layer", "dense", "gelu", "dense", "add"],
  ]);
});

Deno.test("a misspelt or missing option of a block is refused, though nothing compiled the file", () => {
  const wrong = { squeezes: 4 } as unknown as { squeeze: number };
  assertEquals(
    assertThrows(() => image(8, (x) => squeezeExcite(x, wrong)), NetworkError).message,
    'Unknown option "squeezes" of squeezeExcite; it has squeeze, activation, gate, name',
  );
  const missing = {} as { width: number };
  assertEquals(
    assertThrows(() => image(8, (x) => bottleneck(x, 8, missing)), NetworkError).message,
    'Option "width" of bottleneck is missing; give it',
  );
});
