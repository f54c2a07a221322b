/**
 * What each runtime fuses into one executed node. A runtime is data; `plan.ts` reads it.
 *
 * @module
 */
import type { Activation, Layer, OptionsOf, SizedLayer } from "neuralpower/dsl";
import { activations } from "../dsl/layer.ts";

/** What a runtime does when it executes a network. */
export interface Runtime {
  /** As it stands in a device's name: `tf1` in `v100-tf1`. */
  readonly name: string;
  /** Its full name. */
  readonly title: string;
  /** Whether a batch norm after a convolution or dense layer is folded into its weights (never while training). */
  readonly foldsBatchNorm: boolean;
  /** Activations that run within a layer before them, by its op. */
  readonly fusesActivations: Partial<Readonly<Record<Layer["op"], readonly Activation[]>>>;
  /** Whether that holds for layers on tokens, too. */
  readonly fusesOnTokens: boolean;
  /** Whether a convolution takes the elementwise sum after it along. */
  readonly fusesAdd: boolean;
  /** Moves that are another look at the same elements, and run nothing. */
  readonly views: readonly OptionsOf<"move">["op"][];
  /** Whether the parts of one split are made by one node, the first part's. */
  readonly joinsSplits: boolean;
  /** Whether a measured row holds the cost of the call that ran it, once. A network pays it once too. */
  readonly rowsHoldCall: boolean;
  /**
   * Why a layer is executed on another processor, with copies there and back, so that nothing measured here tells its time, and what to
   * do; null if it is not.
   */
  readonly executedElsewhere: (layer: SizedLayer) => string | null;
  /** Where this is known from. */
  readonly source: string;
}

/** Executes every layer by itself. */
export const unfused: Runtime = {
  name: "unfused",
  title: "No fusion",
  foldsBatchNorm: false,
  fusesActivations: {},
  fusesOnTokens: false,
  fusesAdd: false,
  views: [],
  joinsSplits: false,
  rowsHoldCall: false,
  executedElsewhere: () => null,
  source: "By definition",
};

/** Known runtimes: what each does otherwise than {@linkcode unfused}. */
export const runtimes: readonly Runtime[] = [
  {
    ...unfused,
    name: "tf1",
    title: "TensorFlow 1",
    fusesActivations: { conv: ["relu", "sigmoid", "tanh"], dense: ["relu", "sigmoid", "tanh"] },
    fusesOnTokens: true,
    joinsSplits: true,
    rowsHoldCall: true,
    source:
      "Justus et al. 2018 time tf.layers.conv2d and tf.layers.dense with their activation as one row, so a row covers it; " +
      "TensorFlow 1 runs batch norm and sums as nodes of their own",
  },
  {
    ...unfused,
    name: "pytorch",
    title: "PyTorch, eager",
    views: ["split", "slice", "expand"],
    source: "Eager PyTorch executes each module by itself; slices are views of their input",
  },
  {
    ...unfused,
    name: "tensorrt",
    title: "NVIDIA TensorRT",
    foldsBatchNorm: true,
    fusesActivations: { conv: activations, deconv: activations, dense: activations },
    fusesOnTokens: true,
    fusesAdd: true,
    source: "TensorRT Developer Guide, Types of Fusions",
  },
  {
    ...unfused,
    name: "cudnn",
    title: "NVIDIA cuDNN, called directly",
    source: "DeepBench's code calls cuDNN's convolutions by themselves",
  },
  {
    ...unfused,
    name: "miopen",
    title: "AMD MIOpen, called directly",
    source: "DeepBench's code calls MIOpen's convolutions by themselves",
  },
  {
    ...unfused,
    name: "ort",
    title: "ONNX Runtime, CUDA provider",
    foldsBatchNorm: true,
    joinsSplits: true,
    executedElsewhere: (layer) =>
      layer.kind === "deconv" && (layer.pad[0] !== layer.pad[2] || layer.pad[1] !== layer.pad[3])
        ? "ONNX Runtime's CUDA provider leaves transposed convolutions with unequal padding to the CPU; pad both sides alike"
        : null,
    source:
      "Read from the optimised graphs of this project's networks on an NVIDIA H200, ONNX Runtime 1.30 (data/h200-ort/plans.jsonl)",
  },
  {
    ...unfused,
    name: "ort-cpu",
    title: "ONNX Runtime, CPU provider",
    foldsBatchNorm: true,
    fusesActivations: {
      conv: ["relu", "relu6", "sigmoid", "tanh", "leaky_relu", "hard_swish"],
      dense: ["relu", "sigmoid", "tanh"],
      batch: ["relu", "relu6", "sigmoid", "tanh"],
    },
    fusesAdd: true,
    joinsSplits: true,
    source: "Read from the optimised graphs of this project's networks, ONNX Runtime 1.30 (bench/ort/executed_plan.ts)",
  },
];

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
