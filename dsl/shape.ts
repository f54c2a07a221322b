/**
 * The shape rules: what each kind of layer makes of its inputs' shapes, and which options and sizes it refuses.
 *
 * @module
 */
import { ShapeError } from "./errors.ts";
import { elements, type Kind, type LayerOptions, type OptionsOf, type Pair, type Shape, type Sides } from "./layer.ts";

/** Shape of one input, or a {@linkcode ShapeError} that names `layer`. */
type ShapeRule<K extends Kind> = (options: OptionsOf<K>, inputs: readonly Shape[], layer: string) => Shape;

/** Above 2⁵³ − 1 products of sizes are no longer exact. */
const MAX_ELEMENTS = Number.MAX_SAFE_INTEGER;

const show = (shape: Shape) => `[${shape.join(", ")}]`;

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
  // A window that would begin in the padding after the image sees nothing and is left out (PyTorch, Caffe and ONNX agree).
  return (count - 1) * stride >= size + before ? count - 1 : count;
}

interface Window {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly pad: Sides;
  readonly dilation?: Pair;
  readonly ceilMode?: boolean;
}

function slide(
  { kernel, stride, pad, dilation = [1, 1], ceilMode = false }: Window,
  input: Shape,
  layer: string,
): Pair {
  positive(layer, { "kernel height": kernel[0], "kernel width": kernel[1] });
  positive(layer, { "stride height": stride[0], "stride width": stride[1] });
  positive(layer, { "dilation height": dilation[0], "dilation width": dilation[1] });
  whole(layer, { "pad top": pad[0], "pad left": pad[1], "pad bottom": pad[2], "pad right": pad[3] });
  const reach = [0, 1].map((axis) => dilation[axis] * (kernel[axis] - 1) + 1);
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

function one(inputs: readonly Shape[], layer: string): Shape {
  if (inputs.length !== 1) throw new ShapeError(layer, `takes one input, got ${inputs.length}`);
  return inputs[0];
}

function image(inputs: readonly Shape[], layer: string): Shape {
  const shape = one(inputs, layer);
  if (shape.length !== 4) throw new ShapeError(layer, `takes an image [N, C, H, W], got ${show(shape)}`);
  return shape;
}

/** Numpy's broadcasting, from the last axis on. */
function broadcast(inputs: readonly Shape[], layer: string): Shape {
  const rank = Math.max(...inputs.map((shape) => shape.length));
  if (inputs.some((shape) => shape.length !== rank)) {
    throw new ShapeError(layer, `inputs must have as many axes as each other, got ${inputs.map(show).join(" and ")}`);
  }
  return inputs.reduce((a, b) =>
    a.map((size, axis) => {
      if (size !== b[axis] && size !== 1 && b[axis] !== 1) {
        throw new ShapeError(layer, `axis ${axis} must be equal or 1, got ${show(a)} and ${show(b)}`);
      }
      return Math.max(size, b[axis]);
    })
  );
}

const rules: { readonly [K in Kind]: ShapeRule<K> } = {
  conv(options, inputs, layer) {
    const input = image(inputs, layer);
    positive(layer, { "output channels": options.outChannels, groups: options.groups });
    if (input[1] % options.groups !== 0) {
      throw new ShapeError(layer, `${input[1]} input channels cannot be split into ${options.groups} groups`);
    }
    if (options.outChannels % options.groups !== 0) {
      throw new ShapeError(
        layer,
        `${options.outChannels} output channels cannot be split into ${options.groups} groups`,
      );
    }
    return [input[0], options.outChannels, ...slide(options, input, layer)];
  },
  dense(options, inputs, layer) {
    const input = one(inputs, layer);
    positive(layer, { "output width": options.outChannels });
    if (input.length === 4) {
      throw new ShapeError(layer, `takes a vector or tokens, got ${show(input)}; flatten the image first`);
    }
    return [...input.slice(0, -1), options.outChannels];
  },
  pool(options, inputs, layer) {
    const input = image(inputs, layer);
    if (options.op === "global_max" || options.op === "global_average") return [input[0], input[1], 1, 1];
    // The frameworks refuse more: such a window can lie wholly in the padding.
    options.pad.forEach((pad, side) => {
      if (pad >= options.kernel[side % 2]) {
        throw new ShapeError(
          layer,
          `padding ${show(options.pad)} must be smaller than the kernel ${show(options.kernel)}`,
        );
      }
    });
    return [input[0], input[1], ...slide(options, input, layer)];
  },
  norm(options, inputs, layer) {
    if (options.op === "lrn") positive(layer, { size: options.size });
    return options.op === "lrn" ? image(inputs, layer) : one(inputs, layer);
  },
  elementwise(options, inputs, layer) {
    if (options.op !== "add" && options.op !== "mul") return one(inputs, layer);
    if (inputs.length < 2) throw new ShapeError(layer, `${options.op} takes two inputs or more, got ${inputs.length}`);
    return broadcast(inputs, layer);
  },
  softmax: (_options, inputs, layer) => one(inputs, layer),
  move(_options, inputs, layer) {
    if (inputs.length < 2) throw new ShapeError(layer, `concat takes two inputs or more, got ${inputs.length}`);
    const first = inputs[0];
    const axis = first.length === 4 ? 1 : first.length - 1;
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
  view(options, inputs, layer) {
    const input = one(inputs, layer);
    return options.op === "flatten" ? [input[0], elements(input.slice(1))] : input;
  },
};

/**
 * The shape that a layer makes of its inputs' shapes.
 *
 * @param options What the layer is.
 * @param inputs The inputs' shapes, batch first.
 * @param layer The layer's name, for errors.
 * @returns The output's shape.
 * @throws {ShapeError} When a size does not fit: the layer, the rule and the numbers.
 *
 * @example
 * ```ts
 * import { outputShape } from "neuralpower/dsl";
 *
 * outputShape({ kind: "dense", op: "dense", outChannels: 10, bias: true }, [[128, 512]], "logits"); // [128, 10]
 * ```
 */
export function outputShape(options: LayerOptions, inputs: readonly Shape[], layer: string): Shape {
  const rule = rules[options.kind] as ShapeRule<Kind>;
  const shape = rule(options, inputs, layer);
  for (const tensor of [...inputs, shape]) {
    positive(layer, Object.fromEntries(tensor.map((size, axis) => [`size of axis ${axis}`, size])));
    if (elements(tensor) > MAX_ELEMENTS) {
      throw new ShapeError(layer, `a tensor of ${show(tensor)} has more than 2⁵³ elements`);
    }
  }
  return shape;
}

/** Each named number must be a whole number of at least 1. */
export function positive(layer: string, numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new ShapeError(layer, `${name} must be a whole number of at least 1, got ${value}`);
    }
  }
}

/** Each named number must be a whole number of at least 0. */
function whole(layer: string, numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new ShapeError(layer, `${name} must be a whole number of at least 0, got ${value}`);
    }
  }
}
