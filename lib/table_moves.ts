/**
 * Moves as columns of a layers table. Most of a move's options follow from its input's and its output's sizes; padding and crops have the
 * padding's columns, shifts its first two, windows the kernel's, shuffles the groups'.
 *
 * Where elements are taken from is no column: a slice is read as the first of its axis, which costs the same.
 *
 * @module
 */
import { imageSizes, type OptionsOf, type Shape, type Sides, type SizedLayer } from "neuralpower/dsl";
import type { Cells } from "./table_cells.ts";

type Move = OptionsOf<"move">;
type MoveCells = Partial<Record<string, number>>;

/** The columns of a move's own options. */
export function writeMove(layer: SizedLayer<"move">): MoveCells {
  switch (layer.op) {
    case "pad":
    case "crop": {
      const [pad_top, pad_left, pad_bottom, pad_right] = layer.pad;
      return { pad_top, pad_left, pad_bottom, pad_right };
    }
    case "roll": {
      // A shift back is one forward around the image.
      const { height, width } = imageSizes(layer.inputShape);
      const [down, right] = layer.shift;
      return { pad_top: ((down % height) + height) % height, pad_left: ((right % width) + width) % width };
    }
    case "to_windows":
    case "from_windows":
      return { kernel_height: layer.window[0], kernel_width: layer.window[1] };
    case "channel_shuffle":
      return { groups: layer.groups };
    default:
      return {};
  }
}

/** A move's options, from its own columns and its sizes. */
export function readMove(cells: Cells, op: Move["op"], input: Shape): Move {
  const kind = "move";
  const given = givenSizes(cells, input);
  const [, , height, width] = given;
  const changed = given.findIndex((size, axis) => axis > 0 && size !== input[axis]);
  const axis = changed < 0 ? 1 : changed;
  switch (op) {
    case "concat":
      // All of them together are not less than the first: without a larger size the row does not say what is joined.
      if (changed < 0) cells.whole("out_channels", 1);
      return { kind, op, axis };
    case "slice":
    case "split":
      return { kind, op, axis, start: 0, end: given[axis], step: 1 };
    case "pad":
      return { kind, op, pad: readSides(cells), mode: "constant" };
    case "crop":
      return { kind, op, pad: readSides(cells) };
    case "permute":
      return { kind, op, order: readOrder(cells, given, input) };
    case "to_tokens":
      return { kind, op };
    case "to_image":
      return { kind, op, size: [height, width] };
    case "to_windows":
      return { kind, op, window: readWindow(cells) };
    case "from_windows":
      return { kind, op, window: readWindow(cells), size: [height, width] };
    case "roll":
      return { kind, op, shift: [cells.whole("pad_top", 0, 0), cells.whole("pad_left", 0, 0)] };
    case "pixel_shuffle":
      return { kind, op, factor: height / input[2] };
    case "pixel_unshuffle":
      return { kind, op, factor: input[2] / height };
    case "channel_shuffle":
      return { kind, op, groups: cells.whole("groups", 1) };
    case "upsample_nearest":
    case "upsample_bilinear":
      return { kind, op, size: [height, width] };
    case "expand":
      return { kind, op, shape: [cells.whole("batch", 1), ...given.slice(1)] };
  }
}

/** The row's output sizes as an image, where they are given; else the input's. */
export function givenSizes(cells: Cells, input: Shape): Shape {
  const axes = ["out_channels", "out_height", "out_width"] as const;
  return [input[0], ...axes.map((column, i) => cells.whole(column, 1, input[i + 1]))];
}

/** The padding's four columns, 0 by default. */
export function readSides(cells: Cells): Sides {
  const side = (name: string) => cells.whole(`pad_${name}`, 0, 0);
  return [side("top"), side("left"), side("bottom"), side("right")];
}

function readWindow(cells: Cells): readonly [number, number] {
  const height = cells.whole("kernel_height", 1);
  return [height, cells.whole("kernel_width", 1, height)];
}

const orders = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]];

/** The first order that makes the output's sizes of the input's and changes something. */
function readOrder(cells: Cells, given: Shape, input: Shape): number[] {
  const fits = orders.filter((order) => order.every((axis, i) => input[axis] === given[i + 1]));
  const order = fits.find((order) => order !== orders[0]) ?? fits[0];
  if (order === undefined) cells.fail("out_channels", "no order of the input's axes gives the output's sizes");
  return [0, ...order];
}
