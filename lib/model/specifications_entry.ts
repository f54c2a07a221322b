/**
 * An entry of the table of specifications: each figure beside the text of where it is from; and the texts that many share.
 *
 * @module
 */
import type { Specification } from "./specifications.ts";

/** A figure beside the text of where it is from. */
export type Sourced<T> = readonly [figure: T, source: string];

/** All figures of a device with their sources: a missing or misspelt one does not compile. */
export type Entry =
  & Pick<Specification, "name" | "title" | "type">
  & { readonly [K in "float32" | "float16"]: Sourced<Specification["peakTflops"][K]> }
  & {
    readonly [K in Exclude<keyof Specification, "name" | "title" | "type" | "peakTflops" | "sources">]: Sourced<
      Specification[K]
    >;
  };

/** Why a card has no float16 rate of tensor cores. */
export const noTensorCores =
  "No tensor cores: NVIDIA brought them in with Volta (Tesla V100 GPU architecture white paper, 2017)";

/** Why a card has no TF32 rate. */
export const noTf32 = "No TF32: NVIDIA brought it in with Ampere (A100 Tensor Core GPU architecture white paper, 2020)";

/** Why another vendor's card has no TF32 rate. */
export const nvidiaFormat = "An NVIDIA format";

/** Why a card has no idle power. */
export const noIdle = "No published reading was looked up that names its conditions";

/** A launch on recent hardware. */
export const launchForum =
  'NVIDIA Developer Forums, "Too much time for kernel launch latency" (2022): about 3 us for an empty kernel on recent hardware';

/** A launch on older hardware. */
export const launchOld =
  `Assumption of 5 us for older hardware and drivers, after ${launchForum}. A framework's own overhead is not in it`;

/** A launch on a Jetson module. */
export const launchJetson = `Assumption of 10 us: a launch takes the module's slower CPU longer than ${launchForum}`;

/** A launch on an AMD card. */
export const launchAmd =
  "Assumption of 10 us for ROCm of 2017; no published reading was found that names its conditions";

/** Where the cards of Justus et al. are described. */
export const justus =
  "code of Justus et al. 2018 (github.com/CDECatapult/ml-performance-prediction, merge_data-all.ipynb)";

/** Where the processors of the set are described. */
export const willowec = "github.com/willowec/characterizing-pytorch-power";
