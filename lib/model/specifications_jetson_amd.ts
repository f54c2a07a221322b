/**
 * NVIDIA Jetson modules and AMD cards.
 *
 * @module
 */
import { type Entry, launchAmd, launchJetson, noIdle, noTf32, nvidiaFormat } from "./specifications_entry.ts";

/** NVIDIA Jetson modules and AMD cards. */
export const jetsonAndAmdEntries = [
  {
    name: "jetson-tx2",
    title: "NVIDIA Jetson TX2 8 GB",
    type: "gpu",
    float32: [0.666, "2 SMs x 128 lanes x 2 x 1.3 GHz, NVIDIA Jetson TX2 module data sheet (2017)"],
    float16: [1.33, "Vector lanes, two float16 in each, NVIDIA Jetson TX2 module data sheet (2017)"],
    tf32Tflops: [null, noTf32],
    bandwidthGBs: [
      59.7,
      "128 bit LPDDR4 at 1,866 MHz, shared with the CPU, NVIDIA Jetson TX2 module data sheet (2017)",
    ],
    memoryGiB: [8, "NVIDIA Jetson TX2 module data sheet (2017)"],
    sharedCacheMiB: [0.5, "512 KB of L2 of the GPU, NVIDIA Jetson TX2 module data sheet (2017)"],
    multiprocessors: [2, "NVIDIA Jetson TX2 module data sheet (2017)"],
    lanesPerMultiprocessor: [128, "NVIDIA Jetson TX2 module data sheet (2017)"],
    clockGHz: [1.3, "Highest clock of the GPU (Max-N), NVIDIA Jetson TX2 module data sheet (2017)"],
    boardW: [15, "Module in the Max-P and Max-N modes, NVIDIA Jetson TX2 module data sheet (2017)"],
    idleW: [null, noIdle],
    launchUs: [10, launchJetson],
  },
  {
    name: "jetson-orin",
    title: "NVIDIA Jetson AGX Orin 64 GB",
    type: "gpu",
    float32: [
      5.32,
      "16 SMs x 128 lanes x 2 x 1.3 GHz, NVIDIA Jetson AGX Orin Series technical brief (2022), 64 GB module",
    ],
    float16: [
      42.6,
      "Tensor cores, half of the 85 TFLOP/s with sparsity, NVIDIA Jetson AGX Orin Series technical brief (2022), 64 GB module",
    ],
    tf32Tflops: [
      21.3,
      "Half of the float16 rate, as on the A100; figured after NVIDIA Jetson AGX Orin Series technical brief (2022), 64 GB module",
    ],
    bandwidthGBs: [
      204.8,
      "256 bit LPDDR5, shared with the CPU, NVIDIA Jetson AGX Orin Series technical brief (2022), 64 GB module",
    ],
    memoryGiB: [64, "NVIDIA Jetson AGX Orin Series technical brief (2022), 64 GB module"],
    sharedCacheMiB: [4, "NVIDIA Jetson AGX Orin Series technical brief (2022), 64 GB module"],
    multiprocessors: [16, "NVIDIA Jetson AGX Orin Series technical brief (2022), 64 GB module"],
    lanesPerMultiprocessor: [128, "NVIDIA Jetson AGX Orin Series technical brief (2022), 64 GB module"],
    clockGHz: [1.3, "Highest clock of the GPU, NVIDIA Jetson AGX Orin Series technical brief (2022), 64 GB module"],
    boardW: [
      60,
      "Highest power mode of the module, NVIDIA Jetson AGX Orin Series technical brief (2022), 64 GB module",
    ],
    idleW: [null, noIdle],
    launchUs: [10, launchJetson],
  },
  {
    name: "mi25",
    title: "AMD Radeon Instinct MI25 16 GB",
    type: "gpu",
    float32: [12.29, "64 CUs x 64 lanes x 2 x 1.5 GHz, AMD Radeon Instinct MI25 data sheet (2017)"],
    float16: [24.6, "Vector lanes, two float16 in each, AMD Radeon Instinct MI25 data sheet (2017)"],
    tf32Tflops: [null, nvidiaFormat],
    bandwidthGBs: [484, "AMD Radeon Instinct MI25 data sheet (2017)"],
    memoryGiB: [16, "AMD Radeon Instinct MI25 data sheet (2017)"],
    sharedCacheMiB: [4, "Vega 10: 4 MB of L2, AMD Radeon Vega architecture white paper (2017)"],
    multiprocessors: [64, "AMD Radeon Instinct MI25 data sheet (2017)"],
    lanesPerMultiprocessor: [64, "AMD Radeon Instinct MI25 data sheet (2017)"],
    clockGHz: [1.5, "Boost clock, AMD Radeon Instinct MI25 data sheet (2017)"],
    boardW: [300, "AMD Radeon Instinct MI25 data sheet (2017)"],
    idleW: [null, noIdle],
    launchUs: [10, launchAmd],
  },
  {
    name: "vega-fe",
    title: "AMD Radeon Vega Frontier Edition 16 GB",
    type: "gpu",
    float32: [13.1, "64 CUs x 64 lanes x 2 x 1.6 GHz, AMD Radeon Vega Frontier Edition specifications (2017)"],
    float16: [26.2, "Vector lanes, two float16 in each, AMD Radeon Vega Frontier Edition specifications (2017)"],
    tf32Tflops: [null, nvidiaFormat],
    bandwidthGBs: [483.8, "2,048 bit HBM2 at 1.89 Gb/s, AMD Radeon Vega Frontier Edition specifications (2017)"],
    memoryGiB: [16, "AMD Radeon Vega Frontier Edition specifications (2017)"],
    sharedCacheMiB: [4, "Vega 10: 4 MB of L2, AMD Radeon Vega architecture white paper (2017)"],
    multiprocessors: [64, "AMD Radeon Vega Frontier Edition specifications (2017)"],
    lanesPerMultiprocessor: [64, "AMD Radeon Vega Frontier Edition specifications (2017)"],
    clockGHz: [1.6, "Boost clock, AMD Radeon Vega Frontier Edition specifications (2017)"],
    boardW: [300, "AMD Radeon Vega Frontier Edition specifications (2017), air-cooled card"],
    idleW: [null, noIdle],
    launchUs: [10, launchAmd],
  },
] as const satisfies readonly Entry[];
