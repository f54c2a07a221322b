/**
 * Writes one executed node, as often as is wanted, as an ONNX model to be timed: the time of K copies against K is a line whose slope
 * is the node's own time.
 *
 * @module
 */
import { type Activation, type Dtype, elements, isUnary, type Kind, type Shape, type SizedLayer } from "../layer.ts";
import { outputShape } from "../shape.ts";
import { GraphBuilder, type Tensor } from "./onnx_builder.ts";
import { fedShape, fedValue, writeMadeInput } from "./onnx_made_input.ts";
import { writeLayer } from "./onnx_nodes.ts";
import { fileBytes, onnxFile, type OnnxGraph, type OnnxValue } from "./onnx_proto.ts";

/** A layer with what is fused into it, as a runtime executes it. */
export interface ExecutedNode {
  /** Options and sizes, as a plan or a table gives them. */
  readonly layer: SizedLayer;
  /** The activation fused into it. */
  readonly activation: Activation | null;
  /** Whether an elementwise sum with another tensor of the output's shape is fused into it. */
  readonly fusedAdd: boolean;
  /** Number format of tensors and weights. */
  readonly dtype: Dtype;
  /** ONNX runs forward; other passes are refused. */
  readonly pass?: string;
}

/** What becomes of the copies' outputs. */
export type Sink =
  /** The last one's shape is the model's output, a few numbers; with spoilers each one's. Nothing large is copied out. */
  | "shape"
  /**
   * One pixel of each channel, all joined to one output; with spoilers, the pixels' shapes. Takes images only, and keeps a runtime's
   * blocked layout, which a shape alone would have it undo.
   */
  | "maxpool"
  /** They are the model's outputs. */
  | "none";

/** How to write the copies of a node. */
export interface NodeModelOptions {
  /** 1 by default. Each has weights of its own. */
  readonly copies?: number;
  /** Of the random weights, a whole number; 1 by default. */
  readonly seed?: number;
  /** `"shape"` by default. */
  readonly sink?: Sink;
  /** MiB that are read and written before each copy, so that its data are not in a cache; 0 by default, which adds nothing. */
  readonly spoilerMiB?: number;
  /**
   * Whether each copy reads inputs of its own; false by default. Copies without weights that read the same input are one to a runtime
   * that merges equal nodes.
   */
  readonly ownInputs?: boolean;
  /**
   * Whether the model makes the inputs' numbers by itself, where it runs; false by default. On a GPU, copying them there can take many
   * times as long as the copies run. The numbers to feed then are one for each image of the batch.
   */
  readonly madeInputs?: boolean;
}

/** An input that must be fed: the spoiler's buffer is always float32. */
export interface NodeModelInput {
  /** The name to feed it by. */
  readonly name: string;
  /** Number format. */
  readonly dtype: Dtype;
  /** Sizes, batch first. */
  readonly shape: Shape;
}

/** The shapes of a layer's inputs: sizes tell only the first one's and how many elements they have together. */
const inputShapes: { readonly [K in Kind]: (layer: SizedLayer<K>) => Shape[] } = {
  conv: ({ inputShape }) => [inputShape],
  // An executed dense layer may have the image's shape from before it was flattened, or tokens as an image.
  dense({ inputShape, outputShape }) {
    const rows = outputShape.length === 3 ? outputShape.slice(0, 2) : outputShape.slice(0, 1);
    return [[...rows, elements(inputShape) / elements(rows)]];
  },
  matmul({ op, groups, inputShape, outputShape }) {
    const [left, columns] = [asTokens(inputShape), asTokens(outputShape)[2] / groups];
    const inner = left[2] / groups;
    const right = op === "matmul" ? [inner, groups * columns] : [columns, groups * inner];
    return [left, [left[0], ...right]];
  },
  attention: ({ inputShape }) => [asTokens(inputShape)],
  deconv: ({ inputShape }) => [inputShape],
  pool: ({ inputShape }) => [inputShape],
  norm: ({ op, inputShape }) => [op === "layer" || op === "rms" ? tokensOfColumn(inputShape) : inputShape],
  elementwise: (layer) => isUnary(layer.op) ? [layer.inputShape] : operands(layer),
  reduce: ({ inputShape }) => [inputShape],
  softmax: ({ inputShape }) => [tokensOfColumn(inputShape)],
  move(layer) {
    const { inputShape, outputShape } = layer;
    if (layer.op === "to_image" || layer.op === "from_windows") return [asTokens(inputShape)];
    if (layer.op !== "concat") return [inputShape];
    // How many more tensors are joined is not known: one, which has the rest of the axis.
    return [inputShape, inputShape.with(layer.axis, outputShape[layer.axis] - inputShape[layer.axis])];
  },
  view: ({ inputShape }) => [inputShape],
};

