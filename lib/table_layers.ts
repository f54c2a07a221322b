/**
 * A layer as the option columns of a layers table, and back: one entry a kind, both directions beside each other.
 *
 * Every layer is an image in a table: a vector has height and width 1, tokens lie along the height. What is not given is at its
 * default: sizes, strides, dilation and groups 1, padding 0.
 *
 * @module
 */
import {
  elements,
  imageSizes,
  isUnary,
  type Kind,
  type LayerOptions,
  type OptionsOf,
  outputShape,
  type Pair,
  type Shape,
  ShapeError,
  type SizedLayer,
} from "neuralpower/dsl";
import { opsOf } from "./ops.ts";
import type { Cells } from "./table_cells.ts";
import { givenSizes, readMove, readSides, writeMove } from "./table_moves.ts";

/** Option columns of a layers table that describe the layer itself, in their order. */
export const layerColumns = [
  ...[
    "kind",
    "op",
    "batch",
    "in_channels",
    "in_height",
    "in_width",
    "in_elements",
    "out_channels",
    "out_height",
    "out_width",
  ],
  ...[
    "kernel_height",
    "kernel_width",
    "stride_height",
    "stride_width",
    "pad_top",
    "pad_left",
    "pad_bottom",
    "pad_right",
  ],
  ...["dilation_height", "dilation_width", "groups", "bias"],
] as const;

/** Cells by column; what a kind does not have is absent. */
export type LayerCells = Partial<Record<(typeof layerColumns)[number], string | number>>;

interface Codec<K extends Kind> {
  /** Whether no op is the default; else the kind's first is. */
  readonly needsOp?: true;
  /** The kind's own columns, beside kind, op and sizes. */
  readonly write: (layer: SizedLayer<K>) => LayerCells;
  readonly read: (cells: Cells, op: OptionsOf<K>["op"], input: Shape) => OptionsOf<K>;
  /** The output's shape, where it is not that of the shape rule on one image. */
  readonly output?: (cells: Cells, options: OptionsOf<K>, input: Shape) => Shape;
}

const codecs: { readonly [K in Kind]: Codec<K> } = {
  conv: {
    write: writeConv,
    read: (cells, op) => ({ kind: "conv", op, ...readConv(cells) }),
  },
  deconv: {
    write: writeConv,
    read(cells, op, input) {
      const window = readConv(cells);
      return { kind: "deconv", op, ...window, outputPad: readOutputPad(cells, window, input) };
    },
  },
  dense: {
    write: (layer) => ({ bias: Number(layer.bias) }),
    read: (cells, op) => ({
      kind: "dense",
      op,
      outChannels: cells.whole("out_channels", 1),
      bias: cells.flag("bias", true),
    }),
    // Tokens keep their length, everything else is a vector.
    output: (cells, { outChannels }, input) => {
      const length = cells.whole("out_height", 1, 1);
      return length > 1 ? [input[0], length, outChannels] : [input[0], outChannels];
    },
  },
  matmul: {
    write: (layer) => ({ groups: layer.groups }),
    read: (cells, op) => ({ kind: "matmul", op, groups: cells.whole("groups", 1, 1) }),
    output(cells, { groups }, input) {
      const output = asTokens(cells, input).with(2, cells.whole("out_channels", 1));
      for (
        const [column, [, , channels]] of [["in_channels", asTokens(cells, input)], ["out_channels", output]] as const
      ) {
        if (channels % groups !== 0) cells.fail(column, `${channels} channels cannot be split into ${groups} groups`);
      }
      return fromTokens(output);
    },
  },
  attention: {
    write: (layer) => ({
      groups: layer.heads,
      bias: Number(layer.bias),
      ...(layer.op === "attention" ? {} : { kernel_height: layer.window[0], kernel_width: layer.window[1] }),
    }),
    read(cells, op) {
      const own = { kind: "attention", heads: cells.whole("groups", 1), bias: cells.flag("bias", true) } as const;
      return op === "attention" ? { ...own, op } : { ...own, op, window: readKernel(cells) };
    },
    output: (cells, options, input) => fromTokens(outputShape(options, [asTokens(cells, input)], "attention")),
  },
  pool: {
    write: writeWindow,
    read(cells, op, input) {
      const whole = { kind: "pool", ceilMode: false, countIncludePad: false } as const;
      if (op === "adaptive_max" || op === "adaptive_average") {
        const outputSize = [cells.whole("out_height", 1), cells.whole("out_width", 1)] as const;
        const kernel = [Math.ceil(input[2] / outputSize[0]), Math.ceil(input[3] / outputSize[1])] as const;
        return { ...whole, op, outputSize, kernel, stride: kernel, pad: [0, 0, 0, 0] };
      }
      const window: Windowed = op.startsWith("global")
        ? { kernel: [input[2], input[3]], stride: [input[2], input[3]], pad: [0, 0, 0, 0] }
        : readWindow(cells);
      // Which p makes no difference to the cost.
      const pool = op === "lp" || op === "global_lp" ? { ...whole, op, p: 2, ...window } : { ...whole, op, ...window };
      return { ...pool, ceilMode: readCeilMode(cells, pool, input) };
    },
  },
  norm: {
    needsOp: true,
    write: (layer) =>
      layer.op === "lrn" ? { kernel_height: layer.size } : layer.op === "group" ? { groups: layer.groups } : {},
    read(cells, op) {
      if (op === "lrn") return { kind: "norm", op, size: cells.whole("kernel_height", 1) };
      return op === "group" ? { kind: "norm", op, groups: cells.whole("groups", 1) } : { kind: "norm", op };
    },
  },
  elementwise: {
    needsOp: true,
    write: () => ({}),
    read: (_cells, op) => ({ kind: "elementwise", op }),
    // Of several inputs, the row has the first's sizes alone.
    output: (cells, { op }, input) => isUnary(op) ? input : broadcastOutput(cells, input),
  },
  reduce: {
    needsOp: true,
    write: () => ({}),
    // The output's sizes say which axes.
    read: (cells, op, input) => ({
      kind: "reduce",
      op,
      axes: givenSizes(cells, input).flatMap((size, axis) => axis > 0 && size === 1 ? [axis] : []),
    }),
  },
  softmax: {
    write: () => ({}),
    read: (_cells, op) => ({ kind: "softmax", op }),
  },
  move: {
    write: writeMove,
    read: readMove,
    output(cells, options, input) {
      if (options.op === "concat") return concatOutput(cells, options, input);
      const onTokens = options.op === "to_image" || options.op === "from_windows";
      return outputShape(options, [onTokens ? asTokens(cells, input) : input], "move");
    },
  },
  view: {
    needsOp: true,
    write: () => ({}),
    read(cells, op, input) {
      if (op === "flatten" || op === "dropout") return { kind: "view", op };
      if (op === "parameter") return { kind: "view", op, shape: input };
      return { kind: "view", op: "reshape", shape: givenSizes(cells, input) };
    },
    output: (_cells, options, input) => outputShape(options, options.op === "parameter" ? [] : [input], "view"),
  },
};

