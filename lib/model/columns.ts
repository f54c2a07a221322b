/**
 * What the boosted residual sees of a node: its features, and these quantities derived from its sizes. One table, for fitting and
 * predicting alike. Trees split at thresholds, so a logarithm is here for ratios and for sums of many sizes, not for scale.
 *
 * @module
 */
import type { Kind } from "neuralpower/dsl";
import { edgeShare, filterSets, inWhole, path, paths } from "./cpu_kernels.ts";
import type { Geometry, Hardware } from "./geometry.ts";
import { asTheyLie, fourier, matrix, padded, waves, winograd2, winograd4 } from "./gpu_kernels.ts";

/** One quantity derived from a node's sizes. */
export type Column = (geometry: Geometry) => number;
type Columns = Readonly<Record<string, Column>>;

/** log of 0 is that of a value too small to matter. */
const ln = (value: number) => Math.log(Math.max(value, 1e-9));
/** How often 2 divides a size, at most 7 times: what vectors and tiles fit it. */
const evenness = (size: number) => size > 0 ? Math.min(7, 31 - Math.clz32(size & -size)) : 0;

const general = {
  inputs: (g) => g.inputs,
  outputs: (g) => g.outputs,
  macs: (g) => g.macs,
  params: (g) => g.params,
  operations: (g) => g.operations,
  bytes: (g) => g.bytes,
  // A view moves no bytes.
  intensity: (g) => (g.macs + g.operations) / Math.max(1, g.bytes),
  inputsPerOutput: (g) => g.inputs / g.outputs,
} satisfies Columns;

const weighted = {
  ...general,
  rows: (g) => matrix(g).m,
  depth: (g) => matrix(g).k,
  unfolded: (g) => matrix(g).m * matrix(g).k,
  channelRatio: (g) => g.c / g.o,
  weightShare: (g) => g.params / (g.inputs + g.outputs),
  bare: (g) => Number(g.bias === 0 && g.activation === 0),
  fusedParts: (g) => g.bias + g.activation + g.fusedAdd,
} satisfies Columns;

const gpuTiles: readonly (readonly [number, number])[] = [[128, 128], [128, 64], [128, 32], [64, 64]];

const gpuWeighted: Columns = {
  ...weighted,
  ...Object.fromEntries(gpuTiles.flatMap(([rows, columns]): [string, Column][] => [
    [`use${rows}x${columns}`, (g) => g.macs / padded(g, rows, columns)],
    [`waves${rows}x${columns}`, (g) => waves(g, rows, columns)],
    [`lastWave${rows}x${columns}`, (g) => waves(g, rows, columns) / Math.ceil(waves(g, rows, columns))],
  ])),
  depthUse: (g) => matrix(g).k / (8 * Math.ceil(matrix(g).k / 8)),
  evenC: (g) => evenness(g.c),
  evenO: (g) => evenness(g.o),
};

const gpuConv: Columns = {
  ...gpuWeighted,
  pixels: (g) => g.outHeight * g.outWidth,
  winograd4: (g) => ln(winograd4(g).products / g.macs),
  winograd2: (g) => ln(winograd2(g) / g.macs),
  fourier: (g) => ln(fourier(g).products / g.macs),
  c32: (g) => g.c % 32,
  o32: (g) => g.o % 32,
  evenWidth: (g) => evenness(g.outWidth),
  width4: (g) => g.outWidth % 4,
  oddPad: (g) => Number(g.oddPad),
  asTheyLie: (g) => Number(asTheyLie(g)),
};

const gpuDense: Columns = {
  ...gpuWeighted,
  evenN: (g) => evenness(g.n),
  n32: (g) => g.n % 32,
  o128: (g) => g.o % 128,
  evenBoth: (g) => Math.min(evenness(g.c), evenness(g.o)),
  // Libraries change kernels at whole blocks; a column of all sizes has bins too wide to show where.
  blocksC: (g) => Math.floor(g.c / 32),
  blocksO: (g) => Math.floor(g.o / 32),
  weights: (g) => g.c * g.o,
};

const cpuWeighted: Columns = {
  ...weighted,
  laneUse: (g) => g.o / (8 * Math.ceil(g.o / 8)),
  laneUseC: (g) => g.c / (8 * Math.ceil(g.c / 8)),
  wholeLanes: (g) => Number(g.o % 8 === 0),
  wholeLanesC: (g) => Number(g.c % 8 === 0),
  weights: (g) => g.c * g.o * g.kernel,
  macsPerRow: (g) => g.macs / g.n,
  inputsPerRow: (g) => g.inputs / g.n,
  outputsPerRow: (g) => g.outputs / g.n,
};

const cpuConv: Columns = {
  ...cpuWeighted,
  path: (g) => paths.indexOf(path(g)),
  laneUse16: (g) => 1 / inWhole(g.o, 16),
  laneUseC16: (g) => 1 / inWhole(g.c, 16),
  evenC: (g) => evenness(g.c),
  evenO: (g) => evenness(g.o),
  blocksLeft: (g) => filterSets(g).left,
  edgeShare: (g) => edgeShare(g),
  rowWork: (g) => g.macs / (g.n * g.outHeight),
  pixels: (g) => g.outHeight * g.outWidth,
  laneOutputs: (g) => g.outputs / g.o * 8 * Math.ceil(g.o / 8),
  laneInputs: (g) => g.inputs / g.c * 8 * Math.ceil(g.c / 8),
  laneMacs: (g) => g.macs / g.o * 8 * Math.ceil(g.o / 8),
  windowOutputs: (g) => g.outputs * g.kernel,
  // A window's row that lies in whole vectors is read without a rest.
  widthUse: (g) => g.outWidth / (8 * Math.ceil(g.outWidth / 8)),
};

const pool: Columns = {
  ...general,
  planes: (g) => g.n * g.o,
  planeInputs: (g) => g.inHeight * g.inWidth,
  planeOutputs: (g) => g.outHeight * g.outWidth,
  windowOverlap: (g) => g.kernel / g.stride,
  inputsPerRow: (g) => g.inputs / g.n,
  outputsPerRow: (g) => g.outputs / g.n,
  rowsOfWindows: (g) => g.outputs * g.kernelHeight,
};

const tables: { readonly [H in Hardware["type"]]: Partial<Readonly<Record<Kind, Columns>>> } = {
  gpu: { conv: gpuConv, dense: gpuDense, pool },
  cpu: { conv: cpuConv, dense: cpuWeighted, pool },
};

/** The derived columns of a kind on a sort of hardware, by name. */
export function derivedColumns(kind: Kind, { type }: Hardware): Columns {
  return tables[type][kind] ?? general;
}