function inputShapesOf(layer: SizedLayer): Shape[] {
  return (inputShapes[layer.kind] as (layer: SizedLayer) => Shape[])(layer);
}

/** Tokens, which a table has along an image's height. */
function asTokens(shape: Shape): Shape {
  return shape.length === 4 ? [shape[0], shape[2] * shape[3], shape[1]] : shape;
}

/** An image of one column is what a table makes of tokens, whose last axis is the fastest. */
function tokensOfColumn(shape: Shape): Shape {
  return shape[3] === 1 ? asTokens(shape) : shape;
}

/** Axes of size 1 of a broadcast operand of an image, likelier ones first: none, a channel gate's, a pixel gate's, an image gate's. */
const likelyAxes = [[], [2, 3], [1], [1, 2, 3]];

/** How many operands there are beside the first, where that is not one or more. */
const operandsBeside = { sub: [1, 1], div: [1, 1], pow: [1, 1], where: [2, 2] } as const;

/**
 * All operands of a function of several tensors: as many of the output's shape as there are, beside one that may be broadcast and has
 * the elements that are left. A table has the output's batch in the place of the first operand's, which may be a parameter's 1.
 */
function operands(layer: SizedLayer<"elementwise">): Shape[] {
  const { op, inputShape, inElements, outputShape } = layer;
  const subsets = Array.from(
    { length: 2 ** outputShape.length },
    (_, set) => outputShape.flatMap((_, axis) => set >> axis & 1 ? [axis] : []),
  );
  const [least, most] = operandsBeside[op as keyof typeof operandsBeside] ?? [1, Infinity];
  for (const first of [inputShape, inputShape.with(0, 1)]) {
    const others = inElements - elements(first);
    for (const ones of [...likelyAxes, ...subsets]) {
      const shape = outputShape.map((size, axis) => ones.includes(axis) ? 1 : size);
      const whole = (others - elements(shape)) / elements(outputShape);
      const fits = whole > 0 || outputShape.every((size, axis) => size === Math.max(shape[axis], first[axis]));
      if (fits && Number.isInteger(whole) && whole + 1 >= least && whole + 1 <= most) {
        return [first, ...Array<Shape>(whole).fill(outputShape), shape];
      }
    }
  }
  throw new RangeError(
    `The inputs of ${op} cannot be told from their sizes: the first is [${inputShape.join(", ")}] and the output [${
      outputShape.join(", ")
    }], ` +
      `and no other shape of ${
        inElements - elements(inputShape)
      } elements gives it; correct in_elements, which counts all inputs`,
  );
}

/** Inputs of one copy, and the fused sum's. */
function copyInputs(node: ExecutedNode, copy: number, options: NodeModelOptions): { inputs: Tensor[]; added: Tensor } {
  const shapes = inputShapesOf(node.layer);
  const suffix = `_copy${copy}`;
  return {
    inputs: shapes.map((shape, i) => ({
      name: `input${i === 0 ? "" : `_${i + 1}`}${options.ownInputs ? suffix : ""}`,
      shape,
    })),
    added: { name: `added${isSpoiled(options) ? suffix : ""}`, shape: node.layer.outputShape },
  };
}

function isSpoiled({ spoilerMiB = 0 }: NodeModelOptions): boolean {
  return spoilerMiB > 0;
}

/** A float32 element has 4 bytes. */
const spoilerShape = (mebibytes: number): Shape => [mebibytes * 2 ** 18];

/**
 * The inputs of the model that {@linkcode onnxNodeModel} writes for the same arguments, with the sizes to feed; in the model itself the
 * batch and the spoiler's size are left open, so that a runtime cannot know the sinks' shapes beforehand and leave the copies out.
 */
export function nodeModelInputs(node: ExecutedNode, options: NodeModelOptions = {}): NodeModelInput[] {
  const { copies = 1, spoilerMiB = 0, madeInputs = false } = options;
  const tensors = new Map<string, Tensor>();
  for (let copy = 1; copy <= copies; copy++) {
    const { inputs, added } = copyInputs(node, copy, options);
    for (const tensor of node.fusedAdd ? [...inputs, added] : inputs) tensors.set(tensor.name, tensor);
  }
  const inputs: NodeModelInput[] = [...tensors.values()].map(({ name, shape }) => ({
    ...{ name, dtype: node.dtype },
    shape: madeInputs ? fedShape(shape) : shape,
  }));
  if (spoilerMiB > 0) inputs.push({ name: "spoiler", dtype: "float32", shape: spoilerShape(spoilerMiB) });
  return inputs;
}

