/**
 * The shape rules of moves, an entry an op: what becomes of a shape when elements are copied elsewhere.
 *
 * @module
 */
import { ShapeError } from "./errors.ts";
import { elements, type Move, type Pair, type Shape, type Sides } from "./layer.ts";
import {
  axisNames,
  broadcast,
  checkTensor,
  divides,
  image,
  lengths,
  one,
  outputSize,
  positive,
  show,
  showAxes,
  tokens,
  whole,
} from "./shape_checks.ts";

type Having<O, M> = M extends { op: infer P } ? O extends P ? M : never : never;
/** The moves that have one op, alone or among others. */
type MoveOf<O extends Move["op"]> = Having<O, Move>;
type MoveRule<O extends Move["op"]> = (options: MoveOf<O>, inputs: readonly Shape[], layer: string) => Shape;

const padModes = ["constant", "reflect", "edge"];

const rules: { readonly [O in Move["op"]]: MoveRule<O> } = {
  concat({ axis }, inputs, layer) {
    if (inputs.length < 2) throw new ShapeError(layer, `concat takes two inputs or more, got ${inputs.length}`);
    const first = inputs[0];
    checkAxis(layer, axis, first);
    for (const other of inputs) {
      if (other.length !== first.length || other.some((size, i) => i !== axis && size !== first[i])) {
        throw new ShapeError(
          layer,
          `concat joins axis ${axis}, the others must be equal, got ${inputs.map(show).join(" and ")}`,
        );
      }
    }
    return first.with(axis, inputs.reduce((sum, shape) => sum + shape[axis], 0));
  },
  slice,
  split: slice,
  pad({ pad, mode }, inputs, layer) {
    const [batch, channels, height, width] = image(inputs, layer);
    checkSides(layer, { padding: pad });
    if (!padModes.includes(mode)) {
      throw new ShapeError(layer, `the mode of padding must be one of ${padModes.join(", ")}, got ${show(mode)}`);
    }
    // A reflection does not repeat the edge, so it has one pixel less to show than the image.
    if (mode === "reflect" && (Math.max(pad[0], pad[2]) >= height || Math.max(pad[1], pad[3]) >= width)) {
      throw new ShapeError(
        layer,
        `padding ${show(pad)} must be smaller than the image of ${height}×${width} it reflects`,
      );
    }
    return [batch, channels, height + pad[0] + pad[2], width + pad[1] + pad[3]];
  },
  crop({ pad }, inputs, layer) {
    const [batch, channels, height, width] = image(inputs, layer);
    checkSides(layer, { cropping: pad });
    const [h, w] = [height - pad[0] - pad[2], width - pad[1] - pad[3]];
    if (h < 1 || w < 1) {
      throw new ShapeError(layer, `cropping ${show(pad)} leaves nothing of an image of ${height}×${width}`);
    }
    return [batch, channels, h, w];
  },
  permute({ order }, inputs, layer) {
    const input = one(inputs, layer);
    const isWhole = Array.isArray(order) && order.length === input.length && new Set(order).size === order.length;
    if (!isWhole || order[0] !== 0) {
      const given = isWhole || order?.[0] !== 0 ? order : order.slice(1);
      throw new ShapeError(
        layer,
        `the order of axes must name each of ${axisNames(input).join(", ")} once, got ${showAxes(given, input)}`,
      );
    }
    order.forEach((axis) => axis > 0 && checkAxis(layer, axis, input));
    return order.map((axis) => input[axis]);
  },
  to_tokens(_options, inputs, layer) {
    const [batch, channels, height, width] = image(inputs, layer);
    return [batch, height * width, channels];
  },
  to_image: ({ size }, inputs, layer) => asImage(size, tokens(inputs, layer), layer),
  to_windows({ window }, inputs, layer) {
    const [batch, channels, height, width] = image(inputs, layer);
    checkWindow(window, [height, width], layer);
    return [batch, height * width, channels];
  },
  from_windows({ window, size }, inputs, layer) {
    checkWindow(window, outputSize(layer, size), layer);
    return asImage(size, tokens(inputs, layer), layer);
  },
  roll({ shift }, inputs, layer) {
    lengths(layer, 2, { shift });
    if (!shift.every(Number.isSafeInteger)) {
      throw new ShapeError(layer, `shifts must be whole numbers, got ${show(shift)}`);
    }
    return image(inputs, layer);
  },
  pixel_shuffle({ factor }, inputs, layer) {
    const [batch, channels, height, width] = image(inputs, layer);
    positive(layer, { factor });
    divides(layer, "channels", channels, factor ** 2, "pixels of each output channel");
    return [batch, channels / factor ** 2, height * factor, width * factor];
  },
  pixel_unshuffle({ factor }, inputs, layer) {
    const [batch, channels, height, width] = image(inputs, layer);
    divides(layer, "rows", height, factor, "pixels a block");
    divides(layer, "columns", width, factor, "pixels a block");
    return [batch, channels * factor ** 2, height / factor, width / factor];
  },
  channel_shuffle({ groups }, inputs, layer) {
    const input = image(inputs, layer);
    divides(layer, "channels", input[1], groups, "groups");
    return input;
  },
  upsample_nearest: resize,
  upsample_bilinear: resize,
  expand({ shape }, inputs, layer) {
    const input = one(inputs, layer);
    checkTensor(layer, shape);
    const expanded = broadcast([input, shape], layer);
    if (expanded.some((size, axis) => size !== shape[axis])) {
      throw new ShapeError(layer, `${show(input)} cannot be expanded to ${show(shape)}: only sizes of 1 can`);
    }
    return expanded;
  },
};

