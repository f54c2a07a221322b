/**
 * What ONNX's products of matrices are as layers: dense where one is constant, else a product for each group of channels.
 *
 * @module
 */
import { elements, type Shape } from "../layer.ts";
import type { Call } from "./onnx_call.ts";
import { axisForm } from "./onnx_forms.ts";
import { byLastAxis, type Lower, unsplit } from "./onnx_layers.ts";
import type { Lowering, Made } from "./onnx_lowering.ts";
import { einsumAxes } from "./onnx_options.ts";

/** A dense layer: its input, and what it has. */
export interface DenseNodes {
  readonly input: string;
  readonly weight: string;
  readonly outChannels: number;
  readonly bias: boolean;
}

/** A product with weights of two axes, over the input's last axis. */
export function dense(to: Lowering, call: Call, { input, weight, outChannels, bias }: DenseNodes): Made {
  const options = { kind: "dense", op: "dense", outChannels, bias } as const;
  return to.weigh(to.add(options, [byLastAxis(to, call, input)], call), weight);
}

/** A product of matrices, a group for each of those that are multiplied by themselves. */
export interface Product {
  readonly groups: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly transposed: boolean;
}

/** Adds a product of two tensors, whatever order their axes have: as many elements are read and multiplied. */
export function product(to: Lowering, call: Call, left: string, right: string, sizes: Product): Made {
  const { groups, rows, inner, columns, transposed } = sizes;
  const first = operand(to, call, left, [to.batch, rows, groups * inner]);
  const second = operand(
    to,
    call,
    right,
    transposed ? [to.batch, columns, groups * inner] : [to.batch, inner, groups * columns],
  );
  return to.add({ kind: "matmul", op: transposed ? "matmul_transposed" : "matmul", groups }, [first, second], call);
}

/** An operand; one that is learned, or the same for several groups, is repeated. */
function operand(to: Lowering, call: Call, tensor: string, shape: Shape): Made {
  const info = to.info(tensor);
  const own = elements(info.shape);
  if (info.constant) {
    const count = elements(shape.slice(1));
    const single = own === count ? shape.with(0, 1) : undefined;
    const made = single && to.parameter(tensor, single);
    if (made === undefined) call.fail(`its operand [${info.shape.join(", ")}] is a constant that is not learned`);
    return to.add({ kind: "move", op: "expand", shape }, [made], call, "repeated");
  }
  const value = to.of(tensor);
  if (own === elements(shape)) return to.as(value, shape, call);
  const each = own / to.batch;
  if (!Number.isSafeInteger(each) || elements(shape) % own !== 0) return unsplit(call, info.shape, to.batch);
  const flat = to.as(value, [to.batch, 1, each], call);
  const wide = to.add(
    { kind: "move", op: "expand", shape: [to.batch, elements(shape) / own, each] },
    [flat],
    call,
    "repeated",
  );
  return to.as(wide, shape, call);
}

const matmul: Lower = (to, call) => {
  const [left, right] = call.node.inputs;
  const [a, b] = [call.shape(0), call.shape(1)];
  if (call.input(1).constant && b.length === 2) {
    return dense(to, call, { input: left, weight: right, outChannels: b[1], bias: false });
  }
  if (a.length < 2 || b.length < 2) call.fail("it multiplies a vector by what the network is fed");
  const [rows, inner, columns] = [a.at(-2)!, a.at(-1)!, b.at(-1)!];
  const groups = elements(to.shape(call.node.outputs[0])) / rows / columns / to.batch;
  if (Number.isSafeInteger(groups)) {
    return product(to, call, left, right, { groups, rows, inner, columns, transposed: false });
  }
  // The batch is not among the axes before the matrices; where it is in the rows, these are divided.
  if (rows % to.batch !== 0) return unsplit(call, to.shape(call.node.outputs[0]), to.batch);
  return product(to, call, left, right, {
    ...{ groups: groups * to.batch, rows: rows / to.batch, inner, columns, transposed: false },
  });
};

