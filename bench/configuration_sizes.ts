/**
 * Sizes drawn at random for configurations: log-uniform, with those that networks really have among them.
 *
 * @module
 */
import type { Shape, Sides } from "neuralpower/dsl";
import type { Random } from "./random.ts";

/** Images at once. */
export function drawBatch(random: Random): number {
  return random.chance(0.75) ? random.pick([1, 1, 1, 2, 4, 8, 16, 32, 64, 128]) : random.logUniform(1, 128);
}

/** A number of channels. */
export function drawWidth(random: Random, from: number, to: number): number {
  const drawn = random.logUniform(from, to);
  const multiple = random.weighted([[2, 32], [4, 8], [3, 1]]);
  return drawn >= multiple ? multiple * Math.round(drawn / multiple) : drawn;
}

/** Channels, height and width; one in five is no square. */
export function drawImage(random: Random, batch = drawBatch(random)): Shape {
  const side = random.chance(0.5) ? random.pick([7, 8, 14, 16, 28, 32, 56, 112, 224]) : random.logUniform(2, 224);
  return [batch, drawWidth(random, 1, 1024), side, random.chance(0.8) ? side : random.logUniform(2, 224)];
}

/** Images' patches, and sequences. */
export function drawTokens(random: Random): Shape {
  const length = random.chance(0.3) ? random.pick([49, 50, 64, 196, 197, 256]) : random.logUniform(2, 1024);
  return [drawBatch(random), length, drawWidth(random, 8, 2048)];
}

/** A batch and a width. */
export function drawVector(random: Random): Shape {
  return [random.logUniform(1, 512), drawWidth(random, 4, 8192)];
}

/** An image most often. */
export function drawTensor(random: Random): Shape {
  return random.weighted([[5, drawImage], [3, drawTokens], [2, drawVector]])(random);
}

/** Of a change of resolution. */
export function drawFactor(random: Random): number {
  return random.pick([2, 2, 2, 3, 4]);
}

/** Four sides' padding or crop, up to `most` pixels. */
export function drawSides(random: Random, most: number): Sides {
  const side = () => random.between(0, most);
  return random.chance(0.5) ? evenSides(side()) : [side(), side(), side(), side()];
}

/** The same on all four sides. */
export function evenSides(pixels: number): Sides {
  return [pixels, pixels, pixels, pixels];
}
