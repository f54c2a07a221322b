/**
 * Terms of the physical base on CPUs: vectors of 8 or 16 lanes, convolutions on blocks of as many channels (oneDNN, ONNX Runtime's
 * MLAS) or as matrix products of unfolded windows, caches, and calls.
 *
 * How wide a device's vectors are need not be known: both widths are here, and the rows decide.
 *
 * @module
 */
import type { Kind } from "neuralpower/dsl";
import type { BaseTerms } from "./base_terms.ts";
import { edgeShare, filterSets, inWhole, path } from "./cpu_kernels.ts";
import type { Geometry } from "./geometry.ts";
import { matrix } from "./gpu_kernels.ts";

const MiB = 1 << 20;

/** What has to come from beyond a cache: nothing while it fits. */
const beyond = (bytes: number, mebibytes: number) => Math.max(0, bytes - mebibytes * MiB);

/** Steps of caches, and of the sizes below which a loop runs on one core. */
const memory: BaseTerms = {
  firstBytes: (g) => Math.min(g.bytes, MiB / 16),
  bytesOver1MiB: (g) => beyond(g.bytes, 1),
  bytesOver4MiB: (g) => beyond(g.bytes, 4),
  bytesOver32MiB: (g) => beyond(g.bytes, 32),
};

const conv: BaseTerms = {
  call: () => 1,
  images: (g) => g.n,
  ...only((g) => path(g) !== "depthwise", {
    macs: (g) => g.macs,
    laneMacs: (g) => g.macs * inWhole(g.o, 8),
    laneMacs16: (g) => g.macs * inWhole(g.o, 16),
    inputs: (g) => g.inputs,
    outputs: (g) => g.outputs,
    unfolded: (g) => matrix(g).m * matrix(g).k * g.groups,
    laneOutputs: (g) => g.outputs * inWhole(g.o, 8),
    laneInputs: (g) => g.inputs * inWhole(g.c, 8),
    weights: (g) => g.groups * g.c * g.o * g.kernel,
    windowOutputs: (g) => g.outputs * g.kernel,
    macs1x1: (g) => g.kernel === 1 ? g.macs : 0,
    stridedMacs: (g) => g.stride > 1 ? g.macs : 0,
    // Where a window hangs over the image's edge, outputs are computed one by one.
    edgeMacs: (g) => g.macs * edgeShare(g),
    // Each row of outputs reads the weights anew, each set of filters the inputs, each block of input channels the outputs.
    rowWeights: (g) => g.groups * g.c * g.o * g.kernel * g.n * g.outHeight,
    setInputs: (g) => matrix(g).m * matrix(g).k * g.groups * filterSets(g).sets,
    passOutputs: (g) => g.outputs * Math.ceil(g.c / 16),
    ...Object.fromEntries([1, 2, 3].map((left) => [
      `macsInSetsOf${left}`,
      (g: Geometry) => filterSets(g).left === left ? g.macs / filterSets(g).blocks * left : 0,
    ])),
  }),
  ...only((g) => path(g) === "plain", {
    plain: (g) => g.groups,
    plainMacs: (g) => g.macs,
    plainUnfolded: (g) => matrix(g).m * matrix(g).k * g.groups,
    plainOutputs: (g) => g.outputs,
  }),
  ...only((g) => path(g) === "direct", {
    directMacs: (g) => g.macs,
    directOutputs: (g) => g.outputs,
  }),
  ...only((g) => path(g) === "depthwise", {
    depthwise: () => 1,
    depthwiseInputs: (g) => g.inputs,
    depthwiseOutputs: (g) => g.outputs,
    depthwiseLaneOutputs16: (g) => g.outputs * inWhole(g.groups, 16),
    depthwiseMacs: (g) => g.macs,
    depthwiseEdgeMacs: (g) => g.macs * edgeShare(g),
    depthwiseRows: (g) => g.groups * g.n * g.outHeight * g.kernelHeight,
    unalignedDepthwise: (g) => g.groups % 4 === 0 ? 0 : g.groups * g.n,
    unalignedDepthwiseMacs: (g) => g.groups % 4 === 0 ? 0 : g.macs,
    unalignedDepthwiseOutputs: (g) => g.groups % 4 === 0 ? 0 : g.outputs,
  }),
  ...memory,
};

const dense: BaseTerms = {
  call: () => 1,
  rows: (g) => g.n,
  macs: (g) => g.macs,
  inputs: (g) => g.n * g.c,
  outputs: (g) => g.outputs,
  weights: (g) => g.c * g.o,
  laneOutputs: (g) => g.outputs * inWhole(g.o, 8),
  laneMacs16: (g) => g.macs * inWhole(g.o, 16),
  // Matrix products go by panels of 6 or 12 rows; a single row is a product with a vector.
  panelMacs6: (g) => g.macs * inWhole(g.n, 6),
  panelMacs12: (g) => g.macs * inWhole(g.n, 12),
  panelWeights: (g) => g.c * g.o * Math.ceil(g.n / 12),
  vectorMacs: (g) => g.n === 1 ? g.macs : 0,
  inChannels: (g) => g.c,
  outChannels: (g) => g.o,
  ...memory,
};

/** A pool's on any device. */
export const poolTerms: BaseTerms = {
  call: () => 1,
  images: (g) => g.n * g.o,
  windows: (g) => g.operations,
  inputs: (g) => g.inputs,
  outputs: (g) => g.outputs,
  rowsOfWindows: (g) => g.outputs * g.kernelHeight,
};

const pool: BaseTerms = {
  ...poolTerms,
  ...only((g) => g.o % 16 !== 0, {
    unalignedImages: (g) => g.n * g.o,
    unalignedInputs: (g) => g.inputs,
    unalignedWindows: (g) => g.operations,
    unalignedOutputs: (g) => g.outputs,
  }),
  ...memory,
};

/** By kind; a kind without an entry has the general terms. */
export const cpuTerms: Partial<Readonly<Record<Kind, BaseTerms>>> = { conv, dense, pool };

/** The terms of nodes that run so; 0 for the others. */
export function only(applies: (geometry: Geometry) => boolean, terms: BaseTerms): BaseTerms {
  return Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, (g) => applies(g) ? term(g) : 0]));
}
