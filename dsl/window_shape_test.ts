import { assertEquals } from "@std/assert";
import { conv, dense, made, pool, refusal, relu } from "./testing/shapes.ts";
import type { LayerOptions } from "./layer.ts";
import { samePadding } from "./window_shape.ts";

Deno.test("conv: kernel, stride and padding", () => {
  assertEquals(made(conv(), [2, 3, 8, 8]), [2, 8, 6, 6]);
  assertEquals(made(conv({ pad: [1, 1, 1, 1] }), [2, 3, 8, 9]), [2, 8, 8, 9]);
  // AlexNet's first layer: ⌊(224 + 4 − 11) / 4⌋ + 1 = 55.
  const alexnet = conv({ outChannels: 64, kernel: [11, 11], stride: [4, 4], pad: [2, 2, 2, 2] });
  assertEquals(made(alexnet, [1, 3, 224, 224]), [1, 64, 55, 55]);
  // A stride that leaves pixels over drops them.
  assertEquals(made(conv({ stride: [3, 2] }), [1, 3, 10, 10]), [1, 8, 3, 4]);
});

Deno.test("conv: height and width apart", () => {
  assertEquals(made(conv({ kernel: [1, 7], pad: [0, 3, 0, 3] }), [1, 3, 17, 17]), [1, 8, 17, 17]);
  assertEquals(made(conv({ kernel: [7, 1] }), [1, 3, 17, 17]), [1, 8, 11, 17]);
});

Deno.test("conv: four different sides of padding", () => {
  // (5 + 1 + 3 − 3) + 1 = 7 and (5 + 2 + 4 − 3) + 1 = 9.
  assertEquals(made(conv({ pad: [1, 2, 3, 4] }), [1, 3, 5, 5]), [1, 8, 7, 9]);
  assertEquals(made(conv({ pad: [0, 0, 1, 1], stride: [2, 2] }), [1, 3, 8, 8]), [1, 8, 4, 4]);
});

Deno.test("conv: dilation widens the window to dilation · (kernel − 1) + 1", () => {
  assertEquals(made(conv({ dilation: [2, 2] }), [1, 3, 9, 9]), [1, 8, 5, 5]);
  assertEquals(made(conv({ dilation: [2, 4], pad: [2, 4, 2, 4] }), [1, 3, 9, 9]), [1, 8, 9, 9]);
});

Deno.test("conv: groups divide input and output channels", () => {
  assertEquals(made(conv({ groups: 4 }), [1, 4, 5, 5]), [1, 8, 3, 3]);
  assertEquals(
    refusal(conv({ groups: 4 }), [1, 6, 5, 5]),
    'Layer "it": 6 input channels cannot be split into 4 groups',
  );
  assertEquals(
    refusal(conv({ groups: 4, outChannels: 6 }), [1, 4, 5, 5]),
    'Layer "it": 6 output channels cannot be split into 4 groups',
  );
});

Deno.test("samePadding: by hand, on odd and even sizes, kernels and strides", () => {
  assertEquals(samePadding(5, 3, 1), [1, 1]);
  assertEquals(samePadding(5, 3, 2), [1, 1]);
  assertEquals(samePadding(6, 3, 2), [0, 1]);
  assertEquals(samePadding(7, 2, 1), [0, 1]);
  assertEquals(samePadding(224, 7, 2), [2, 3]);
  // The windows do not reach all pixels: nothing to pad.
  assertEquals(samePadding(4, 1, 2), [0, 0]);
  assertEquals(samePadding(7, 3, 1, 2), [2, 2]);
  assertEquals(samePadding(7, 3, 3, 2), [2, 2]);
});

Deno.test("samePadding: keeps ⌈size / stride⌉ outputs", () => {
  for (let size = 1; size <= 20; size++) {
    for (let kernel = 1; kernel <= 7; kernel++) {
      for (let stride = 1; stride <= 4; stride++) {
        for (let dilation = 1; dilation <= 3; dilation++) {
          const [before, after] = samePadding(size, kernel, stride, dilation);
          const options = conv({
            kernel: [kernel, kernel],
            stride: [stride, stride],
            dilation: [dilation, dilation],
            pad: [before, before, after, after],
          });
          const kept = Math.ceil(size / stride);
          assertEquals(
            made(options, [1, 3, size, size]),
            [1, 8, kept, kept],
            `${size} ${kernel} ${stride} ${dilation}`,
          );
        }
      }
    }
  }
});

