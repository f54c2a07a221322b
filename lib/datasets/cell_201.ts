/**
 * Networks of NAS-Bench-201 (Dong and Yang, ICLR 2020, arXiv 2001.00326) from their cell: a 3×3 convolution to 16 channels, three stages
 * of five equal cells with a residual block at stride 2 between them, batch norm, relu, the average of all pixels and a dense layer.
 *
 * The network is described as its code runs it in PyTorch: every one of a cell's six operations, also those whose result nothing but a
 * `none` reads. A `none` multiplies by 0, and a node's sum begins with the number 0, which is one more addition.
 *
 * @module
 */
import { add, convNorm, type ImageValue, network, type NetworkDefinition } from "neuralpower/dsl";

/** What an edge of a cell computes. */
export const ops201 = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"] as const;
/** What an edge of a cell computes. */
export type Op201 = (typeof ops201)[number];

/** A cell: for each node but the first the operation on the edge from each node before it. */
export type Cell201 = readonly (readonly Op201[])[];

/** Relu first, then the convolution and batch norm. */
const reluConv = (x: ImageValue, channels: number, kernel: number, stride = 1) =>
  convNorm(x.relu(), channels, { kernel, stride, pad: kernel >> 1 });

const compute: { readonly [K in Op201]: (x: ImageValue) => ImageValue } = {
  none: (x) => x.scale(0),
  skip_connect: (x) => x,
  nor_conv_1x1: (x) => reluConv(x, x.channels, 1),
  nor_conv_3x3: (x) => reluConv(x, x.channels, 3),
  avg_pool_3x3: (x) => x.averagePool({ kernel: 3, stride: 1, pad: 1 }),
};

/**
 * Reads a cell: `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`, each operation with the node that it reads.
 *
 * @throws {RangeError} When it is not of that form, or an operation is unknown.
 */
export function parseCell201(text: string): Cell201 {
  return text.split("+").map((node, at) => {
    const parts = node.split("|").slice(1, -1);
    const wrong = () => new RangeError(`must be like |op~0|+|op~0|op~1|+|op~0|op~1|op~2|, got "${text}"`);
    if (parts.length !== at + 1 || node !== `|${parts.join("|")}|`) throw wrong();
    return parts.map((part, from) => {
      const [op, source] = part.split("~");
      const known = ops201.find((name) => name === op);
      if (known === undefined || source !== String(from)) throw wrong();
      return known;
    });
  });
}

/** Describes the network of a cell, for images of 32×32 pixels and ten classes. */
export function network201(name: string, cell: Cell201): NetworkDefinition {
  return network(name, { image: [3, 32, 32] }, (image) => {
    let x = convNorm(image, 16, { kernel: 3, pad: 1 });
    for (const channels of [16, 32, 64]) {
      if (channels > 16) x = reduction(x, channels);
      for (let i = 0; i < 5; i++) x = cellOutput(x, cell);
    }
    return x.batchNorm().relu().globalAveragePool().flatten().dense(10);
  });
}

function cellOutput(input: ImageValue, cell: Cell201): ImageValue {
  const nodes = [input];
  for (const ops of cell) {
    const [first, ...more] = ops.map((op, from) => compute[op](nodes[from]));
    nodes.push(more.reduce((sum, value) => add(sum, value), first.shift(0)));
  }
  return nodes[nodes.length - 1];
}

/** Between stages: two convolutions, and a 1×1 one of the 2×2 averages beside them. */
function reduction(x: ImageValue, channels: number): ImageValue {
  const main = reluConv(reluConv(x, channels, 3, 2), channels, 3);
  return add(x.averagePool({ kernel: 2 }).conv(channels, { kernel: 1, bias: false }), main);
}
