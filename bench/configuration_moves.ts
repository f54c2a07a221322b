/**
 * Moves drawn at random.
 *
 * @module
 */
import type { OptionsOf, Pair, Shape } from "neuralpower/dsl";
import type { Drawn } from "./configuration_draws.ts";
import { drawFactor, drawImage, drawSides, drawTensor, drawTokens, drawWidth } from "./configuration_sizes.ts";
import type { Random } from "./random.ts";

type Move = OptionsOf<"move">;
type Moved = Drawn<"move">;

/** An axis beside the batch. */
function drawAxis(random: Random, shape: Shape): number {
  return random.chance(0.6) ? (shape.length === 4 ? 1 : shape.length - 1) : random.between(1, shape.length - 1);
}

function drawWindows(random: Random): { window: Pair; size: Pair; image: Shape } {
  const side = random.pick([2, 4, 7, 7, 8]);
  const size: Pair = [side * random.between(1, 8), side * random.between(1, 8)];
  return { window: [side, side], size, image: [...drawImage(random).slice(0, 2), ...size] };
}

const asTokens = ([batch, channels, height, width]: Shape): Shape => [batch, height * width, channels];

/** An entry an op. */
export const moves: { readonly [O in Move["op"]]: (random: Random, op: O) => Moved } = {
  concat(random, op) {
    const first = drawTensor(random), axis = drawAxis(random, first);
    const joined = random.chance(0.5) ? first[axis] : drawWidth(random, 1, 512);
    return { options: { kind: "move", op, axis }, inputs: [first, first.with(axis, joined)] };
  },
  slice(random, op) {
    const input = drawTensor(random), axis = drawAxis(random, input), size = input[axis];
    const start = random.chance(0.5) ? 0 : random.between(0, size >> 1);
    const end = random.between(start + 1, Math.max(start + 1, size - 1));
    return { options: { kind: "move", op, axis, start, end, step: random.pick([1, 1, 1, 2, 3]) }, inputs: [input] };
  },
  split(random, op) {
    const input = drawTensor(random), axis = drawAxis(random, input), parts = random.pick([2, 2, 3, 4]);
    const end = Math.max(1, Math.round(input[axis] / parts));
    return { options: { kind: "move", op, axis, start: 0, end, step: 1 }, inputs: [input.with(axis, parts * end)] };
  },
  pad: (random, op) => ({
    options: { kind: "move", op, pad: drawSides(random, 4), mode: random.pick(["constant", "reflect", "edge"]) },
    inputs: [drawImage(random)],
  }),
  crop: (random, op) => ({ options: { kind: "move", op, pad: drawSides(random, 4) }, inputs: [drawImage(random)] }),
  permute(random, op) {
    const image = random.chance(0.6);
    const order = image
      ? random.pick([[0, 2, 3, 1], [0, 3, 1, 2], [0, 1, 3, 2], [0, 2, 1, 3], [0, 3, 2, 1]])
      : [0, 2, 1];
    return { options: { kind: "move", op, order }, inputs: [image ? drawImage(random) : drawTokens(random)] };
  },
  to_tokens: (random, op) => ({ options: { kind: "move", op }, inputs: [drawImage(random)] }),
  to_image(random, op) {
    const image = drawImage(random);
    return { options: { kind: "move", op, size: [image[2], image[3]] }, inputs: [asTokens(image)] };
  },
  to_windows(random, op) {
    const { window, image } = drawWindows(random);
    return { options: { kind: "move", op, window }, inputs: [image] };
  },
  from_windows(random, op) {
    const { window, size, image } = drawWindows(random);
    return { options: { kind: "move", op, window, size }, inputs: [asTokens(image)] };
  },
  roll(random, op) {
    const shift: Pair = [random.between(1, 4), random.between(0, 4)];
    return { options: { kind: "move", op, shift }, inputs: [drawImage(random)] };
  },
  pixel_shuffle(random, op) {
    const image = drawImage(random), factor = drawFactor(random);
    const channels = factor ** 2 * Math.max(1, Math.round(image[1] / factor ** 2));
    return { options: { kind: "move", op, factor }, inputs: [image.with(1, channels)] };
  },
  pixel_unshuffle(random, op) {
    const [batch, channels, ...sides] = drawImage(random), factor = drawFactor(random);
    const [height, width] = sides.map((side) => factor * Math.max(1, Math.round(side / factor)));
    return { options: { kind: "move", op, factor }, inputs: [[batch, channels, height, width]] };
  },
  channel_shuffle(random, op) {
    const image = drawImage(random), groups = random.pick([2, 2, 3, 4, 8]);
    const channels = groups * Math.max(2, Math.round(image[1] / groups));
    return { options: { kind: "move", op, groups }, inputs: [image.with(1, channels)] };
  },
  upsample_nearest: upsample,
  upsample_bilinear: upsample,
  expand(random, op) {
    const shape = drawImage(random);
    const ones = random.pick([[2, 3], [2, 3], [1], [2], [3]]);
    const input = shape.map((size, axis) => ones.includes(axis) ? 1 : size);
    return { options: { kind: "move", op, shape }, inputs: [input] };
  },
};

function upsample(random: Random, op: "upsample_nearest" | "upsample_bilinear"): Moved {
  const image = drawImage(random), factor = drawFactor(random);
  const size: Pair = random.chance(0.7)
    ? [image[2] * factor, image[3] * factor]
    : [random.logUniform(2, 448), random.logUniform(2, 448)];
  return { options: { kind: "move", op, size }, inputs: [image] };
}
