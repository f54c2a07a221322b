/**
 * What the algorithms that GPU libraries choose from cost, counted from a convolution's sizes: implicit matrix products in tiles and
 * waves of tiles, Winograd's minimal filtering (Lavin and Gray 2016) and products of Fourier transforms.
 *
 * @module
 */
import type { Geometry } from "./geometry.ts";

/** Rows and columns of the matrix product that a layer is: M × K by K × O, once for each group. */
export function matrix({ n, c, o, outHeight, outWidth, kernel }: Geometry): { m: number; k: number; o: number } {
  return { m: n * outHeight * outWidth, k: c * kernel, o };
}

/** Multiply-adds of the product with M and O rounded up to whole tiles. */
export function padded(g: Geometry, rows: number, columns: number): number {
  const { k } = matrix(g);
  return g.groups * tiles(g, rows, columns) * rows * columns * k;
}

/** How many tiles of a group. */
function tiles(g: Geometry, rows: number, columns: number): number {
  const { m, o } = matrix(g);
  return Math.ceil(m / rows) * Math.ceil(o / columns);
}

/** Tiles over multiprocessors: a wave is one tile on each. */
export function waves(g: Geometry, rows: number, columns: number): number {
  return g.groups * tiles(g, rows, columns) / g.multiprocessors;
}

/** The same multiply-adds with the last wave as long as a whole one. */
export function waved(g: Geometry, rows: number, columns: number): number {
  return Math.ceil(waves(g, rows, columns)) * g.multiprocessors * rows * columns * matrix(g).k;
}

/** Whether Winograd's 3 × 3 filtering applies. */
export function winogradApplies({ kernelHeight, kernelWidth, stride, groups }: Geometry): boolean {
  return kernelHeight === 3 && kernelWidth === 3 && stride === 1 && groups === 1;
}

/** Tiles of `side` × `side` output pixels of all images. */
function outputTiles({ n, outHeight, outWidth }: Geometry, side: number): number {
  return n * Math.ceil(outHeight / side) * Math.ceil(outWidth / side);
}

/** Winograd F(4×4, 3×3): its products, its transforms of inputs and outputs, and that of the weights; 0 where it does not apply. */
export function winograd4(g: Geometry): { products: number; transforms: number; weights: number } {
  const on = winogradApplies(g) ? 36 : 0;
  const count = outputTiles(g, 4);
  return { products: on * count * g.c * g.o, transforms: on * count * (g.c + g.o), weights: on * g.c * g.o };
}

/** Winograd F(2×2, 3×3) in one kernel, whose blocks hold 32 tiles by 32 channels; 0 where it does not apply. */
export function winograd2(g: Geometry): number {
  if (!winogradApplies(g)) return 0;
  return 16 * Math.ceil(outputTiles(g, 2) / 32) * 32 * Math.ceil(g.o / 32) * 32 * g.c;
}

/** Fourier transforms of 32 × 32 tiles: of inputs and outputs, of the weights, and the products; 0 where it does not apply. */
export function fourier(g: Geometry): { transforms: number; weights: number; products: number } {
  const side = 33 - Math.max(g.kernelHeight, g.kernelWidth);
  if (g.stride !== 1 || g.kernel === 1 || g.groups > 1 || side < 1) return { transforms: 0, weights: 0, products: 0 };
  const count = outputTiles(g, side);
  return { transforms: 1024 * count * (g.c + g.o), weights: 1024 * g.c * g.o, products: 544 * count * g.c * g.o };
}

/**
 * Whether a convolution is one matrix product of the tensors as they lie, channels last: with a 1 × 1 window at stride 1, or one as
 * large as the image (TensorFlow 1, `conv_ops.cc`). With a bias or an activation after it TensorFlow puts channels first for all.
 */
export function asTheyLie(g: Geometry): boolean {
  if (!g.channelsLast || g.bias > 0 || g.activation > 0 || g.groups > 1) return false;
  const wholeImage = g.outHeight === 1 && g.outWidth === 1 && g.kernelHeight === g.inHeight &&
    g.kernelWidth === g.inWidth;
  return (g.kernel === 1 && g.stride === 1) || wholeImage;
}

/** Elements with so many channels that are put into the library's order: of a single channel as they lie, of few in narrow stripes. */
export function reordered(g: Geometry, channels: number, elements: number): { plain: number; narrow: number } {
  const on = g.channelsLast ? elements : 0;
  return { plain: channels === 1 ? on : 0, narrow: channels > 1 && channels < 16 ? on : 0 };
}