/** A layer's option columns. */
export function layerCells(layer: SizedLayer): LayerCells {
  const [input, output] = [layer.inputShape, layer.outputShape].map(imageSizes);
  return {
    kind: layer.kind,
    op: layer.op,
    // Of the output: a sum's or an expansion's first input may be a parameter of batch 1.
    batch: layer.outputShape[0],
    in_channels: input.channels,
    in_height: input.height,
    in_width: input.width,
    in_elements: layer.inElements,
    out_channels: output.channels,
    out_height: output.height,
    out_width: output.width,
    ...(codecs[layer.kind] as Codec<Kind>).write(layer),
  };
}

/**
 * The layer that a row's cells describe.
 *
 * @throws {TableError} Naming the file, the line and the column.
 */
export function readLayer(cells: Cells): SizedLayer {
  const kind = cells.oneOf("kind", Object.keys(codecs) as Kind[]);
  const codec = codecs[kind] as Codec<Kind>;
  const ops = opsOf(kind);
  const op = cells.oneOf("op", ops, codec.needsOp ? undefined : ops[0]);
  const size = (column: string, fallback?: number) => cells.whole(column, 1, fallback);
  const input: Shape = [size("batch"), size("in_channels"), size("in_height", 1), size("in_width", 1)];
  try {
    const options: LayerOptions = codec.read(cells, op, input);
    const output = codec.output?.(cells, options, input) ?? outputShape(options, [input], kind);
    checkGivenOutput(cells, output);
    const inElements = cells.whole("in_elements", 1, defaultInElements(options, input, output));
    return { ...options, inputShape: input, inElements, outputShape: output };
  } catch (error) {
    if (error instanceof ShapeError) cells.fail(null, error.message);
    throw error;
  }
}

/** What all inputs hold together where no column says: sums and products read two tensors of the output's size, a concat its output. */
function defaultInElements(options: LayerOptions, input: Shape, output: Shape): number {
  if (options.op === "concat") return elements(output);
  if (options.kind === "matmul") return elements(input) + options.groups * secondOperand(options, input, output);
  return options.kind === "elementwise" && !isUnary(options.op) ? elements(input) + elements(output) : elements(input);
}

/** Elements of one group of a product's second input: for each image, inner size × columns. */
function secondOperand({ groups }: OptionsOf<"matmul">, input: Shape, output: Shape): number {
  return input[0] * (input[1] / groups) * (output[1] / groups);
}

