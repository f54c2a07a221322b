/**
 * Layers drawn at random over the whole space that networks use: an entry a kind. Sizes are log-uniform; two of three widths are multiples
 * of 8 or 32, the others any number. The shape rules refuse some draws, and whoever draws draws again.
 *
 * @module
 */
import {
  isUnary,
  type JoinOp,
  type Kind,
  type LayerOptions,
  type OptionsOf,
  type Pair,
  type Shape,
  type Sides,
} from "neuralpower/dsl";
import { moves } from "./configuration_moves.ts";
import {
  drawBatch,
  drawImage,
  drawSides,
  drawTensor,
  drawTokens,
  drawVector,
  drawWidth,
  evenSides,
} from "./configuration_sizes.ts";
import type { Random } from "./random.ts";

/** A view is not executed. */
export type ExecutedKind = Exclude<Kind, "view">;

/** A layer's options and all its inputs' shapes. */
export interface Drawn<K extends Kind = Kind> {
  readonly options: OptionsOf<K>;
  readonly inputs: readonly Shape[];
}

type Draw<K extends Kind> = (random: Random, op: OptionsOf<K>["op"]) => Drawn<K>;

/** Draws a layer of an op; its sizes may not fit each other. */
export function drawAny(random: Random, kind: ExecutedKind, op: LayerOptions["op"]): Drawn {
  return (draws[kind] as unknown as Draw<Kind>)(random, op);
}

/** What convolutions and transposed ones have in common, but for the padding. */
function drawFilters(random: Random, sides: readonly number[], strides: readonly number[]) {
  const side = random.pick(sides);
  const kernel: Pair = random.chance(0.9) ? [side, side] : random.chance(0.5) ? [1, side] : [side, 1];
  const stride = random.pick(strides), dilation = random.chance(0.92) ? 1 : random.pick([2, 3]);
  const input = drawImage(random);
  const depthwise = random.chance(0.15);
  const groups = depthwise ? input[1] : random.chance(0.85) ? 1 : random.pick([2, 4, 8, 16, 32]);
  const out = depthwise ? input[1] * random.pick([1, 1, 1, 2]) : drawWidth(random, 1, 1024);
  const whole = (channels: number) => groups * Math.max(1, Math.round(channels / groups));
  return {
    inputs: [input.with(1, whole(input[1]))],
    ...{ kernel, stride: [stride, stride] as const, dilation: [dilation, dilation] as const, groups },
    ...{ outChannels: whole(out), bias: random.chance(0.8) },
  };
}

/** The first operand and another, or two, of which one may be broadcast. */
function drawOperands(random: Random, op: JoinOp): Shape[] {
  const first = drawTensor(random);
  const ones = first.length === 4
    ? random.weighted([[5, []], [3, [2, 3]], [1, [1]], [2, [0, 2, 3]]])
    : random.weighted([[5, []], [2, [0]]]);
  const last = first.map((size, axis) => (ones as readonly number[]).includes(axis) ? 1 : size);
  const three = op === "where" || ["add", "mul", "max", "min"].includes(op) && random.chance(0.2);
  return three ? [first, first, last] : [first, last];
}

