/**
 * What random layers are drawn of: shapes of each rank, and what is no size.
 *
 * @module
 */
import type { LayerOptions, Pair, Shape } from "neuralpower/dsl";
import type { Random } from "../bench/random.ts";

/** A layer's options and its inputs' shapes. */
export type Drawn = readonly [options: LayerOptions, inputs: readonly Shape[]];

/** One that is valid, and wrong ones beside it. */
export interface RandomLayer {
  readonly valid: Drawn;
  readonly wrong: readonly Drawn[];
}

/** Not a size. */
export const noSizes = [0, -1, 1.5, NaN, Infinity, 2 ** 53];
/** What is no list, or one that is too short, too long or of texts. */
export const noLists = [undefined, null, 3, "22", "constant", [], [2], [2, 2, 2], ["2", "2"]] as unknown[] as Pair[];
export const noPairs = [...noSizes.flatMap((size): Pair[] => [[size, 1], [1, size]]), ...noLists];
/** What is no padding. */
export const noSides = [
  ...[[-1, 0, 0, 0], [0, 0.5, 0, 0], [0, 0, NaN, 0]],
  ...[...noLists, [1, 1, 1, 1, 1], ["1", 1, 1, 1]],
].map((pad) => ({ pad }));
/** Neither yes nor no. */
export const noFlags = ["no", 1, 0, null, undefined];

/** The same inputs with other options. */
export const withOptions = <O extends LayerOptions>(
  options: O,
  inputs: readonly Shape[],
  changes: readonly object[],
): Drawn[] => changes.map((change) => [{ ...options, ...change } as LayerOptions, inputs]);

export const drawPair = (random: Random, most: number): Pair => [random.between(1, most), random.between(1, most)];
export const drawImage = (random: Random, channels = random.between(1, 24)): [number, number, number, number] => [
  random.between(1, 4),
  channels,
  ...drawPair(random, 20) as [number, number],
];
export const drawTokens = (random: Random, width = random.between(1, 40)): Shape => [
  random.between(1, 4),
  random.between(1, 30),
  width,
];
export const drawVector = (random: Random): Shape => [random.between(1, 4), random.between(1, 99)];
export const drawAny = (random: Random): Shape => random.pick([drawImage, drawTokens, drawVector])(random);

/** A layer of images on tokens and on a vector. */
export const onOthers = (options: LayerOptions, random: Random): Drawn[] => [
  [options, [drawTokens(random)]],
  [options, [drawVector(random)]],
];