/**
 * Copies of an executed node as one ONNX model.
 *
 * Copy `i` consists of the nodes `copy1`, and where these are fused `copy1/add` and `copy1/relu`; its weights are its own. All read the
 * input `input` (and `input_2` … where a layer has several), unless they have inputs of their own, `input_copy1`. The sink of the copy
 * `copy1` is `sink1`.
 *
 * A fused sum is written over the tensor that it adds, which a runtime can do neither with an input nor with what another node reads:
 * it would copy it first. So a copy adds what the copy before gave out, and the last copy alone has a sink; the first adds the input
 * `added`, through a pool of one pixel that changes nothing (`added1`), from which a runtime's blocked layout can begin.
 *
 * The spoilers `spoiler1` … read the input `spoiler`. One stands before the first copy and one after each, so that each copy has one
 * before it in whichever direction a runtime lists independent nodes; their functions differ so that they cannot be merged. Sums must
 * then not be a chain, which would run in one piece: each copy has an input `added_copy1` and a pool `added1` of its own.
 *
 * @param node Its forward pass.
 * @returns The file; its inputs are listed by {@linkcode nodeModelInputs}.
 * @throws {RangeError} When the node is a view, or its pass is not forward, or an option does not fit.
 *
 * @example
 * ```ts
 * import { nodeModelInputs, onnxNodeModel } from "./onnx_node_model.ts";
 *
 * const node = {
 *   layer: {
 *     kind: "dense", op: "dense", outChannels: 10, bias: true,
 *     inputShape: [1, 512, 1, 1], inElements: 512, outputShape: [1, 10],
 *   },
 *   activation: "relu", fusedAdd: false, dtype: "float32",
 * } as const;
 * onnxNodeModel(node, { copies: 4 }); // Gemm and Relu four times, the last relu's output in a Shape
 * nodeModelInputs(node, { copies: 4 }); // [{ name: "input", dtype: "float32", shape: [1, 512] }]
 * ```
 */
export function onnxNodeModel(node: ExecutedNode, options: NodeModelOptions = {}): Uint8Array<ArrayBuffer> {
  return fileBytes(onnxFile(nodeGraph(node, options)));
}

/** The graph that {@linkcode onnxNodeModel} writes. */
export function nodeGraph(node: ExecutedNode, options: NodeModelOptions = {}): OnnxGraph {
  checkArguments(node, options);
  const { layer, dtype, fusedAdd } = node;
  const { copies = 1, seed = 1, sink = "shape", madeInputs = false } = options;
  const inputs = nodeModelInputs(node, { ...options, madeInputs: false });
  // Not the layer's own, which has tokens as an image when it comes from a table.
  const shape = outputShape(layer, inputShapesOf(layer), layer.op);
  if (sink === "maxpool" && shape.length !== 4) {
    throw new RangeError(`The sink "maxpool" takes images, and the node gives [${shape.join(", ")}]; use "shape"`);
  }
  const graph = new GraphBuilder(dtype, seed, inputs.map((input) => input.name));
  const chained = fusedAdd && !isSpoiled(options);
  const values: OnnxValue[] = inputs.map((input) => ({
    ...input,
    shape: input.name === "spoiler" ? ["spoiler"] : opened(input.shape, layer),
  }));
  const made = new Map(
    values.filter(({ name }) => madeInputs && name !== "spoiler").map((
      value,
    ) => [value.name, writeMadeInput(graph, value)]),
  );
  const readable = ({ name, shape }: Tensor): Tensor => ({ name: made.get(name) ?? name, shape });
  const outputs: OnnxValue[] = [];
  const pixels: string[] = [];
  let before: string | undefined;

  for (let copy = 1; copy <= copies; copy++) {
    outputs.push(...writeSpoiler(graph, copy, options));
    const read = copyInputs(node, copy, options);
    const addend = fusedAdd ? before ?? writeAddend(graph, copy, readable(read.added)) : undefined;
    const last = writeCopy(graph, node, `copy${copy}`, shape, read.inputs.map(readable), addend);
    if (chained) before = last;
    // What no output needs runs all the same. A sink is work of the host's: where it launches a GPU's kernels, a sink for each copy would
    // be timed with the copies, some µs each.
    if (copy < copies && (chained || sink === "shape" && !isSpoiled(options))) continue;
    if (sink === "none") outputs.push({ name: last, dtype, shape: opened(shape, layer) });
    else if (sink === "shape") outputs.push(writeShapeSink(graph, `sink${copy}`, last, shape.length));
    else {
      const pixel = writePixel(graph, `sink${copy}_pixel`, last, shape.slice(2));
      // Joined, all copies would run in one piece without the spoilers between them.
      if (isSpoiled(options)) outputs.push(writeShape(graph, `sink${copy}`, pixel, 4));
      else pixels.push(pixel);
    }
  }
  outputs.push(...writeSpoiler(graph, copies + 1, options));
  if (pixels.length > 0) {
    graph.node("sinks", "Concat", pixels, { axis: { type: "int", value: 1 } });
    const [batch, channels] = shape;
    outputs.push({ name: "sinks", dtype, shape: opened([batch, pixels.length * channels, 1, 1], layer) });
  }
  return {
    name: `${layer.op}_${copies}`,
    nodes: graph.nodes,
    inputs: values.map((value) => made.has(value.name) ? fedValue(value, dtype) : value),
    outputs,
    values: [],
    initializers: graph.initializers,
  };
}

