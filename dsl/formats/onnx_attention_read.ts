/**
 * Self-attention with its projections, however an exporter writes it: queries, keys and values from one product or three, scaled before or
 * after they are multiplied, in windows or not.
 *
 * Attention of another form (other widths, other tokens asked than seen, a mask) is no pattern: it becomes dense layers, products and a softmax,
 * which have as many multiply-adds. A mask on a window's scores, which a shifted window has, costs one addition each and is left out.
 *
 * @module
 */
import { elements, type Pair } from "../layer.ts";
import type { Call } from "./onnx_call.ts";
import { byLastAxis } from "./onnx_layers.ts";
import { type Lowering, type Recognised, withConstant } from "./onnx_lowering.ts";
import type { DenseNodes } from "./onnx_layers_products.ts";
import { denseOf } from "./onnx_patterns_products.ts";

/** What only moves numbers, or takes some of them. */
const moves = ["Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Split", "Slice", "Gather", "Identity"];

/** Follows a tensor back through moves, and through scaling by a number. */
function source(to: Lowering, tensor: string, through: readonly string[] = moves): string {
  for (let steps = 0; steps < 32; steps++) {
    const call = to.maker(tensor);
    if (call === undefined) return tensor;
    const [first, second] = call.node.inputs;
    if (through.includes(call.node.op)) tensor = first;
    else if (call.node.op === "Mul" && to.number(first) !== undefined) tensor = second;
    else if ((call.node.op === "Mul" || call.node.op === "Div") && to.number(second) !== undefined) tensor = first;
    else return tensor;
  }
  return tensor;
}

/** The product of queries and keys behind a softmax, and what was added to it. */
function scoresOf(
  to: Lowering,
  softmax: Call,
): { readonly product: Call; readonly added: readonly string[] } | undefined {
  const added: string[] = [];
  let tensor = softmax.node.inputs[0];
  for (let steps = 0; steps < 8; steps++) {
    tensor = source(to, tensor, ["Reshape", "Unsqueeze", "Squeeze"]);
    const call = to.maker(tensor);
    if (call?.node.op === "MatMul") return { product: call, added };
    const [fed, constant] = call?.node.op === "Add" ? withConstant(to, call) : [];
    if (fed === undefined) return undefined;
    added.push(constant!);
    tensor = fed;
  }
  return undefined;
}

/** A softmax, behind what replaces its rows that are all masked. */
function softmaxOf(to: Lowering, tensor: string): Call | undefined {
  let call = to.maker(tensor);
  if (call?.node.op === "Where" && to.maker(call.node.inputs[0])?.node.op === "IsNaN") {
    call = to.maker(call.node.inputs[2]);
  }
  return call?.node.op === "Softmax" && call.axis(call.int("axis", call.version < 13 ? 1 : -1)) === call.rank() - 1
    ? call
    : undefined;
}

/** Queries, keys and values: parts of one projection, or three of one width; what they project, and whether with a bias. */
function projections(
  to: Lowering,
  tensors: readonly string[],
): { readonly input: string; readonly width: number; readonly bias: boolean } | undefined {
  const calls = tensors.map((tensor) => to.maker(source(to, tensor)));
  const found = calls.map((call) => denseOf(to, call));
  if (found.some((dense) => dense === undefined)) return undefined;
  const [first] = found as DenseNodes[];
  const width = to.shape(first.input).at(-1)!;
  const joined = new Set(calls).size === 1;
  const fits = (found as DenseNodes[]).every(({ input, outChannels, bias }) =>
    input === first.input && bias === first.bias && outChannels === (joined ? 3 : 1) * width
  );
  return fits && (joined || new Set(calls).size === 3) ? { input: first.input, width, bias: first.bias } : undefined;
}

/** An attention whose last projection is `root`. */
export function recogniseAttention(to: Lowering, root: Call): Recognised | undefined {
  const out = denseOf(to, root);
  const weighted = out === undefined ? undefined : to.maker(source(to, out.input, ["Reshape", "Transpose", "Flatten"]));
  if (out === undefined || weighted?.node.op !== "MatMul") return undefined;
  const [weights, values] = weighted.node.inputs;
  const softmax = softmaxOf(to, weights);
  const scores = softmax === undefined ? undefined : scoresOf(to, softmax);
  if (scores === undefined) return undefined;
  const projected = projections(to, [...scores.product.node.inputs, values]);
  if (projected === undefined || projected.width !== out.outChannels || projected.bias !== out.bias) return undefined;
  const { input, width, bias } = projected;
  const [rows, seen] = to.shape(scores.product.node.outputs[0]).slice(-2);
  const heads = width / scores.product.shape().at(-1)!;
  const sequences = elements(to.shape(input)) / width / rows;
  const fits = rows === seen && Number.isSafeInteger(heads) && sequences % to.batch === 0 &&
    elements(to.shape(scores.product.node.outputs[0])) === sequences * heads * rows * seen &&
    elements(to.shape(out.input)) === elements(to.shape(input));
  if (!fits) return undefined;
  const learned = scores.added.filter((tensor) => (to.info(tensor).learned ?? []).length > 0);
  if (scores.added.length === 0 && sequences === to.batch) {
    return made(
      input,
      (to, call) => to.add({ kind: "attention", op: "attention", heads, bias }, [tokens(to, call, input)], call),
    );
  }
  const table = learned.length === 1 ? (to.info(learned[0]).learned ?? []).map((name) => elements(to.shape(name))) : [];
  const window = table.length === 1 ? windowOf(seen, heads, table[0], to.graph.isOwn) : undefined;
  if (window === undefined) return undefined;
  if (scores.added.length > 1 && sequences === to.batch) return undefined;
  return made(
    input,
    (to, call) =>
      to.add({ kind: "attention", op: "window_attention", heads, bias, window }, [tokens(to, call, input)], call),
  );
}

function made(input: string, lower: Recognised["lower"]): Recognised {
  return { inputs: [input], lower };
}

function tokens(to: Lowering, call: Call, input: string) {
  const value = byLastAxis(to, call, input);
  return value.shape.length === 3 ? value : to.as(value, [value.shape[0], 1, value.shape[1]], call);
}

/**
 * The sides of a window that has so many tokens and a table of so many numbers: one for each head and relative position. In files
 * of our own each pair of tokens has its own, and a window is as square as can be.
 */
function windowOf(seen: number, heads: number, numbers: number, isOwn: boolean): Pair | undefined {
  for (let height = Math.floor(Math.sqrt(seen)); height >= 1; height--) {
    if (seen % height !== 0) continue;
    const width = seen / height;
    if ((2 * height - 1) * (2 * width - 1) * heads === numbers) return [height, width];
    if (isOwn && numbers === heads * seen ** 2) return [height, width];
  }
  return undefined;
}
