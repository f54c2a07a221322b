/**
 * Networks of NAS-Bench-101 (Ying et al., ICML 2019, arXiv 1902.09635) from the graph of their cell: a 3×3 convolution to 128 channels,
 * three stacks of three equal cells with a 2×2 maximum pooling and twice the channels between them, the average of all pixels and a dense
 * layer. The conventions below are those of its model builder (google-research/nasbench).
 *
 * @module
 */
import { add, concat, convNorm, type ImageValue, network, type NetworkDefinition } from "neuralpower/dsl";

/** A cell: what each vertex computes, and which vertices feed which. The first is its input, the last its output. */
export interface Cell101 {
  /** Of the vertices between input and output. */
  readonly ops: readonly Op101[];
  /** `edges[from][to]`, `from` below `to`. */
  readonly edges: readonly (readonly boolean[])[];
}

/** What a vertex computes: convolution, batch norm and relu, or a 3×3 maximum at stride 1. */
export const ops101 = ["conv3x3", "conv1x1", "maxpool3x3"] as const;
/** What a vertex computes. */
export type Op101 = (typeof ops101)[number];

const compute: { readonly [K in Op101]: (x: ImageValue, channels: number) => ImageValue } = {
  conv3x3: (x, channels) => convNorm(x, channels, { kernel: 3, pad: 1, activation: "relu" }),
  conv1x1: project,
  maxpool3x3: (x) => x.maxPool({ kernel: 3, stride: 1, pad: 1 }),
};

/**
 * Describes the network of a cell, for images of 32×32 pixels and ten classes.
 *
 * @throws {RangeError} When the edges are not those of as many vertices as ops, input and output.
 */
export function network101(name: string, cell: Cell101): NetworkDefinition {
  const vertices = cell.ops.length + 2;
  if (cell.edges.length !== vertices || cell.edges.some((row) => row.length !== vertices)) {
    throw new RangeError(
      `A cell of ${cell.ops.length} ops has ${vertices}×${vertices} edges, got ${cell.edges.length}`,
    );
  }
  return network(name, { image: [3, 32, 32] }, (image) => {
    let x = compute.conv3x3(image, 128);
    for (const channels of [128, 256, 512]) {
      if (channels > 128) x = x.maxPool({ kernel: 2 });
      for (let i = 0; i < 3; i++) x = cellOutput(x, channels, cell);
    }
    return x.globalAveragePool().flatten().dense(10);
  });
}

/**
 * A vertex adds its inputs: the cell's own input through a 1×1 convolution, others cut to the vertex's channels. The output joins the
 * vertices that feed it, and adds the cell's input where that feeds it too.
 */
function cellOutput(input: ImageValue, channels: number, { ops, edges }: Cell101): ImageValue {
  const last = ops.length + 1;
  const width = vertexChannels(channels, edges);
  const made: ImageValue[] = [input];
  ops.forEach((op, i) => {
    const to = i + 1;
    const inner = made.flatMap((value, from) => from > 0 && edges[from][to] ? [cut(value, width[to])] : []);
    const from = edges[0][to] ? [...inner, project(input, width[to])] : inner;
    made.push(compute[op](sum(from), width[to]));
  });
  const joined = made.filter((_, from) => from > 0 && edges[from][last]);
  const outputs = joined.length > 1 ? [concat(joined[0], joined[1], ...joined.slice(2))] : joined;
  return sum(edges[0][last] ? [...outputs, project(input, channels)] : outputs);
}

/**
 * Channels of each vertex: the output's are shared out among the vertices that feed it, one more for the first of them where they do not
 * divide; any other has as many as the widest that it feeds.
 */
function vertexChannels(channels: number, edges: Cell101["edges"]): number[] {
  const last = edges.length - 1;
  const inner = Array.from({ length: Math.max(0, last - 1) }, (_, i) => i + 1);
  const feeders = inner.filter((vertex) => edges[vertex][last]);
  const width: number[] = Array(last + 1).fill(0);
  feeders.forEach((vertex, i) => {
    width[vertex] = Math.floor(channels / feeders.length) + (i < channels % feeders.length ? 1 : 0);
  });
  for (const vertex of inner.toReversed()) {
    if (!edges[vertex][last]) {
      width[vertex] = Math.max(...inner.filter((to) => edges[vertex][to]).map((to) => width[to]));
    }
  }
  return width;
}

function project(x: ImageValue, channels: number): ImageValue {
  return convNorm(x, channels, { kernel: 1, activation: "relu" });
}

function cut(x: ImageValue, channels: number): ImageValue {
  return x.channels === channels ? x : x.slice("channels", { end: channels });
}

function sum(values: readonly ImageValue[]): ImageValue {
  return values.length === 1 ? values[0] : add(values[0], values[1], ...values.slice(2));
}
