/**
 * The sums of measured networks' layers by models that have not seen their configurations.
 *
 * @module
 */
import type { Node } from "../node.ts";
import { nodeCells } from "../table.ts";
import type { DeviceFit } from "./fit.ts";
import type { SummedNetwork } from "./fit_networks.ts";
import type { NodeModel } from "./node_model.ts";

/** A network that was measured whole, and what ran. */
export interface ExecutedNetwork {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly runtimeMs: number;
  readonly energyMj: number | null;
}

/**
 * Adds up each network's nodes.
 *
 * @param fit Of the rows, some of which are the networks' nodes.
 * @param model The fit's own predictions, for nodes that were not measured.
 * @returns Those networks whose every node is predicted.
 */
export function summedNetworks(
  networks: readonly ExecutedNetwork[],
  { heldOut }: Pick<DeviceFit, "heldOut">,
  model: NodeModel,
): SummedNetwork[] {
  const rows = new Map(Array.from(heldOut, ([{ node }, values]) => [keyOf(node), values]));
  const valuesOf = (node: Node) => {
    const held = rows.get(keyOf(node)), made = model(node);
    const runtimeMs = held?.runtimeMs ?? made?.runtimeMs.value;
    if (runtimeMs === undefined) return null;
    // A row without power has a time that the model has seen, and not its own.
    const powerW = held?.powerW ?? made?.powerW?.value ?? null;
    return { runtimeMs, energyMj: powerW === null ? null : powerW * runtimeMs };
  };
  return networks.flatMap(({ name, nodes, runtimeMs, energyMj }): SummedNetwork[] => {
    const values = nodes.map(valuesOf);
    if (values.length === 0 || !values.every((value) => value !== null)) return [];
    const energies = values.map((value) => value.energyMj);
    return [{
      ...{ name, runtimeMs, energyMj, nodes: nodes.length, pass: nodes[0].pass, dtype: nodes[0].dtype },
      layersMs: values.reduce((sum, value) => sum + value.runtimeMs, 0),
      layersMj: energies.every((energy) => energy !== null) ? energies.reduce((sum, energy) => sum + energy, 0) : null,
    }];
  });
}

function keyOf(node: Node): string {
  return Object.values(nodeCells(node)).join();
}