/** One copy: the layer, the fused sum, the fused activation. Returns its last tensor's name. */
function writeCopy(
  graph: GraphBuilder,
  { layer, activation }: ExecutedNode,
  name: string,
  shape: Shape,
  inputs: readonly Tensor[],
  addend: string | undefined,
): string {
  let last = writeLayer(graph, name, layer, inputs, shape);
  const then = (op: "add" | Activation, ...read: string[]) => {
    const tensors = read.map((tensor) => ({ name: tensor, shape }));
    last = writeLayer(graph, `${name}/${op}`, { kind: "elementwise", op }, tensors, shape);
  };
  if (addend !== undefined) then("add", last, addend);
  if (activation !== null) then(activation, last);
  return last;
}

/** The tensor that a fused sum adds and overwrites. */
function writeAddend(graph: GraphBuilder, copy: number, added: Tensor): string {
  return added.shape.length === 4 ? writePixel(graph, `added${copy}`, added.name, [1, 1]) : added.name;
}

/** Spoils the caches, where that is asked for. */
function writeSpoiler(graph: GraphBuilder, index: number, options: NodeModelOptions): OnnxValue[] {
  if (!isSpoiled(options)) return [];
  // A relu but for the slope below 0.
  const alpha = { type: "float", value: index / 1024 } as const;
  const spoiler = graph.node(`spoiler${index}`, "LeakyRelu", ["spoiler"], { alpha });
  return [writeShape(graph, `${spoiler}_sink`, spoiler, 1)];
}

/**
 * The shape of a copy's output. Runtimes see through a transposition, whose shape they tell from its input's without running it, but not
 * through the vectors that are made of its output.
 */
function writeShapeSink(graph: GraphBuilder, name: string, tensor: string, rank: number): OnnxValue {
  if (graph.nodes.at(-1)?.op !== "Transpose") return writeShape(graph, name, tensor, rank);
  const sizes = graph.constant(`${name}_sizes`, "int64", [2], [0, -1]);
  return writeShape(graph, name, graph.node(`${name}_vectors`, "Reshape", [tensor, sizes]), 2);
}

function writeShape(graph: GraphBuilder, name: string, tensor: string, rank: number): OnnxValue {
  return { name: graph.node(name, "Shape", [tensor]), dtype: "int64", shape: [rank] };
}

/** A pool whose window is one pixel. */
function writePixel(graph: GraphBuilder, name: string, tensor: string, strides: Shape): string {
  return graph.node(name, "MaxPool", [tensor], {
    kernel_shape: { type: "ints", value: [1, 1] },
    strides: { type: "ints", value: strides },
  });
}

/** The shape with the batch left open. */
function opened(shape: Shape, layer: SizedLayer): (number | string)[] {
  return shape.map((size, axis) => axis === 0 && size === layer.outputShape[0] ? "batch" : size);
}

function checkArguments({ layer, pass }: ExecutedNode, options: NodeModelOptions): void {
  const { copies = 1, spoilerMiB = 0 } = options;
  if (layer.kind === "view") {
    throw new RangeError(`A view (${layer.op}) runs nothing, so there is no model of it; leave it out`);
  }
  if (pass !== undefined && pass !== "forward") {
    throw new RangeError(`ONNX models run the forward pass, got a node of the pass "${pass}"; plan it as forward`);
  }
  if (!Number.isSafeInteger(copies) || copies < 1) {
    throw new RangeError(`copies must be a whole number of at least 1, got ${copies}`);
  }
  if (!Number.isSafeInteger(spoilerMiB) || spoilerMiB < 0) {
    throw new RangeError(`spoilerMiB must be a whole number of at least 0, got ${spoilerMiB}`);
  }
  if (layer.op === "expand" && layer.inputShape[0] !== layer.outputShape[0]) {
    throw new RangeError(
      "An expansion of the batch is computed when a model is loaded, so there is no model of it; leave it out",
    );
  }
}