Deno.test("pool: floor and ceil mode", () => {
  const three = { kernel: [3, 3], stride: [2, 2] } as const;
  assertEquals(made(pool(three), [1, 64, 112, 112]), [1, 64, 55, 55]);
  assertEquals(made(pool({ ...three, ceilMode: true }), [1, 64, 112, 112]), [1, 64, 56, 56]);
  // Where the windows fit exactly there is nothing to round.
  assertEquals(made(pool({ ...three, ceilMode: true }), [1, 64, 111, 111]), [1, 64, 55, 55]);
});

Deno.test("pool: ceil mode leaves out a last window that begins after the image", () => {
  // Padded size 6: windows at 0, 3 and, rounded up, 6; but the image ends at 5 and only padding follows.
  const options = pool({ stride: [3, 3], pad: [1, 1, 1, 1], ceilMode: true });
  assertEquals(made(options, [1, 1, 4, 4]), [1, 1, 2, 2]);
  // Two pixels more, and the window at 6 sees one of them.
  assertEquals(made(options, [1, 1, 6, 6]), [1, 1, 3, 3]);
});

Deno.test("pool: ceil mode takes an image smaller than the window by less than a stride", () => {
  const options = pool({ kernel: [3, 3], stride: [2, 2], ceilMode: true });
  assertEquals(made(options, [1, 1, 2, 2]), [1, 1, 1, 1]);
  assertEquals(
    refusal(options, [1, 1, 1, 2]),
    'Layer "it": a window of 3×3 does not fit an image of 1×2 with padding [0, 0, 0, 0]',
  );
});

Deno.test("pool: ceil mode against counting windows one by one", () => {
  for (let size = 1; size <= 12; size++) {
    for (let kernel = 1; kernel <= Math.min(size, 5); kernel++) {
      for (let stride = 1; stride <= 5; stride++) {
        for (let pad = 0; pad <= kernel / 2; pad++) {
          // Windows until one reaches the end of the padding; none may begin after the image.
          let count = 1;
          for (let start = 0; start + kernel < size + 2 * pad && start + stride < size + pad; start += stride) count++;
          const options = pool({
            kernel: [kernel, kernel],
            stride: [stride, stride],
            pad: [pad, pad, pad, pad],
            ceilMode: true,
          });
          assertEquals(made(options, [1, 1, size, size])[2], count, `${size} ${kernel} ${stride} ${pad}`);
        }
      }
    }
  }
});

Deno.test("pool: global pools leave one pixel of any image", () => {
  assertEquals(made(pool({ op: "global_average", kernel: [7, 5] }), [2, 16, 7, 5]), [2, 16, 1, 1]);
  assertEquals(made(pool({ op: "global_max", kernel: [7, 5] }), [2, 16, 7, 5]), [2, 16, 1, 1]);
});

Deno.test("windows: what does not fit, with the numbers", () => {
  assertEquals(
    refusal(conv({ kernel: [7, 7] }), [1, 3, 4, 4]),
    'Layer "it": a window of 7×7 does not fit an image of 4×4 with padding [0, 0, 0, 0]',
  );
  assertEquals(
    refusal(conv({ dilation: [1, 4], pad: [0, 1, 0, 2] }), [1, 3, 8, 5]),
    'Layer "it": a window of 3×9 does not fit an image of 8×5 with padding [0, 1, 0, 2]',
  );
  assertEquals(
    refusal(pool({ pad: [0, 0, 0, 2] }), [1, 3, 8, 8]),
    'Layer "it": padding [0, 0, 0, 2] must be smaller than the kernel [2, 2]',
  );
  const whole = "must be a whole number of at least";
  assertEquals(refusal(conv({ kernel: [0, 3] }), [1, 3, 8, 8]), `Layer "it": kernel height ${whole} 1, got 0`);
  assertEquals(refusal(conv({ kernel: [3, 1.5] }), [1, 3, 8, 8]), `Layer "it": kernel width ${whole} 1, got 1.5`);
  assertEquals(refusal(conv({ stride: [-1, 1] }), [1, 3, 8, 8]), `Layer "it": stride height ${whole} 1, got -1`);
  assertEquals(refusal(pool({ stride: [1, 0] }), [1, 3, 8, 8]), `Layer "it": stride width ${whole} 1, got 0`);
  assertEquals(refusal(conv({ dilation: [NaN, 1] }), [1, 3, 8, 8]), `Layer "it": dilation height ${whole} 1, got NaN`);
  assertEquals(refusal(conv({ pad: [0, 0, -1, 0] }), [1, 3, 8, 8]), `Layer "it": pad bottom ${whole} 0, got -1`);
  assertEquals(refusal(conv({ outChannels: 0 }), [1, 3, 8, 8]), `Layer "it": output channels ${whole} 1, got 0`);
  assertEquals(refusal(conv({ groups: 0 }), [1, 3, 8, 8]), `Layer "it": groups ${whole} 1, got 0`);
  assertEquals(refusal({ ...dense, outChannels: 2.5 }, [1, 8]), `Layer "it": output width ${whole} 1, got 2.5`);
  assertEquals(
    refusal({ kind: "norm", op: "lrn", size: 0 }, [1, 8, 4, 4]),
    `Layer "it": size ${whole} 1, got 0`,
  );
  assertEquals(
    refusal({ ...dense, outChannels: "8" as unknown as number }, [1, 8]),
    `Layer "it": output width ${whole} 1, got "8"`,
  );
  assertEquals(refusal(relu, [1, 0]), `Layer "it": size of axis 1 ${whole} 1, got 0`);
});

