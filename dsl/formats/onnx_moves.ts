/**
 * Moves in ONNX: one entry an op. Reshapes leave the batch open, as 0, so that a model can be run with another one.
 *
 * @module
 */
import type { Move, Pair } from "../layer.ts";
import { int, ints, type Place, text } from "./onnx_builder.ts";

type Having<O, M> = M extends { op: infer P } ? O extends P ? M : never : never;
type Writer<O extends Move["op"]> = (options: Having<O, Move>, at: Place) => void;

const writers: { readonly [O in Move["op"]]: Writer<O> } = {
  concat: ({ axis }, at) => at.last("Concat", at.inputs.map((input) => input.name), { axis: int(axis) }),
  slice: ({ axis, start, end, step }, at) => at.last("Slice", sliceInputs(at, "", axis, [start, end, step])),
  split: ({ axis, start, end, step }, at) => at.last("Slice", sliceInputs(at, "", axis, [start, end, step])),
  pad({ pad: [top, left, bottom, right], mode }, at) {
    const pads = at.constant("pads", "int64", [8], [0, 0, top, left, 0, 0, bottom, right]);
    at.last("Pad", [at.input.name, pads], { mode: text(mode) });
  },
  crop({ pad: [top, left] }, at) {
    const [height, width] = at.outputShape.slice(2);
    const numbers = (suffix: string, values: readonly number[]) => at.constant(suffix, "int64", [2], values);
    const ends = numbers("ends", [top + height, left + width]);
    at.last("Slice", [at.input.name, numbers("starts", [top, left]), ends, numbers("axes", [2, 3])]);
  },
  permute: ({ order }, at) => at.last("Transpose", [at.input.name], { perm: ints(order) }),
  to_tokens(_options, at) {
    const [, channels, height, width] = at.input.shape;
    at.last("Transpose", [at.reshape("rows", at.input.name, [channels, height * width])], { perm: ints([0, 2, 1]) });
  },
  to_image(_options, at) {
    at.lastReshape(at.transpose("channels", at.input.name, [0, 2, 1]), at.outputShape.slice(1));
  },
  to_windows({ window }, at) {
    const [, channels, height, width] = at.input.shape;
    const [rows, columns] = count([height, width], window);
    const cut = at.reshape("cut", at.input.name, [channels, rows, window[0], columns, window[1]]);
    at.lastReshape(at.transpose("windows", cut, [0, 2, 4, 3, 5, 1]), at.outputShape.slice(1));
  },
  from_windows({ window, size }, at) {
    const [rows, columns] = count(size, window);
    const cut = at.reshape("cut", at.input.name, [rows, columns, ...window, at.input.shape[2]]);
    at.lastReshape(at.transpose("image", cut, [0, 5, 1, 3, 2, 4]), at.outputShape.slice(1));
  },
  roll({ shift }, at) {
    const turns = shift.flatMap((pixels, i) => {
      const [axis, size] = [i + 2, at.input.shape[i + 2]];
      const forward = ((pixels % size) + size) % size;
      return forward === 0 ? [] : [{ axis, size, forward }];
    });
    if (turns.length === 0) return at.last("Identity", [at.input.name]);
    turns.reduce((input, { axis, size, forward }, i) => {
      const part = (suffix: string, from: number, to: number) =>
        at.inner(`${suffix}${axis}`, "Slice", sliceInputs(at, `${suffix}${axis}_`, axis, [from, to, 1], input));
      const parts = [part("end", size - forward, size), part("begin", 0, size - forward)];
      if (i < turns.length - 1) return at.inner(`turned${axis}`, "Concat", parts, { axis: int(axis) });
      at.last("Concat", parts, { axis: int(axis) });
      return at.name;
    }, at.input.name);
  },
  pixel_shuffle: ({ factor }, at) =>
    at.last("DepthToSpace", [at.input.name], { blocksize: int(factor), mode: text("CRD") }),
  // SpaceToDepth has the blocks' pixels before the channels; PyTorch's order is that which pixel_shuffle undoes.
  pixel_unshuffle({ factor }, at) {
    const [channels, height, width] = [at.input.shape[1], ...at.outputShape.slice(2)];
    const cut = at.reshape("cut", at.input.name, [channels, height, factor, width, factor]);
    at.lastReshape(at.transpose("blocks", cut, [0, 1, 3, 5, 2, 4]), at.outputShape.slice(1));
  },
  channel_shuffle({ groups }, at) {
    const [, channels, height, width] = at.input.shape;
    const cut = at.reshape("cut", at.input.name, [groups, channels / groups, height, width]);
    at.lastReshape(at.transpose("shuffled", cut, [0, 2, 1, 3, 4]), [channels, height, width]);
  },
  upsample_nearest: (_options, at) =>
    resize(at, { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" }),
  upsample_bilinear: (_options, at) => resize(at, { mode: "linear", coordinate_transformation_mode: "half_pixel" }),
  expand(_options, at) {
    // A 1 leaves the size as it is.
    const sizes = at.outputShape.map((size, axis) => size === at.input.shape[axis] ? 1 : size);
    at.last("Expand", [at.input.name, at.constant("shape", "int64", [sizes.length], sizes)]);
  },
};

function sliceInputs(
  at: Place,
  prefix: string,
  axis: number,
  [start, end, step]: readonly number[],
  input: string = at.input.name,
): string[] {
  const number = (suffix: string, value: number) => at.constant(`${prefix}${suffix}`, "int64", [1], [value]);
  return [input, number("starts", start), number("ends", end), number("axes", axis), number("steps", step)];
}

/** By factors rather than sizes, which would fix the batch. */
function resize(at: Place, words: Readonly<Record<string, string>>): void {
  const factors = [2, 3].map((axis) => factor(at.input.shape[axis], at.outputShape[axis]));
  const scales = at.constant("scales", "float32", [4], [1, 1, ...factors]);
  const attributes = Object.fromEntries(Object.entries(words).map(([name, word]) => [name, text(word)]));
  at.last("Resize", [at.input.name, "", scales], attributes);
}

/** A factor of float32 whose product with the size, which is rounded down, is what is wanted. */
function factor(size: number, wanted: number): number {
  const nearest = Math.fround(wanted / size);
  // What float32 has cut off must not cost a pixel, be the product rounded to float32 or not: then it is the next larger number.
  return nearest * size >= wanted ? nearest : Math.fround(nearest * (1 + 2 ** -23));
}

function count([height, width]: Pair, window: Pair): Pair {
  return [height / window[0], width / window[1]];
}

/** Writes a move. */
export function writeMove(layer: Move, at: Place): void {
  (writers[layer.op] as Writer<Move["op"]>)(layer as never, at);
}
