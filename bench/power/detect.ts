/**
 * The best meter that this machine has for a device.
 *
 * @module
 */
import type { PowerMeter, PowerSource } from "./meter.ts";
import { knownFields, type SmiOptions } from "./nvidia_smi.ts";
import { type NvmlOptions, openNvml } from "./nvml.ts";
import { openRapl, type RaplOptions } from "./rapl.ts";
import { combined, type MeterChoice, threaded } from "./thread.ts";

/** Which GPU, and where things are when they are not where they belong. */
export interface DetectOptions {
  /** For NVML. */
  readonly nvml?: NvmlOptions;
  /** For nvidia-smi. */
  readonly smi?: SmiOptions;
  /** For RAPL. */
  readonly rapl?: Omit<RaplOptions, "readText">;
}

/** What was found. */
export interface DetectedMeter {
  /** Samples in threads of its own; null when nothing can be read, and then `warnings` has one sentence that says why. */
  readonly meter: PowerMeter | null;
  /** The sources that will give a trace each, the one with the energy counter first. */
  readonly sources: readonly PowerSource[];
  /** Why something is missing: a sentence for each source, or one for all when there is no meter. */
  readonly warnings: readonly string[];
}

/**
 * Finds the meter: on an NVIDIA GPU, NVML (its energy counter) together with nvidia-smi (an independent path to the power), or the one
 * of them that is there; on a CPU, RAPL.
 *
 * Never rejects for want of a meter: runtimes can be measured without power.
 *
 * @example Where there is none
 * ```ts
 * import { detectMeter } from "./detect.ts";
 *
 * const { meter, warnings } = await detectMeter("cpu", { rapl: { root: "/nowhere" } });
 * console.log(meter, warnings[0]); // null Power of the cpu cannot be measured: No CPU package has an energy counter in /nowhere; …
 * ```
 */
export async function detectMeter(device: "gpu" | "cpu", options: DetectOptions = {}): Promise<DetectedMeter> {
  const tried: (() => MeterChoice | Promise<MeterChoice>)[] = device === "cpu"
    ? [() => {
      openRapl(options.rapl).close();
      return { source: "rapl", options: options.rapl };
    }]
    : [() => {
      openNvml(options.nvml).close();
      return { source: "nvml", options: options.nvml };
    }, async () => {
      const known = await knownFields(options.smi);
      return { source: "nvidia-smi", options: { ...options.smi, known } };
    }];
  const choices: MeterChoice[] = [];
  const reasons: string[] = [];
  for (const choose of tried) {
    try {
      choices.push(await choose());
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (choices.length === 0) {
    return { meter: null, sources: [], warnings: [`Power of the ${device} cannot be measured: ${reasons.join("; ")}`] };
  }
  const meters = choices.map((choice) => threaded(choice));
  return {
    meter: meters.length === 1 ? meters[0] : combined(meters),
    sources: choices.map(({ source }) => source),
    warnings: reasons,
  };
}