Deno.test("deconv: what a convolution of the same window maps back to its input", () => {
  for (
    const [kernel, stride, pad, dilation, size] of [[3, 1, 1, 1, 8], [4, 2, 1, 1, 9], [3, 2, 1, 2, 12], [
      2,
      3,
      0,
      1,
      11,
    ]]
  ) {
    const [both, sides] = [[kernel, kernel] as const, [pad, pad, pad, pad] as const];
    const window = conv({ kernel: both, stride: [stride, stride], dilation: [dilation, dilation], pad: sides });
    const out = made(window, [1, 3, size, size]);
    // The pixels that the convolution's stride left over are what output padding adds.
    const left = (size + 2 * pad - dilation * (kernel - 1) - 1) % stride;
    const back = { ...window, kind: "deconv", op: "deconv", outChannels: 3, outputPad: [left, left] } as const;
    assertEquals(made(back, out), [1, 3, size, size]);
  }
  const deconv = { ...conv({ stride: [2, 2] }), kind: "deconv", op: "deconv", outputPad: [2, 0] } as const;
  assertEquals(
    refusal(deconv, [1, 3, 4, 4]),
    'Layer "it": output padding [2, 0] must be smaller than the stride [2, 2]',
  );
  assertEquals(
    refusal({ ...deconv, outputPad: [0, 0], pad: [9, 9, 9, 9] }, [1, 3, 4, 4]),
    'Layer "it": padding [9, 9, 9, 9] leaves nothing of an output of 3×3 windows',
  );
});

Deno.test("pools: adaptive ones have the size asked for, norms a p", () => {
  const { op: _, ...window } = pool();
  assertEquals(made({ ...window, op: "adaptive_average", outputSize: [6, 5] }, [1, 3, 13, 4]), [1, 3, 6, 5]);
  assertEquals(made({ ...window, op: "lp", p: 3 }, [1, 3, 8, 8]), [1, 3, 4, 4]);
  assertEquals(made({ ...window, op: "global_lp", p: 2 }, [1, 3, 8, 8]), [1, 3, 1, 1]);
  assertEquals(
    refusal({ ...window, op: "lp", p: 0.5 }, [1, 3, 8, 8]),
    'Layer "it": p must be a number of at least 1, got 0.5',
  );
  assertEquals(
    refusal(pool({ ceilMode: "no" as unknown as boolean }), [1, 3, 8, 8]),
    'Layer "it": ceilMode must be true or false, got "no"',
  );
});

Deno.test("pools of a fixed output size: a false window is refused, since costs are counted by it", () => {
  const { op: _, ...window } = pool();
  const adaptive = { ...window, op: "adaptive_max", outputSize: [2, 2] } as const;
  const wrong: [object, string][] = [
    [{ pad: [1, 2, 3] }, "padding must be 4 numbers, got [1, 2, 3]"],
    [{ stride: "constant" }, 'stride must be 2 numbers, got "constant"'],
    [{ kernel: undefined }, "kernel must be 2 numbers, got undefined"],
    [{ outputSize: undefined, op: "adaptive_average" }, "output size must be 2 numbers, got undefined"],
    [{ op: "global_max", kernel: [0, 1] }, "kernel height must be a whole number of at least 1, got 0"],
  ];
  for (const [change, message] of wrong) {
    assertEquals(refusal({ ...adaptive, ...change } as LayerOptions, [1, 3, 8, 8]), `Layer "it": ${message}`);
  }
});
