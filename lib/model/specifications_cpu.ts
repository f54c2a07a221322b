/**
 * Processors that public measurements are of.
 *
 * @module
 */
import { type Entry, willowec } from "./specifications_entry.ts";

/** Processors that public measurements are of. */
export const cpuEntries = [
  {
    name: "raptor-lake",
    title: "Intel Core i7-13700 (Raptor Lake), performance cores",
    type: "cpu",
    float32: [
      1.31,
      `8 cores x 16 lanes x 2 x 5.1 GHz. The model is an assumption: ${willowec} names the machine only "raptorlake", its author tested PAPI (pull request 244, 2024) on a Raptor Lake-S B0, and its passes of over a second draw 65 to 83 W`,
    ],
    float16: [null, "No float16 arithmetic: it has AVX2, not AVX512-FP16 (Intel intrinsics guide)"],
    tf32Tflops: [null, "An NVIDIA format"],
    bandwidthGBs: [
      89.6,
      "Intel Core i7-13700 specifications (2023): two channels DDR5-5600; that speed is an assumption",
    ],
    memoryGiB: [32, `Assumption: ${willowec} does not say`],
    sharedCacheMiB: [30, "30 MB of L3, Intel Core i7-13700 specifications (2023)"],
    multiprocessors: [
      8,
      "Intel Core i7-13700 specifications (2023): 8 performance cores; 8 efficient ones left out",
    ],
    lanesPerMultiprocessor: [
      16,
      "Two 256-bit multiply-add units (Intel 64 optimization reference manual, Golden Cove)",
    ],
    clockGHz: [5.1, "Turbo clock of the performance cores, Intel Core i7-13700 specifications (2023)"],
    boardW: [219, "Maximum turbo power, Intel Core i7-13700 specifications (2023); its base power is 65 W"],
    idleW: [null, `${willowec} has no reading of the idle package`],
    launchUs: [21, `Shortest mean forward pass of a dense layer in ${willowec} (2025), the meter's own time included`],
  },
  {
    name: "broadwell-ep",
    title: "2 x Intel Xeon E5-2620 v4 (Broadwell-EP)",
    type: "cpu",
    float32: [
      1.08,
      `16 cores x 16 lanes x 2 x 2.1 GHz. The model is an assumption: ${willowec} names the machine only "broadwell-ep". Two sockets: its energies are multiples of 1/100 uJ, means of 50 passes over two packages`,
    ],
    float16: [null, "No float16 arithmetic: F16C only converts (Intel intrinsics guide)"],
    tf32Tflops: [null, "An NVIDIA format"],
    bandwidthGBs: [
      136.6,
      "Twice 68.3 GB/s, Intel Xeon E5-2620 v4 specifications (2016): four channels DDR4-2133 a socket",
    ],
    memoryGiB: [32, `Assumption: ${willowec} does not say`],
    sharedCacheMiB: [40, "Twice 20 MB of L3, Intel Xeon E5-2620 v4 specifications (2016)"],
    multiprocessors: [16, "Twice 8 cores, Intel Xeon E5-2620 v4 specifications (2016)"],
    lanesPerMultiprocessor: [16, "Two 256-bit multiply-add units (Intel 64 optimization reference manual, Broadwell)"],
    clockGHz: [2.1, "Base clock, Intel Xeon E5-2620 v4 specifications (2016), as AVX code holds all cores near it"],
    boardW: [
      85,
      "TDP of one package, Intel Xeon E5-2620 v4 specifications (2016): the readings are means of the two packages",
    ],
    idleW: [null, `${willowec} has no reading of the idle packages`],
    launchUs: [57, `Shortest mean forward pass of a dense layer in ${willowec} (2025), the meter's own time included`],
  },
] as const satisfies readonly Entry[];
