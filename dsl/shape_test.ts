import { assertEquals } from "@std/assert";
import { ShapeError } from "./errors.ts";
import type { Conv, LayerOptions, Pool, Shape } from "./layer.ts";
import { outputShape } from "./shape.ts";
import { samePadding } from "./window_shape.ts";

const conv = (options: Partial<Conv> = {}): Conv => ({
  kind: "conv",
  op: "conv",
  outChannels: 8,
  kernel: [3, 3],
  stride: [1, 1],
  pad: [0, 0, 0, 0],
  dilation: [1, 1],
  groups: 1,
  bias: true,
  ...options,
});

type WindowPool = Extract<Pool, { op: "max" | "average" | "global_max" | "global_average" }>;
const pool = (options: Partial<WindowPool> = {}): Pool => ({
  kind: "pool",
  op: "max",
  kernel: [2, 2],
  stride: [2, 2],
  pad: [0, 0, 0, 0],
  ceilMode: false,
  countIncludePad: false,
  ...options,
});

const dense: LayerOptions = { kind: "dense", op: "dense", outChannels: 10, bias: true };
const add: LayerOptions = { kind: "elementwise", op: "add" };
const concat = { kind: "move", op: "concat", axis: 1 } as const;
const relu: LayerOptions = { kind: "elementwise", op: "relu" };

const made = (options: LayerOptions, ...inputs: Shape[]) => outputShape(options, inputs, "it");

/** The whole text of the ShapeError that `options` must give. */
function refusal(options: LayerOptions, ...inputs: Shape[]): string {
  try {
    made(options, ...inputs);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    assertEquals(error.layer, "it");
    return error.message;
  }
  throw new Error("nothing was refused");
}

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
  assertEquals(refusal(relu, [1, 0]), `Layer "it": size of axis 1 ${whole} 1, got 0`);
});

Deno.test("dense: the last axis of vectors and tokens", () => {
  assertEquals(made(dense, [4, 32]), [4, 10]);
  assertEquals(made(dense, [4, 7, 32]), [4, 7, 10]);
  assertEquals(
    refusal(dense, [4, 8, 2, 2]),
    'Layer "it": takes a vector or tokens, got [4, 8, 2, 2]; flatten the image first',
  );
});

Deno.test("images: what else is refused", () => {
  assertEquals(refusal(conv(), [4, 32]), 'Layer "it": takes an image [N, C, H, W], got [4, 32]');
  assertEquals(refusal(pool(), [4, 7, 32]), 'Layer "it": takes an image [N, C, H, W], got [4, 7, 32]');
  assertEquals(
    refusal({ kind: "norm", op: "lrn", size: 5 }, [4, 32]),
    'Layer "it": takes an image [N, C, H, W], got [4, 32]',
  );
  assertEquals(refusal(relu, [4, 32], [4, 32]), 'Layer "it": takes one input, got 2');
});

Deno.test("norm, activation, softmax and dropout keep the shape; flatten joins all axes but the first", () => {
  const shape = [2, 3, 4, 5];
  assertEquals(made({ kind: "norm", op: "batch" }, shape), shape);
  assertEquals(made({ kind: "norm", op: "lrn", size: 5 }, shape), shape);
  assertEquals(made(relu, shape), shape);
  assertEquals(made({ kind: "softmax", op: "softmax" }, shape), shape);
  assertEquals(made({ kind: "view", op: "dropout" }, shape), shape);
  assertEquals(made({ kind: "view", op: "flatten" }, shape), [2, 60]);
  assertEquals(made({ kind: "view", op: "flatten" }, [2, 7, 8]), [2, 56]);
});

Deno.test("add and mul: sizes 1 broadcast", () => {
  assertEquals(made(add, [2, 8, 4, 4], [2, 8, 4, 4], [2, 8, 4, 4]), [2, 8, 4, 4]);
  assertEquals(made({ kind: "elementwise", op: "mul" }, [2, 8, 4, 4], [2, 8, 1, 1]), [2, 8, 4, 4]);
  assertEquals(made(add, [2, 8, 1, 4], [1, 8, 3, 1]), [2, 8, 3, 4]);
  assertEquals(
    refusal(add, [2, 8, 4, 4], [2, 8, 3, 4]),
    'Layer "it": axis 2 must be equal or 1, got [2, 8, 4, 4] and [2, 8, 3, 4]',
  );
  assertEquals(
    refusal(add, [2, 8, 4, 4], [2, 8]),
    'Layer "it": inputs must have as many axes as each other, got [2, 8, 4, 4] and [2, 8]',
  );
  assertEquals(refusal(add, [2, 8]), 'Layer "it": add takes two inputs or more, got 1');
});

Deno.test("concat: any axis beside the batch", () => {
  assertEquals(made(concat, [2, 8, 4, 4], [2, 3, 4, 4], [2, 1, 4, 4]), [2, 12, 4, 4]);
  assertEquals(made({ ...concat, axis: 2 }, [2, 7, 8], [2, 7, 3]), [2, 7, 11]);
  assertEquals(made(concat, [2, 8], [2, 3]), [2, 11]);
  assertEquals(
    refusal(concat, [2, 8, 4, 4], [2, 8, 4, 5]),
    'Layer "it": concat joins axis 1, the others must be equal, got [2, 8, 4, 4] and [2, 8, 4, 5]',
  );
  assertEquals(
    refusal(concat, [2, 8], [2, 7, 8]),
    'Layer "it": concat joins axis 1, the others must be equal, got [2, 8] and [2, 7, 8]',
  );
  assertEquals(refusal(concat, [2, 8]), 'Layer "it": concat takes two inputs or more, got 1');
});

Deno.test("tensors of more than 2⁵³ elements are refused", () => {
  assertEquals(
    refusal(relu, [2 ** 20, 2 ** 34]),
    'Layer "it": a tensor of [1048576, 17179869184] has more than 2⁵³ elements',
  );
});
