/**
 * Products of activations in ONNX: a product of two inputs by groups, and self-attention with its projections.
 *
 * @module
 */
import type { Attention, Matmul } from "../layer.ts";
import { elements } from "../layer.ts";
import { int, type Place, shift } from "./onnx_builder.ts";
import { heSpread } from "./onnx_weights.ts";

/** Groups as an axis of their own, so that one operator multiplies all of them. */
export function writeMatmul({ op, groups }: Matmul, at: Place): void {
  const [left, right] = at.inputs;
  const transposed = op === "matmul_transposed";
  if (groups === 1) {
    const second = transposed ? at.transpose("transposed", right.name, [0, 2, 1]) : right.name;
    return at.last("MatMul", [left.name, second]);
  }
  const [, rows, width] = left.shape;
  const first = at.transpose("left", at.reshape("left_groups", left.name, [rows, groups, width / groups]), [
    0,
    2,
    1,
    3,
  ]);
  const cut = at.reshape("right_groups", right.name, [right.shape[1], groups, right.shape[2] / groups]);
  const second = at.transpose("right", cut, transposed ? [0, 2, 3, 1] : [0, 2, 1, 3]);
  const product = at.inner("product", "MatMul", [first, second]);
  at.lastReshape(at.transpose("rows", product, [0, 2, 1, 3]), [rows, -1]);
}

/** Queries, keys and values by one product, as PyTorch and timm have them. */
export function writeAttention(layer: Attention, at: Place): void {
  const { heads, bias } = layer;
  const [, length, width] = at.input.shape;
  const seen = layer.op === "attention" ? length : elements(layer.window);
  const size = width / heads;
  const project = (name: string, input: string, outputs: number, last = false): string => {
    const weight = at.weight(`${name}_weight`, [width, outputs], heSpread(2 * width));
    const product = at.inner(`${name}_product`, "MatMul", [input, weight]);
    const added = bias ? at.inner(name, "Add", [product, at.weight(`${name}_bias`, [outputs], shift)]) : product;
    return last ? added : at.reshape(`${name}_heads`, added, [seen, 3, heads, size]);
  };
  // Windows are images of their own to what follows.
  const windows = layer.op === "attention"
    ? at.input.name
    : at.inner("windows", "Reshape", [at.input.name, at.constant("windows_shape", "int64", [3], [-1, seen, width])]);
  const projected = at.transpose("heads", project("qkv", windows, 3 * width), [2, 0, 3, 1, 4]);
  const [queries, keys, values] = at.several("split", "Split", [projected], 3, { axis: int(0) })
    .map((part, i) => at.inner(`part${i + 1}`, "Squeeze", [part, at.constant(`part${i + 1}_axis`, "int64", [1], [0])]));
  const scale = at.constant("scale", at.graph.dtype, [], [size ** -0.5]);
  const scaled = at.inner("scaled", "Mul", [queries, scale]);
  let scores = at.inner("scores", "MatMul", [scaled, at.transpose("keys", keys, [0, 1, 3, 2])]);
  if (layer.op === "window_attention") {
    scores = at.inner("positioned", "Add", [scores, at.weight("positions", [heads, seen, seen], shift)]);
  }
  const weighted = at.inner("weighted", "MatMul", [
    at.inner("softmax", "Softmax", [scores], { axis: int(-1) }),
    values,
  ]);
  const joined = at.reshape("joined", at.transpose("tokens", weighted, [0, 2, 1, 3]), [seen, width]);
  at.last("Reshape", [
    project("out", joined, width, true),
    at.constant("shape", "int64", [3], [-1, length, width]),
  ]);
}
