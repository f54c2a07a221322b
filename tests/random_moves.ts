/**
 * Random moves, an entry an op, each with what must be refused of it.
 *
 * @module
 */
import { elements, type OptionsOf, type Pair, type Shape } from "neuralpower/dsl";
import type { Random } from "../bench/random.ts";
import {
  drawAny,
  drawImage,
  type Drawn,
  drawPair,
  drawTokens,
  noLists,
  noPairs,
  noSides,
  noSizes,
  onOthers,
  type RandomLayer,
  withOptions,
} from "./random_draws.ts";

type Op = OptionsOf<"move">["op"];

const draws: { readonly [O in Op]: (random: Random, op: O) => RandomLayer } = {
  concat(random, op) {
    const input = drawAny(random);
    const axis = random.between(1, input.length - 1);
    const inputs = Array.from({ length: random.between(2, 4) }, () => input.with(axis, random.between(1, 9)));
    const concat = { kind: "move", op, axis } as const;
    const wrong: Drawn[] = [[concat, [input]], [concat, [input, input.with(0, input[0] + 1)]], [concat, [input, [1]]]];
    return { valid: [concat, inputs], wrong: [...wrong, ...withOptions(concat, inputs, noAxes(input))] };
  },
  slice: drawSlice,
  split: drawSlice,
  pad(random, op) {
    const mode = random.pick(["constant", "reflect", "edge"] as const);
    const input = drawImage(random);
    const most = (side: number) => mode === "reflect" ? input[2 + side % 2] - 1 : 6;
    const pad = [0, 1, 2, 3].map((side) => random.between(0, most(side))) as [number, number, number, number];
    const options = { kind: "move", op, pad, mode } as const;
    const wrong = [{ mode: "wrap" }, { mode: "reflect", pad: pad.with(0, input[2]) }, ...noSides];
    return {
      valid: [options, [input]],
      wrong: [...withOptions(options, [input], wrong), ...onOthers(options, random)],
    };
  },
  crop(random, op) {
    const input = drawImage(random);
    const [above, left] = [random.between(0, input[2] - 1), random.between(0, input[3] - 1)];
    const pad = [above, left, random.between(0, input[2] - 1 - above), random.between(0, input[3] - 1 - left)] as const;
    const crop = { kind: "move", op, pad } as const;
    const wrong = [...noSides, { pad: [input[2], 0, 0, 0] }, { pad: [0, 1, 0, input[3] - 1] }];
    return { valid: [crop, [input]], wrong: [...withOptions(crop, [input], wrong), ...onOthers(crop, random)] };
  },
  permute(random, op) {
    const input = random.pick([drawImage, drawTokens])(random);
    const axes = input.map((_, axis) => axis);
    const permute = { kind: "move", op, order: [0, ...random.shuffled(axes.slice(1))] } as const;
    const orders = [
      axes.slice(1),
      [...axes.slice(1), 0],
      [...axes, axes.length],
      axes.with(1, 2).with(2, 2),
      [0, 0.5, 1],
      "0123",
      null,
    ];
    return { valid: [permute, [input]], wrong: withOptions(permute, [input], orders.map((order) => ({ order }))) };
  },
  to_tokens: (random, op) => ({
    valid: [{ kind: "move", op }, [drawImage(random)]],
    wrong: onOthers({ kind: "move", op }, random),
  }),
  to_image(random, op) {
    const size = drawPair(random, 9);
    const input = [random.between(1, 4), elements(size), random.between(1, 30)];
    const options = { kind: "move", op, size } as const;
    const wrong = [...noPairs, [size[0] + 1, size[1]]].map((size) => ({ size }));
    return {
      valid: [options, [input]],
      wrong: [...withOptions(options, [input], wrong), [options, [drawImage(random)]]],
    };
  },
  to_windows(random, op) {
    const [window, windows] = [drawPair(random, 5), drawPair(random, 4)];
    const input = [random.between(1, 4), random.between(1, 30), window[0] * windows[0], window[1] * windows[1]];
    const options = { kind: "move", op, window } as const;
    const wrong = [...noPairs, [input[2] + 1, 1]].map((window) => ({ window }));
    return {
      valid: [options, [input]],
      wrong: [...withOptions(options, [input], wrong), ...onOthers(options, random)],
    };
  },
  from_windows(random, op) {
    const [window, windows] = [drawPair(random, 5), drawPair(random, 4)];
    const size: Pair = [window[0] * windows[0], window[1] * windows[1]];
    const input = [random.between(1, 4), elements(size), random.between(1, 30)];
    const options = { kind: "move", op, window, size } as const;
    const wrong = [
      ...[...noPairs, [size[0] + 1, 1]].map((window) => ({ window })),
      ...[...noPairs, [2 * size[0], size[1]]].map((size) => ({ size })),
    ];
    return {
      valid: [options, [input]],
      wrong: [...withOptions(options, [input], wrong), [options, [drawImage(random)]]],
    };
  },
  roll(random, op) {
    const roll = { kind: "move", op, shift: [random.between(-9, 9), random.between(-9, 9)] } as const;
    const input = drawImage(random);
    const shifts = [[1.5, 0], [0, NaN], [Infinity, 0], ...noLists];
    const wrong = withOptions(roll, [input], shifts.map((shift) => ({ shift })));
    return { valid: [roll, [input]], wrong: [...wrong, ...onOthers(roll, random)] };
  },
  pixel_shuffle(random, op) {
    const factor = random.between(1, 4);
    const input = drawImage(random, factor ** 2 * random.between(1, 6));
    const options = { kind: "move", op, factor } as const;
    const wrong = [...noSizes, input[1] + 1].map((factor) => ({ factor }));
    return {
      valid: [options, [input]],
      wrong: [...withOptions(options, [input], wrong), ...onOthers(options, random)],
    };
  },
  pixel_unshuffle(random, op) {
    const [factor, blocks] = [random.between(1, 4), drawPair(random, 6)];
    const input = [random.between(1, 4), random.between(1, 9), factor * blocks[0], factor * blocks[1]];
    const options = { kind: "move", op, factor } as const;
    const wrong = [...noSizes, Math.max(input[2], input[3]) + 1].map((factor) => ({ factor }));
    return {
      valid: [options, [input]],
      wrong: [...withOptions(options, [input], wrong), ...onOthers(options, random)],
    };
  },
  channel_shuffle(random, op) {
    const groups = random.between(1, 6);
    const input = drawImage(random, groups * random.between(1, 6));
    const options = { kind: "move", op, groups } as const;
    const wrong = [...noSizes, input[1] + 1].map((groups) => ({ groups }));
    return {
      valid: [options, [input]],
      wrong: [...withOptions(options, [input], wrong), ...onOthers(options, random)],
    };
  },
  upsample_nearest: drawResize,
  upsample_bilinear: drawResize,
  expand(random, op) {
    const shape = drawAny(random);
    const input = shape.map((size) => random.chance(0.4) ? 1 : size);
    const expand = { kind: "move", op, shape } as const;
    const shapes = [[...shape, 1], shape.with(1, 0), shape.with(1, 1.5), 7];
    const larger: Drawn[] = [[expand, [input.with(1, shape[1] + 1)]]];
    return {
      valid: [expand, [input]],
      wrong: [...withOptions(expand, [input], shapes.map((shape) => ({ shape }))), ...larger],
    };
  },
};

