/**
 * Layers to measure by themselves: configurations in between those that a sweep's networks have. Every second one is a layer of the zoo
 * with another batch, width, size or window, as searches of architectures vary them; the others are drawn at random over the whole space
 * (`configuration_draws.ts`).
 *
 * The kinds come in rounds, each kind as often as its share says and in random order, and a kind's ops in rounds of their own: so any
 * beginning of the list is a balanced sample. The list is the same for ever for a seed, limits and runtime.
 *
 * @module
 */
import { type Node, nodeCost, plan, type Runtime } from "neuralpower";
import {
  type Dtype,
  dtypeBytes,
  elements,
  type Layer,
  type LayerOptions,
  type NetworkDefinition,
  outputShape,
  type Shape,
  ShapeError,
  type SizedLayer,
} from "neuralpower/dsl";
import { opsOf } from "../lib/ops.ts";
import { drawAny, type Drawn, type ExecutedKind } from "./configuration_draws.ts";
import { drawBatch } from "./configuration_sizes.ts";
import type { Provider } from "./ort/session.ts";
import { Random } from "./random.ts";

/** One layer to measure. */
export interface Configuration {
  /** The zoo's layer that it is like (`resnet50/conv12, resized`), or `random`. */
  readonly name: string;
  readonly node: Node;
}

/** What one node may take. */
export interface Limits {
  /** Multiply-adds. */
  readonly macs: number;
  /** Bytes of all inputs and the output together. */
  readonly tensorBytes: number;
  /** Bytes of one copy's weights. */
  readonly weightBytes: number;
}

/**
 * What a device can be asked for: copies of a node and its tensors take a small part of the memory, and a run well under a second. Tensors
 * and weights are made here, too, which takes its time.
 *
 * @param memoryBytes Of the machine for a CPU, else of the GPU.
 */
export function limitsOf(provider: Provider, memoryBytes: number): Limits {
  const share = memoryBytes / 256;
  return {
    macs: provider === "cpu" ? 1e9 : 1e11,
    tensorBytes: Math.min(share, 2 ** 28),
    weightBytes: Math.min(share / 2, 2 ** 26),
  };
}

/** How often a kind comes in a round. */
const shares: Readonly<Record<ExecutedKind, number>> = {
  ...{ conv: 8, deconv: 2, dense: 3, matmul: 2, attention: 2, pool: 3 },
  ...{ norm: 3, elementwise: 5, reduce: 2, softmax: 2, move: 4 },
};

/** What to draw. */
export interface ConfigurationOptions {
  readonly limits: Limits;
  /** What it fuses, nodes have fused. */
  readonly runtime: Runtime;
  /** `"float32"` by default. */
  readonly dtype?: Dtype;
  /** The networks whose layers are resized, by their names. */
  readonly zoo: Readonly<Record<string, NetworkDefinition>>;
}

/** The endless list of a seed. */
export function* configurations(seed: number, options: ConfigurationOptions): Generator<Configuration> {
  const known = knownLayers(options);
  const random = new Random(seed, 3);
  const rounds = new Map<ExecutedKind, LayerOptions["op"][]>();
  const turns = new Map<string, number>();
  const kinds = Object.entries(shares).flatMap(([kind, share]) =>
    Array<ExecutedKind>(share).fill(kind as ExecutedKind)
  );
  for (let count = 0;;) {
    for (const kind of random.shuffled(kinds)) {
      let ops = rounds.get(kind) ?? [];
      if (ops.length === 0) ops = random.shuffled(opsOf(kind));
      rounds.set(kind, ops.slice(1));
      // Kinds have ops of the same name, as max.
      const sort = `${kind} ${ops[0]}`, turn = turns.get(sort) ?? 0;
      turns.set(sort, turn + 1);
      const like = turn % 2 === 0 ? known.get(sort) ?? [] : [];
      yield drawFitting(new Random(seed, 4, count++), kind, ops[0], like, options);
    }
  }
}

/** Draws until the shape rules and the limits take it. */
function drawFitting(
  random: Random,
  kind: ExecutedKind,
  op: LayerOptions["op"],
  known: readonly Known[],
  { limits, runtime, dtype = "float32" }: ConfigurationOptions,
): Configuration {
  for (let draw = 0; draw < 10_000; draw++) {
    // What is hard to resize so that it fits is drawn at random in the end.
    const like = known.length > 0 && draw < 1000 ? random.pick(known) : null;
    const layer = sized(like === null ? drawAny(random, kind, op) : resized(random, like));
    if (layer === null) continue;
    const fusible = layer.outputShape.length !== 3 || runtime.fusesOnTokens ? runtime.fusesActivations[op] ?? [] : [];
    const node: Node = {
      layer,
      activation: like?.node.activation ?? (fusible.length > 0 && random.chance(0.5) ? random.pick(fusible) : null),
      fusedAdd: like?.node.fusedAdd ?? (kind === "conv" && runtime.fusesAdd && random.chance(0.15)),
      ...{ dtype, pass: "forward", optimizer: null },
    };
    if (fits(node, limits)) return { name: like === null ? "random" : `${like.name}, resized`, node };
  }
  throw new RangeError(`No ${op} fits ${JSON.stringify(limits)}; the device has too little memory to be measured`);
}

