/**
 * Reads Caffe's prototxt (Jia et al., arXiv 1408.5093): a network's text, of `layer { type: "Convolution" }` or the older
 * `layers { type: CONVOLUTION }`.
 *
 * The network is the one that Caffe builds for its test phase, or for training where the file has no input for testing. Losses,
 * accuracies and labels are left out; what then no layer reads is an output. Field meanings and defaults are those of
 * `caffe.proto` (BVLC/caffe, BSD-2-Clause).
 *
 * @module
 */
import type { Network } from "../built_network.ts";
import type { Shape } from "../layer.ts";
import type { Value } from "../value.ts";
import { type CaffeInput, layerInputs, netInputs } from "./caffe_inputs.ts";
import type { CaffeLayer } from "./caffe_layer.ts";
import { layerReaders } from "./caffe_layers.ts";
import { isDropped, typeOf } from "./caffe_types.ts";
import { FileGraph } from "./file_graph.ts";
import { FormatError, plain, quoted, type ReadOptions } from "./format_error.ts";
import { askedShape, checkCountable, checkTypes } from "./file_checks.ts";
import { TextFields } from "./text_fields.ts";
import { parseTextFormat } from "./text_format.ts";

/** What a blob's name stands for: a layer's output, an input that is not read yet, or `null`, what nothing here computes (a label). */
type Blob = Value | CaffeInput | null;

/**
 * Reads a network.
 *
 * @param text The file's.
 * @param options Sizes that the file does not have, or others than it has.
 * @throws {FormatError} What cannot be read, with the line and the layer; all layers of unknown types at once.
 * @throws {ShapeError} When a size does not fit.
 *
 * @example
 * ```ts
 * import { readCaffe } from "./caffe.ts";
 *
 * const network = readCaffe(`
 *   layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 32 dim: 32 } } }
 *   layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 8 kernel_size: 3 } }`);
 * network.layers[0].outputShape; // [1, 8, 30, 30]
 * ```
 */
export function readCaffe(text: string, options: ReadOptions = {}): Network {
  const net = new TextFields(parseTextFormat(text), "the network");
  const { layers, inputs } = ofPhase(net);
  checkTypes(
    layers.filter((layer) => !isDropped(layer.type) && layerInputs(layer) === null),
    (type) => Object.hasOwn(layerReaders, type),
    options,
  );

  const graph = new FileGraph();
  const blobs = new Map<string, Blob>(inputs.map((input) => [input.name, input]));
  let read: { readonly input: CaffeInput; readonly value: Value } | undefined;
  const valueOf = (blob: Blob, layer: CaffeLayer): Value => {
    if (blob === null) layer.fields.fail("it reads a label or a loss, which no network here computes");
    if (!("dims" in blob)) return blob;
    read ??= { input: blob, value: graph.input(sizesOf(blob, options)) };
    if (read.input === blob) return read.value;
    return layer.fields.fail(
      `it reads a second input, ${quoted(blob.name)} beside ${
        quoted(read.input.name)
      }; networks of one input can be read`,
    );
  };

  const topsOf = (layer: CaffeLayer): readonly Blob[] => {
    const bottoms = layer.bottoms.map((name) => {
      const blob = blobs.get(name);
      return blob === undefined ? layer.fields.fail(`it reads ${quoted(name)}, which no layer before it makes`) : blob;
    });
    if (bottoms.length === 0) layer.fields.fail("it reads nothing; give it a bottom");
    // What reads labels alone prepares labels.
    if (bottoms.every((blob) => blob === null)) return layer.tops.map(() => null);
    const values = bottoms.map((blob) => valueOf(blob, layer));
    if (Object.hasOwn(layerReaders, layer.type)) return layerReaders[layer.type](layer, values, graph);
    return (layer.tops.length > 0 ? layer.tops : [layer.name]).map(() =>
      graph.unsupported(layer.name, layer.type, ...values)
    );
  };

  for (const layer of layers) {
    const tops = layerInputs(layer) ?? (isDropped(layer.type) ? layer.tops.map(() => null) : topsOf(layer));
    if (layer.tops.length > tops.length) {
      layer.fields.fail(`it has ${layer.tops.length} tops; a layer of its type makes ${tops.length}`);
    }
    layer.tops.forEach((name, i) => blobs.set(name, tops[i]));
  }
  if (read === undefined) throw new FormatError("The file has no layer that reads an input; give one that has");
  const network = graph.network(options.name ?? (net.text("name") || "network"), options.dtype ?? "float32");
  checkCountable(network);
  return network;
}

/** The input's sizes: as asked, else the file's. */
function sizesOf({ name, dims, line }: CaffeInput, options: ReadOptions): Shape {
  const asked = askedShape(name, options);
  if (asked !== undefined) return asked;
  const { batch, image } = options;
  const [height, width] = typeof image === "number" ? [image, image] : image ?? [];
  const sizes = dims.map((size, axis) => [batch, undefined, height, width][axis] ?? size);
  if (image !== undefined && sizes.length !== 4) {
    throw new FormatError(`Line ${line}: the input ${quoted(name)} is no image, so it has no image size`);
  }
  const missing = [
    ...sizes[0] === null ? ["--batch N"] : [],
    ...sizes[2] === null || sizes[3] === null ? ["--image S"] : [],
  ];
  if (sizes.length === 0) missing.push(`--shape ${plain(name).slice(0, 80)}=NxCxHxW`);
  if (missing.length > 0) {
    throw new FormatError(
      `Line ${line}: the file does not say all sizes of the input ${quoted(name)}; give ${missing.join(" and ")}`,
    );
  }
  return sizes as number[];
}

/** The layers of the test phase, or of the training phase where only that has an input. */
function ofPhase(net: TextFields): { layers: CaffeLayer[]; inputs: CaffeInput[] } {
  const inputs = netInputs(net);
  const all = [...net.messages("layers"), ...net.messages("layer")].map(readLayer);
  const state = net.message("state");
  const level = state.number("level", 0);
  const stages = state.texts("stage");
  const phases = state.has("phase") ? [state.word("phase", ["TRAIN", "TEST"])] : ["TEST", "TRAIN"];
  for (const phase of phases) {
    const meets = (rule: TextFields) =>
      (!rule.has("phase") || rule.word("phase", ["TRAIN", "TEST"]) === phase) &&
      level >= rule.number("min_level", -Infinity) && level <= rule.number("max_level", Infinity) &&
      rule.texts("stage").every((stage) => stages.includes(stage)) &&
      !rule.texts("not_stage").some((stage) => stages.includes(stage));
    const layers = all.filter(({ fields }) => {
      const include = fields.messages("include");
      return include.length > 0 ? include.some(meets) : !fields.messages("exclude").some(meets);
    });
    const hasInput = inputs.length > 0 || layers.some((layer) => layerInputs(layer) !== null);
    if (hasInput || phase === phases.at(-1)) return { layers, inputs };
  }
  return { layers: [], inputs };
}

function readLayer(fields: TextFields, place: number): CaffeLayer {
  if (fields.has("layer")) {
    fields.fail("it is of Caffe's oldest form; upgrade the file by Caffe's upgrade_net_proto_text");
  }
  // The older form may leave names out.
  const name = fields.text("name") || `layer${place + 1}`;
  const own = fields.of(`layer ${quoted(name)}`);
  return { name, type: typeOf(own), bottoms: own.texts("bottom"), tops: own.texts("top"), fields: own };
}
