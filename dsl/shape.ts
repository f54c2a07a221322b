/**
 * The shape rules: what each kind of layer makes of its inputs' shapes, and which options and sizes it refuses.
 *
 * @module
 */
import { ShapeError } from "./errors.ts";
import {
  type Attention,
  elements,
  isUnary,
  type Kind,
  type LayerOptions,
  type OptionsOf,
  type Pair,
  type Shape,
} from "./layer.ts";
import { moveShape } from "./move_shape.ts";
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
  yesOrNo,
} from "./shape_checks.ts";
import { slide, unslide, windowReach } from "./window_shape.ts";

/** Shape of one input, or a {@linkcode ShapeError} that names `layer`. */
type ShapeRule<K extends Kind> = (options: OptionsOf<K>, inputs: readonly Shape[], layer: string) => Shape;

const reduceOps: readonly OptionsOf<"reduce">["op"][] = ["sum", "mean", "max", "min", "l2"];

const rules: { readonly [K in Kind]: ShapeRule<K> } = {
  conv(options, inputs, layer) {
    const input = image(inputs, layer);
    checkFilters(options, input, layer);
    return [input[0], options.outChannels, ...slide(options, input, layer)];
  },
  deconv(options, inputs, layer) {
    const input = image(inputs, layer);
    checkFilters(options, input, layer);
    return [input[0], options.outChannels, ...unslide(options, input, layer)];
  },
  dense(options, inputs, layer) {
    const input = one(inputs, layer);
    positive(layer, { "output width": options.outChannels });
    yesOrNo(layer, { bias: options.bias });
    if (input.length === 4) {
      throw new ShapeError(layer, `takes a vector or tokens, got ${show(input)}; flatten the image first`);
    }
    return [...input.slice(0, -1), options.outChannels];
  },
  matmul({ op, groups }, inputs, layer) {
    if (inputs.length !== 2) throw new ShapeError(layer, `takes two inputs, got ${inputs.length}`);
    const [left, right] = inputs.map((input) => tokens([input], layer));
    divides(layer, "channels of the first input", left[2], groups, "groups");
    // Of transposed products the groups share the width, of plain ones the length is the inner size.
    const transposed = op === "matmul_transposed";
    if (!transposed) divides(layer, "channels of the second input", right[2], groups, "groups");
    const [inner, columns] = transposed ? [right[2] / groups, right[1]] : [right[1], right[2] / groups];
    if (left[0] !== right[0] || left[2] / groups !== inner) {
      throw new ShapeError(layer, `${op} of ${groups} groups does not fit ${show(left)} and ${show(right)}`);
    }
    return [left[0], left[1], groups * columns];
  },
  attention(options, inputs, layer) {
    const input = tokens(inputs, layer);
    divides(layer, "channels", input[2], options.heads, "heads");
    yesOrNo(layer, { bias: options.bias });
    if (options.op !== "attention") {
      lengths(layer, 2, { window: options.window });
      positive(layer, { "window height": options.window[0], "window width": options.window[1] });
    }
    const seen = visibleTokens(options, input);
    if (input[1] % seen !== 0) {
      throw new ShapeError(layer, `${input[1]} tokens cannot be split into windows of ${seen}`);
    }
    checkTensor(layer, [input[0], options.heads, input[1], seen]);
    return input;
  },
  pool(options, inputs, layer) {
    const input = image(inputs, layer);
    const size = fixedSize(options, layer);
    checkPool(options, layer);
    return [input[0], input[1], ...size ?? slide(options, input, layer)];
  },
  norm(options, inputs, layer) {
    if (options.op === "lrn") positive(layer, { size: options.size });
    if (options.op === "group") divides(layer, "channels", image(inputs, layer)[1], options.groups, "groups");
    return options.op === "lrn" || options.op === "instance" ? image(inputs, layer) : one(inputs, layer);
  },
  elementwise({ op }, inputs, layer) {
    if (isUnary(op)) return one(inputs, layer);
    const least = op === "where" ? 3 : 2;
    const most = op === "add" || op === "mul" || op === "max" || op === "min" ? Infinity : least;
    if (inputs.length < least || inputs.length > most) {
      const wanted = most === least ? `${least} inputs` : "two inputs or more";
      throw new ShapeError(layer, `${op} takes ${wanted}, got ${inputs.length}`);
    }
    return broadcast(inputs, layer);
  },
  reduce({ op, axes }, inputs, layer) {
    const input = one(inputs, layer);
    if (!reduceOps.includes(op)) {
      throw new ShapeError(layer, `what to reduce by must be one of ${reduceOps.join(", ")}, got ${show(op)}`);
    }
    const isAxis = (axis: number) => Number.isSafeInteger(axis) && axis >= 1 && axis < input.length;
    if (!Array.isArray(axes) || axes.length === 0 || !axes.every(isAxis)) {
      throw new ShapeError(
        layer,
        `axes to reduce must be of ${axisNames(input).join(", ")}, got ${showAxes(axes, input)}`,
      );
    }
    if (new Set(axes).size !== axes.length) {
      throw new ShapeError(layer, `axes to reduce must differ, got ${showAxes(axes, input)}`);
    }
    return input.map((size, axis) => axes.includes(axis) ? 1 : size);
  },
  softmax({ op }, inputs, layer) {
    const input = one(inputs, layer);
    const least = { softmax: 2, softmax_height: 3, softmax_width: 4 }[op];
    if (input.length < least) throw new ShapeError(layer, `${op} does not go with ${show(input)}`);
    return input;
  },
  move: moveShape,
  view(options, inputs, layer) {
    if (options.op === "parameter") {
      if (inputs.length > 0) throw new ShapeError(layer, `a parameter reads nothing, got ${inputs.length} inputs`);
      checkTensor(layer, options.shape);
      if (options.shape[0] !== 1) throw new ShapeError(layer, `its batch must be 1, got ${show(options.shape)}`);
      return options.shape;
    }
    if (options.op === "unsupported") {
      checkTensor(layer, options.shape);
      return options.shape;
    }
    const input = one(inputs, layer);
    if (options.op === "flatten") return [input[0], elements(input.slice(1))];
    if (options.op !== "reshape") return input;
    checkTensor(layer, options.shape);
    if (options.shape[0] !== input[0] || elements(options.shape) !== elements(input)) {
      throw new ShapeError(layer, `${show(input)} cannot be seen as ${show(options.shape)}`);
    }
    return options.shape;
  },
};