const draws: { readonly [K in ExecutedKind]: Draw<K> } = {
  conv(random, op) {
    const { inputs, ...filters } = drawFilters(random, [1, 1, 1, 3, 3, 3, 3, 5, 7, 2, 4, 9, 11], [1, 1, 1, 2, 2, 3, 4]);
    const [height, width] = filters.kernel.map((side) => filters.dilation[0] * (side - 1));
    const same: Sides = [height >> 1, width >> 1, (height + 1) >> 1, (width + 1) >> 1];
    const pad = random.chance(0.7) ? same : drawSides(random, filters.kernel[0] >> 1);
    return { options: { kind: "conv", op, ...filters, pad }, inputs };
  },
  deconv(random, op) {
    const { inputs, ...filters } = drawFilters(random, [2, 2, 3, 3, 4, 4, 5], [1, 2, 2, 2, 3, 4]);
    const [stride] = filters.stride;
    const pad = evenSides(random.chance(0.7) ? Math.max(0, (filters.kernel[0] - stride) >> 1) : random.between(0, 1));
    const more = random.chance(0.2) ? random.between(0, stride - 1) : 0;
    return { options: { kind: "deconv", op, ...filters, pad, outputPad: [more, more] }, inputs };
  },
  dense(random, op) {
    const input = random.chance(0.4) ? drawTokens(random) : drawVector(random);
    return {
      options: { kind: "dense", op, outChannels: drawWidth(random, 2, 8192), bias: random.chance(0.8) },
      inputs: [input],
    };
  },
  matmul(random, op) {
    const [batch, groups] = [drawBatch(random), random.pick([1, 1, 2, 3, 4, 6, 8, 12])];
    const [rows, columns] = [random.logUniform(1, 768), random.logUniform(1, 768)];
    const inner = random.chance(0.5) ? random.pick([16, 32, 64, 128]) : random.logUniform(4, 512);
    const second = op === "matmul" ? [inner, groups * columns] : [columns, groups * inner];
    return {
      options: { kind: "matmul", op, groups },
      inputs: [[batch, rows, groups * inner], [batch, ...second]],
    };
  },
  attention(random, op) {
    const heads = random.pick([1, 2, 3, 4, 6, 8, 12, 16]);
    const width = heads * (random.chance(0.7) ? random.pick([16, 32, 64]) : random.logUniform(8, 128));
    const common = { kind: "attention", heads, bias: random.chance(0.8) } as const;
    const batch = drawBatch(random);
    if (op === "attention") {
      return { options: { ...common, op }, inputs: [[batch, drawTokens(random)[1], width]] };
    }
    const window: Pair = random.pick([[7, 7], [7, 7], [8, 8], [4, 4], [2, 6]]);
    return {
      options: { ...common, op, window },
      inputs: [[batch, window[0] * window[1] * random.logUniform(1, 64), width]],
    };
  },
  pool(random, op) {
    const input = drawImage(random);
    const common = { kind: "pool", ceilMode: false, countIncludePad: false } as const;
    if (op === "adaptive_max" || op === "adaptive_average") {
      // Windows of equal sizes: ONNX has no others.
      const [outputSize, kernel] = [random.between(1, 8), random.between(2, 16)];
      const image = [...input.slice(0, 2), outputSize * kernel, outputSize * kernel];
      const window = { kernel: [kernel, kernel], stride: [kernel, kernel], pad: evenSides(0) } as const;
      return { options: { ...common, op, ...window, outputSize: [outputSize, outputSize] }, inputs: [image] };
    }
    const [side, stride] = [random.pick([2, 2, 3, 3, 3, 5, 7, 13]), random.pick([1, 2, 2, 2, 3])];
    const own = {
      kernel: [side, side],
      stride: [stride, stride],
      pad: evenSides(random.chance(0.6) ? side >> 1 : 0),
    } as const;
    const whole = { kernel: [input[2], input[3]], stride: [input[2], input[3]], pad: evenSides(0) } as const;
    const window = op.startsWith("global") ? whole : { ...own, ceilMode: random.chance(0.15) };
    if (op === "lp" || op === "global_lp") return { options: { ...common, op, p: 2, ...window }, inputs: [input] };
    const countIncludePad = op === "average" && random.chance(0.3);
    return { options: { ...common, op, ...window, countIncludePad }, inputs: [input] };
  },
  norm(random, op) {
    if (op === "lrn") {
      return { options: { kind: "norm", op, size: random.pick([3, 5, 5, 7]) }, inputs: [drawImage(random)] };
    }
    if (op === "group") {
      const image = drawImage(random), groups = random.pick([1, 2, 4, 8, 16, 32]);
      const channels = groups * Math.max(1, Math.round(image[1] / groups));
      return { options: { kind: "norm", op, groups }, inputs: [image.with(1, channels)] };
    }
    const input = op === "instance" || random.chance(0.4) ? drawImage(random) : drawTensor(random);
    return { options: { kind: "norm", op }, inputs: [input] };
  },
  elementwise: (random, op) => ({
    options: { kind: "elementwise", op },
    inputs: isUnary(op) ? [drawTensor(random)] : drawOperands(random, op),
  }),
  reduce(random, op) {
    if (random.chance(0.4)) {
      return { options: { kind: "reduce", op, axes: random.pick([[1], [2]]) }, inputs: [drawTokens(random)] };
    }
    return {
      options: { kind: "reduce", op, axes: random.pick([[1], [2, 3], [2, 3], [1, 2, 3], [2], [3]]) },
      inputs: [drawImage(random)],
    };
  },
  softmax(random, op) {
    const input = {
      softmax: drawTensor,
      softmax_height: random.chance(0.5) ? drawImage : drawTokens,
      softmax_width: drawImage,
    }[op](random);
    return { options: { kind: "softmax", op }, inputs: [input] };
  },
  move: (random, op) => moves[op](random, op as never),
};