/** The first input's sizes, but where it has 1 and is broadcast to what is given. */
function broadcastOutput(cells: Cells, input: Shape): Shape {
  const given = (["channels", "height", "width"] as const).map((axis, i) =>
    input[i + 1] === 1 ? cells.whole(`out_${axis}`, 1, 1) : input[i + 1]
  );
  return [input[0], ...given];
}

function checkGivenOutput(cells: Cells, output: Shape): void {
  const derived = imageSizes(output);
  for (const axis of ["channels", "height", "width"] as const) {
    const given = cells.whole(`out_${axis}`, 1, derived[axis]);
    if (given !== derived[axis]) {
      cells.fail(`out_${axis}`, `the options give ${derived[axis]}, got ${given}; leave it empty to derive it`);
    }
  }
}

/** All that is joined has more than the first input. */
function concatOutput(cells: Cells, { axis }: { readonly axis: number }, input: Shape): Shape {
  const size = givenSizes(cells, input)[axis];
  if (size > input[axis]) return input.with(axis, size);
  const column = (["batch", "out_channels", "out_height", "out_width"] as const)[axis];
  return cells.fail(
    column,
    `must be more than the first input's ${input[axis]}, with which others are joined, got ${size}`,
  );
}

/** Tokens lie along an image's height in a table. */
function asTokens(cells: Cells, [batch, channels, height, width]: Shape): Shape {
  if (width !== 1) cells.fail("in_width", `must be 1 for tokens, whose length is in_height, got ${width}`);
  return [batch, height, channels];
}

function fromTokens([batch, length, width]: Shape): Shape {
  return [batch, width, length, 1];
}

/** Output padding has no column: it is what the output's size has more than the windows make. */
function readOutputPad(cells: Cells, window: Omit<OptionsOf<"conv">, "kind" | "op">, input: Shape): Pair {
  const { kernel, stride, pad, dilation } = window;
  const [height, width] = (["out_height", "out_width"] as const).map((column, axis) => {
    const made = (input[2 + axis] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1 - pad[axis] -
      pad[2 + axis];
    return Math.max(0, cells.whole(column, 1, made) - made);
  });
  return [height, width];
}

/** Ceil mode has no column: the output's size carries it. */
function readCeilMode(cells: Cells, pool: OptionsOf<"pool">, input: Shape): boolean {
  const { kernel, pad } = pool;
  const ceil = outputShape({ ...pool, ceilMode: true }, [input], "pool");
  // Rounded down, no window fits an image that is smaller than itself; rounded up, one may.
  const fits = [0, 1].every((axis) => input[2 + axis] + pad[axis] + pad[2 + axis] >= kernel[axis]);
  const floor = fits ? outputShape({ ...pool, ceilMode: false }, [input], "pool") : input.with(2, 0).with(3, 0);
  const given = [cells.whole("out_height", 1, floor[2]), cells.whole("out_width", 1, floor[3])];
  return (given[0] !== floor[2] || given[1] !== floor[3]) && given[0] === ceil[2] && given[1] === ceil[3];
}

type Windowed = Pick<SizedLayer<"conv" | "pool">, "kernel" | "stride" | "pad">;

function writeConv(layer: OptionsOf<"conv" | "deconv">): LayerCells {
  return {
    ...writeWindow(layer),
    dilation_height: layer.dilation[0],
    dilation_width: layer.dilation[1],
    groups: layer.groups,
    bias: Number(layer.bias),
  };
}

function readConv(cells: Cells): Omit<OptionsOf<"conv">, "kind" | "op"> {
  return {
    outChannels: cells.whole("out_channels", 1),
    ...readWindow(cells),
    dilation: [cells.whole("dilation_height", 1, 1), cells.whole("dilation_width", 1, 1)],
    groups: cells.whole("groups", 1, 1),
    bias: cells.flag("bias", true),
  };
}

function readKernel(cells: Cells): Pair {
  const height = cells.whole("kernel_height", 1);
  return [height, cells.whole("kernel_width", 1, height)];
}

function writeWindow({ kernel, stride, pad }: Windowed): LayerCells {
  return {
    kernel_height: kernel[0],
    kernel_width: kernel[1],
    stride_height: stride[0],
    stride_width: stride[1],
    pad_top: pad[0],
    pad_left: pad[1],
    pad_bottom: pad[2],
    pad_right: pad[3],
  };
}

function readWindow(cells: Cells): Windowed {
  return {
    kernel: readKernel(cells),
    stride: [cells.whole("stride_height", 1, 1), cells.whole("stride_width", 1, cells.whole("stride_height", 1, 1))],
    pad: readSides(cells),
  };
}
