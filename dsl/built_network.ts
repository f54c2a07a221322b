/**
 * A network as it is built: plain data. It stands apart from the builder, which predicting does not need.
 *
 * @module
 */
import { type Cost, cost, totalCost } from "./cost.ts";
import { NetworkError } from "./errors.ts";
import type { Dtype, Layer, Shape } from "./layer.ts";

/** A built network: plain data, layers in execution order. */
export interface Network {
  /** As it stands in tables. */
  readonly name: string;
  /** Images at once. */
  readonly batch: number;
  /** Number format of tensors and weights. */
  readonly dtype: Dtype;
  /** The input's sizes, batch first. */
  readonly inputShape: Shape;
  /** In execution order. */
  readonly layers: readonly Layer[];
  /** Names of the layers whose outputs are the network's. */
  readonly outputs: readonly string[];
}

/**
 * Checks that layers form a directed acyclic graph in execution order, with unique names, each used by another or an output.
 *
 * @throws {NetworkError} Naming the layer.
 */
export function checkNetwork({ name, layers, outputs }: Network): void {
  const fail = (what: string): never => {
    throw new NetworkError(`Network "${name}": ${what}`);
  };
  if (layers.length === 0) fail("it has no layers");
  const known = new Set(["input"]);
  const used = new Set(outputs);
  for (const layer of layers) {
    if (known.has(layer.name)) fail(`two layers are named "${layer.name}"; give one of them another name`);
    for (const input of layer.inputs) {
      if (!known.has(input)) fail(`layer "${layer.name}" reads "${input}", which no layer before it makes`);
      used.add(input);
    }
    known.add(layer.name);
  }
  for (const output of outputs) if (!known.has(output)) fail(`output "${output}" is made by no layer`);
  for (const layer of layers) {
    if (used.has(layer.name)) continue;
    const instead = layer.op === "split" ? "take the parts that are with slice" : "remove it";
    fail(`layer "${layer.name}" is not used; return it as an output or ${instead}`);
  }
}

/** What a layer costs within its network: weights that another layer has, too, are counted there. */
export function layerCost(layer: Layer, dtype: Dtype): Cost {
  const own = cost(layer, dtype);
  return { ...own, params: layer.learned ?? own.params };
}

/** A network's costs for the whole batch: its layers' added up. */
export function networkCost({ layers, dtype }: Network): Cost {
  return totalCost(layers.map((layer) => layerCost(layer, dtype)));
}