function checkFilters(options: OptionsOf<"conv" | "deconv">, input: Shape, layer: string): void {
  const { outChannels, groups, bias, dilation } = options;
  yesOrNo(layer, { bias });
  // A window may do without; costs of filters read it.
  lengths(layer, 2, { dilation });
  positive(layer, { "output channels": outChannels, groups });
  divides(layer, "input channels", input[1], groups, "groups");
  divides(layer, "output channels", outChannels, groups, "groups");
}

/** The height and width that a pool's output has whatever its window: a global or an adaptive one's. */
function fixedSize(options: OptionsOf<"pool">, layer: string): Pair | undefined {
  if (options.op === "adaptive_max" || options.op === "adaptive_average") return outputSize(layer, options.outputSize);
  return options.op.startsWith("global") ? [1, 1] : undefined;
}

/** Also of a pool whose size is fixed: its costs are counted by its window. */
function checkPool(options: OptionsOf<"pool">, layer: string): void {
  const { kernel, pad, ceilMode, countIncludePad } = options;
  yesOrNo(layer, { ceilMode, countIncludePad });
  if ((options.op === "lp" || options.op === "global_lp") && !(Number.isFinite(options.p) && options.p >= 1)) {
    throw new ShapeError(layer, `p must be a number of at least 1, got ${show(options.p)}`);
  }
  windowReach(options, layer);
  // The frameworks refuse more: such a window can lie wholly in the padding.
  if (pad.some((pixels, side) => pixels >= kernel[side % 2])) {
    throw new ShapeError(layer, `padding ${show(pad)} must be smaller than the kernel ${show(kernel)}`);
  }
}

/** How many tokens each token of an attention sees. */
export function visibleTokens(options: Attention, input: Shape): number {
  return options.op === "attention" ? input[1] : elements(options.window);
}

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
  for (const input of inputs) checkTensor(layer, input);
  const shape = (rules[options.kind] as ShapeRule<Kind>)(options, inputs, layer);
  checkTensor(layer, shape);
  return shape;
}
