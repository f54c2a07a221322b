/**
 * What each runtime fuses into one executed node. A runtime is data; `plan.ts` reads it.
 *
 * @module
 */
import { type Activation, activations, type Kind } from "neuralpower/dsl";

/** What a runtime does when it executes a network. */
export interface Runtime {
  /** As it stands in a device's name: `tf1` in `v100-tf1`. */
  readonly name: string;
  /** Its full name. */
  readonly title: string;
  /** Whether a batch norm after a convolution or dense layer is folded into its weights (never while training). */
  readonly foldsBatchNorm: boolean;
  /** Activations that run within a layer before them, by its kind. */
  readonly fusesActivations: Partial<Readonly<Record<Kind, readonly Activation[]>>>;
  /** Whether a convolution takes the elementwise sum after it along. */
  readonly fusesAdd: boolean;
  /** Whether a measured row holds the cost of the call that ran it, once. A network pays it once too. */
  readonly rowsHoldCall: boolean;
  /** Where this is known from. */
  readonly source: string;
}

/** Known runtimes. */
export const runtimes: readonly Runtime[] = [
  {
    name: "tf1",
    title: "TensorFlow 1",
    foldsBatchNorm: false,
    fusesActivations: { conv: ["relu", "sigmoid", "tanh"], dense: ["relu", "sigmoid", "tanh"] },
    fusesAdd: false,
    source:
      "Justus et al. 2018 time tf.layers.conv2d and tf.layers.dense with their activation as one row, so a row covers it; " +
      "TensorFlow 1 runs batch norm and sums as nodes of their own",
    rowsHoldCall: true,
  },
  {
    name: "pytorch",
    title: "PyTorch, eager",
    foldsBatchNorm: false,
    fusesActivations: {},
    fusesAdd: false,
    rowsHoldCall: false,
    source: "Eager PyTorch executes each module by itself",
  },
  {
    name: "tensorrt",
    title: "NVIDIA TensorRT",
    foldsBatchNorm: true,
    fusesActivations: { conv: activations, dense: activations },
    fusesAdd: true,
    rowsHoldCall: false,
    source: "TensorRT Developer Guide, Types of Fusions",
  },
  {
    name: "cudnn",
    title: "NVIDIA cuDNN, called directly",
    foldsBatchNorm: false,
    fusesActivations: {},
    fusesAdd: false,
    rowsHoldCall: false,
    source: "DeepBench's code calls cuDNN's convolutions by themselves",
  },
  {
    name: "miopen",
    title: "AMD MIOpen, called directly",
    foldsBatchNorm: false,
    fusesActivations: {},
    fusesAdd: false,
    rowsHoldCall: false,
    source: "DeepBench's code calls MIOpen's convolutions by themselves",
  },
  {
    name: "ort-cpu",
    title: "ONNX Runtime, CPU provider",
    foldsBatchNorm: true,
    fusesActivations: {
      conv: ["relu", "relu6", "sigmoid", "tanh"],
      dense: ["relu", "sigmoid", "tanh"],
      norm: ["relu", "relu6", "sigmoid", "tanh"],
    },
    fusesAdd: true,
    rowsHoldCall: false,
    source: "Read from the optimised graphs of this project's networks, ONNX Runtime 1.30 (bench/ort/executed_plan.ts)",
  },
];

/** Executes every layer by itself. */
export const unfused: Runtime = {
  name: "unfused",
  title: "No fusion",
  foldsBatchNorm: false,
  fusesActivations: {},
  fusesAdd: false,
  rowsHoldCall: false,
  source: "By definition",
};

/**
 * The runtime of that name.
 *
 * @example
 * ```ts
 * import { findRuntime } from "neuralpower";
 *
 * findRuntime("tf1")?.foldsBatchNorm; // false
 * ```
 */
export function findRuntime(name: string): Runtime | undefined {
  return [...runtimes, unfused].find((runtime) => runtime.name === name);
}
