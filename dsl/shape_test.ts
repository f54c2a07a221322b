import { assertEquals } from "@std/assert";
import type { LayerOptions } from "./layer.ts";
import { conv, dense, made, pool, refusal, relu } from "./testing/shapes.ts";

const add: LayerOptions = { kind: "elementwise", op: "add" };
const concat = { kind: "move", op: "concat", axis: 1 } as const;

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
    'Layer "it": axes to reduce must be of length, width, got [batch]',
  );
  assertEquals(
    refusal({ kind: "reduce", op: "sum", axes: [1, 1] }, [2, 7, 8]),
    'Layer "it": axes to reduce must differ, got [length, length]',
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
  assertEquals(
    refusal({ kind: "view", op: "reshape", shape: [2, 2, 2, 2, 3] }, [2, 8, 3]),
    'Layer "it": a tensor has two to four axes, got [2, 2, 2, 2, 3]',
  );
  const token = { kind: "view", op: "parameter", shape: [1, 1, 768] } as const;
  assertEquals(made(token), [1, 1, 768]);
  assertEquals(refusal(token, [1, 1, 768]), 'Layer "it": a parameter reads nothing, got 1 inputs');
  assertEquals(refusal({ ...token, shape: [2, 768] }), 'Layer "it": its batch must be 1, got [2, 768]');
});
