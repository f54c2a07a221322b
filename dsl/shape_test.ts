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

Deno.test("matmul: rows of the first, columns of the second, by groups", () => {
  const plain = { kind: "matmul", op: "matmul", groups: 4 } as const;
  const transposed = { kind: "matmul", op: "matmul_transposed", groups: 4 } as const;
  assertEquals(made({ ...plain, groups: 1 }, [2, 5, 7], [2, 7, 3]), [2, 5, 3]);
  assertEquals(made(plain, [2, 5, 28], [2, 7, 12]), [2, 5, 12]);
  // Queries and keys of four heads: each query's score with each of nine keys.
  assertEquals(made(transposed, [2, 5, 28], [2, 9, 28]), [2, 5, 36]);
  assertEquals(
    refusal(plain, [2, 5, 28], [2, 8, 12]),
    'Layer "it": matmul of 4 groups does not fit [2, 5, 28] and [2, 8, 12]',
  );
  assertEquals(
    refusal(plain, [2, 5, 30], [2, 7, 12]),
    'Layer "it": 30 channels of the first input cannot be split into 4 groups',
  );
  assertEquals(refusal(plain, [2, 5, 28]), 'Layer "it": takes two inputs, got 1');
});

Deno.test("attention keeps the tokens; heads divide the width, windows the length", () => {
  const whole = { kind: "attention", op: "attention", heads: 12, bias: true } as const;
  assertEquals(made(whole, [2, 197, 768]), [2, 197, 768]);
  assertEquals(refusal(whole, [2, 197, 760]), 'Layer "it": 760 channels cannot be split into 12 heads');
  const windowed = { ...whole, op: "window_attention", heads: 3, window: [7, 7] } as const;
  assertEquals(made(windowed, [2, 3136, 96]), [2, 3136, 96]);
  assertEquals(
    refusal({ ...windowed, window: [-7, -7] }, [2, 3136, 96]),
    'Layer "it": window height must be a whole number of at least 1, got -7',
  );
  assertEquals(refusal(windowed, [2, 3000, 96]), 'Layer "it": 3000 tokens cannot be split into windows of 49');
  assertEquals(refusal(whole, [2, 768, 14, 14]), 'Layer "it": takes tokens [N, length, width], got [2, 768, 14, 14]');
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
});

Deno.test("norms: groups divide the channels; what is of images alone", () => {
  const group = { kind: "norm", op: "group", groups: 4 } as const;
  assertEquals(made(group, [2, 8, 3, 3]), [2, 8, 3, 3]);
  assertEquals(refusal(group, [2, 6, 3, 3]), 'Layer "it": 6 channels cannot be split into 4 groups');
  for (const op of ["layer", "rms", "batch"] as const) assertEquals(made({ kind: "norm", op }, [2, 7, 8]), [2, 7, 8]);
  assertEquals(
    refusal({ kind: "norm", op: "instance" }, [2, 7]),
    'Layer "it": takes an image [N, C, H, W], got [2, 7]',
  );
});

Deno.test("where takes three, differences and quotients two", () => {
  const where = { kind: "elementwise", op: "where" } as const;
  assertEquals(made(where, [2, 1, 4], [2, 3, 1], [2, 1, 1]), [2, 3, 4]);
  assertEquals(refusal(where, [2, 3], [2, 3]), 'Layer "it": where takes 3 inputs, got 2');
  for (const op of ["sub", "div", "pow"] as const) {
    const layer = { kind: "elementwise", op } as const;
    assertEquals(refusal(layer, [2, 3], [2, 3], [2, 3]), `Layer "it": ${op} takes 2 inputs, got 3`);
  }
});

Deno.test("reduce leaves 1 of each axis, softmax all", () => {
  assertEquals(made({ kind: "reduce", op: "mean", axes: [2, 3] }, [2, 8, 5, 4]), [2, 8, 1, 1]);
  assertEquals(made({ kind: "reduce", op: "l2", axes: [1] }, [2, 7, 8]), [2, 1, 8]);
  assertEquals(
    refusal({ kind: "reduce", op: "sum", axes: [0] }, [2, 7, 8]),
    'Layer "it": axes to reduce must be of 1 to 2, got [0]',
  );
  assertEquals(
    refusal({ kind: "reduce", op: "sum", axes: [1, 1] }, [2, 7, 8]),
    'Layer "it": axes to reduce must differ, got [1, 1]',
  );
  assertEquals(made({ kind: "softmax", op: "softmax_width" }, [2, 8, 5, 4]), [2, 8, 5, 4]);
  assertEquals(
    refusal({ kind: "softmax", op: "softmax_width" }, [2, 7, 8]),
    'Layer "it": softmax_width does not go with [2, 7, 8]',
  );
});

Deno.test("views: the same elements in another shape; a parameter reads nothing and has batch 1", () => {
  assertEquals(made({ kind: "view", op: "reshape", shape: [2, 4, 6] }, [2, 8, 3]), [2, 4, 6]);
  assertEquals(
    refusal({ kind: "view", op: "reshape", shape: [2, 4, 5] }, [2, 8, 3]),
    'Layer "it": [2, 8, 3] cannot be seen as [2, 4, 5]',
  );
  const token = { kind: "view", op: "parameter", shape: [1, 1, 768] } as const;
  assertEquals(made(token), [1, 1, 768]);
  assertEquals(refusal(token, [1, 1, 768]), 'Layer "it": a parameter reads nothing, got 1 inputs');
  assertEquals(refusal({ ...token, shape: [2, 768] }), 'Layer "it": its batch must be 1, got [2, 768]');
});
