/**
 * What each of Caffe's layer types becomes: an entry a type, which adds layers to the network and gives the layer's tops.
 *
 * Types beyond Caffe's own are those of its well-known forks: depthwise convolutions, Axpy (SENet), Interp (PSPNet), Permute (SSD),
 * ReLU6, ShuffleChannel, Swish and Upsample (YOLO).
 *
 * @module
 */
import type { LayerOptions, Shape, UnaryOp } from "../layer.ts";
import type { Value } from "../value.ts";
import { axisOf, type CaffeLayer, type CaffeReader, fillers } from "./caffe_layer.ts";
import { cropTo, pieces, reshaped } from "./caffe_shapes.ts";
import { convolution, deconvolution, pooling } from "./caffe_windows.ts";
import type { FileGraph } from "./file_graph.ts";

/** All types that can be read. */
export const layerReaders: Readonly<Record<string, CaffeReader>> = {
  Convolution: convolution,
  ConvolutionDepthwise: convolution,
  DepthwiseConvolution: convolution,
  Deconvolution: deconvolution,
  Pooling: pooling,
  InnerProduct(layer, [bottom], graph) {
    const own = layer.fields.message("inner_product_param").only([
      ...["num_output", "bias_term", "axis", "transpose", ...fillers],
    ]);
    if (axisOf(layer, own.number("axis", 1), bottom) !== 1) {
      own.fail("only products over all but the batch can be read");
    }
    const vector = bottom.shape.length === 2
      ? bottom
      : graph.add(`${layer.name}_flatten`, { kind: "view", op: "flatten" }, bottom);
    const [outChannels, bias] = [own.whole("num_output", 1), own.flag("bias_term", true)];
    return [graph.add(layer.name, { kind: "dense", op: "dense", outChannels, bias }, vector)];
  },

  ReLU(layer, bottoms, graph) {
    const alpha = layer.fields.message("relu_param").only(["negative_slope", "engine"]).number("negative_slope", 0);
    return unary(alpha === 0 ? "relu" : "leaky_relu", alpha === 0 ? {} : { alpha })(layer, bottoms, graph);
  },
  ReLU6: unary("relu6"),
  PReLU: unary("prelu"),
  ELU(layer, bottoms, graph) {
    const alpha = layer.fields.message("elu_param").only(["alpha"]).number("alpha", 1);
    return unary("elu", { alpha })(layer, bottoms, graph);
  },
  Sigmoid: unary("sigmoid"),
  TanH: unary("tanh"),
  Swish: unary("silu"),
  AbsVal: unary("abs"),
  BNLL: unary("softplus"),
  Clip(layer, bottoms, graph) {
    const own = layer.fields.message("clip_param").only(["min", "max"]);
    const limits = [own.number("min", 0), own.number("max", 1)] as const;
    return unary("clip", { limits })(layer, bottoms, graph);
  },
  /** (shift + scale · x) ^ power. */
  Power(layer, [bottom], graph) {
    const own = layer.fields.message("power_param").only(["power", "scale", "shift"]);
    const steps = affine(own.number("scale", 1), own.number("shift", 0));
    const power = own.number("power", 1);
    return [chain(graph, layer.name, bottom, power === 1 ? steps : [...steps, { op: "power", by: power }])];
  },
  /** base ^ (shift + scale · x); a base of −1 stands for e. */
  Exp(layer, [bottom], graph) {
    const own = layer.fields.message("exp_param").only(["base", "scale", "shift"]);
    const base = own.number("base", -1);
    const factor = base === -1 ? 1 : Math.log(base);
    if (!Number.isFinite(factor)) own.fail(`base must be above 0, got ${base}`);
    const steps = affine(factor * own.number("scale", 1), factor * own.number("shift", 0));
    return [chain(graph, layer.name, bottom, [...steps, { op: "exp" }])];
  },
  /** log(shift + scale · x) to the base. */
  Log(layer, [bottom], graph) {
    const own = layer.fields.message("log_param").only(["base", "scale", "shift"]);
    const base = own.number("base", -1);
    const by = base === -1 ? 1 : 1 / Math.log(base);
    if (!Number.isFinite(by)) own.fail(`base must be above 0 and not 1, got ${base}`);
    const steps: Step[] = [...affine(own.number("scale", 1), own.number("shift", 0)), { op: "log" }];
    return [chain(graph, layer.name, bottom, by === 1 ? steps : [...steps, { op: "scale", by }])];
  },
  Dropout: (layer, bottoms, graph) => [graph.add(layer.name, { kind: "view", op: "dropout" }, ...bottoms)],

  LRN(layer, [bottom], graph) {
    const own = layer.fields.message("lrn_param").only(["local_size", "alpha", "beta", "norm_region", "k", "engine"]);
    const size = own.whole("local_size", 1, 5);
    if (own.word("norm_region", ["ACROSS_CHANNELS", "WITHIN_CHANNEL"]) === "ACROSS_CHANNELS") {
      return [graph.add(layer.name, { kind: "norm", op: "lrn", size }, bottom)];
    }
    // As Caffe computes it: the average of the squares around each pixel, raised to −beta, times the pixel.
    if (size % 2 === 0) own.fail(`local_size must be odd, got ${size}`);
    const pad = (size - 1) / 2;
    const window = { kernel: [size, size], stride: [1, 1], pad: [pad, pad, pad, pad] } as const;
    const squares = chain(graph, `${layer.name}_square`, bottom, [{ op: "power", by: 2 }]);
    const average = graph.add(
      `${layer.name}_pool`,
      { kind: "pool", op: "average", ...window, ceilMode: false, countIncludePad: true },
      squares,
    );
    const steps: Step[] = [...affine(own.number("alpha", 1), 1), { op: "power", by: -own.number("beta", 0.75) }];
    const divisor = chain(graph, `${layer.name}_power`, average, steps);
    return [graph.add(layer.name, { kind: "elementwise", op: "mul" }, bottom, divisor)];
  },
  /** Caffe's has no scale and no shift: those are a Scale layer's after it, which goes without a layer of its own here. */
  BatchNorm: (layer, bottoms, graph) => [graph.add(layer.name, { kind: "norm", op: "batch" }, ...bottoms)],
  Scale(layer, bottoms, graph) {
    const own = layer.fields.message("scale_param").only([
      ...["axis", "num_axes", "filler", "bias_term", "bias_filler"],
    ]);
    const [bottom, factor] = bottoms;
    if (factor === undefined && graph.madeBy(bottom)?.op === "batch") return [graph.alias(bottom)];
    const axis = axisOf(layer, own.number("axis", 1), bottom, 0);
    const scaled = combined(layer, graph, "mul", bottom, factor, axis, own.number("num_axes", 1));
    return own.flag("bias_term", false)
      ? [
        combined(
          { ...layer, name: `${layer.name}_bias` },
          graph,
          "add",
          scaled,
          undefined,
          axis,
          own.number("num_axes", 1),
        ),
      ]
      : [scaled];
  },
  Bias(layer, [bottom, addend], graph) {
    const own = layer.fields.message("bias_param").only(["axis", "num_axes", "filler"]);
    const axis = axisOf(layer, own.number("axis", 1), bottom, 0);
    return [combined(layer, graph, "add", bottom, addend, axis, own.number("num_axes", 1))];
  },
  /** The first bottom, a factor for each channel, times the second, plus the third. */
  Axpy(layer, bottoms, graph) {
    if (bottoms.length !== 3) layer.fields.fail(`it needs three bottoms, got ${bottoms.length}`);
    const [factor, x, y] = bottoms;
    const product = combined({ ...layer, name: `${layer.name}_mul` }, graph, "mul", x, factor, 0, 1);
    return [graph.add(layer.name, { kind: "elementwise", op: "add" }, product, y)];
  },
  Softmax(layer, [bottom], graph) {
    const own = layer.fields.message("softmax_param").only(["axis", "engine"]);
    const axis = axisOf(layer, own.number("axis", 1), bottom);
    const ops = bottom.shape.length === 3
      ? ["softmax_height", "softmax"] as const
      : ["softmax", "softmax_height", "softmax_width"] as const;
    return [graph.add(layer.name, { kind: "softmax", op: ops[axis - 1] }, bottom)];
  },

  Eltwise(layer, bottoms, graph) {
    const own = layer.fields.message("eltwise_param").only(["operation", "coeff", "stable_prod_grad"]);
    const op = ({ SUM: "add", PROD: "mul", MAX: "max" } as const)[own.word("operation", ["PROD", "SUM", "MAX"], "SUM")];
    const other = bottoms.find(({ shape }) => String(shape) !== String(bottoms[0].shape));
    if (other !== undefined) {
      own.fail(`its bottoms must be of one size, got ${bottoms[0].shape.join("×")} and ${other.shape.join("×")}`);
    }
    if (bottoms.length === 1) return [bottoms[0]];
    const factors = own.numbers("coeff");
    if (factors.length > 0 && (op !== "add" || factors.length !== bottoms.length)) {
      own.fail(`it needs a coeff for each bottom of a SUM, got ${factors.length} of ${bottoms.length}`);
    }
    if (String(factors) === "1,-1") return [graph.add(layer.name, { kind: "elementwise", op: "sub" }, ...bottoms)];
    const terms = bottoms.map((bottom, i) =>
      chain(graph, `${layer.name}_coeff${i + 1}`, bottom, affine(factors[i] ?? 1, 0))
    );
    return [graph.add(layer.name, { kind: "elementwise", op }, ...terms)];
  },
  Concat(layer, bottoms, graph) {
    const own = layer.fields.message("concat_param").only(["axis", "concat_dim"]);
    const axis = axisOf(layer, own.number("axis", own.number("concat_dim", 1)), bottoms[0]);
    if (bottoms.length === 1) return [bottoms[0]];
    return [graph.add(layer.name, { kind: "move", op: "concat", axis }, ...bottoms)];
  },
  Slice: pieces,
  Crop: cropTo,
  Flatten(layer, [bottom], graph) {
    const own = layer.fields.message("flatten_param").only(["axis", "end_axis"]);
    const last = own.number("end_axis", -1);
    if (axisOf(layer, own.number("axis", 1), bottom) !== 1 || last !== -1 && last !== bottom.shape.length - 1) {
      own.fail("only all axes but the batch can be flattened");
    }
    return [bottom.shape.length === 2 ? bottom : graph.add(layer.name, { kind: "view", op: "flatten" }, bottom)];
  },
  Reshape: reshaped,
  Permute(layer, [bottom], graph) {
    const order = layer.fields.message("permute_param").only(["order"]).wholes("order", 0);
    return [graph.add(layer.name, { kind: "move", op: "permute", order }, bottom)];
  },
  ShuffleChannel(layer, [bottom], graph) {
    const groups = layer.fields.message("shuffle_channel_param").only(["group"]).whole("group", 1, 1);
    return [graph.add(layer.name, { kind: "move", op: "channel_shuffle", groups }, bottom)];
  },
  Upsample(layer, [bottom], graph) {
    const factor = layer.fields.message("upsample_param").only(["scale"]).whole("scale", 1, 2);
    return [resized(layer, bottom, graph, "upsample_nearest", bottom.shape.slice(2).map((size) => size * factor))];
  },
  Interp(layer, [bottom], graph) {
    const own = layer.fields.message("interp_param").only(["height", "width", "zoom_factor", "shrink_factor"]);
    const [zoom, shrink] = [own.whole("zoom_factor", 1, 1), own.whole("shrink_factor", 1, 1)];
    const size = bottom.shape.slice(2).map((pixels, i) => {
      const shrunk = Math.floor((pixels - 1) / shrink) + 1;
      return own.whole(["height", "width"][i], 0, 0) || shrunk + (shrunk - 1) * (zoom - 1);
    });
    return [resized(layer, bottom, graph, "upsample_bilinear", size)];
  },
  /** The same blob under several names. */
  Split: (layer, [bottom]) => layer.tops.map(() => bottom),
};

