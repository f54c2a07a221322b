/**
 * Data sheet figures of the devices that the analytical model knows: what it takes for its peak rates, its bandwidth and the
 * two ends of its power range. Every figure carries the text of where it is from; an assumption says that it is one.
 *
 * @module
 */

/**
 * Figures of one device.
 *
 * Rates are in 10^12 floating point operations per second, where one multiply-add counts as two. They are peaks: no kernel
 * reaches them, and the model multiplies them by a fixed fraction.
 *
 * @example
 * ```ts
 * import type { Specification } from "./specifications.ts";
 *
 * // The time that a product of two 4096 x 4096 matrices takes at the least, in seconds.
 * const fastest = ({ peakTflops }: Specification) => (2 * 4096 ** 3) / (peakTflops.float32 * 1e12);
 * console.log(fastest.length); // 1
 * ```
 */
export interface Specification {
  /** Name on the command line: lower case, words joined by hyphens. */
  readonly name: string;
  /** Name on the data sheet. */
  readonly title: string;
  /** Where the layers run. */
  readonly type: "gpu" | "cpu";
  /**
   * Peaks by number format, TFLOP/s. `float32` is of the vector lanes at {@linkcode Specification.clockGHz}; `float16` is of the
   * tensor cores without sparsity where there are any, else of the vector lanes, and null where arithmetic in it is not usable.
   */
  readonly peakTflops: { readonly float32: number; readonly float16: number | null };
  /** Peak of the tensor cores on float32 data rounded to TF32, without sparsity, TFLOP/s; null where there are none for it. */
  readonly tf32Tflops: number | null;
  /** Memory bandwidth, 10^9 bytes per second. */
  readonly bandwidthGBs: number;
  /** Memory, as the data sheet prints it (vendors write GB for GiB), GiB. */
  readonly memoryGiB: number;
  /** Streaming multiprocessors of a GPU, cores of a CPU that take part. */
  readonly multiprocessors: number;
  /** Float32 multiply-adds that one multiprocessor can finish in a cycle. */
  readonly lanesPerMultiprocessor: number;
  /** Clock at which the float32 peak is figured: a GPU's boost clock, a CPU's as the source text says, GHz. */
  readonly clockGHz: number;
  /** Power limit of what the power readings cover (a board, a GPU, a CPU's package), W. */
  readonly boardW: number;
  /** Power of the same when nothing runs, W; null where no figure was found. */
  readonly idleW: number | null;
  /** Time that a call takes however little it computes, microseconds. */
  readonly launchUs: number;
  /**
   * Where each figure is from: a document and its year, or a formula. Keys are the names of the fields above, with
   * `peakTflops.float32` and `peakTflops.float16`; a figure that is null has a text too, which says why.
   */
  readonly sources: Readonly<Record<string, string>>;
}

/** A figure beside the text of where it is from. */
type Sourced<T> = readonly [figure: T, source: string];

/** All figures of a device with their sources: a missing or misspelt one does not compile. */
type Entry =
  & Pick<Specification, "name" | "title" | "type">
  & { readonly [K in "float32" | "float16"]: Sourced<Specification["peakTflops"][K]> }
  & {
    readonly [K in Exclude<keyof Specification, "name" | "title" | "type" | "peakTflops" | "sources">]: Sourced<
      Specification[K]
    >;
  };

const noTensorCores =
  "No tensor cores: NVIDIA brought them in with Volta (Tesla V100 GPU architecture white paper, 2017)";
const noTf32 = "No TF32: NVIDIA brought it in with Ampere (A100 Tensor Core GPU architecture white paper, 2020)";
const launchForum =
  'NVIDIA Developer Forums, "Too much time for kernel launch latency" (2022): about 3 us for an empty kernel on recent hardware';
const launchOld =
  `Assumption of 5 us for older hardware and drivers, after ${launchForum}. A framework's own overhead is not in it`;
const justus = "code of Justus et al. 2018 (github.com/CDECatapult/ml-performance-prediction, merge_data-all.ipynb)";
const willowec = "github.com/willowec/characterizing-pytorch-power";

/** Parts an entry's figures from their sources. */
function specification({ name, title, type, float32, float16, ...rest }: Entry): Specification {
  const [texts, figures] = [1, 0].map((at) =>
    Object.fromEntries(Object.entries(rest).map(([k, pair]) => [k, pair[at]]))
  );
  return {
    name,
    title,
    type,
    peakTflops: { float32: float32[0], float16: float16[0] },
    ...figures as Omit<Specification, keyof Pick<Entry, "name" | "title" | "type"> | "peakTflops" | "sources">,
    sources: { "peakTflops.float32": float32[1], "peakTflops.float16": float16[1], ...texts as Record<string, string> },
  };
}

