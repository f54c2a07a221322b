/**
 * Predicts a network: each layer's runtime, power and energy on a device, and the whole's.
 *
 * @module
 */
import type { Dtype, Kind, Layer, Network } from "neuralpower/dsl";
import { layerCost, networkCost } from "../dsl/built_network.ts";
import type { Device } from "./model/device.ts";
import { networkTotal, type PredictedNode, withinNetwork } from "./model/network_total.ts";
import { type Estimate, type ModelChoice, type NodeModel, nodeModel, type NodePrediction } from "./model/node_model.ts";
import { nodeKey, type Pass } from "./node.ts";
import { plan, type PlannedLayer, type PlanOptions } from "./plan.ts";
import { showsItself } from "./shows_itself.ts";
import { predictionWarnings } from "./warnings.ts";

/** Where a layer's figure is from: `free` runs nothing of its own. */
export type LayerOrigin = "fitted" | "analytical" | "free" | null;

/** One layer's prediction. Intervals are 90 %; null is not known. */
export interface LayerPrediction {
  /** The layer's name. */
  readonly name: string;
  /** The layer's kind. */
  readonly kind: Kind;
  /** What it computes within its kind. */
  readonly op: string;
  /** The first input's shape, batch first. */
  readonly inputShape: readonly number[];
  /** Batch first. */
  readonly outputShape: readonly number[];
  /** Multiply-adds of the whole batch. */
  readonly macs: number;
  /** Learned numbers. */
  readonly params: number;
  /** Read and written. */
  readonly bytes: number;
  /** Its own time; null where nothing predicts it. */
  readonly runtimeMs: number | null;
  /** Lower end of the interval. */
  readonly runtimeMsLow: number | null;
  /** Upper end of the interval. */
  readonly runtimeMsHigh: number | null;
  /** Mean power while it runs. */
  readonly powerW: number | null;
  /** Power times runtime. */
  readonly energyMj: number | null;
  /** Lower end of the interval. */
  readonly energyMjLow: number | null;
  /** Upper end of the interval. */
  readonly energyMjHigh: number | null;
  /** Lower end of the interval. */
  readonly powerWLow: number | null;
  /** Upper end of the interval. */
  readonly powerWHigh: number | null;
  /** Where the time is from. */
  readonly runtimeFrom: LayerOrigin;
  /** Where the power is from. */
  readonly powerFrom: LayerOrigin;
  /** The layer in whose node it runs. */
  readonly fusedInto: string | null;
  /** Features outside the ranges that the models were fitted in. */
  readonly extrapolates: readonly string[];
}

/** The whole network's prediction. */
export interface TotalPrediction {
  /** Multiply-adds of the whole batch. */
  readonly macs: number;
  /** Learned numbers. */
  readonly params: number;
  /** Read and written, as the layers alone would. */
  readonly bytes: number;
  /** What one call costs beside its layers, and what each of its nodes adds where networks were measured whole. */
  readonly overheadMs: number;
  /**
   * Layers and overhead; null where none is predicted. Its interval is that of networks that were measured whole, else it takes the
   * layers' errors to go together as far as the device's rows show.
   */
  readonly runtimeMs: number | null;
  /** Lower end of the interval. */
  readonly runtimeMsLow: number | null;
  /** Upper end of the interval. */
  readonly runtimeMsHigh: number | null;
  /** Energy over runtime. */
  readonly powerW: number | null;
  /** The layers' energy, and the overhead at idle power. */
  readonly energyMj: number | null;
  /** Lower end of the interval. */
  readonly energyMjLow: number | null;
  /** Upper end of the interval. */
  readonly energyMjHigh: number | null;
  /** Energy over the batch. */
  readonly energyPerImageMj: number | null;
  /** Whether layers that nothing can predict are left out. */
  readonly partial: boolean;
}

/** What `predict --format json` prints. */
export interface Prediction {
  /** The network's name. */
  readonly network: string;
  /** The device's name. */
  readonly device: string;
  /** Which models were asked for. */
  readonly model: ModelChoice;
  /** What of the work is predicted. */
  readonly pass: Pass;
  /** Images at once. */
  readonly batch: number;
  /** Number format. */
  readonly dtype: Dtype;
  /** In the network's order. */
  readonly layers: readonly LayerPrediction[];
  /** The whole network's. */
  readonly total: TotalPrediction;
  /** What to know before trusting it, a sentence each. */
  readonly warnings: readonly string[];
}

/** What to predict, and by which model. */
export interface PredictOptions extends PlanOptions {
  /** `"auto"` by default: what inner folds of a kind's rows say is best. */
  readonly model?: ModelChoice;
  /** Whether to leave out layers that nothing can predict, instead of throwing. False by default. */
  readonly allowUnsupported?: boolean;
}

/** Layers that neither a model nor a specification can predict. */
export class UnsupportedError extends RangeError {
  /** The class's name. */
  override readonly name = "UnsupportedError";
  /** Their names. */
  readonly layers: readonly string[];