const noAxes = (input: Shape) => [0, -1, 1.5, NaN, input.length].map((axis) => ({ axis }));
function drawSlice(random: Random, op: "slice" | "split"): RandomLayer {
  const input = drawAny(random);
  const axis = random.between(1, input.length - 1);
  const start = random.between(0, input[axis] - 1);
  const slice = { kind: "move", op, axis, start, end: random.between(start + 1, input[axis]), step: 1 } as const;
  const wrong = [
    ...noAxes(input),
    ...[-1, 0.5, slice.end].map((start) => ({ start })),
    ...[start, 1.5, input[axis] + 1].map((end) => ({ end })),
    ...noSizes.slice(0, 4).map((step) => ({ step })),
  ];
  return { valid: [slice, [input]], wrong: withOptions(slice, [input], wrong) };
}

function drawResize(random: Random, op: "upsample_nearest" | "upsample_bilinear"): RandomLayer {
  const resize = { kind: "move", op, size: drawPair(random, 40) } as const;
  const input = drawImage(random);
  const wrong = withOptions(resize, [input], noPairs.map((size) => ({ size })));
  return { valid: [resize, [input]], wrong: [...wrong, ...onOthers(resize, random)] };
}

/** A random move of an op. */
export function randomMove(random: Random, op: Op): RandomLayer {
  return (draws[op] as (random: Random, op: Op) => RandomLayer)(random, op);
}