const gemm: Lower = (to, call) => {
  const [left, right] = call.node.inputs;
  if (call.input(1).constant && !call.int("transA", 0)) {
    const outChannels = to.shape(call.node.outputs[0])[1];
    return dense(to, call, { input: left, weight: right, outChannels, bias: call.has(2) });
  }
  const [rows, columns] = to.shape(call.node.outputs[0]);
  const inner = elements(call.shape()) / rows;
  if (to.batch > 1) return unsplit(call, call.shape(), to.batch);
  return product(to, call, left, right, { groups: 1, rows, inner, columns, transposed: false });
};

/** A sum of products over the axes that the result lacks: a product of matrices. */
const einsum: Lower = (to, call) => {
  const { operands, result } = einsumAxes(call);
  if (operands.length !== 2) call.fail("it multiplies more or fewer than two tensors");
  const size = (axis: string) =>
    Math.max(...operands.flatMap((axes, i) => axes.includes(axis) ? [call.shape(i)[axes.indexOf(axis)]] : []));
  const sizes = (axes: readonly string[]) => elements(axes.map(size));
  const [a, b] = operands;
  const [left, right] = call.node.inputs;
  const shared = a.filter((axis) => b.includes(axis));
  const [both, inner] = [
    shared.filter((axis) => result.includes(axis)),
    shared.filter((axis) => !result.includes(axis)),
  ];
  const [rows, columns] = [a, b].map((axes) =>
    sizes(axes.filter((axis) => !shared.includes(axis) && result.includes(axis)))
  );
  if (call.input(1).constant && both.length === 0) {
    const form = axisForm(call.shape(), call.rank() - 1, to.of(left).shape, to.batch);
    const width = sizes(inner), rest = elements(call.shape()) / width / to.batch;
    if (form === undefined || !Number.isSafeInteger(rest)) return unsplit(call, call.shape(), to.batch);
    const input = to.as(to.of(left), rest === 1 ? [to.batch, width] : [to.batch, rest, width], call);
    to.counted.add(right);
    return to.add({ kind: "dense", op: "dense", outChannels: columns, bias: false }, [input], call);
  }
  const groups = sizes(both) / to.batch;
  if (!Number.isSafeInteger(groups)) return unsplit(call, call.shape(), to.batch);
  return product(to, call, left, right, { groups, rows, inner: sizes(inner), columns, transposed: false });
};

/** Softmax(Q · Kᵀ) · V, without projections. */
const attention: Lower = (to, call) => {
  const [query, key, value] = [0, 1, 2].map((i) => call.shape(i));
  const heads = query.length === 4 ? query[1] : call.int("q_num_heads", 0);
  const [rows, columns] = query.length === 4 ? [query[2], key[2]] : [query[1], key[1]];
  const inner = query.length === 4 ? query[3] : query[2] / heads;
  const width = query.length === 4 ? value[3] : value[2] / call.int("kv_num_heads", heads);
  const groups = heads * query[0] / to.batch;
  if (!Number.isSafeInteger(groups)) return unsplit(call, query, to.batch);
  const [q, k, v] = call.node.inputs;
  const scores = product(to, call, q, k, { groups, rows, inner, columns, transposed: true });
  const weights = to.add(
    { kind: "softmax", op: "softmax" },
    [to.as(scores, [to.batch, rows * groups, columns], call)],
    call,
    "softmax",
  );
  return to.add(
    { kind: "matmul", op: "matmul", groups },
    [
      to.as(weights, [to.batch, rows, groups * columns], call),
      operand(to, call, v, [to.batch, columns, groups * width]),
    ],
    call,
    "values",
  );
};

/** The operators of this file. */
export const productOperators: Readonly<Record<string, Lower>> = {
  MatMul: matmul,
  Gemm: gemm,
  Einsum: einsum,
  Attention: attention,
};