  /** Names the layers and says what to do. */
  constructor({ name: device, runtime }: Pick<Device, "name" | "runtime">, layers: readonly Layer[]) {
    const named = layers.slice(0, 3).map(({ name, kind }) => `"${name}" (${kind})`).join(", ");
    const more = layers.length > 3 ? ` and ${layers.length - 3} more` : "";
    const elsewhere = runtime.executedElsewhere(layers[0]);
    const why = elsewhere === null
      ? "the kind was not measured and the device has no specification; measure it"
      : elsewhere;
    super(`Nothing predicts ${named}${more} on ${device}: ${why}, or leave such layers out with --allow-unsupported`);
    this.layers = layers.map(({ name }) => name);
  }
}

/**
 * Predicts a network on a device.
 *
 * @returns Layers in the network's order, the total, and warnings that say what to distrust.
 * @throws {UnsupportedError} When nothing predicts a layer, unless `allowUnsupported`.
 *
 * @example
 * ```ts
 * import { loadDevice, predict } from "neuralpower";
 * import { network } from "neuralpower/dsl";
 *
 * const net = network("tiny", { image: [3, 64, 64], batch: 32 }, (x) => x.conv(32, { kernel: 3, activation: "relu" }));
 * const { total } = predict(net.build(), await loadDevice("v100-tf1"));
 * console.log(total.runtimeMs, "ms");
 * ```
 */
export function predict(network: Network, device: Device, options: PredictOptions = {}): Prediction {
  const model = options.model ?? "auto";
  const predictNode = remembering(withinNetwork(nodeModel(device, model), network, device, { ...options, model }));
  const planned = plan(network, device.runtime, options);
  const predicted = planned.map(({ node }) => node && predictNode(node));
  const unsupported = planned.filter(({ layer, node }, i) => {
    return layer.op === "unsupported" || node !== null && predicted[i] === null;
  }).map(({ layer }) => layer);
  if (unsupported.length > 0 && !options.allowUnsupported) throw new UnsupportedError(device, unsupported);

  const nodes = planned.flatMap(({ node }, i) => {
    const made = predicted[i];
    return node === null || made === null ? [] : [{ node, made }];
  });
  return showsItself<Prediction>({
    network: network.name,
    device: device.name,
    model,
    pass: options.pass ?? "forward",
    batch: network.batch,
    dtype: network.dtype,
    layers: planned.map((layer, i) => layerPrediction(layer, predicted[i], network.dtype)),
    total: totalPrediction(network, nodes, device, { ...options, model }, unsupported.length > 0),
    warnings: predictionWarnings(planned, predicted, device, { ...options, model }),
  });
}

/** Networks repeat their layers: what is equal but for its name and its place is predicted once. */
function remembering(predictNode: NodeModel): NodeModel {
  const known = new Map<string, NodePrediction | null>();
  return (node) => {
    const key = nodeKey(node);
    if (!known.has(key)) known.set(key, predictNode(node));
    return known.get(key)!;
  };
}

function layerPrediction(
  { layer, node, fusedInto }: PlannedLayer,
  made: NodePrediction | null,
  dtype: Dtype,
): LayerPrediction {
  const { macs, params, bytesRead, bytesWritten } = layerCost(layer, dtype);
  // What is not known in a file runs nothing here, and something there.
  const free = node === null && layer.op !== "unsupported";
  const nothing: Estimate | null = free ? { value: 0, low: 0, high: 0 } : null;
  const runtime = made?.runtimeMs ?? nothing;
  const energy = made?.energyMj ?? nothing;
  return {
    name: layer.name,
    kind: layer.kind,
    op: layer.op,
    inputShape: layer.inputShape,
    outputShape: layer.outputShape,
    macs,
    params,
    bytes: bytesRead + bytesWritten,
    runtimeMs: runtime?.value ?? null,
    runtimeMsLow: runtime?.low ?? null,
    runtimeMsHigh: runtime?.high ?? null,
    powerW: made?.powerW?.value ?? null,
    energyMj: energy?.value ?? null,
    energyMjLow: energy?.low ?? null,
    energyMjHigh: energy?.high ?? null,
    powerWLow: made?.powerW?.low ?? null,
    powerWHigh: made?.powerW?.high ?? null,
    runtimeFrom: free ? "free" : made?.runtimeFrom ?? null,
    powerFrom: free ? "free" : made?.powerFrom ?? null,
    fusedInto,
    extrapolates: made?.extrapolates ?? [],
  };
}

function totalPrediction(
  network: Network,
  nodes: readonly PredictedNode[],
  device: Device,
  options: PredictOptions & { readonly model: ModelChoice },
  partial: boolean,
): TotalPrediction {
  const { macs, params, bytesRead, bytesWritten } = networkCost(network);
  // The sum of nothing is known only where there is nothing to know.
  const known = nodes.length > 0 || !partial;
  const { overheadMs, runtimeMs, energyMj } = networkTotal(nodes, network, device, options);
  const runtime = known ? runtimeMs : null;
  const energy = known ? energyMj : null;
  return {
    macs,
    params,
    bytes: bytesRead + bytesWritten,
    overheadMs,
    runtimeMs: runtime?.value ?? null,
    runtimeMsLow: runtime?.low ?? null,
    runtimeMsHigh: runtime?.high ?? null,
    powerW: energy && runtime && runtime.value > 0 ? energy.value / runtime.value : null,
    energyMj: energy?.value ?? null,
    energyMjLow: energy?.low ?? null,
    energyMjHigh: energy?.high ?? null,
    energyPerImageMj: energy && energy.value / network.batch,
    partial,
  };
}