type Step = { readonly op: UnaryOp; readonly by?: number };

function unary(op: UnaryOp, options: Partial<LayerOptions> = {}): CaffeReader {
  return (layer, bottoms, graph) => [
    graph.add(layer.name, { kind: "elementwise", op, ...options } as LayerOptions, ...bottoms),
  ];
}

/** scale · x + shift, without what changes nothing. */
function affine(scale: number, shift: number): Step[] {
  return [
    ...scale === 1 ? [] : [{ op: "scale", by: scale } as const],
    ...shift === 0 ? [] : [{ op: "shift", by: shift } as const],
  ];
}

/** Functions of each element one after another; the last has the name. */
function chain(graph: FileGraph, name: string, from: Value, steps: readonly Step[]): Value {
  return steps.reduce(
    (value, { op, by }, i) =>
      graph.add(i === steps.length - 1 ? name : `${name}_${op}`, {
        kind: "elementwise",
        op,
        ...by !== undefined && { by },
      }, value),
    from,
  );
}

/**
 * A sum or product with another bottom, whose axes are those of the first from `axis` on, or with learned numbers along as many axes as
 * told (−1: all).
 */
function combined(
  layer: CaffeLayer,
  graph: FileGraph,
  op: "mul" | "add",
  bottom: Value,
  other: Value | undefined,
  axis: number,
  axes: number,
): Value {
  const rank = bottom.shape.length;
  if (other === undefined) {
    if (axis === 0 || axes !== -1 && (!Number.isInteger(axes) || axes < 0 || axis + axes > rank)) {
      layer.fields.fail(`learned numbers along ${axes} axes from axis ${axis} on do not fit ${bottom.shape.join("×")}`);
    }
    const end = axes === -1 ? rank : axis + axes;
    const shape = bottom.shape.map((size, i) => i >= axis && i < end ? size : 1);
    const weights = graph.add(`${layer.name}_weights`, { kind: "view", op: "parameter", shape });
    return graph.add(layer.name, { kind: "elementwise", op }, bottom, weights);
  }
  if (other.shape.length === rank) return graph.add(layer.name, { kind: "elementwise", op }, bottom, other);
  if (axis !== 0) layer.fields.fail(`its second bottom can be read from axis 0 on, got axis ${axis}`);
  const shape: Shape = bottom.shape.map((_, i) => other.shape[i] ?? 1);
  const view = graph.add(`${layer.name}_view`, { kind: "view", op: "reshape", shape }, other);
  return graph.add(layer.name, { kind: "elementwise", op }, bottom, view);
}

function resized(
  layer: CaffeLayer,
  bottom: Value,
  graph: FileGraph,
  op: "upsample_nearest" | "upsample_bilinear",
  size: readonly number[],
): Value {
  if (size.length !== 2) layer.fields.fail(`it takes an image, got ${bottom.shape.join("×")}`);
  return graph.add(layer.name, { kind: "move", op, size: [size[0], size[1]] }, bottom);
}
