/**
 * A network's total of its nodes' predictions.
 *
 * Where networks were measured whole on the device, total = scale · layers + perNode · nodes + perCall (see `fit_networks.ts`), and the
 * interval is their held-out errors'. Elsewhere the total is the layers and one call, and the interval the correlated sum's.
 *
 * @module
 */
import type { Network } from "neuralpower/dsl";
import { correlatedSum } from "../learn/correlated_sum.ts";
import { binOf } from "../learn/local_width.ts";
import { type Node, nodeKey } from "../node.ts";
import type { PlanOptions } from "../plan.ts";
import { idlePowerW } from "./analytical.ts";
import type { Device } from "./device.ts";
import type { NetworksFit, SumFit } from "./model.ts";
import type { Estimate, ModelChoice, NodeModel, NodePrediction } from "./node_model.ts";

/** A node and what is predicted of it within its network. */
export interface PredictedNode {
  readonly node: Node;
  readonly made: NodePrediction;
}

/** What of which network is predicted, and how. */
type Work = Pick<PlanOptions, "pass"> & { readonly model: ModelChoice };

/** The three constants of a {@linkcode SumFit}. */
export type Constants = Pick<SumFit, "scale" | "perNode" | "perCall">;

/** scale · layers + perNode · nodes + perCall */
export function totalOf({ scale, perNode, perCall }: Constants, of: { layers: number; nodes: number }): number {
  return scale * of.layers + perNode * of.nodes + perCall;
}

/** The half-width of a total's interval on the log scale. */
export function totalHalfWidth(
  { edges, logHalfWidths }: Pick<SumFit, "edges" | "logHalfWidths">,
  total: number,
): number {
  return logHalfWidths[binOf(total, edges)];
}

/** The networks' fit that holds for a prediction: constants go with the models that they were fitted to, the defaults. */
function networksFit({ model }: Device, { dtype }: Network, { pass = "forward", model: choice }: Work) {
  return choice !== "auto" ? undefined : model?.networks?.find((fit) => fit.pass === pass && fit.dtype === dtype);
}

/** A device's models of nodes as they run within a network: by the networks' scale, where it is known. */
export function withinNetwork(nodes: NodeModel, network: Network, device: Device, work: Work): NodeModel {
  const scale = networksFit(device, network, work)?.runtime.scale ?? 1;
  if (scale === 1) return nodes;
  return (node) => {
    const made = nodes(node);
    return made &&
      { ...made, runtimeMs: times(made.runtimeMs, scale), energyMj: made.energyMj && times(made.energyMj, scale) };
  };
}

/** The total of nodes that are predicted {@linkcode withinNetwork}. */
export function networkTotal(
  nodes: readonly PredictedNode[],
  network: Network,
  device: Device,
  work: Work,
): { readonly overheadMs: number; readonly runtimeMs: Estimate; readonly energyMj: Estimate | null } {
  const fit = networksFit(device, network, work);
  // Rows hold their kind's call; the network's one call does at least what the dearest of them does.
  const overheadMs = fit && nodes.length > 0
    ? fit.runtime.perNode * nodes.length + fit.runtime.perCall
    : nodes.reduce((most, { made }) => Math.max(most, made.callMs), 0);
  const layers = sumOf(nodes, ({ runtimeMs }) => runtimeMs)!;
  const runtimeMs = shifted(layers, overheadMs);
  const energyMj = energyOf(nodes, overheadMs, device, fit);
  return {
    overheadMs,
    runtimeMs: fit ? vouched(runtimeMs, fit.runtime, nodes) : runtimeMs,
    energyMj: energyMj && idleAtLeast(energyMj, runtimeMs.value, device),
  };
}

function energyOf(
  nodes: readonly PredictedNode[],
  overheadMs: number,
  { specification }: Device,
  fit: NetworksFit | undefined,
): Estimate | null {
  const layers = sumOf(nodes, ({ energyMj }) => energyMj);
  if (layers === null) return null;
  if (fit?.energy && nodes.length > 0) {
    // The constants are of layers by themselves.
    const alone = times(layers, 1 / (fit.runtime.scale));
    const { scale, perNode, perCall } = fit.energy;
    return vouched(shifted(times(alone, scale), perNode * nodes.length + perCall), fit.energy, nodes);
  }
  const idle = overheadMs === 0 ? 0 : specification && idlePowerW(specification) * overheadMs;
  return idle === null ? null : shifted(layers, idle);
}

/** Networks shorter than all that were measured may be fitted less energy than the device draws when it does nothing. */
function idleAtLeast({ value, low, high }: Estimate, runtimeMs: number, { specification }: Device): Estimate {
  const least = specification === null ? 0 : idlePowerW(specification) * runtimeMs;
  return { value: Math.max(value, least), low, high: high === null ? null : Math.max(high, least) };
}

/** The interval of networks that were measured whole; the wider of both where a layer is not like theirs. */
function vouched(total: Estimate, fit: SumFit, nodes: readonly PredictedNode[]): Estimate {
  const q = totalHalfWidth(fit, total.value);
  const [low, high] = [total.value * Math.exp(-q), total.value * Math.exp(q)];
  if (nodes.every(({ made }) => made.runtimeFrom === "fitted" && made.extrapolates.length === 0)) {
    return { value: total.value, low, high };
  }
  if (total.low === null || total.high === null) return total;
  return { value: total.value, low: Math.min(low, total.low), high: Math.max(high, total.high) };
}

/** Null where one of them is not known. */
function sumOf(nodes: readonly PredictedNode[], pick: (made: NodePrediction) => Estimate | null): Estimate | null {
  const parts = nodes.flatMap(({ node, made }) => {
    const estimate = pick(made);
    return estimate === null ? [] : [{ ...estimate, key: nodeKey(node), correlation: made.correlation }];
  });
  return parts.length < nodes.length ? null : correlatedSum(parts);
}

function shifted({ value, low, high }: Estimate, by: number): Estimate {
  return { value: value + by, low: low === null ? null : low + by, high: high === null ? null : high + by };
}

function times({ value, low, high }: Estimate, by: number): Estimate {
  return { value: value * by, low: low === null ? null : low * by, high: high === null ? null : high * by };
}
