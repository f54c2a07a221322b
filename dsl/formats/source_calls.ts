/**
 * How the DSL writes each kind of layer: one exhaustive table, layer → method or function, its arguments and options.
 *
 * @module
 */
import {
  imageAxes,
  type Kind,
  type Layer,
  type OptionsOf,
  type Pair,
  type Shape,
  type Sides,
  tokensAxes,
} from "../layer.ts";
import { FormatError } from "./format_error.ts";

/** One call. */
export interface SourceCall {
  /** The method's name, or the function's where `inputs` says that it takes its values as arguments. */
  readonly call: string;
  /** How many values it takes as arguments: none of a method. */
  readonly takes: "itself" | "all" | "like";
  /** What stands before its options. */
  readonly args?: readonly string[];
  /** Its options as they are written; undefined is the default. */
  readonly options?: Readonly<Record<string, string | undefined>>;
  /** What the DSL calls such layers by, with their count. */
  readonly sort: string;
}

type Writer<K extends Kind> = (layer: Layer<K>, batch: number) => SourceCall;

const pair = ([height, width]: Pair) => height === width ? `${height}` : `[${height}, ${width}]`;

function sides([top, left, bottom, right]: Sides): string {
  if (top !== bottom || left !== right) return `[${[top, left, bottom, right].join(", ")}]`;
  return pair([top, left]);
}

const unless = (value: string, usual: string) => value === usual ? undefined : value;
const flag = (value: boolean, usual: boolean) => value === usual ? undefined : `${value}`;
const quote = (text: string) => JSON.stringify(text);

/** A shape whose first size is the network's batch, whatever that is. */
function batchShape(shape: Shape, batch: number): string {
  const [first, ...rest] = shape;
  return `[${[first === batch ? "batch" : first, ...rest].join(", ")}]`;
}

function axisName(shape: Shape, axis: number): string {
  return quote((shape.length === 4 ? imageAxes : tokensAxes)[axis - 1]);
}

function filters(layer: Layer<"conv"> | Layer<"deconv">): Record<string, string | undefined> {
  return {
    kernel: pair(layer.kernel),
    stride: unless(pair(layer.stride), "1"),
    pad: unless(sides(layer.pad), "0"),
    dilation: unless(pair(layer.dilation), "1"),
    groups: unless(`${layer.groups}`, "1"),
    bias: flag(layer.bias, true),
  };
}

function method(name: string, sort: string, more: Partial<SourceCall> = {}): SourceCall {
  return { call: name, takes: "itself", sort, ...more };
}

/** `global_average_pool` as `globalAveragePool`. */
const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const joins: Readonly<Record<string, string>> = {
  ...{ add: "add", mul: "mul", max: "maximum", min: "minimum", sub: "sub", div: "div", pow: "pow", where: "where" },
};

const writers: { readonly [K in Kind]: Writer<K> } = {
  conv: (layer) => method("conv", "conv", { args: [`${layer.outChannels}`], options: filters(layer) }),
  deconv: (layer) =>
    method("deconv", "deconv", {
      args: [`${layer.outChannels}`],
      options: { ...filters(layer), outputPad: unless(pair(layer.outputPad), "0") },
    }),
  dense: (layer) =>
    method("dense", "dense", { args: [`${layer.outChannels}`], options: { bias: flag(layer.bias, true) } }),
  matmul: ({ op, groups }) => ({
    ...{ call: "matmul", takes: "all", sort: "matmul" },
    options: { groups: unless(`${groups}`, "1"), transposed: flag(op === "matmul_transposed", false) },
  }),
  attention: (layer) =>
    method("attention", "attention", {
      options: {
        heads: `${layer.heads}`,
        window: layer.op === "attention" ? undefined : pair(layer.window),
        bias: flag(layer.bias, true),
      },
    }),
  pool(layer) {
    const sort = `${layer.op}_pool`;
    if (layer.op === "adaptive_max" || layer.op === "adaptive_average") {
      return method(camel(sort), sort, { args: [pair(layer.outputSize)] });
    }
    const p = layer.op === "lp" || layer.op === "global_lp" ? unless(`${layer.p}`, "2") : undefined;
    if (layer.op.startsWith("global")) return method(camel(sort), sort, { options: { p } });
    const window = {
      kernel: pair(layer.kernel),
      stride: unless(pair(layer.stride), pair(layer.kernel)),
      pad: unless(sides(layer.pad), "0"),
      ceilMode: flag(layer.ceilMode, false),
    };
    return method(camel(sort), sort, {
      options: {
        ...window,
        p,
        countIncludePad: layer.op === "average" ? flag(layer.countIncludePad, false) : undefined,
      },
    });
  },
  norm(layer) {
    if (layer.op === "lrn") return method("lrn", "lrn", { options: { size: unless(`${layer.size}`, "5") } });
    const sort = `${layer.op}_norm`;
    return method(camel(sort), sort, layer.op === "group" ? { args: [`${layer.groups}`] } : {});
  },
  elementwise(layer) {
    const { op, alpha, by, limits } = layer;
    if (joins[op] !== undefined) return { call: joins[op], takes: "all", sort: op };
    const args = op === "clip"
      ? (limits ?? [0, 1]).map(String)
      : op === "scale" || op === "shift" || op === "power"
      ? [`${by ?? 2}`]
      : alpha === undefined
      ? op === "leaky_relu" || op === "elu" ? [op === "elu" ? "1" : "0.01"] : []
      : [`${alpha}`];
    return method(camel(op), op, { args });
  },
  reduce: ({ op, axes, inputShape }) =>
    method("reduce", `reduce_${op}`, {
      args: [quote(op), `[${axes.map((axis) => axisName(inputShape, axis)).join(", ")}]`],
    }),
  softmax({ op, inputShape }) {
    const axis = inputShape.length === 3 ? "length" : op === "softmax_height" ? "height" : "width";
    return method("softmax", "softmax", { options: { axis: op === "softmax" ? undefined : quote(axis) } });
  },
  move: (layer, batch) => moveCall(layer, batch),
  view: (layer) => viewCall(layer),
};

