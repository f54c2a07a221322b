/**
 * Sessions of ONNX Runtime, and random tensors to feed them.
 *
 * @module
 */
import * as ort from "onnxruntime-node";
import { type Dtype, elements, type Shape } from "neuralpower/dsl";

/** Which of ONNX Runtime's execution providers runs a model. */
export const providers = ["cuda", "webgpu", "cpu"] as const;
/** Which of ONNX Runtime's execution providers runs a model. */
export type Provider = (typeof providers)[number];

/** How a session is opened; everything else is at the runtime's defaults. */
export interface SessionOptions {
  readonly provider: Provider;
  /** Write a profile to files that begin with this path. */
  readonly profilePrefix?: string;
  /** Save the optimised model here. */
  readonly optimizedPath?: string;
  /** `"all"` by default, as the runtime's. */
  readonly optimization?: "disabled" | "all";
  /** Whether equal nodes that read the same are all run, instead of merged; false by default. */
  readonly keepEqualNodes?: boolean;
}

/**
 * Copies without weights are equal nodes, which the runtime would merge, as it would what stands before the weights (a transposition
 * before a norm), so it is told not to. Inputs of their own would keep them apart
 * too, but measure something else: on a GPU each is copied to the device at many times the cost of the node, and on a CPU they spill
 * out of the caches (a relu of 64 × 56 × 56: 0.021 ms in a network's profile, 0.01–0.02 ms so, 0.4 ms with inputs of their own).
 */
export const keepEqualNodes = { optimization: { disable_specified_optimizers: "CommonSubexpressionElimination" } };

/** Opens a session on a model's file or bytes. */
export async function openSession(model: string | Uint8Array, options: SessionOptions): Promise<ort.InferenceSession> {
  const { provider, profilePrefix, optimizedPath, optimization = "all" } = options;
  const settings: ort.InferenceSession.SessionOptions = {
    executionProviders: provider === "cpu" ? ["cpu"] : [provider, "cpu"],
    graphOptimizationLevel: optimization,
    // Errors only: a saved optimised model fits this machine alone, which the runtime warns of each time.
    logSeverityLevel: 3,
    ...profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePrefix },
    ...options.keepEqualNodes ? { extra: keepEqualNodes } : {},
    ...optimizedPath === undefined ? {} : { optimizedModelFilePath: optimizedPath },
  };
  return typeof model === "string"
    ? await ort.InferenceSession.create(model, settings)
    : await ort.InferenceSession.create(model, settings);
}

/**
 * A tensor of numbers in −1 … 1.
 *
 * The runtime's addon cannot read a Float16Array in Deno ("not enough space"), and its package makes one of any other array; so the
 * addon is shown the same bytes as 16-bit whole numbers.
 */
export function randomTensor(dtype: Dtype, shape: Shape): ort.Tensor {
  // Cheap and aperiodic: what the numbers are does not matter, but zeros would save power.
  let state = 0x9e3779b9;
  const values = Float32Array.from({ length: elements(shape) }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5 | 0;
    return state / 2 ** 31;
  });
  if (dtype === "float32") return new ort.Tensor("float32", values, shape);
  const halves = Float16Array.from(values);
  const made = new ort.Tensor("float16", halves as unknown as Uint16Array, shape);
  Object.defineProperty(made, "cpuData", { value: new Uint16Array(halves.buffer) });
  return made;
}
