/**
 * What each kind of layer computes, written as its definition is, in double precision: slow, and plain enough to be read as the rule
 * that a runtime's results are compared with.
 *
 * @module
 */
import { elements, type Elementwise, type Kind, type Layer, type OptionsOf, type Shape } from "neuralpower/dsl";

/** A tensor in memory, the last axis fastest. */
export interface NaiveTensor {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** A layer's constants by the last part of their names: `weight`, `bias`, `scale` …. */
export type Weights = (part: string) => Float64Array;

type Compute<K extends Kind> = (layer: Layer<K>, inputs: readonly NaiveTensor[], weights: Weights) => NaiveTensor;

/** A tensor whose elements are a function of their position. */
function made(shape: Shape, value: (at: number[]) => number): NaiveTensor {
  const data = new Float64Array(elements(shape));
  const at = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    data[i] = value(at);
    for (let axis = shape.length - 1; axis >= 0 && ++at[axis] === shape[axis]; axis--) at[axis] = 0;
  }
  return { shape, data };
}

/** The element at a position; an axis of size 1 has the same element everywhere. */
function read({ shape, data }: NaiveTensor, at: readonly number[]): number {
  return data[shape.reduce((offset, size, axis) => offset * size + (size === 1 ? 0 : at[axis]), 0)];
}

const channelAxis = (shape: Shape) => shape.length === 4 ? 1 : shape.length - 1;
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const functions: { readonly [Op in Elementwise["op"]]: (...values: number[]) => number } = {
  relu: (x) => Math.max(x, 0),
  relu6: (x) => Math.min(Math.max(x, 0), 6),
  sigmoid,
  tanh: Math.tanh,
  silu: (x) => x * sigmoid(x),
  add: (...values) => values.reduce((a, b) => a + b),
  mul: (...values) => values.reduce((a, b) => a * b),
};

const computations: { readonly [K in Kind]: Compute<K> } = {
  conv({ kernel, stride, pad, dilation, groups, bias, outChannels, outputShape }, [x], weights) {
    const [, channels, height, width] = x.shape;
    const [weight, added] = [weights("weight"), bias ? weights("bias") : undefined];
    const inGroup = channels / groups, outGroup = outChannels / groups;
    return made(outputShape, ([n, o, i, j]) => {
      let sum = added?.[o] ?? 0;
      for (let c = 0; c < inGroup; c++) {
        for (let ky = 0; ky < kernel[0]; ky++) {
          for (let kx = 0; kx < kernel[1]; kx++) {
            const y = i * stride[0] - pad[0] + ky * dilation[0], z = j * stride[1] - pad[1] + kx * dilation[1];
            if (y < 0 || y >= height || z < 0 || z >= width) continue;
            const channel = Math.floor(o / outGroup) * inGroup + c;
            sum += weight[((o * inGroup + c) * kernel[0] + ky) * kernel[1] + kx] * read(x, [n, channel, y, z]);
          }
        }
      }
      return sum;
    });
  },
  dense({ bias, outChannels, outputShape }, [x], weights) {
    const width = x.shape[x.shape.length - 1];
    const [weight, added] = [weights("weight"), bias ? weights("bias") : undefined];
    // A vector's weights are written [out, in], those of tokens [in, out].
    const at = (o: number, i: number) => x.shape.length === 2 ? weight[o * width + i] : weight[i * outChannels + o];
    return made(outputShape, (position) => {
      const o = position[position.length - 1];
      let sum = added?.[o] ?? 0;
      for (let i = 0; i < width; i++) sum += at(o, i) * read(x, position.with(-1, i));
      return sum;
    });
  },
  pool(layer, [x]) {
    const [, , height, width] = x.shape;
    const global = layer.op.startsWith("global");
    const kernel = global ? [height, width] : layer.kernel, pad = global ? [0, 0, 0, 0] : layer.pad;
    return made(layer.outputShape, ([n, c, i, j]) => {
      const top = i * layer.stride[0] - pad[0], left = j * layer.stride[1] - pad[1];
      const values: number[] = [];
      let window = 0;
      for (let y = top; y < top + kernel[0]; y++) {
        for (let z = left; z < left + kernel[1]; z++) {
          // In ceil mode a window may hang over the padding: what is beyond it never counts.
          if (y < height + pad[2] && z < width + pad[3]) window++;
          if (y >= 0 && y < height && z >= 0 && z < width) values.push(read(x, [n, c, y, z]));
        }
      }
      if (layer.op.endsWith("max")) return Math.max(...values);
      return values.reduce((a, b) => a + b) / (layer.countIncludePad ? window : values.length);
    });
  },
  norm(layer, [x], weights) {
    const axis = channelAxis(x.shape);
    if (layer.op === "lrn") {
      const [before, after] = [Math.floor((layer.size - 1) / 2), Math.ceil((layer.size - 1) / 2)];
      return made(x.shape, (at) => {
        let squares = 0;
        for (let c = Math.max(0, at[1] - before); c <= Math.min(x.shape[1] - 1, at[1] + after); c++) {
          squares += read(x, at.with(1, c)) ** 2;
        }
        return read(x, at) / (1 + 1e-4 / layer.size * squares) ** 0.75;
      });
    }
    const [scale, shift, mean, variance] = ["scale", "shift", "mean", "variance"].map(weights);
    return made(x.shape, (at) => {
      const c = at[axis];
      return scale[c] * (read(x, at) - mean[c]) / Math.sqrt(variance[c] + 1e-5) + shift[c];
    });
  },
  elementwise: (layer, inputs) =>
    made(layer.outputShape, (at) => functions[layer.op](...inputs.map((input) => read(input, at)))),
  softmax(_layer, [x]) {
    const axis = channelAxis(x.shape);
    return made(x.shape, (at) => {
      let sum = 0;
      for (let c = 0; c < x.shape[axis]; c++) sum += Math.exp(read(x, at.with(axis, c)) - read(x, at));
      return 1 / sum;
    });
  },
  move(layer, inputs) {
    const axis = channelAxis(layer.outputShape);
    return made(layer.outputShape, (at) => {
      let c = at[axis], i = 0;
      for (; c >= inputs[i].shape[axis]; i++) c -= inputs[i].shape[axis];
      return read(inputs[i], at.with(axis, c));
    });
  },
  view: (layer, [x]) => ({ shape: layer.outputShape, data: x.data }),
};

/**
 * Computes one layer.
 *
 * @param layer Options and sizes.
 * @param inputs Its inputs, in order.
 * @param weights Its constants.
 */
export function computeNaively(layer: Layer, inputs: readonly NaiveTensor[], weights: Weights): NaiveTensor {
  const compute = computations[layer.kind] as (layer: OptionsOf<Kind>, ...more: unknown[]) => NaiveTensor;
  return compute(layer, inputs, weights);
}
