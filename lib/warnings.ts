/**
 * What a prediction's reader should know before trusting it.
 *
 * @module
 */
import type { Kind } from "neuralpower/dsl";
import type { Device } from "./model/device.ts";
import { idlePowerW } from "./model/analytical.ts";
import type { ModelChoice, NodePrediction } from "./model/node_model.ts";
import type { PlannedLayer, PlanOptions } from "./plan.ts";

/** One sentence for each reason. */
export function predictionWarnings(
  planned: readonly PlannedLayer[],
  predicted: readonly (NodePrediction | null)[],
  device: Device,
  { pass = "forward", optimizer = "sgd", model }: PlanOptions & { readonly model: ModelChoice },
): string[] {
  const nodes = planned.flatMap(({ layer, node }, i) => node === null ? [] : [{ layer, made: predicted[i] }]);
  const warnings: string[] = [];
  const analytical = nodes.filter(({ made }) => made?.runtimeFrom === "analytical");
  if (analytical.length > 0) {
    const why = model === "analytical"
      ? "as asked for"
      : `not measured on ${device.name} in this pass and number format`;
    const by = model === "analytical" ? [] : device.model?.rates ?? [];
    warnings.push(
      `The time of ${analytical.length} of ${nodes.length} nodes (${kindsOf(analytical)}) is ` +
        (by.length === 0
          ? `the specification's (${why}), which is usually too short`
          : `by the device's own rates for launches, operations and bytes, fitted on its ${
            [...new Set(by.flatMap(({ kinds }) => kinds))].join(", ")
          } (${why}): rough`),
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
  const given = nodes.filter(({ layer: { kind }, made }) =>
    made?.runtimeFrom === "fitted" && isUnvouched(kind, device)
  );
  if (given.length > 0) {
    warnings.push(
      `The models of ${
        kindsOf(given)
      } are coefficients from elsewhere: their errors, and where they hold, are not known`,
    );
  }
  const powers = nodes.filter(({ made }) => made?.powerFrom === "analytical");
  if (powers.length > 0) {
    const { idleW, boardW } = device.specification!;
    const idle = `${idleW === null ? "an assumed " : ""}${Math.round(idlePowerW(device.specification!))}`;
    warnings.push(
      `The power of ${powers.length} of ${nodes.length} nodes is the specification's: between ${idle} W idle and ${boardW} W ` +
        "by how busy the device should be",
    );
  }
  const missing = nodes.filter(({ made }) => made === null);
  if (missing.length > 0) {
    warnings.push(
      `Nothing predicts ${missing.length} of ${nodes.length} nodes (${kindsOf(missing)}): the total leaves them out`,
    );
  }
  const unknown = planned.flatMap(({ layer }) => "operator" in layer ? [layer.operator] : []);
  if (unknown.length > 0) {
    const operators = [...Map.groupBy(unknown, (operator) => operator)].map(([operator, all]) =>
      `${all.length} ${operator}`
    );
    warnings.push(
      `The total is partial: it leaves out ${unknown.length} operator${unknown.length === 1 ? "" : "s"} that ` +
        `${unknown.length === 1 ? "is" : "are"} not known (${
          operators.join(", ")
        }), taken to give as much as they read ` +
        "unless the file says otherwise",
    );
  }
  if (device.model === null) {
    warnings.push(`Nothing was measured on ${device.name}, so the overhead of a call is not known and not counted`);
  }
  const summed = nodes.some(({ layer: { kind } }) => isSumOfPasses(kind, device));
  if (pass === "training" && model !== "analytical" && summed) {
    warnings.push(
      `Training on ${device.name} is its forward and backward rows together: an update is in it only as those rows hold one, not ${optimizer}'s`,
    );
  }
  if (pass === "training" && planned.some(({ layer }) => layer.op === "dropout")) {
    warnings.push("Dropout runs while training, and is not counted");
  }
  return warnings;
}

/** Whether a kind's training is predicted as its forward and its backward pass. */
function isSumOfPasses(kind: Kind, { model }: Device): boolean {
  const passes = (model?.fits ?? []).filter((fit) => fit.kind === kind).map((fit) => fit.pass);
  return passes.includes("forward") && passes.includes("backward") && !passes.includes("training");
}

/** Whether a kind's models were fitted on rows that nobody here has seen. */
function isUnvouched(kind: Kind, { model }: Device): boolean {
  return (model?.fits ?? []).some((fit) => fit.kind === kind && fit.rows === 0);
}

function kindsOf(nodes: readonly { layer: { kind: string } }[]): string {
  return [...new Set(nodes.map(({ layer }) => layer.kind))].join(", ");
}
