/**
 * What was fitted, as a model file has it.
 *
 * @module
 */
import { readDeviceName } from "./device.ts";
import { type ModelFile, modelVersion } from "./model.ts";

/** A device's model of its fits. */
export function fittedModel(
  device: string,
  { fits, rates }: Pick<ModelFile, "fits" | "rates">,
  { command, sources }: Pick<ModelFile, "command" | "sources">,
): ModelFile {
  const { specification, runtime } = readDeviceName(device);
  return {
    format: "neuralpower-model",
    version: modelVersion,
    device,
    specification: specification?.name ?? null,
    runtime: runtime.name,
    command,
    sources,
    fits,
    ...rates === undefined ? {} : { rates },
  };
}