function slice({ axis, start, end, step }: MoveOf<"slice" | "split">, inputs: readonly Shape[], layer: string): Shape {
  const input = one(inputs, layer);
  checkAxis(layer, axis, input);
  whole(layer, { start });
  positive(layer, { end, step });
  if (start >= end || end > input[axis]) {
    throw new ShapeError(layer, `a slice from ${start} to before ${end} does not fit axis ${axis} of ${show(input)}`);
  }
  return input.with(axis, Math.ceil((end - start) / step));
}

function resize(
  { size }: MoveOf<"upsample_nearest" | "upsample_bilinear">,
  inputs: readonly Shape[],
  layer: string,
): Shape {
  const [batch, channels] = image(inputs, layer);
  return [batch, channels, ...outputSize(layer, size)];
}

function asImage(size: Pair, [batch, length, width]: Shape, layer: string): Shape {
  if (elements(outputSize(layer, size)) !== length) {
    throw new ShapeError(layer, `${length} tokens do not fill an image of ${size[0]}×${size[1]}`);
  }
  return [batch, width, ...size];
}

function checkWindow(window: Pair, [height, width]: Pair, layer: string): void {
  lengths(layer, 2, { window });
  positive(layer, { "window height": window[0], "window width": window[1] });
  if (height % window[0] !== 0 || width % window[1] !== 0) {
    throw new ShapeError(
      layer,
      `an image of ${height}×${width} does not divide into windows of ${window[0]}×${window[1]}; pad it first`,
    );
  }
}

/** Pixels on the four sides, by what they are called. */
function checkSides(layer: string, named: Readonly<Record<string, Sides>>): void {
  lengths(layer, 4, named);
  for (const [top, left, bottom, right] of Object.values(named)) whole(layer, { top, left, bottom, right });
}

function checkAxis(layer: string, axis: number, shape: Shape): void {
  if (!Number.isSafeInteger(axis) || axis < 1 || axis >= shape.length) {
    throw new ShapeError(layer, `there is no axis ${show(axis)} beside the batch in ${show(shape)}`);
  }
}

/** The shape that a move makes of its inputs' shapes. */
export function moveShape(options: Move, inputs: readonly Shape[], layer: string): Shape {
  return (rules[options.op] as MoveRule<Move["op"]>)(options, inputs, layer);
}
