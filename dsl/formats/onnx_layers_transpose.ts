/**
 * What a transpose of ONNX is as a layer, together with the reshapes around it: tokens, images, windows, shuffles, or axes in another order.
 *
 * @module
 */
import { elements, type Move, type Shape } from "../layer.ts";
import type { Call } from "./onnx_call.ts";
import { mergedOrder } from "./onnx_forms.ts";
import type { Lower } from "./onnx_layers.ts";
import { equal, type Lowering, type Made } from "./onnx_lowering.ts";
import { transposeOrder } from "./onnx_options.ts";

/** A transpose by itself; with the reshapes around it, it may be more. */
export const transpose: Lower = (to, call) => {
  const value = to.of(call.node.inputs[0]);
  const shape = call.shape(), order = transposeOrder(call);
  const { sizes, order: merged } = mergedOrder(shape, order);
  if (merged.every((axis, i) => axis === i)) return value;
  const own = value.shape;
  const known = knownOrder(shape, order, own, to.batch);
  if (known !== undefined) return to.add({ kind: "move", ...known }, [value], call);
  // Rows and columns exchanged: tokens become an image, if they are seen as one after that.
  const [rows, columns] = sizes.slice(-2);
  const swaps = merged.length === 2 + Number(to.batch > 1) &&
    (to.batch === 1 || merged[0] === 0 && sizes[0] === to.batch);
  const last = to.shape(call.node.outputs[0]);
  if (swaps && own.length === 4 && equal(own, [to.batch, rows, ...own.slice(2)]) && !equal(order, [0, 3, 1, 2])) {
    return to.add({ kind: "move", op: "to_tokens" }, [value], call);
  }
  if (own.length === 4 && equal(own, shape) && order[0] === 0) {
    return to.add({ kind: "move", op: "permute", order }, [value], call);
  }
  if (swaps) {
    const tokens = to.as(value, [to.batch, rows, columns], call);
    const size = last.length === 4 && last[1] === columns ? [last[2], last[3]] as const : undefined;
    if (size !== undefined) return to.add({ kind: "move", op: "to_image", size }, [tokens], call);
    return to.add({ kind: "move", op: "permute", order: [0, 2, 1] }, [tokens], call);
  }
  return permuted(to, call, value, sizes, merged);
};

/** Axes in another order, as far as an image has axes: of what is more, the innermost stay by themselves. */
function permuted(to: Lowering, call: Call, value: Made, sizes: readonly number[], order: readonly number[]): Made {
  const [first, ...rest] = sizes;
  if (order[0] === 0 && first % to.batch === 0) {
    const outer = first === to.batch ? [] : [first / to.batch];
    const inner = outer.length === 0 ? order.slice(1).map((axis) => axis) : order.map((axis) => axis + 1);
    const form = [to.batch, ...outer, ...rest];
    if (form.length <= 4) {
      return to.add({ kind: "move", op: "permute", order: [0, ...inner] }, [to.as(value, form, call)], call);
    }
  } else if (to.batch === 1 && sizes.length <= 3) {
    const order1 = [0, ...order.map((axis) => axis + 1)];
    return to.add({ kind: "move", op: "permute", order: order1 }, [to.as(value, [1, ...sizes], call)], call);
  }
  const all = elements(sizes) / to.batch;
  const last = sizes.at(-1)!;
  // What stays innermost is copied in runs of its length.
  const run = order.at(-1) === order.length - 1 && all % last === 0 ? last : 1;
  const outer = sizes.find((size) => (all / run) % size === 0 && size < all / run && size > 1) ?? all / run;
  const form = [to.batch, outer, all / run / outer, ...run === 1 ? [] : [run]];
  return to.add({ kind: "move", op: "permute", order: run === 1 ? [0, 2, 1] : [0, 2, 1, 3] }, [
    to.as(value, form, call),
  ], call);
}

type MoveOp = Move extends infer M ? M extends Move ? Omit<M, "kind"> : never : never;

/** Moves that a reshape, a transpose and a reshape are together, told by the transpose and the value's own axes. */
function knownOrder(shape: Shape, order: readonly number[], own: Shape, batch: number): MoveOp | undefined {
  if (shape[0] !== batch || order[0] !== 0) return undefined;
  const is = (...wanted: number[]) => equal(order, wanted);
  if (own.length === 4) {
    const [, channels, height, width] = own;
    const [, a, b, c, d, e] = shape;
    if ((is(0, 2, 1, 3, 4) || is(0, 2, 1, 3)) && a * b === channels && elements(shape.slice(3)) === height * width) {
      return { op: "channel_shuffle", groups: a };
    }
    if (shape.length === 6) {
      if ((is(0, 1, 4, 2, 5, 3) || is(0, 3, 4, 1, 5, 2)) && d === height && e === width) {
        const factor = is(0, 1, 4, 2, 5, 3) ? b : a;
        if (elements([a, b, c]) === channels && factor ** 2 * (is(0, 1, 4, 2, 5, 3) ? a : c) === channels) {
          return { op: "pixel_shuffle", factor };
        }
      }
      const cut = a === channels && b * c === height && d * e === width;
      if (cut && (is(0, 1, 3, 5, 2, 4) || is(0, 3, 5, 1, 2, 4)) && c === e) return { op: "pixel_unshuffle", factor: c };
      if (cut && is(0, 2, 4, 3, 5, 1)) return { op: "to_windows", window: [c, e] };
    }
  }
  if (own.length === 3 && shape.length === 6 && is(0, 5, 1, 3, 2, 4) && shape[5] === own[2]) {
    const [, rows, columns, height, width] = shape;
    return { op: "from_windows", window: [height, width], size: [rows * height, columns * width] };
  }
  return undefined;
}