/** A drawn layer with its sizes; null when the shape rules refuse it. */
function sized({ options, inputs }: Drawn): SizedLayer | null {
  try {
    return {
      ...options,
      inputShape: inputs[0],
      inElements: inputs.reduce((sum, shape) => sum + elements(shape), 0),
      outputShape: outputShape(options, inputs, options.op),
    };
  } catch (error) {
    if (error instanceof ShapeError) return null;
    throw error;
  }
}

function fits(node: Node, { macs, tensorBytes, weightBytes }: Limits): boolean {
  const { layer, dtype } = node;
  const cost = nodeCost(node);
  const tensors = layer.inElements + elements(layer.outputShape) * (node.fusedAdd ? 2 : 1);
  return cost.macs <= macs && cost.params * dtypeBytes[dtype] <= weightBytes &&
    tensors * dtypeBytes[dtype] <= tensorBytes &&
    // A group's scores are a tensor that nobody sees.
    cost.bytesRead + cost.bytesWritten <= 4 * tensorBytes + 2 * weightBytes;
}

/** A layer of the zoo, as it is executed, and the shapes of all its inputs at {@linkcode knownBatch}. */
interface Known {
  readonly name: string;
  readonly node: Node;
  readonly inputs: readonly Shape[];
}

/** Not 1, so that the batch can be told from a parameter's. */
const knownBatch = 2;

/** By kind and op. */
function knownLayers({ zoo, runtime }: ConfigurationOptions): Map<string, Known[]> {
  const known = Object.entries(zoo).flatMap(([name, definition]) => {
    const network = definition.build({ batch: knownBatch });
    const shapes = new Map<string, Shape>(network.layers.map((layer) => [layer.name, layer.outputShape]));
    shapes.set("input", network.inputShape);
    return plan(network, runtime).flatMap(({ layer, node }) =>
      node === null
        ? []
        : [{ name: `${name}/${layer.name}`, node, inputs: layer.inputs.map((input) => shapes.get(input)!) }]
    );
  });
  return Map.groupBy(known, ({ node: { layer } }) => `${layer.kind} ${layer.op}`);
}

/** Widths and sizes of searched networks, as shares of the original's. */
const widthShares = [0.35, 0.5, 0.75, 1, 1, 1, 1.25, 1.5, 2];
const sizeShares = [0.5, 0.57, 0.71, 0.86, 1, 1, 1, 1.14, 1.5];

/** A layer like one of the zoo's. Moves and products keep their sizes but for the batch: their options name them. */
function resized(random: Random, { node: { layer }, inputs }: Known): Drawn {
  const batch = drawBatch(random);
  const fixed = layer.kind === "move" || layer.kind === "matmul" || layer.kind === "attention";
  const [wide, large] = fixed ? [1, 1] : [random.pick(widthShares), random.pick(sizeShares)];
  const channels = (size: number) => scaled(size, wide);
  const resize = (shape: Shape): Shape => {
    const [first, ...rest] = shape;
    const last = shape.length === 4 ? 0 : rest.length - 1;
    return [
      first === knownBatch ? batch : first,
      ...rest.map((size, axis) => axis === last ? channels(size) : scaled(size, large)),
    ];
  };
  const { inputShape: _input, inElements: _elements, outputShape: _output, ...options } = layer as Layer;
  return {
    options: withSizes(random, options as LayerOptions, inputs[0], { batch, channels, resize }),
    inputs: inputs.map(resize),
  };
}

/** What of a layer's options goes with its sizes. */
function withSizes(
  random: Random,
  options: LayerOptions,
  input: Shape,
  { batch, channels, resize }: { batch: number; channels: (size: number) => number; resize: (shape: Shape) => Shape },
): LayerOptions {
  switch (options.kind) {
    case "conv": {
      const depthwise = options.groups === input[1] && input[1] > 1;
      const outChannels = channels(options.outChannels);
      return {
        ...options,
        ...otherWindow(random, options),
        outChannels,
        groups: depthwise ? channels(input[1]) : options.groups,
      };
    }
    case "deconv":
    case "dense":
      return { ...options, outChannels: channels(options.outChannels) };
    case "pool": {
      if (!options.op.startsWith("global")) return options;
      const [, , height, width] = resize(input);
      return { ...options, kernel: [height, width], stride: [height, width] };
    }
    case "move":
      return options.op === "expand" ? { ...options, shape: options.shape.with(0, batch) } : options;
    default:
      return options;
  }
}

/** Searched networks have odd square windows of several sizes in one place, padded to keep the image's size. */
function otherWindow(random: Random, { kernel, pad }: { kernel: readonly number[]; pad: readonly number[] }) {
  const [side] = kernel;
  const centred = kernel[1] === side && side >= 3 && side % 2 === 1 && pad.every((pixels) => pixels === (side - 1) / 2);
  if (!centred || random.chance(0.5)) return {};
  const other = random.pick([3, 5, 7]), margin = (other - 1) / 2;
  return { kernel: [other, other], pad: [margin, margin, margin, margin] } as const;
}

/** A multiple of 8 stays one; 1 stays 1. */
function scaled(size: number, share: number): number {
  if (size === 1 || share === 1) return size;
  return size % 8 === 0 ? Math.max(8, 8 * Math.round(size * share / 8)) : Math.max(1, Math.round(size * share));
}
