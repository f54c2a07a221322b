/**
 * Caffe's layers that cut blobs or see them in another shape.
 *
 * @module
 */
import { elements } from "../layer.ts";
import type { Value } from "../value.ts";
import { axisOf, type CaffeLayer } from "./caffe_layer.ts";
import type { FileGraph } from "./file_graph.ts";

/** Slice: a top for each piece, between the points, or of even size. */
export function pieces(layer: CaffeLayer, [bottom]: readonly Value[], graph: FileGraph): Value[] {
  const own = layer.fields.message("slice_param").only(["axis", "slice_dim", "slice_point"]);
  const axis = axisOf(layer, own.number("axis", own.number("slice_dim", 1)), bottom);
  const count = layer.tops.length;
  const size = bottom.shape[axis];
  const points = own.wholes("slice_point", 1);
  if (points.length > 0 ? points.length !== count - 1 : size % count !== 0) {
    own.fail(`it cuts axis ${axis} of ${bottom.shape.join("×")} at ${points.length} points into ${count} tops`);
  }
  if (count === 1) return [bottom];
  const bounds = points.length > 0
    ? [0, ...points, size]
    : Array.from({ length: count + 1 }, (_, i) => i * size / count);
  const op = points.length > 0 ? "slice" : "split";
  return layer.tops.map((_, i) =>
    graph.add(
      `${layer.name}_${i + 1}`,
      { kind: "move", op, axis, start: bounds[i], end: bounds[i + 1], step: 1 },
      bottom,
    )
  );
}

/** Crop: the first bottom cut to the second's sizes, from `axis` on, at offsets. */
export function cropTo(layer: CaffeLayer, bottoms: readonly Value[], graph: FileGraph): Value[] {
  const own = layer.fields.message("crop_param").only(["axis", "offset"]);
  if (bottoms.length !== 2) own.fail(`it needs two bottoms, what to crop and the size's, got ${bottoms.length}`);
  const [bottom, like] = bottoms;
  const rank = bottom.shape.length;
  if (rank !== 4 || like.shape.length !== 4) own.fail("only images can be cropped");
  const axis = axisOf(layer, own.number("axis", 2), bottom);
  const given = own.wholes("offset", 0);
  if (given.length > 1 && given.length !== rank - axis) {
    own.fail(`it needs one offset, or ${rank - axis} from axis ${axis} on, got ${given.length}`);
  }
  const cuts = bottom.shape.map((size, i) => {
    if (i < axis) return [0, 0] as const;
    const offset = given[i - axis] ?? given[0] ?? 0;
    const rest = size - like.shape[i] - offset;
    if (rest < 0) own.fail(`axis ${i} has ${size}; ${like.shape[i]} at offset ${offset} do not fit in it`);
    return [offset, rest] as const;
  });
  const [, channels, [top, bottomRows], [left, right]] = cuts;
  const some = channels[0] + channels[1] === 0 ? bottom : graph.add(
    `${layer.name}_channels`,
    { kind: "move", op: "slice", axis: 1, start: channels[0], end: bottom.shape[1] - channels[1], step: 1 },
    bottom,
  );
  return [graph.add(layer.name, { kind: "move", op: "crop", pad: [top, left, bottomRows, right] }, some)];
}

/** Reshape: 0 keeps an axis, −1 takes what is left. */
export function reshaped(layer: CaffeLayer, [bottom]: readonly Value[], graph: FileGraph): Value[] {
  const own = layer.fields.message("reshape_param").only(["shape", "axis", "num_axes"]);
  const dims = own.message("shape").only(["dim"]).wholes("dim", -1);
  const { shape } = bottom;
  const axis = own.number("axis", 0) < 0 ? own.number("axis", 0) + shape.length + 1 : own.number("axis", 0);
  const count = own.number("num_axes", -1) === -1 ? shape.length - axis : own.number("num_axes", -1);
  const sizes = [
    ...shape.slice(0, axis),
    ...dims.map((dim, i) => dim === 0 ? shape[axis + i] ?? NaN : dim),
    ...shape.slice(axis + count),
  ];
  const known = elements(sizes.filter((size) => size !== -1));
  const wanted = sizes.map((size) => size === -1 ? elements(shape) / known : size);
  if (sizes.filter((size) => size === -1).length > 1 || wanted.length < 2 || wanted.length > 4) {
    own.fail(`${shape.join("×")} cannot be seen as ${sizes.join("×")}`);
  }
  const whole = wanted.length === 2 && wanted[0] === shape[0] && wanted[1] * shape[0] === elements(shape);
  return [
    graph.add(
      layer.name,
      whole ? { kind: "view", op: "flatten" } : { kind: "view", op: "reshape", shape: wanted },
      bottom,
    ),
  ];
}
