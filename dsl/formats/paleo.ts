/**
 * Reads Paleo's JSON (Qi, Sparks and Talwalkar, ICLR 2017), the form of NeuralPower's networks and of what its generator makes, too.
 *
 * `{ "name", "layers": { NAME: { "type", "parents": [NAME…], … } } }`, layers in any order, sizes as in TensorFlow: `tensor` and strides
 * `[N, H, W, C]`, filters `[H, W, in, out]` (in −1: whatever comes), `"SAME"` or `"VALID"` padding. What the file does not say is as
 * Paleo takes it: a convolution ends in relu unless `activation_fn` is null, and has a bias; with a `normalizer_fn` it has that instead.
 *
 * @module
 */
import type { Shape } from "../layer.ts";
import type { Network } from "../built_network.ts";
import type { Value } from "../value.ts";
import { FileGraph } from "./file_graph.ts";
import { FormatError, plain, quoted, type ReadOptions } from "./format_error.ts";
import { paleoGraph, type PaleoLayer } from "./paleo_graph.ts";
import { paleoReaders } from "./paleo_layers.ts";
import { askedShape, checkCountable, checkTypes } from "./file_checks.ts";

/** Characters: a network of a thousand layers has some hundred thousand. */
const longest = 2e6;
/** Losses and measures, which a converted file may still have. */
const dropped = /^(Accuracy|Silence|(?!Softmax).*Loss)$/;

/**
 * Reads a network.
 *
 * @param text The file's.
 * @param options Sizes other than the file's.
 * @throws {FormatError} What cannot be read, with the layer; all layers of unknown types at once.
 * @throws {ShapeError} When a size does not fit.
 *
 * @example
 * ```ts
 * import { readPaleo } from "./paleo.ts";
 *
 * const network = readPaleo(JSON.stringify({
 *   name: "tiny",
 *   layers: {
 *     data: { type: "Input", parents: [], tensor: [1, 32, 32, 3] },
 *     conv: { type: "Convolution", parents: ["data"], filter: [3, 3, 3, 8], strides: [1, 1, 1, 1], padding: "SAME" },
 *   },
 * }));
 * network.layers.map(({ name }) => name); // conv, conv_relu
 * ```
 */
export function readPaleo(text: string, options: ReadOptions = {}): Network {
  const { name, layers } = paleoGraph(parse(text));
  const kept = layers.filter(({ type }) => !dropped.test(type));
  checkTypes(kept, (type) => type === "Input" || Object.hasOwn(paleoReaders, type), options);
  const inputs = kept.filter(({ type }) => type === "Input");
  if (inputs.length !== 1) {
    const names = inputs.map(({ name }) => quoted(name)).slice(0, 4).join(", ");
    throw new FormatError(`Networks with one layer of type Input can be read, got ${inputs.length} ${names}`.trimEnd());
  }
  const graph = new FileGraph();
  const values = new Map<string, Value>();
  for (const layer of kept) {
    if (layer.type === "Input") {
      values.set(layer.name, graph.input(inputShape(layer, options)));
      continue;
    }
    const parents = layer.parents.map((parent) =>
      values.get(parent) ?? layer.fail(`its parent ${quoted(parent)} is left out here`)
    );
    if (parents.length === 0) layer.fail("it has no parents; give it some");
    const value = Object.hasOwn(paleoReaders, layer.type)
      ? paleoReaders[layer.type](layer, parents, graph)
      : graph.unsupported(layer.name, layer.type, ...parents);
    values.set(layer.name, value);
  }
  const network = graph.network(options.name ?? name, options.dtype ?? "float32");
  checkCountable(network);
  return network;
}

function parse(text: string): unknown {
  if (text.length > longest) {
    throw new FormatError(`The file has ${text.length} characters; a network's JSON has at most ${longest}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FormatError(`The file is not whole JSON: ${plain((error as Error).message)}`);
  }
}

function inputShape(layer: PaleoLayer, options: ReadOptions): Shape {
  const asked = askedShape(layer.name, options);
  if (asked !== undefined) return asked;
  const { batch, image } = options;
  const sizes = layer.wholes("tensor", 1);
  const [height, width] = typeof image === "number" ? [image, image] : image ?? [];
  if (sizes.length === 2) {
    if (image !== undefined) layer.fail("it is no image, so it has no image size");
    return [batch ?? sizes[0], sizes[1]];
  }
  if (sizes.length !== 4) layer.fail(`tensor must be [N, H, W, C], got ${JSON.stringify(sizes.slice(0, 8))}`);
  return [batch ?? sizes[0], sizes[3], height ?? sizes[1], width ?? sizes[2]];
}
