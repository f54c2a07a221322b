/**
 * A layer as the option columns of a layers table, and back: one entry a kind, both directions beside each other.
 *
 * Every layer is an image in a table: a vector has height and width 1, tokens lie along the height. What is not given is at its
 * default: sizes, strides, dilation and groups 1, padding 0.
 *
 * @module
 */
import {
  activations,
  elements,
  imageSizes,
  type Kind,
  type LayerOptions,
  type OptionsOf,
  outputShape,
  type Shape,
  ShapeError,
  type Sides,
  type SizedLayer,
} from "neuralpower/dsl";
import type { Cells } from "./table_cells.ts";

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
  /** The kind's ops; the first is the default unless `needsOp`. */
  readonly ops: readonly OptionsOf<K>["op"][];
  readonly needsOp?: true;
  /** The kind's own columns, beside kind, op and sizes. */
  readonly write: (layer: SizedLayer<K>) => LayerCells;
  readonly read: (cells: Cells, op: OptionsOf<K>["op"], input: Shape) => OptionsOf<K>;
  /** The output's shape, where it is not that of the shape rule on one image. */
  readonly output?: (cells: Cells, options: OptionsOf<K>, input: Shape) => Shape;
}

const codecs: { readonly [K in Kind]: Codec<K> } = {
  conv: {
    ops: ["conv"],
    write: (layer) => ({
      ...writeWindow(layer),
      dilation_height: layer.dilation[0],
      dilation_width: layer.dilation[1],
      groups: layer.groups,
      bias: Number(layer.bias),
    }),
    read: (cells, op) => ({
      kind: "conv",
      op,
      outChannels: cells.whole("out_channels", 1),
      ...readWindow(cells),
      dilation: [cells.whole("dilation_height", 1, 1), cells.whole("dilation_width", 1, 1)],
      groups: cells.whole("groups", 1, 1),
      bias: cells.flag("bias", true),
    }),
  },
  dense: {
    ops: ["dense"],
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
  pool: {
    ops: ["max", "average", "global_max", "global_average"],
    write: writeWindow,
    read: (cells, op, input) => ({
      kind: "pool",
      op,
      ...(op.startsWith("global")
        ? { kernel: [input[2], input[3]], stride: [input[2], input[3]], pad: [0, 0, 0, 0] }
        : readWindow(cells)),
      ceilMode: false,
      countIncludePad: false,
    }),
    // Ceil mode has no column: the output's size carries it.
    output(cells, options, input) {
      const [floor, ceil] = [false, true].map((ceilMode) => outputShape({ ...options, ceilMode }, [input], "pool"));
      const given = [cells.whole("out_height", 1, floor[2]), cells.whole("out_width", 1, floor[3])];
      return given[0] === ceil[2] && given[1] === ceil[3] ? ceil : floor;
    },
  },
  norm: {
    ops: ["batch", "lrn"],
    needsOp: true,
    write: (layer) => layer.op === "lrn" ? { kernel_height: layer.size } : {},
    read: (cells, op) =>
      op === "lrn" ? { kind: "norm", op, size: cells.whole("kernel_height", 1) } : { kind: "norm", op },
  },
  elementwise: {
    ops: [...activations, "add", "mul"],
    needsOp: true,
    write: () => ({}),
    read: (_cells, op) => ({ kind: "elementwise", op }),
    // Of several inputs, the row has the first's sizes alone.
    output: (cells, { op }, input) => op === "add" || op === "mul" ? broadcastOutput(cells, input) : input,
  },
  softmax: { ops: ["softmax"], write: () => ({}), read: (_cells, op) => ({ kind: "softmax", op }) },
  move: {
    ops: ["concat"],
    write: () => ({}),
    read: (_cells, op) => ({ kind: "move", op }),
    output: (cells, _options, input) => input.with(1, cells.whole("out_channels", input[1])),
  },
  view: { ops: ["flatten", "dropout"], needsOp: true, write: () => ({}), read: (_cells, op) => ({ kind: "view", op }) },
};

/** A layer's option columns. */
export function layerCells(layer: SizedLayer): LayerCells {
  const [input, output] = [layer.inputShape, layer.outputShape].map(imageSizes);
  return {
    kind: layer.kind,
    op: layer.op,
    batch: layer.inputShape[0],
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
  const op = cells.oneOf("op", codec.ops, codec.needsOp ? undefined : codec.ops[0]);
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
  return options.op === "add" || options.op === "mul" ? elements(input) + elements(output) : elements(input);
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

type Windowed = Pick<SizedLayer<"conv" | "pool">, "kernel" | "stride" | "pad">;

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
  const height = cells.whole("kernel_height", 1);
  const pad = (["top", "left", "bottom", "right"] as const).map((side) => cells.whole(`pad_${side}`, 0, 0));
  return {
    kernel: [height, cells.whole("kernel_width", 1, height)],
    stride: [cells.whole("stride_height", 1, 1), cells.whole("stride_width", 1, cells.whole("stride_height", 1, 1))],
    pad: pad as unknown as Sides,
  };
}
