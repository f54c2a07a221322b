/**
 * Caffe's convolutions and poolings, which move a window over an image.
 *
 * @module
 */
import type { Pair, Sides } from "../layer.ts";
import type { Value } from "../value.ts";
import { type CaffeLayer, fillers } from "./caffe_layer.ts";
import type { FileGraph } from "./file_graph.ts";
import type { TextFields } from "./text_fields.ts";

const windowFields = ["kernel", "stride", "pad"].flatMap((name) => [name, `${name}_h`, `${name}_w`]);
const filterFields = [
  ...["num_output", "bias_term", "kernel_size", "dilation", "group", "axis", "force_nd_im2col"],
  ...[...windowFields, ...fillers],
];

/** A convolution; those of the depthwise types have a group for each channel. */
export function convolution(layer: CaffeLayer, bottoms: readonly Value[], graph: FileGraph): Value[] {
  return [graph.add(layer.name, { kind: "conv", op: "conv", ...filters(layer, bottoms[0]) }, ...bottoms)];
}

/** A transposed convolution. */
export function deconvolution(layer: CaffeLayer, bottoms: readonly Value[], graph: FileGraph): Value[] {
  const options = { kind: "deconv", op: "deconv", ...filters(layer, bottoms[0]), outputPad: [0, 0] } as const;
  return [graph.add(layer.name, options, ...bottoms)];
}

function filters({ type, fields }: CaffeLayer, bottom: Value) {
  const own = fields.message("convolution_param").only(filterFields);
  const depthwise = type === "ConvolutionDepthwise" || type === "DepthwiseConvolution";
  const axis = own.number("axis", 1);
  if (axis !== 1 && axis !== -3) own.fail(`its channels must be on axis 1, got ${axis}`);
  return {
    outChannels: own.whole("num_output", 1),
    kernel: window(own, "kernel", "kernel_size", 1),
    stride: window(own, "stride", "stride", 1, [1, 1]),
    pad: sides(window(own, "pad", "pad", 0, [0, 0])),
    dilation: window(own, "dilation", "dilation", 1, [1, 1]),
    groups: depthwise ? bottom.shape[1] : own.whole("group", 1, 1),
    bias: own.flag("bias_term", true),
  };
}

/**
 * A pooling. Caffe rounds the number of windows up, and leaves out a last one that would begin behind the image, but only where there is
 * padding: without any, an empty window at the end stays.
 */
export function pooling(layer: CaffeLayer, [bottom]: readonly Value[], graph: FileGraph): Value[] {
  const own = layer.fields.message("pooling_param").only([
    ...["pool", "kernel_size", ...windowFields, "global_pooling", "round_mode", "ceil_mode", "engine"],
  ]);
  const method = own.word("pool", ["MAX", "AVE", "STOCHASTIC"]);
  if (method === "STOCHASTIC") own.fail("stochastic pooling cannot be read; use MAX or AVE");
  const op = method === "MAX" ? "max" : "average";
  const [, , height, width] = bottom.shape;
  if (own.flag("global_pooling", false)) {
    const kernel = [height, width] as const;
    const none = { pad: [0, 0, 0, 0], ceilMode: false, countIncludePad: false } as const;
    return [graph.add(layer.name, { kind: "pool", op: `global_${op}`, kernel, stride: kernel, ...none }, bottom)];
  }
  const kernel = window(own, "kernel", "kernel_size", 1);
  const stride = window(own, "stride", "stride", 1, [1, 1]);
  const padding = window(own, "pad", "pad", 0, [0, 0]);
  const ceilMode = own.flag("ceil_mode", true) && own.word("round_mode", ["CEIL", "FLOOR"]) === "CEIL";
  const empty = ceilMode && String(padding) === "0,0"
    ? [0, 1].map((axis) => emptyWindow(bottom.shape[2 + axis], kernel[axis], stride[axis]))
    : [0, 0];
  const seen = empty[0] + empty[1] === 0 ? bottom : graph.add(
    `${layer.name}_pad`,
    { kind: "move", op: "pad", pad: [0, 0, empty[0], empty[1]], mode: "constant" },
    bottom,
  );
  const options = { kind: "pool", op, kernel, stride, pad: sides(padding), ceilMode, countIncludePad: true } as const;
  return [graph.add(layer.name, options, seen)];
}

/** Pixels that an image lacks for its last window, where that begins behind it; none where each window sees something. */
function emptyWindow(size: number, kernel: number, stride: number): number {
  const last = Math.ceil((size - kernel) / stride) * stride;
  return last >= size ? last + kernel - size : 0;
}

/** Height and width: one number for both, two, or `NAME_h` and `NAME_w`. */
function window(own: TextFields, name: string, both: string, least: number, fallback?: Pair): Pair {
  const sizes = own.wholes(both, least);
  if (sizes.length > 2) own.fail(`${both} is given ${sizes.length} times; images have a height and a width`);
  if (sizes.length > 0) return [sizes[0], sizes[1] ?? sizes[0]];
  if (!own.has(`${name}_h`) && !own.has(`${name}_w`) && fallback !== undefined) return fallback;
  const missing = fallback === undefined && !own.has(`${name}_h`);
  if (missing) own.fail(`${both} is missing; give it`);
  return [own.whole(`${name}_h`, least, fallback?.[0]), own.whole(`${name}_w`, least, fallback?.[1])];
}

function sides([height, width]: Pair): Sides {
  return [height, width, height, width];
}