function moveCall(layer: Layer<"move">, batch: number): SourceCall {
  const { op, inputShape } = layer;
  switch (op) {
    case "concat": {
      const usual = inputShape.length === 4 ? 1 : inputShape.length - 1;
      if (layer.axis === usual) return { call: "concat", takes: "all", sort: "concat" };
      return { call: "concatAlong", takes: "all", args: [axisName(inputShape, layer.axis)], sort: "concat" };
    }
    case "slice":
    case "split": {
      const [start, end] = [unless(`${layer.start}`, "0"), unless(`${layer.end}`, `${inputShape[layer.axis]}`)];
      const options = { start, end, step: unless(`${layer.step}`, "1") };
      const args = inputShape.length === 2 ? [] : [axisName(inputShape, layer.axis)];
      return method("slice", "slice", { args, options });
    }
    case "pad":
      return method("pad", "pad", {
        args: [sides(layer.pad)],
        options: { mode: unless(quote(layer.mode), '"constant"') },
      });
    case "crop":
      return method("crop", "crop", { args: [sides(layer.pad)] });
    case "permute": {
      if (inputShape.length !== 4) return method("transpose", "transpose");
      const order = layer.order.slice(1).map((axis) => axisName(inputShape, axis)).join(", ");
      return method("permute", "permute", { args: [`[${order}]`] });
    }
    case "to_tokens":
      return method("toTokens", "to_tokens");
    case "to_image":
      return method("toImage", "to_image", { args: [pair(layer.size)] });
    case "to_windows":
      return method("toTokens", "to_windows", { options: { window: pair(layer.window) } });
    case "from_windows":
      return method("toImage", "from_windows", { args: [pair(layer.size)], options: { window: pair(layer.window) } });
    case "roll":
      return method("roll", "roll", { args: [pair(layer.shift)] });
    case "pixel_shuffle":
    case "pixel_unshuffle":
      return method(camel(op), op, { args: [`${layer.factor}`] });
    case "channel_shuffle":
      return method("channelShuffle", op, { args: [`${layer.groups}`] });
    case "upsample_nearest":
    case "upsample_bilinear": {
      const factors = [layer.size[0] / inputShape[2], layer.size[1] / inputShape[3]] as const;
      const whole = factors.every(Number.isSafeInteger);
      const to = whole ? { factor: pair(factors) } : { size: pair(layer.size) };
      return method("upsample", "upsample", {
        options: { ...to, mode: op === "upsample_nearest" ? undefined : quote("bilinear") },
      });
    }
    case "expand":
      return method("expand", "expand", { args: [batchShape(layer.shape, batch)] });
  }
}

function viewCall(layer: Layer<"view">): SourceCall {
  if (!("shape" in layer)) return method(layer.op, layer.op);
  if (layer.op === "unsupported") {
    throw new FormatError(
      `layer "${layer.name}" (${layer.operator}) is not known, so that it cannot be written as source`,
    );
  }
  const { op, shape: [, ...sizes] } = layer;
  if (op === "parameter") return { call: "parameter", takes: "like", args: [`[1, ${sizes.join(", ")}]`], sort: op };
  if (sizes.length === 1) return method("flatten", "flatten");
  if (layer.inputShape.length === 3 && sizes.length === 2) {
    return method("reshape", op, { args: sizes.map(String) });
  }
  if (sizes.length === 2) return method("toTokens", op, { args: sizes.map(String) });
  return method("toImage", op, { args: [`${sizes[0]}`, pair([sizes[1], sizes[2]])] });
}

/** How a layer is written. */
export function sourceCall(layer: Layer, batch: number): SourceCall {
  const write = writers[layer.kind] as Writer<Kind>;
  return write(layer as OptionsOf<Kind> & Layer, batch);
}
