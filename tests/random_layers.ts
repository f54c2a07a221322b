/**
 * Random layers of every op, each with what must be refused of it: one entry a kind, so that a new kind without one does not compile.
 *
 * @module
 */
import { elements, isUnary, type Kind, type OptionsOf, type Pair, type Shape } from "neuralpower/dsl";
import type { Random } from "../bench/random.ts";
import {
  drawAny,
  drawImage,
  type Drawn,
  drawPair,
  drawTokens,
  drawVector,
  noFlags,
  noLists,
  noPairs,
  noSides,
  noSizes,
  type RandomLayer,
  withOptions,
} from "./random_draws.ts";
import { randomMove } from "./random_moves.ts";

type Draw<K extends Kind> = (random: Random, op: OptionsOf<K>["op"]) => RandomLayer;

/** Window, stride and padding below the kernel, and an image that it fits on; with wrong options for them. */
function drawWindow(random: Random, channels: number, dilation: Pair = [1, 1]) {
  const kernel = drawPair(random, 5);
  const stride = drawPair(random, 4);
  const pad = [0, 1, 2, 3].map((side) => random.between(0, kernel[side % 2] - 1)) as [number, number, number, number];
  const [height, width] = [0, 1].map((axis) =>
    Math.max(1, dilation[axis] * (kernel[axis] - 1) + 1 - pad[axis] - pad[axis + 2]) + random.between(0, 15)
  );
  const wrong = [
    ...noPairs.flatMap((pair) => [{ kernel: pair }, { stride: pair }]),
    ...[-1, 0.5, NaN].map((side) => ({ pad: pad.with(random.between(0, 3), side) })),
    ...noSides,
    { kernel: [height + 100, 1] },
    { kernel: [1, width + 100] },
  ];
  const input: Shape = [random.between(1, 4), channels, height, width];
  return { window: { kernel, stride, pad }, input, wrong };
}

function drawConv(random: Random) {
  const groups = random.pick([1, 1, 2, 3, 5]);
  const dilation = drawPair(random, 3);
  const { window, input, wrong } = drawWindow(random, groups * random.between(1, 6), dilation);
  const options = { outChannels: groups * random.between(1, 8), groups, dilation, bias: random.chance(0.5), ...window };
  const wrongs = [
    ...noPairs.map((pair) => ({ dilation: pair })),
    ...[...noSizes, input[1] + 1].map((size) => ({ groups: size })),
    ...noSizes.map((size) => ({ outChannels: size })),
    ...noFlags.map((bias) => ({ bias })),
    ...groups > 1 ? [{ outChannels: options.outChannels + 1 }] : [],
  ];
  return { options, input, wrong: wrongs, wrongWindow: wrong };
}

