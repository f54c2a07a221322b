/**
 * What a prediction's reader should know before trusting it.
 *
 * @module
 */
import type { Device } from "./model/device.ts";
import { idlePowerW } from "./model/analytical.ts";
import type { NodePrediction } from "./model/node_model.ts";
import type { PlannedLayer, PlanOptions } from "./plan.ts";

/** One sentence for each reason. */
export function predictionWarnings(
  planned: readonly PlannedLayer[],
  predicted: readonly (NodePrediction | null)[],
  device: Device,
  { pass = "forward" }: PlanOptions,
): string[] {
  const nodes = planned.flatMap(({ layer, node }, i) => node === null ? [] : [{ layer, made: predicted[i] }]);
  const warnings: string[] = [];
  const analytical = nodes.filter(({ made }) => made?.runtimeFrom === "analytical");
  if (analytical.length > 0) {
    warnings.push(
      `${analytical.length} of ${nodes.length} nodes (${kindsOf(analytical)}) were not measured on ${device.name}: ` +
        "their time is the specification's, which is usually too short",
    );
  }
  const outside = nodes.filter(({ made }) => made !== null && made.extrapolates.length > 0);
  if (outside.length > 0) {
    const features = new Set(outside.flatMap(({ made }) => made!.extrapolates));
    const named = [...features].slice(0, 4).join(", ") + (features.size > 4 ? ", …" : "");
    warnings.push(
      `${outside.length} of ${nodes.length} nodes lie outside what was measured (${named}): distrust their figures and intervals`,
    );
  }
  const powers = nodes.filter(({ made }) => made?.powerFrom === "analytical");
  if (powers.length > 0) {
    const { idleW, boardW } = device.specification!;
    const idle = `${idleW === null ? "an assumed " : ""}${Math.round(idlePowerW(device.specification!))}`;
    warnings.push(
      `Power of ${powers.length} of ${nodes.length} nodes was not measured on ${device.name}: it lies between ` +
        `${idle} W idle and ${boardW} W by how busy the device should be`,
    );
  }
  const missing = nodes.filter(({ made }) => made === null);
  if (missing.length > 0) {
    warnings.push(
      `Nothing predicts ${missing.length} of ${nodes.length} nodes (${kindsOf(missing)}): the total leaves them out`,
    );
  }
  if (device.model === null) {
    warnings.push(`Nothing was measured on ${device.name}, so the overhead of a call is not known and not counted`);
  }
  if (pass === "training" && planned.some(({ layer }) => layer.op === "dropout")) {
    warnings.push("Dropout runs while training, and is not counted");
  }
  return warnings;
}

function kindsOf(nodes: readonly { layer: { kind: string } }[]): string {
  return [...new Set(nodes.map(({ layer }) => layer.kind))].join(", ");
}
