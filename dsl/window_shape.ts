/**
 * Where a window fits on an image: output sizes of convolutions, transposed convolutions and poolings.
 *
 * @module
 */
import { ShapeError } from "./errors.ts";
import type { Pair, Shape, Sides } from "./layer.ts";
import { lengths, positive, show, whole } from "./shape_checks.ts";

/**
 * The padding that keeps `⌈size / stride⌉` outputs, the odd pixel at the end (TensorFlow's "SAME", ONNX's SAME_UPPER).
 *
 * @param size Input height or width, in pixels.
 * @returns Pixels before and after.
 */
export function samePadding(
  size: number,
  kernel: number,
  stride: number,
  dilation = 1,
): [before: number, after: number] {
  const reach = dilation * (kernel - 1) + 1;
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** A window's sizes, in pixels. */
export interface Window {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly pad: Sides;
  readonly dilation?: Pair;
  readonly ceilMode?: boolean;
}

/** How many windows fit an image's height and width. */
export function slide(window: Window, input: Shape, layer: string): Pair {
  const { stride, pad, ceilMode = false } = window;
  const reach = windowReach(window, layer);
  const out = [0, 1].map((axis) =>
    windows(input[2 + axis], pad[axis], pad[2 + axis], reach[axis], stride[axis], ceilMode)
  );
  if (out[0] < 1 || out[1] < 1) {
    throw new ShapeError(
      layer,
      `a window of ${reach[0]}×${reach[1]} does not fit an image of ${input[2]}×${input[3]} with padding ${show(pad)}`,
    );
  }
  return [out[0], out[1]];
}

/** The height and width that an image's pixels make as windows: (size − 1) · stride + reach + output padding − padding. */
export function unslide(window: Window & { readonly outputPad: Pair }, input: Shape, layer: string): Pair {
  const { stride, pad, outputPad } = window;
  const reach = windowReach(window, layer);
  lengths(layer, 2, { "output padding": outputPad });
  whole(layer, { "output pad height": outputPad[0], "output pad width": outputPad[1] });
  const out = [0, 1].map((axis) => {
    // More would be pixels that a stride of the convolution cannot skip. PyTorch takes up to a dilation; ONNX Runtime fails.
    if (outputPad[axis] >= stride[axis]) {
      throw new ShapeError(layer, `output padding ${show(outputPad)} must be smaller than the stride ${show(stride)}`);
    }
    return (input[2 + axis] - 1) * stride[axis] + reach[axis] + outputPad[axis] - pad[axis] - pad[2 + axis];
  });
  if (out[0] < 1 || out[1] < 1) {
    throw new ShapeError(layer, `padding ${show(pad)} leaves nothing of an output of ${reach[0]}×${reach[1]} windows`);
  }
  return [out[0], out[1]];
}

/** Pixels that a window spans, its options checked. */
export function windowReach({ kernel, stride, pad, dilation = [1, 1] }: Window, layer: string): Pair {
  lengths(layer, 2, { kernel, stride, dilation });
  lengths(layer, 4, { padding: pad });
  positive(layer, { "kernel height": kernel[0], "kernel width": kernel[1] });
  positive(layer, { "stride height": stride[0], "stride width": stride[1] });
  positive(layer, { "dilation height": dilation[0], "dilation width": dilation[1] });
  whole(layer, { "pad top": pad[0], "pad left": pad[1], "pad bottom": pad[2], "pad right": pad[3] });
  return [dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1];
}

/** How many window positions fit: ⌊(size + padding − reach) / stride⌋ + 1, rounded up in ceil mode. */
function windows(
  size: number,
  before: number,
  after: number,
  reach: number,
  stride: number,
  ceilMode: boolean,
): number {
  const steps = (size + before + after - reach) / stride;
  if (!ceilMode) return Math.floor(steps) + 1;
  // At least one: the formula also lets a window hang over whose image is smaller than itself by less than a stride, as PyTorch does.
  const count = Math.ceil(steps) + 1;
  // A window that would begin in the padding after the image sees nothing and is left out, as in PyTorch.
  return (count - 1) * stride >= size + before ? count - 1 : count;
}
