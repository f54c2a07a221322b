/**
 * What several of ONNX's nodes are together: dense layers, normalisations written out, products by heads, images rolled round. Told from the
 * last node; what no pattern takes becomes layers node by node.
 *
 * @module
 */
import { elements } from "../layer.ts";
import { recogniseActivation } from "./onnx_activations.ts";
import { recogniseAttention } from "./onnx_attention_read.ts";
import type { Call } from "./onnx_call.ts";
import { slices, transposeOrder } from "./onnx_options.ts";
import { equal, type Lowering, type Recognised } from "./onnx_lowering.ts";
import { recogniseChannelNorm, recogniseGroupNorm, recogniseImageNorm, recogniseNorm } from "./onnx_patterns_norm.ts";
import { recogniseDense, recogniseProduct } from "./onnx_patterns_products.ts";

/** All patterns, the largest first. */
export function recognise(to: Lowering, call: Call): Recognised | undefined {
  if (!call.node.outputs[0]) return undefined;
  switch (call.node.op) {
    case "Gemm":
    case "MatMul":
      return recogniseAttention(to, call) ?? recogniseProduct(to, call);
    case "Add":
      return recogniseAttention(to, call) ?? recogniseDense(to, call) ?? recogniseGroupNorm(to, call) ??
        recogniseNorm(to, call) ?? recogniseChannelNorm(to, call) ?? recogniseActivation(to, call);
    case "Mul":
      return recogniseNorm(to, call) ?? recogniseActivation(to, call);
    case "Transpose":
      return recogniseImageNorm(to, call) ?? recogniseProduct(to, call);
    case "Reshape":
      return recogniseToImage(to, call);
    case "Concat":
      return recogniseRoll(to, call);
    default:
      return recogniseActivation(to, call);
  }
}

/** Tokens' rows and columns exchanged, then seen as an image. */
function recogniseToImage(to: Lowering, root: Call): Recognised | undefined {
  const transpose = to.sole(root.node.inputs[0], "Transpose");
  const out = to.shape(root.node.outputs[0]);
  if (transpose === undefined || transpose.rank() !== 3 || !equal(transposeOrder(transpose), [0, 2, 1])) {
    return undefined;
  }
  const [tokens] = transpose.node.inputs;
  const shape = to.shape(tokens);
  if (out.length !== 4 || out[0] !== to.batch || shape[0] !== to.batch || out[1] !== shape[2]) return undefined;
  const size = [out[2], out[3]] as const;
  return {
    inputs: [tokens],
    lower: (to, call) => to.add({ kind: "move", op: "to_image", size }, [to.as(to.of(tokens), shape, call)], call),
  };
}

/** The end of an axis before its beginning. */
function turned(
  to: Lowering,
  call: Call,
): { readonly x: string; readonly axis: number; readonly forward: number } | undefined {
  const parts = call.node.inputs.map((input) => to.sole(input, "Slice"));
  if (parts.length !== 2) return undefined;
  const axis = call.axis(call.int("axis", 1));
  const [first, second] = parts;
  if (first === undefined || second === undefined) return undefined;
  const [x] = first.node.inputs;
  if (second.node.inputs[0] !== x) return undefined;
  const [[end], [begin]] = [slices(first), slices(second)];
  const whole = slices(first).length === 1 && slices(second).length === 1 && end.axis === axis && begin.axis === axis;
  const size = first.shape()[axis];
  const fits = whole && end.step === 1 && begin.step === 1 && begin.start === 0 && end.start === begin.count &&
    end.count + begin.count === size;
  return fits ? { x, axis, forward: end.count } : undefined;
}

/** An image rolled round along one axis or two. */
function recogniseRoll(to: Lowering, root: Call): Recognised | undefined {
  const last = turned(to, root);
  if (last === undefined) return undefined;
  const inner = to.maker(last.x);
  const readers = inner?.node.op === "Concat" ? turned(to, inner) : undefined;
  // Both parts of the second turn read the first one's result.
  const first = readers !== undefined && Math.abs(readers.axis - last.axis) === 1 ? readers : undefined;
  const x = first?.x ?? last.x;
  const shape = to.shape(x);
  const turns = [last, ...first === undefined ? [] : [first]].sort((a, b) => a.axis - b.axis);
  const image = turns.every(({ axis }) => axis >= 2) && shape.length === 4 && shape[0] === to.batch;
  const height = image ? 2 : turns[0].axis;
  const width = image ? 3 : turns.length === 2 ? turns[1].axis : height + 1;
  const [outer, within] = [
    elements(shape.slice(0, height)),
    elements(shape.slice(turns.length === 2 || image ? width + 1 : width)),
  ];
  if (outer % to.batch !== 0) return undefined;
  const columns = turns.length === 2 || image ? shape[width] * within : within;
  const by = (axis: number) => turns.find((turn) => turn.axis === axis)?.forward ?? 0;
  // Half a turn or more is one back.
  const shift = [[by(height), shape[height]], [by(width) * within, columns]].map(([pixels, size]) =>
    pixels * 2 > size ? pixels - size : pixels
  );
  const form = image ? shape : [to.batch, outer / to.batch, shape[height], columns];
  return {
    inputs: [x],
    lower: (to, call) =>
      to.add({ kind: "move", op: "roll", shift: [shift[0], shift[1]] }, [to.as(to.of(x), form, call)], call),
  };
}
