/**
 * Normalisations in ONNX: one entry an op.
 *
 * @module
 */
import type { Norm } from "../layer.ts";
import { float, heVariance, int, ints, near1, type Place, shift } from "./onnx_builder.ts";

const epsilon = { epsilon: float(1e-5) };

type NormOf<O extends Norm["op"]> = Norm & { readonly op: O };

const writers: { readonly [O in Norm["op"]]: (layer: NormOf<O>, at: Place) => void } = {
  lrn(layer, at) {
    const { size } = layer as { readonly size: number };
    if (size % 2 !== 1) {
      throw new RangeError(
        `Layer "${at.name}": ONNX takes odd sizes of a local response normalisation only, got ${size}; use another size`,
      );
    }
    // AlexNet's constants (Krizhevsky et al. 2012, as in Caffe); alpha is divided by the size.
    const constants = { alpha: float(1e-4), beta: float(0.75), bias: float(1) };
    at.last("LRN", [at.input.name], { ...constants, size: int(size) });
  },
  batch(_layer, at) {
    const channels = at.input.shape[at.channelAxis];
    const learned = [at.weight("scale", [channels], near1), at.weight("shift", [channels], shift)];
    const running = [at.weight("mean", [channels], shift), at.weight("variance", [channels], heVariance)];
    const parameters = [...learned, ...running];
    if (at.rank !== 3) return at.last("BatchNormalization", [at.input.name, ...parameters], epsilon);
    // ONNX's channels are the second axis. Tokens as rows have them there, and reshaping moves nothing.
    const asRows = at.constant("rows_shape", "int64", [2], [-1, channels]);
    const rows = at.inner("rows", "Reshape", [at.input.name, asRows]);
    const normed = at.inner("norm", "BatchNormalization", [rows, ...parameters], epsilon);
    const asTokens = at.constant("tokens_shape", "int64", [3], [-1, at.input.shape[1], channels]);
    at.last("Reshape", [normed, asTokens]);
  },
  layer(_layer, at) {
    const channels = at.input.shape[at.channelAxis];
    const parameters = [at.weight("scale", [channels], near1), at.weight("shift", [channels], shift)];
    const attributes = { ...epsilon, axis: int(-1) };
    if (at.rank !== 4) return at.last("LayerNormalization", [at.input.name, ...parameters], attributes);
    // The operator takes the last axes: the channels go there and back.
    const last = at.transpose("channels_last", at.input.name, [0, 2, 3, 1]);
    const normed = at.inner("norm", "LayerNormalization", [last, ...parameters], attributes);
    at.last("Transpose", [normed], { perm: ints([0, 3, 1, 2]) });
  },
  rms(_layer, at) {
    const x = at.input.name;
    const axes = { axes: ints([at.channelAxis]), keepdims: int(1) };
    const mean = at.inner("mean", "ReduceMean", [at.inner("squares", "Mul", [x, x])], axes);
    const raised = at.inner("raised", "Add", [mean, at.constant("epsilon", at.graph.dtype, [], [1e-5])]);
    const normed = at.inner("norm", "Div", [x, at.inner("root", "Sqrt", [raised])]);
    at.last("Mul", [normed, at.weight("scale", perChannel(at), near1)]);
  },
  group(layer, at) {
    const { groups } = layer as { readonly groups: number };
    const sizes = at.input.shape.slice(1);
    const ones = at.constant("ones", at.graph.dtype, [groups], Array<number>(groups).fill(1));
    const zeros = at.constant("zeros", at.graph.dtype, [groups], Array<number>(groups).fill(0));
    const parts = at.reshape("groups", at.input.name, [groups, -1]);
    const normed = at.inner("norm", "InstanceNormalization", [parts, ones, zeros], epsilon);
    const image = at.reshape("image", normed, sizes);
    const scaled = at.inner("scaled", "Mul", [image, at.weight("scale", perChannel(at), near1)]);
    at.last("Add", [scaled, at.weight("shift", perChannel(at), shift)]);
  },
  instance(_layer, at) {
    const channels = at.input.shape[1];
    const parameters = [at.weight("scale", [channels], near1), at.weight("shift", [channels], shift)];
    at.last("InstanceNormalization", [at.input.name, ...parameters], epsilon);
  },
};

/** Weights of each channel, in a shape that is broadcast over an image or tokens. */
function perChannel(at: Place): number[] {
  const channels = at.input.shape[at.channelAxis];
  return at.rank === 4 ? [channels, 1, 1] : [channels];
}

/** Writes a normalisation. */
export function writeNorm(layer: Norm, at: Place): void {
  (writers[layer.op] as (layer: Norm, at: Place) => void)(layer, at);
}