/**
 * All devices that the model knows.
 *
 * @example
 * ```ts
 * import { specifications } from "./specifications.ts";
 *
 * console.log(specifications.map(({ name }) => name)); // [ "gtx-titan-x", "gtx1080ti", "m60", "p100", "v100", "h200", ... ]
 * ```
 */
export const specifications: readonly Specification[] = ([
  {
    name: "gtx-titan-x",
    title: "NVIDIA GeForce GTX TITAN X 12 GB (Maxwell, 2015)",
    type: "gpu",
    float32: [
      6.6,
      "24 SMs x 128 lanes x 2 x 1.075 GHz; the card of NeuralPower (Cai et al., ACML 2017, arXiv 1710.05420)",
    ],
    float16: [null, `Maxwell computes float16 as float32. ${noTensorCores}`],
    tf32Tflops: [null, noTf32],
    bandwidthGBs: [336.5, "NVIDIA GeForce GTX TITAN X specifications (2015): 384 bit at 7.01 Gb/s"],
    memoryGiB: [12, "NVIDIA GeForce GTX TITAN X specifications (2015): 12,288 MB GDDR5"],
    multiprocessors: [24, "GM200, as tabled in HotHardware, GeForce GTX Titan X review (2015): 24 SMs, 3,072 cores"],
    lanesPerMultiprocessor: [128, "3,072 cores / 24 SMs, NVIDIA GeForce GTX TITAN X specifications (2015)"],
    clockGHz: [1.075, "Boost clock, NVIDIA GeForce GTX TITAN X specifications (2015)"],
    boardW: [250, "Graphics card power, NVIDIA GeForce GTX TITAN X specifications (2015)"],
    idleW: [8, "Measured at the card by Tom's Hardware, GeForce GTX Titan X review (2015)"],
    launchUs: [5, launchOld],
  },
  {
    name: "gtx1080ti",
    title: "NVIDIA GeForce GTX 1080 Ti 11 GB",
    type: "gpu",
    float32: [11.3, `28 SMs x 128 lanes x 2 x 1.582 GHz; the 3,584 cores and 1,582 MHz are also in the ${justus}`],
    float16: [null, `GP102 runs float16 at a 64th of its float32 rate, so none is given. ${noTensorCores}`],
    tf32Tflops: [null, noTf32],
    bandwidthGBs: [484, "NVIDIA GeForce GTX 1080 Ti specifications (2017): 352 bit at 11 Gb/s"],
    memoryGiB: [11, "NVIDIA GeForce GTX 1080 Ti specifications (2017): 11 GB GDDR5X"],
    multiprocessors: [28, "NVIDIA's presentation of the GeForce GTX 1080 Ti at GDC (2017): 28 SMs with 128 cores each"],
    lanesPerMultiprocessor: [128, "3,584 cores / 28 SMs, NVIDIA's presentation at GDC (2017)"],
    clockGHz: [1.582, "Boost clock, NVIDIA GeForce GTX 1080 Ti specifications (2017)"],
    boardW: [250, "Graphics card power, NVIDIA GeForce GTX 1080 Ti specifications (2017)"],
    idleW: [13, "Measured at the card by Tom's Hardware, GeForce GTX 1080 Ti review (2017)"],
    launchUs: [5, launchOld],
  },
  {
    name: "m60",
    title: "NVIDIA Tesla M60, one of its two GPUs",
    type: "gpu",
    float32: [4.83, "16 SMs x 128 lanes x 2 x 1.178 GHz, half of the board's peak"],
    float16: [null, `Maxwell computes float16 as float32. ${noTensorCores}`],
    tf32Tflops: [null, noTf32],
    bandwidthGBs: [160, `NVIDIA Tesla M60 data sheet (2015): 160 GB/s for each GPU; also in the ${justus}`],
    memoryGiB: [8, "NVIDIA Tesla M60 data sheet (2015): 16 GB GDDR5, 8 GB for each GPU"],
    multiprocessors: [16, "GM204, NVIDIA Tesla M60 product brief (2015): 4,096 cores on two GPUs, 128 in each SM"],
    lanesPerMultiprocessor: [128, "2,048 cores / 16 SMs, NVIDIA Tesla M60 product brief (2015)"],
    clockGHz: [1.178, `Boost clock, NVIDIA Tesla M60 product brief (2015); also in the ${justus}`],
    boardW: [150, "Half of the board's 300 W, NVIDIA Tesla M60 product brief (2015)"],
    idleW: [null, "No published reading of one GPU was found"],
    launchUs: [5, launchOld],
  },
  {
    name: "p100",
    title: "NVIDIA Tesla P100 PCIe 16 GB",
    type: "gpu",
    float32: [
      9.3,
      `NVIDIA Tesla P100 PCIe data sheet (2016) = 56 SMs x 64 lanes x 2 x 1.303 GHz. The PCIe card (1,303 MHz, 15.75 GB/s to the host) is the one in the ${justus}`,
    ],
    float16: [18.7, "NVIDIA Tesla P100 PCIe data sheet (2016): vector lanes, two float16 in each"],
    tf32Tflops: [null, noTf32],
    bandwidthGBs: [732, `NVIDIA Tesla P100 PCIe data sheet (2016), 16 GB card; also in the ${justus}`],
    memoryGiB: [16, "NVIDIA Tesla P100 PCIe data sheet (2016)"],
    multiprocessors: [56, "NVIDIA Tesla P100 architecture white paper (2016): 56 SMs with 64 float32 cores each"],
    lanesPerMultiprocessor: [64, "3,584 cores / 56 SMs, NVIDIA Tesla P100 architecture white paper (2016)"],
    clockGHz: [1.303, `Boost clock, NVIDIA Tesla P100 PCIe product brief PB-08248-001 (2016); also in the ${justus}`],
    boardW: [250, "NVIDIA Tesla P100 PCIe data sheet (2016)"],
    idleW: [28.5, "Driver's reading of a Tesla P100-PCIE-16GB with no memory in use, gist of GJSissons (GitHub, 2020)"],
    launchUs: [5, launchOld],
  },
  {
    name: "v100",
    title: "NVIDIA Tesla V100 SXM2 16 GB",
    type: "gpu",
    float32: [
      15.7,
      `NVIDIA Tesla V100 data sheet (2018) = 80 SMs x 64 lanes x 2 x 1.53 GHz. The SXM2 card (300 GB/s of NVLink; 14.9 TFLOP/s at the 1,455 MHz first announced) is the one in the ${justus}`,
    ],
    float16: [125, "NVIDIA Tesla V100 data sheet (2018): tensor cores"],
    tf32Tflops: [null, noTf32],
    bandwidthGBs: [900, `NVIDIA Tesla V100 data sheet (2018); also in the ${justus}`],
    memoryGiB: [16, "NVIDIA Tesla V100 data sheet (2018): 16 or 32 GB; 16 assumed for the card of 2018"],
    multiprocessors: [80, "NVIDIA Tesla V100 GPU architecture white paper (2017): 80 SMs with 64 float32 cores each"],
    lanesPerMultiprocessor: [64, "5,120 cores / 80 SMs, NVIDIA Tesla V100 GPU architecture white paper (2017)"],
    clockGHz: [1.53, "Boost clock, NVIDIA Tesla V100 GPU architecture white paper (2017)"],
    boardW: [300, "NVIDIA Tesla V100 data sheet (2018)"],
    idleW: [
      44,
      "Driver's reading of an unused Tesla V100-SXM2-32GB, listing AaFUPNi5 at pastebin.com (2019); other cards read 57 W",
    ],
    launchUs: [5, launchOld],
  },
  {
    name: "h200",
    title: "NVIDIA H200 SXM 141 GB",
    type: "gpu",
    float32: [66.9, "132 SMs x 128 lanes x 2 x 1.98 GHz; NVIDIA H200 data sheet (2023) rounds it to 67"],
    float16: [989.4, "NVIDIA H100 architecture white paper (2022), SXM5, without sparsity; the H200 computes alike"],
    tf32Tflops: [494.7, "NVIDIA H100 architecture white paper (2022), SXM5, without sparsity; the H200 computes alike"],
    bandwidthGBs: [4800, "NVIDIA H200 data sheet (2023)"],
    memoryGiB: [141, "NVIDIA H200 data sheet (2023): 141 GB HBM3e"],
    multiprocessors: [132, "NVIDIA H100 architecture white paper (2022), SXM5: 132 SMs with 128 float32 cores each"],
    lanesPerMultiprocessor: [128, "16,896 cores / 132 SMs, NVIDIA H100 architecture white paper (2022), SXM5"],
    clockGHz: [1.98, "Boost clock of the vector lanes, NVIDIA H100 architecture white paper (2022), SXM5"],
    boardW: [700, "NVIDIA H200 data sheet (2023): up to 700 W"],
    idleW: [null, "No published reading was found that names its conditions"],
    launchUs: [3, launchForum],
  },
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
] satisfies readonly Entry[]).map(specification);

/**
 * Looks a device up.
 *
 * @param name Its {@linkcode Specification.name}, such as `v100`.
 * @returns Its figures, or undefined where the model does not know it.
 *
 * @example
 * ```ts
 * import { findSpecification } from "./specifications.ts";
 *
 * const v100 = findSpecification("v100");
 * console.log(v100?.bandwidthGBs, v100?.sources.bandwidthGBs); // 900 "NVIDIA Tesla V100 data sheet (2018); ..."
 * console.log(findSpecification("abacus")); // undefined
 * ```
 */
export function findSpecification(name: string): Specification | undefined {
  return specifications.find((specification) => specification.name === name);
}
