/**
 * What each kind of layer is in ONNX: one exhaustive table, layer → nodes and constants.
 *
 * A layer's last node and its output tensor have the layer's name, which is how a profile's nodes lead back to the layers; what else
 * it needs is named after it: `conv1/weight`, `silu1/sigmoid`. Where there is a choice, nodes are those that PyTorch's exporter writes.
 *
 * @module
 */
import type { Kind, LayerOptions, OptionsOf, Shape } from "../layer.ts";
import { writeAttention, writeMatmul } from "./onnx_attention.ts";
import { type GraphBuilder, int, ints, Place, shift, type Tensor } from "./onnx_builder.ts";
import { writeElementwise } from "./onnx_elementwise.ts";
import { writeMove } from "./onnx_moves.ts";
import { writeNorm } from "./onnx_norms.ts";
import type { Attribute } from "./onnx_proto.ts";
import { heSpread } from "./onnx_weights.ts";

type Writer<K extends Kind> = (layer: OptionsOf<K>, at: Place) => void;

const poolOps = {
  max: "MaxPool",
  average: "AveragePool",
  global_max: "GlobalMaxPool",
  global_average: "GlobalAveragePool",
  lp: "LpPool",
  global_lp: "GlobalLpPool",
  adaptive_max: "MaxPool",
  adaptive_average: "AveragePool",
} as const;

/**
 * Whether a pool is written in ceil mode. Where a last window is left out because it would begin in the padding, ONNX's own shape
 * inference counts it all the same (up to opset 18), and runtimes warn of the difference: plain mode gives the same windows then.
 */
function roundsUp(layer: OptionsOf<"pool">, { input, outputShape }: Place): boolean {
  const steps = [0, 1].map((axis) =>
    (input.shape[2 + axis] + layer.pad[axis] + layer.pad[2 + axis] - layer.kernel[axis]) / layer.stride[axis]
  );
  const leftOut = steps.some((step, axis) => outputShape[2 + axis] < Math.ceil(step) + 1);
  const plain = steps.every((step, axis) => outputShape[2 + axis] === Math.floor(step) + 1);
  return layer.ceilMode && !(leftOut && plain);
}

const reduceOps = { mean: "ReduceMean", max: "ReduceMax", min: "ReduceMin", l2: "ReduceL2" } as const;

function poolAttributes(layer: OptionsOf<"pool">, at: Place): Readonly<Record<string, Attribute>> {
  const { kernel, stride, pad } = layer;
  const window = { kernel_shape: ints(kernel), pads: ints(pad), strides: ints(stride) };
  switch (layer.op) {
    case "global_max":
    case "global_average":
      return {};
    case "global_lp":
      return { p: int(wholeP(layer.p, at)) };
    case "lp": {
      // The operator rounds down; zeros beyond the end make room for the last window, and add nothing to a norm.
      const ends = [0, 1].map((axis) => {
        const reached = (at.outputShape[2 + axis] - 1) * stride[axis] + kernel[axis];
        return Math.max(pad[2 + axis], reached - at.input.shape[2 + axis] - pad[axis]);
      });
      return { ...window, pads: ints([pad[0], pad[1], ...ends]), p: int(wholeP(layer.p, at)) };
    }
    case "adaptive_max":
    case "adaptive_average": {
      const [height, width] = at.input.shape.slice(2);
      if (height % layer.outputSize[0] !== 0 || width % layer.outputSize[1] !== 0) {
        throw new RangeError(
          `Layer "${at.name}": ONNX has no adaptive pooling, and ${height}×${width} does not divide into ` +
            `${layer.outputSize.join("×")} equal windows; use another image or output size`,
        );
      }
      return window;
    }
    default: {
      const max = { ceil_mode: int(Number(roundsUp(layer, at))), ...window };
      return layer.op === "max" ? max : { ...max, count_include_pad: int(Number(layer.countIncludePad)) };
    }
  }
}

function wholeP(p: number, at: Place): number {
  if (Number.isSafeInteger(p)) return p;
  throw new RangeError(`Layer "${at.name}": ONNX takes whole numbers as a norm's p, got ${p}`);
}