const draws: { readonly [K in Kind]: Draw<K> } = {
  conv(random, op) {
    const { options, input, wrong, wrongWindow } = drawConv(random);
    const conv = { kind: "conv", op, ...options } as const;
    return { valid: [conv, [input]], wrong: withOptions(conv, [input], [...wrong, ...wrongWindow]) };
  },
  deconv(random, op) {
    const { options, input, wrong } = drawConv(random);
    const { kernel, dilation, stride } = options;
    const side = (axis: number) => random.between(0, Math.floor(dilation[axis] * (kernel[axis] - 1) / 2));
    const pad = [side(0), side(1), side(0), side(1)] as const;
    const outputPad = [random.between(0, stride[0] - 1), random.between(0, stride[1] - 1)] as const;
    const deconv = { kind: "deconv", op, ...options, pad, outputPad } as const;
    const wrongs = [
      ...noPairs.flatMap((pair) => [{ kernel: pair }, { stride: pair }]),
      { outputPad: [stride[0], 0] },
      ...[[0, -1], ...noLists].map((outputPad) => ({ outputPad })),
      { pad: [0, 1000, 0, 0] },
      { pad: [-1, 0, 0, 0] },
    ];
    return { valid: [deconv, [input]], wrong: withOptions(deconv, [input], [...wrong, ...wrongs]) };
  },
  dense(random, op) {
    const input = random.pick([drawTokens, drawVector])(random);
    const dense = { kind: "dense", op, outChannels: random.between(1, 50), bias: random.chance(0.5) } as const;
    const wrongs = [...noSizes.map((outChannels) => ({ outChannels })), ...noFlags.map((bias) => ({ bias }))];
    const wrong = withOptions(dense, [input], wrongs);
    return { valid: [dense, [input]], wrong: [...wrong, [dense, [drawImage(random)]]] };
  },
  matmul(random, op) {
    const [batch, groups, rows, inner, columns] = [3, 6, 20, 9, 20].map((most) => random.between(1, most));
    const left = [batch, rows, groups * inner];
    const right = op === "matmul" ? [batch, inner, groups * columns] : [batch, columns, groups * inner];
    const matmul = { kind: "matmul", op, groups } as const;
    const wrong: Drawn[] = [
      ...withOptions(matmul, [left, right], [...noSizes, left[2] + 1].map((size) => ({ groups: size }))),
      [matmul, [left]],
      [matmul, [left, right, right]],
      [matmul, [left, right.with(0, batch + 1)]],
      [matmul, [left, right.with(op === "matmul" ? 1 : 2, right[op === "matmul" ? 1 : 2] + groups)]],
      [matmul, [left, [batch, inner]]],
      [matmul, [drawImage(random), right]],
    ];
    return { valid: [matmul, [left, right]], wrong };
  },
  attention(random, op) {
    const [heads, window] = [random.between(1, 6), drawPair(random, 5)];
    const length = elements(window) * random.between(1, 6);
    const input = [random.between(1, 3), length, heads * random.between(1, 12)];
    const own = { kind: "attention", heads, bias: random.chance(0.5) } as const;
    const attention = op === "attention" ? { ...own, op } as const : { ...own, op, window } as const;
    const wrong = [
      ...[...noSizes, input[2] + 1].map((size) => ({ heads: size })),
      ...noFlags.map((bias) => ({ bias })),
    ];
    const windows = op === "attention"
      ? []
      : [...noPairs, [length + 1, 1], [length, 2]].map((pair) => ({ window: pair }));
    return {
      valid: [attention, [input]],
      wrong: [...withOptions(attention, [input], [...wrong, ...windows]), [attention, [drawImage(random)]]],
    };
  },
  pool(random, op) {
    const { window, input, wrong } = drawWindow(random, random.between(1, 20));
    const common = { kind: "pool", ceilMode: random.chance(0.5), countIncludePad: random.chance(0.5) } as const;
    const whole = { ...common, kernel: [input[2], input[3]], stride: [input[2], input[3]], pad: [0, 0, 0, 0] } as const;
    const noP = [0, -1, NaN, Infinity, "2", undefined].map((p) => ({ p }));
    // Also where the output's size does not depend on them.
    const wrongAlways = [
      ...noPairs.flatMap((pair) => [{ kernel: pair }, { stride: pair }]),
      ...noSides,
      ...noFlags.flatMap((flag) => [{ ceilMode: flag }, { countIncludePad: flag }]),
    ];
    const made = (pool: OptionsOf<"pool">, wrongs: readonly object[]): RandomLayer => ({
      valid: [pool, [input]],
      wrong: [...withOptions(pool, [input], [...wrongs, ...wrongAlways]), [pool, [drawTokens(random)]]],
    });
    if (op === "adaptive_max" || op === "adaptive_average") {
      // Windows of equal sizes: ONNX has no others.
      const divisor = (size: number) => random.pick([1, size, size % 2 === 0 ? size / 2 : 1]);
      const outputSize: Pair = [divisor(input[2]), divisor(input[3])];
      const kernel: Pair = [input[2] / outputSize[0], input[3] / outputSize[1]];
      return made({ ...whole, op, outputSize, kernel, stride: kernel }, noPairs.map((pair) => ({ outputSize: pair })));
    }
    if (op === "global_max" || op === "global_average") return made({ ...whole, op }, []);
    const p = random.between(1, 4);
    if (op === "global_lp") return made({ ...whole, op, p }, noP);
    const padded = { pad: window.pad.with(0, window.kernel[0]) };
    if (op === "lp") return made({ ...common, op, p, ...window }, [...wrong, ...noP, padded]);
    return made({ ...common, op, ...window }, [...wrong, padded]);
  },
  norm(random, op) {
    const image = drawImage(random);
    const onImages = op === "lrn" || op === "instance" || op === "group";
    const input = onImages ? image : drawAny(random);
    const groups = random.pick([1, image[1]]);
    const norm = op === "group" ? { kind: "norm", op, groups } as const : op === "lrn"
      // ONNX has odd ones alone.
      ? { kind: "norm", op, size: 2 * random.between(0, 4) + 1 } as const
      : { kind: "norm", op } as const;
    const wrong: Drawn[] = onImages ? [[norm, [drawTokens(random)]], [norm, [drawVector(random)]]] : [];
    const options = op === "lrn"
      ? noSizes.map((size) => ({ size }))
      : op === "group"
      ? [...noSizes, image[1] + 1].map((size) => ({ groups: size }))
      : [];
    return { valid: [norm, [input]], wrong: [...wrong, ...withOptions(norm, [input], options)] };
  },
  elementwise(random, op) {
    const input = drawAny(random);
    const elementwise = { kind: "elementwise", op } as const;
    if (isUnary(op)) return { valid: [elementwise, [input]], wrong: [] };
    const least = op === "where" ? 3 : 2;
    const more = ["add", "mul", "max", "min"].includes(op) ? random.between(0, 2) : 0;
    // Any of them may have size 1 where another has not, but for the batch.
    const inputs = Array.from(
      { length: least + more },
      () => input.map((size, axis) => axis > 0 && random.chance(0.3) ? 1 : size),
    );
    const wrong: Drawn[] = [
      [elementwise, inputs.slice(0, least - 1)],
      [elementwise, [input.with(1, 2), ...inputs.slice(2), input.with(1, 3)]],
      [elementwise, inputs.with(0, [...input, 1])],
    ];
    const tooMany: Drawn[] = more === 0 && !["add", "mul", "max", "min"].includes(op)
      ? [[elementwise, [...inputs, input]]]
      : [];
    return { valid: [elementwise, inputs], wrong: [...wrong, ...tooMany] };
  },
  reduce(random, op) {
    const input = drawAny(random);
    const all = input.slice(1).map((_, i) => i + 1);
    const axes = random.shuffled(all).slice(0, random.between(1, all.length));
    const reduce = { kind: "reduce", op, axes } as const;
    const noAxes = [[], [0], [input.length], [-1], [1.5], [1, 1], "1", null].map((wrong) => ({ axes: wrong }));
    return { valid: [reduce, [input]], wrong: withOptions(reduce, [input], [...noAxes, { op: "median" }]) };
  },
  softmax(random, op) {
    const softmax = { kind: "softmax", op } as const;
    const image = drawImage(random);
    if (op === "softmax") return { valid: [softmax, [drawAny(random)]], wrong: [] };
    if (op === "softmax_width") return { valid: [softmax, [image]], wrong: [[softmax, [drawTokens(random)]]] };
    return {
      valid: [softmax, [random.pick([image, drawTokens(random)])]],
      wrong: [[softmax, [drawVector(random)]]],
    };
  },
  move: randomMove,
  view(random, op) {
    const input = drawAny(random);
    if (op === "flatten" || op === "dropout") return { valid: [{ kind: "view", op }, [input]], wrong: [] };
    if (op === "reshape") {
      const reshape = { kind: "view", op, shape: [input[0], elements(input.slice(1))] } as const;
      const shapes = [[input[0] + 1, reshape.shape[1]], [input[0], reshape.shape[1] + 1], [input[0], 0], [1.5], "none"];
      const ranks = [[elements(input)], [input[0], 1, 1, 1, elements(input.slice(1))]];
      return {
        valid: [reshape, [input]],
        wrong: withOptions(reshape, [input], [...shapes, ...ranks].map((shape) => ({ shape }))),
      };
    }
    if (op === "unsupported") throw new RangeError("An operator that no reader knows has no rules to draw by");
    const parameter = { kind: "view", op, shape: input.with(0, 1) } as const;
    const wrong = withOptions(parameter, [], [{ shape: input.with(0, 2) }, { shape: input.with(1, 0) }, {
      shape: null,
    }]);
    return { valid: [parameter, []], wrong: [...wrong, [parameter, [input]]] };
  },
};

/**
 * A random layer of an op.
 *
 * @returns A valid one, and wrong ones: those of its kind and what every op refuses: another number of inputs, and sizes that are none.
 */
export function randomLayer<K extends Kind>(random: Random, kind: K, op: OptionsOf<K>["op"]): RandomLayer {
  const { valid, wrong } = (draws[kind] as Draw<K>)(random, op);
  const [options, inputs] = valid;
  if (inputs.length === 0) return { valid, wrong };
  const broken = noSizes.map((size): Drawn => {
    const at = random.between(0, inputs.length - 1);
    return [options, inputs.with(at, inputs[at].with(random.between(0, inputs[at].length - 1), size))];
  });
  const further: Drawn[] = inputs.length === 1 ? [[options, [inputs[0], inputs[0]]]] : [];
  return { valid, wrong: [...wrong, [options, []], ...broken, ...further] };
}
