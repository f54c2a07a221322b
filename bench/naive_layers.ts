/**
 * What each kind of layer computes, written as its definition is, in double precision: slow, and plain enough to be read as the rule
 * that a runtime's results are compared with.
 *
 * @module
 */
import type { Attention, Kind, Layer, OptionsOf, Shape } from "neuralpower/dsl";
import { naiveFunctions } from "./naive_functions.ts";
import { moveNaively } from "./naive_moves.ts";
import { along, made, type NaiveTensor, read } from "./naive_tensor.ts";

/** A layer's constants by the last part of their names: `weight`, `bias`, `scale` …. */
export type Weights = (part: string) => Float64Array;

type Compute<K extends Kind> = (layer: Layer<K>, inputs: readonly NaiveTensor[], weights: Weights) => NaiveTensor;

const channelAxis = (shape: Shape) => shape.length === 4 ? 1 : shape.length - 1;
const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

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
  deconv({ kernel, stride, pad, dilation, groups, bias, outChannels, outputShape }, [x], weights) {
    const [batch, channels, height, width] = x.shape;
    const weight = weights("weight"), added = bias ? weights("bias") : undefined;
    const inGroup = channels / groups, outGroup = outChannels / groups;
    const sums = made(outputShape, ([, o]) => added?.[o] ?? 0);
    const [, , outHeight, outWidth] = outputShape;
    // Each input pixel adds its window to the output; what falls into the padding is lost.
    for (const [n, c, i, j] of positions([batch, channels, height, width])) {
      for (const [o, ky, kx] of positions([outGroup, ...kernel])) {
        const y = i * stride[0] + ky * dilation[0] - pad[0], z = j * stride[1] + kx * dilation[1] - pad[1];
        if (y < 0 || y >= outHeight || z < 0 || z >= outWidth) continue;
        const channel = Math.floor(c / inGroup) * outGroup + o;
        sums.data[((n * outChannels + channel) * outHeight + y) * outWidth + z] += read(x, [n, c, i, j]) *
          weight[((c * outGroup + o) * kernel[0] + ky) * kernel[1] + kx];
      }
    }
    return sums;
  },
  matmul({ op, groups, outputShape }, [left, right]) {
    const inner = left.shape[2] / groups, columns = outputShape[2] / groups;
    return made(outputShape, ([n, m, p]) => {
      const group = Math.floor(p / columns);
      const products = Array.from({ length: inner }, (_, k) => {
        const at = op === "matmul" ? [n, k, p] : [n, p % columns, group * inner + k];
        return read(left, [n, m, group * inner + k]) * read(right, at);
      });
      return total(products);
    });
  },
  attention: attend,
  pool(layer, [x]) {
    const [, , height, width] = x.shape;
    const [rows, columns] = [0, 1].map((axis) => (i: number) => poolWindow(layer, axis, i));
    return made(layer.outputShape, ([n, c, i, j]) => {
      const values: number[] = [];
      let window = 0;
      for (let y = rows(i).from; y < rows(i).to; y++) {
        for (let z = columns(j).from; z < columns(j).to; z++) {
          // In ceil mode a window may hang over the padding: what is beyond it never counts.
          if (y < height + layer.pad[2] && z < width + layer.pad[3]) window++;
          if (y >= 0 && y < height && z >= 0 && z < width) values.push(read(x, [n, c, y, z]));
        }
      }
      if (layer.op === "lp" || layer.op === "global_lp") {
        return total(values.map((value) => Math.abs(value) ** layer.p)) ** (1 / layer.p);
      }
      if (layer.op.endsWith("max")) return Math.max(...values);
      return total(values) / (layer.countIncludePad ? window : values.length);
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
    if (layer.op === "batch") {
      const [scale, shift, mean, variance] = ["scale", "shift", "mean", "variance"].map(weights);
      return made(x.shape, (at) => {
        const c = at[axis];
        return scale[c] * (read(x, at) - mean[c]) / Math.sqrt(variance[c] + 1e-5) + shift[c];
      });
    }
    const scale = weights("scale"), shift = layer.op === "rms" ? undefined : weights("shift");
    return made(x.shape, (at) => {
      const values = normedTogether(layer, x, at);
      const mean = shift === undefined ? 0 : total(values) / values.length;
      const variance = total(values.map((value) => (value - mean) ** 2)) / values.length;
      return scale[at[axis]] * (read(x, at) - mean) / Math.sqrt(variance + 1e-5) + (shift?.[at[axis]] ?? 0);
    });
  },
  elementwise(layer, inputs, weights) {
    const slopes = layer.op === "prelu" ? weights("slope") : [];
    const axis = channelAxis(layer.outputShape);
    return made(layer.outputShape, (at) => {
      const values = inputs.map((input) => read(input, at));
      return naiveFunctions[layer.op]([...values, ...layer.op === "prelu" ? [slopes[at[axis]]] : []], layer);
    });
  },
  reduce: ({ op, axes, outputShape }, [x]) =>
    made(outputShape, (at) => {
      const values = along(x, at, axes);
      if (op === "max" || op === "min") return Math[op](...values);
      if (op === "l2") return Math.hypot(...values);
      return total(values) / (op === "mean" ? values.length : 1);
    }),
  softmax({ op, outputShape }, [x]) {
    const axis = op === "softmax" ? channelAxis(x.shape) : op === "softmax_width" ? 3 : x.shape.length - 2;
    return made(outputShape, (at) => 1 / total(along(x, at, [axis]).map((value) => Math.exp(value - read(x, at)))));
  },
  move: (layer, inputs) => moveNaively(layer, inputs, layer.outputShape),
  view: (layer, [x], weights) => ({
    shape: layer.outputShape,
    data: layer.op === "parameter" ? weights("value") : x.data,
  }),
};

function* positions(shape: Shape): Generator<number[]> {
  if (shape.length === 0) return yield [];
  for (const before of positions(shape.slice(0, -1))) {
    for (let i = 0; i < shape[shape.length - 1]; i++) yield [...before, i];
  }
}

/** Rows (columns) of a pool's window, padding included. */
function poolWindow(layer: Layer<"pool">, axis: number, i: number): { from: number; to: number } {
  const size = layer.inputShape[2 + axis];
  if (layer.op.startsWith("global")) return { from: 0, to: size };
  if (layer.op === "adaptive_max" || layer.op === "adaptive_average") {
    const parts = layer.outputSize[axis];
    return { from: Math.floor(i * size / parts), to: Math.ceil((i + 1) * size / parts) };
  }
  const from = i * layer.stride[axis] - layer.pad[axis];
  return { from, to: from + layer.kernel[axis] };
}

/** The elements by whose mean and variance one element is normalised. */
function normedTogether(norm: OptionsOf<"norm">, x: NaiveTensor, at: readonly number[]): number[] {
  if (norm.op === "instance") return along(x, at, [2, 3]);
  if (norm.op !== "group") return along(x, at, [channelAxis(x.shape)]);
  const size = x.shape[1] / norm.groups;
  const first = at[1] - at[1] % size;
  return Array.from({ length: size }, (_, c) => along(x, at.with(1, first + c), [2, 3])).flat();
}

/** softmax(queries · keys / √size + positions) · values for each head, between projections. */
function attend(layer: Layer<"attention">, [x]: readonly NaiveTensor[], weights: Weights): NaiveTensor {
  const [batch, length, width] = x.shape;
  const size = width / layer.heads, seen = visible(layer, length);
  const project = (input: NaiveTensor, name: string, outputs: number): NaiveTensor => {
    const weight = weights(`${name}_weight`), added = layer.bias ? weights(`${name}_bias`) : undefined;
    return made([batch, length, outputs], ([n, t, o]) => {
      const products = along(input, [n, t, 0], [2]).map((value, i) => value * weight[i * outputs + o]);
      return total(products) + (added?.[o] ?? 0);
    });
  };
  const projected = project(x, "qkv", 3 * width);
  const positions = layer.op === "window_attention" ? weights("positions") : undefined;
  const part = (which: number, n: number, t: number, h: number, i: number) =>
    read(projected, [n, t, which * width + h * size + i]);
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
  const mixed = made(x.shape, ([n, t, o]) => {
    const h = Math.floor(o / size), window = t - t % seen;
    const raised = numbers(seen).map((s) => {
      const product = total(numbers(size).map((i) => part(0, n, t, h, i) * part(1, n, window + s, h, i)));
      return Math.exp(product / Math.sqrt(size) + (positions?.[(h * seen + t % seen) * seen + s] ?? 0));
    });
    return total(raised.map((weight, s) => weight * part(2, n, window + s, h, o % size))) / total(raised);
  });
  return project(mixed, "out", width);
}

function visible(layer: Attention, length: number): number {
  return layer.op === "attention" ? length : layer.window[0] * layer.window[1];
}

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