const writers: { readonly [K in Kind]: Writer<K> } = {
  conv(layer, at) {
    const { outChannels, kernel, groups } = layer;
    const inChannels = at.input.shape[1] / groups;
    const weight = at.weight(
      "weight",
      [outChannels, inChannels, ...kernel],
      heSpread(inChannels * kernel[0] * kernel[1]),
    );
    const bias = layer.bias ? [at.weight("bias", [outChannels], shift)] : [];
    at.last("Conv", [at.input.name, weight, ...bias], {
      dilations: ints(layer.dilation),
      group: int(groups),
      kernel_shape: ints(kernel),
      // Both count top, left, bottom, right.
      pads: ints(layer.pad),
      strides: ints(layer.stride),
    });
  },
  dense({ outChannels, bias }, at) {
    const width = at.input.shape[at.rank - 1];
    if (at.rank === 2) {
      const weight = at.weight("weight", [outChannels, width], heSpread(width));
      const added = bias ? [at.weight("bias", [outChannels], shift)] : [];
      return at.last("Gemm", [at.input.name, weight, ...added], { transB: int(1) });
    }
    const product = [at.input.name, at.weight("weight", [width, outChannels], heSpread(width))];
    if (!bias) return at.last("MatMul", product);
    at.last("Add", [at.inner("matmul", "MatMul", product), at.weight("bias", [outChannels], shift)]);
  },
  deconv(layer, at) {
    const { outChannels, kernel, groups } = layer;
    const inChannels = at.input.shape[1];
    const each = inChannels / groups * kernel[0] * kernel[1] / (layer.stride[0] * layer.stride[1]);
    const weight = at.weight("weight", [inChannels, outChannels / groups, ...kernel], heSpread(each));
    const bias = layer.bias ? [at.weight("bias", [outChannels], shift)] : [];
    at.last("ConvTranspose", [at.input.name, weight, ...bias], {
      dilations: ints(layer.dilation),
      group: int(groups),
      kernel_shape: ints(kernel),
      output_padding: ints(layer.outputPad),
      pads: ints(layer.pad),
      strides: ints(layer.stride),
    });
  },
  matmul: writeMatmul,
  attention: writeAttention,
  pool(layer, at) {
    at.last(poolOps[layer.op], [at.input.name], poolAttributes(layer, at));
  },
  norm: writeNorm,
  elementwise: writeElementwise,
  reduce({ op, axes }, at) {
    const keepdims = int(1);
    // Sums take their axes as an input since opset 13, the others from opset 18 on.
    if (op !== "sum") return at.last(reduceOps[op], [at.input.name], { axes: ints(axes), keepdims });
    at.last("ReduceSum", [at.input.name, at.constant("axes", "int64", [axes.length], axes)], { keepdims });
  },
  softmax(layer, at) {
    const axis = { softmax: at.channelAxis, softmax_height: at.rank === 4 ? 2 : 1, softmax_width: 3 }[layer.op];
    at.last("Softmax", [at.input.name], { axis: int(axis) });
  },
  move: writeMove,
  view(layer, at) {
    if (layer.op === "flatten") at.last("Flatten", [at.input.name], { axis: int(1) });
    else if (layer.op === "reshape") at.lastReshape(at.input.name, layer.shape.slice(1));
    else if (layer.op === "parameter") at.last("Identity", [at.weight("value", layer.shape, shift)]);
    // A trained network drops nothing out. Whoever can reads the layer's input instead, and this is not called.
    else at.last("Identity", [at.input.name]);
  },
};

/**
 * Adds a layer's nodes and constants to a graph.
 *
 * @param graph Where to.
 * @param name The layer's name, which its last node and its output tensor get.
 * @param layer What it computes.
 * @param inputs The tensors it reads, in order.
 * @param outputShape What it makes of them.
 * @returns The output tensor's name: `name`.
 */
export function writeLayer(
  graph: GraphBuilder,
  name: string,
  layer: LayerOptions,
  inputs: readonly Tensor[],
  outputShape: Shape,
): string {
  const write = writers[layer.kind] as Writer<Kind>;
  write(layer, new Place(graph, name, inputs, outputShape));
  return name;
}
