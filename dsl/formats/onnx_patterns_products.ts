/**
 * Dense layers with their biases, and products of activations with the transposes around them.
 *
 * @module
 */
import { elements } from "../layer.ts";
import type { Call } from "./onnx_call.ts";
import { dense, type DenseNodes, product } from "./onnx_layers_products.ts";
import { equal, type Lowering, type Recognised, withConstant } from "./onnx_lowering.ts";
import { transposeOrder } from "./onnx_options.ts";

/** A product with weights, and the sum with a bias after it. */
export function denseOf(to: Lowering, call: Call | undefined): DenseNodes | undefined {
  if (call === undefined) return undefined;
  const { op, inputs, outputs } = call.node;
  if (op === "Gemm" && call.input(1).constant && !call.input().constant && !call.int("transA", 0)) {
    return { input: inputs[0], weight: inputs[1], outChannels: to.shape(outputs[0])[1], bias: call.has(2) };
  }
  if (op === "MatMul" && call.input(1).constant && call.rank(1) === 2 && !call.input().constant) {
    return { input: inputs[0], weight: inputs[1], outChannels: call.shape(1)[1], bias: false };
  }
  if (op !== "Add") return undefined;
  const [made, bias] = withConstant(to, call);
  // TensorFlow multiplies matrices, and gives the product its axes before it adds the bias.
  const seen = made === undefined ? undefined : to.sole(made, "Reshape");
  const keepsLast = seen !== undefined && seen.shape().at(-1) === to.shape(made!).at(-1);
  const product = keepsLast ? seen.node.inputs[0] : made;
  const weighted = product === undefined ? undefined : denseOf(to, to.sole(product, "MatMul"));
  if (weighted === undefined || elements(to.shape(bias!)) !== weighted.outChannels) return undefined;
  return to.shape(bias!).at(-1) === weighted.outChannels ? { ...weighted, bias: true } : undefined;
}

export function recogniseDense(to: Lowering, call: Call): Recognised | undefined {
  const found = denseOf(to, call);
  if (found === undefined) return undefined;
  return { inputs: [found.input], lower: (to, call) => dense(to, call, { ...found, bias: true }) };
}

/** Products of activations with the transposes around them, which only bring each head's numbers together. */
export function recogniseProduct(to: Lowering, root: Call): Recognised | undefined {
  const heads = [0, 2, 1, 3];
  const isTranspose = root.node.op === "Transpose";
  if (isTranspose && !(root.rank() === 4 && equal(transposeOrder(root), heads))) return undefined;
  const call = isTranspose ? to.sole(root.node.inputs[0], "MatMul") : root;
  if (call === undefined || call.node.op !== "MatMul") return undefined;
  if (call.inputs.some((input) => input === undefined || input.constant || input.shape.length < 3)) return undefined;
  const out = to.shape(call.node.outputs[0]);
  const [rows, inner, columns] = [out.at(-2)!, call.shape().at(-1)!, out.at(-1)!];
  const groups = elements(out) / rows / columns / to.batch;
  if (!Number.isSafeInteger(groups)) return undefined;
  let [left, right] = call.node.inputs;
  let transposed = false;
  const first = to.sole(left, "Transpose");
  if (first !== undefined && equal(transposeOrder(first), heads)) left = first.node.inputs[0];
  const second = to.sole(right, "Transpose");
  if (second !== undefined) {
    const order = transposeOrder(second);
    const last = order.length - 1;
    transposed = equal(order, [0, 2, 3, 1]) ||
      order.every((axis, i) => axis === (i < last - 1 ? i : i === last ? last - 1 : last));
    if (transposed || equal(order, heads)) right = second.node.inputs[0];
  }
  const sizes = { groups, rows, inner, columns, transposed };
  return { inputs: [left, right], lower: (to, call) => product(to, call, left, right, sizes) };
}
