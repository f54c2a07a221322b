/**
 * Where each move takes an element from: one entry an op, from a position in the output to one in the input.
 *
 * @module
 */
import type { OptionsOf, Shape } from "neuralpower/dsl";
import { made, type NaiveTensor, read } from "./naive_tensor.ts";

type Move = OptionsOf<"move">;
type Having<O, M> = M extends { op: infer P } ? O extends P ? M : never : never;
type Compute<O extends Move["op"]> = (
  options: Having<O, Move>,
  inputs: readonly NaiveTensor[],
  outputShape: Shape,
) => NaiveTensor;

/** Always of 0 … size − 1, of negative numbers too. */
const modulo = (value: number, size: number) => ((value % size) + size) % size;
const clamp = (value: number, size: number) => Math.min(Math.max(value, 0), size - 1);
const whole = Math.floor;

const slice: Compute<"slice" | "split"> = ({ axis, start, step }, [x], shape) =>
  made(shape, (at) => read(x, at.with(axis, start + at[axis] * step)));

const computations: { readonly [O in Move["op"]]: Compute<O> } = {
  concat: ({ axis }, inputs, shape) =>
    made(shape, (at) => {
      let place = at[axis], i = 0;
      for (; place >= inputs[i].shape[axis]; i++) place -= inputs[i].shape[axis];
      return read(inputs[i], at.with(axis, place));
    }),
  slice,
  split: slice,
  pad: ({ pad: [top, left], mode }, [x], shape) =>
    made(shape, ([n, c, i, j]) => {
      const [, , height, width] = x.shape;
      const [y, z] = [i - top, j - left];
      const inside = y >= 0 && y < height && z >= 0 && z < width;
      if (mode === "constant") return inside ? read(x, [n, c, y, z]) : 0;
      if (mode === "edge") return read(x, [n, c, clamp(y, height), clamp(z, width)]);
      // A mirror on the edge's pixels themselves: 2 1 0 1 2.
      const mirror = (at: number, size: number) => at < 0 ? -at : at < size ? at : 2 * (size - 1) - at;
      return read(x, [n, c, mirror(y, height), mirror(z, width)]);
    }),
  crop: ({ pad: [top, left] }, [x], shape) => made(shape, ([n, c, i, j]) => read(x, [n, c, i + top, j + left])),
  permute: ({ order }, [x], shape) => made(shape, (at) => read(x, order.map((_, axis) => at[order.indexOf(axis)]))),
  to_tokens: (_options, [x], shape) => {
    const width = x.shape[3];
    return made(shape, ([n, t, c]) => read(x, [n, c, whole(t / width), t % width]));
  },
  to_image: (_options, [x], shape) => made(shape, ([n, c, i, j]) => read(x, [n, i * shape[3] + j, c])),
  to_windows: ({ window: [h, w] }, [x], shape) => {
    const across = x.shape[3] / w;
    return made(shape, ([n, t, c]) => {
      const [which, within] = [whole(t / (h * w)), t % (h * w)];
      return read(x, [n, c, whole(which / across) * h + whole(within / w), which % across * w + within % w]);
    });
  },
  from_windows: ({ window: [h, w] }, [x], shape) => {
    const across = shape[3] / w;
    return made(shape, ([n, c, i, j]) => {
      const which = whole(i / h) * across + whole(j / w);
      return read(x, [n, which * h * w + i % h * w + j % w, c]);
    });
  },
  roll: ({ shift: [down, right] }, [x], shape) =>
    made(shape, ([n, c, i, j]) => read(x, [n, c, modulo(i - down, shape[2]), modulo(j - right, shape[3])])),
  pixel_shuffle: ({ factor: f }, [x], shape) =>
    made(shape, ([n, c, i, j]) => read(x, [n, c * f * f + i % f * f + j % f, whole(i / f), whole(j / f)])),
  pixel_unshuffle: ({ factor: f }, [x], shape) =>
    made(shape, ([n, c, i, j]) => {
      const within = c % (f * f);
      return read(x, [n, whole(c / (f * f)), i * f + whole(within / f), j * f + within % f]);
    }),
  channel_shuffle: ({ groups }, [x], shape) =>
    made(shape, (at) => read(x, at.with(1, at[1] % groups * (shape[1] / groups) + whole(at[1] / groups)))),
  upsample_nearest: (_options, [x], shape) =>
    made(shape, (at) => read(x, at.map((place, axis) => whole(place * x.shape[axis] / shape[axis])))),
  upsample_bilinear: (_options, [x], shape) =>
    made(shape, ([n, c, i, j]) => {
      // Pixels are squares whose middles lie at ½; beyond the outermost middles the image stays as it is there.
      const [y, z] = [[i, 2], [j, 3]].map(([place, axis]) => {
        const at = (place + 0.5) * x.shape[axis] / shape[axis] - 0.5;
        return { from: clamp(whole(at), x.shape[axis]), to: clamp(whole(at) + 1, x.shape[axis]), part: at - whole(at) };
      });
      const row = (at: number) => (1 - z.part) * read(x, [n, c, at, z.from]) + z.part * read(x, [n, c, at, z.to]);
      return (1 - y.part) * row(y.from) + y.part * row(y.to);
    }),
  expand: (_options, [x], shape) => made(shape, (at) => read(x, at)),
};

/** Computes one move. */
export function moveNaively(options: Move, inputs: readonly NaiveTensor[], outputShape: Shape): NaiveTensor {
  return (computations[options.op] as Compute<Move["op"]>)(options as never, inputs, outputShape);
}
