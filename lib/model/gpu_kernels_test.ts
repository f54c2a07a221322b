import { assertAlmostEquals, assertEquals } from "@std/assert";
import { network } from "neuralpower/dsl";
import { plan } from "../plan.ts";
import { unfused } from "../runtimes.ts";
import { type Geometry, geometry, hardwareOf } from "./geometry.ts";
import { asTheyLie, fourier, matrix, padded, reordered, waved, waves, winograd2, winograd4 } from "./gpu_kernels.ts";

const hardware = { type: "gpu", multiprocessors: 80 } as const;

/** A convolution of 24 channels on 4 images of 16 × 16, to as many pixels. */
function convolution(options: { kernel?: number; stride?: number; groups?: number; out?: number }): Geometry {
  const { kernel = 3, stride = 1, groups = 1, out = 40 } = options;
  const net = network(
    "one",
    { image: [24, 16, 16], batch: 4 },
    (x) => x.conv(out, { kernel, stride, groups, pad: "same" }),
  );
  return geometry(plan(net.build(), unfused)[0].node!, hardware);
}

Deno.test("a convolution is a product of output pixels × window and channels × output channels", () => {
  assertEquals(matrix(convolution({})), { m: 4 * 16 * 16, k: 24 * 9, o: 40 });
  assertEquals(matrix(convolution({ stride: 2, groups: 4 })), { m: 4 * 8 * 8, k: 6 * 9, o: 10 });
});

Deno.test("tiles round pixels and channels up, waves the tiles", () => {
  const g = convolution({});
  // 1024 / 128 = 8 tiles of pixels, ⌈40 / 32⌉ = 2 of channels.
  assertEquals(padded(g, 128, 32), 16 * 128 * 32 * 216);
  assertAlmostEquals(waves(g, 128, 32), 16 / 80, 1e-12);
  assertEquals(waved(g, 128, 32), 80 * 128 * 32 * 216);
  assertEquals(padded(convolution({ groups: 4 }), 128, 32), 4 * 8 * 128 * 32 * 54);
});

Deno.test("Winograd and Fourier transforms apply where they can: stride 1, one group, no 1 × 1", () => {
  // 4 images of 4 × 4 tiles of 4 × 4 pixels, 36 products each.
  assertEquals(winograd4(convolution({})), {
    products: 36 * 64 * 24 * 40,
    transforms: 36 * 64 * (24 + 40),
    weights: 36 * 24 * 40,
  });
  // 256 tiles of 2 × 2 are 8 blocks of 32; 40 channels are 2.
  assertEquals(winograd2(convolution({})), 16 * 256 * 64 * 24);
  for (const options of [{ kernel: 5 }, { stride: 2 }, { groups: 4 }]) {
    assertEquals([winograd4(convolution(options)).products, winograd2(convolution(options))], [0, 0]);
  }
  // One tile of 28 pixels holds an image of 16.
  assertEquals(fourier(convolution({ kernel: 5 })).products, 544 * 4 * 24 * 40);
  for (const options of [{ kernel: 1 }, { stride: 2 }, { groups: 4 }]) {
    assertEquals(fourier(convolution(options)), { transforms: 0, weights: 0, products: 0 });
  }
});

Deno.test("channels last, a bare 1 × 1 convolution or one of the whole image is a product of the tensors as they lie", () => {
  const last = (options: Partial<Geometry>): Geometry => ({
    ...convolution({ kernel: 1 }),
    ...{ channelsLast: true, bias: 0 },
    ...options,
  });
  const whole = { kernelHeight: 16, kernelWidth: 16, kernel: 256, outHeight: 1, outWidth: 1, stride: 4 };
  assertEquals([last({}), last(whole)].map(asTheyLie), [true, true]);
  const others = [{ bias: 1 }, { activation: 1 }, { channelsLast: false }, { stride: 4 }, {
    ...whole,
    kernelWidth: 15,
  }];
  assertEquals(others.map((options) => asTheyLie(last(options))), others.map(() => false));
});

Deno.test("channels last, images of few channels are put in order in narrow stripes, those of one not at all", () => {
  const last = { ...convolution({}), channelsLast: true };
  assertEquals(reordered(last, 1, 100), { plain: 100, narrow: 0 });
  assertEquals(reordered(last, 15, 100), { plain: 0, narrow: 100 });
  for (const none of [reordered(last, 16, 100), reordered(convolution({}), 15, 100)]) {
    assertEquals(none, { plain: 0, narrow: 0 });
  }
  assertEquals(hardwareOf(null, "tf1").channelsLast, true);
  assertEquals(hardwareOf(null, "tensorrt").channelsLast, undefined);
});
