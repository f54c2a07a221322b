/**
 * Predicts what a device's fits do not cover: by the device's own rates, fitted on the kinds that were measured, else by its
 * specification.
 *
 * @module
 */
import type { Node } from "../node.ts";
import { analytical, powerWhenBusy } from "./analytical.ts";
import type { Device } from "./device.ts";
import { around } from "./estimate.ts";
import type { KindFit } from "./model.ts";
import type { NodePrediction } from "./node_model.ts";
import { nearestRates, rateMs } from "./nearest_rates.ts";

/**
 * Predicts a node without a fit; null where the device has neither rates nor a specification.
 *
 * @param byRates Whether the device's own rates may be used.
 */
export function unmeasured(node: Node, device: Device, byRates: boolean): NodePrediction | null {
  const { specification } = device;
  const rates = byRates ? nearestRates(device.model?.rates ?? [], node) : null;
  if (rates !== null) {
    const runtimeMs = around(rateMs(node, rates), rates.logHalfWidth, 0, rates.launchMs);
    return withAnalyticalPower({ ...nothing, runtimeMs, callMs: callOf(node, device) }, node, device);
  }
  if (specification === null) return null;
  const { runtimeMs, powerW } = analytical(node, specification);
  const callMs = callOf(node, device);
  return {
    ...nothing,
    runtimeMs: around(runtimeMs, analyticalWidth(node, device), callMs, specification.launchUs / 1000),
    powerW: around(powerW, null),
    energyMj: around(powerW * runtimeMs, null),
    powerFrom: "analytical",
    callMs,
  };
}

const nothing = {
  runtimeFrom: "analytical",
  powerW: null,
  energyMj: null,
  powerFrom: null,
  extrapolates: [],
  // Rates and specifications are off in one direction for all that they predict.
  correlation: 1,
} as const;

/** A device without measured power: the specification's for the predicted time. */
export function withAnalyticalPower(prediction: NodePrediction, node: Node, { specification }: Device): NodePrediction {
  if (prediction.powerW !== null || specification === null) return prediction;
  const powerW = powerWhenBusy(analytical(node, specification).busyMs / prediction.runtimeMs.value, specification);
  return {
    ...prediction,
    powerW: around(powerW, null),
    energyMj: around(powerW * prediction.runtimeMs.value, null),
    powerFrom: "analytical",
  };
}

/**
 * What the device's rows tell of the analytical model: how far it was off on the node's own kind, or on the worst of the kinds that were
 * measured in its pass.
 */
function analyticalWidth({ layer, pass }: Node, { model }: Device): number | null {
  const fits = model?.fits ?? [];
  const ownKind = fits.filter(({ kind }) => kind === layer.kind);
  const samePass = (candidates: readonly KindFit[]) => candidates.filter((fit) => fit.pass === pass);
  const near = [samePass(ownKind), samePass(fits), fits].find((candidates) => candidates.length > 0) ?? [];
  const widths = near.map(({ runtime }) => runtime.analytical?.logHalfWidth ?? null).filter((width) => width !== null);
  return widths.length > 0 ? Math.max(...widths) : null;
}

/** What a row of the node would hold of the call: as its kind's rows do, or at most those of the measured kinds. */
function callOf({ layer }: Node, { model }: Device): number {
  const fits = model?.fits ?? [];
  const ownKind = fits.filter(({ kind }) => kind === layer.kind);
  return (ownKind.length > 0 ? ownKind : fits).reduce((most, { callMs }) => Math.max(most, callMs), 0);
}
