/**
 * Data sheet figures of the devices that the analytical model knows: what it takes for its peak rates, its bandwidth and the
 * two ends of its power range. Every figure carries the text of where it is from; an assumption says that it is one.
 *
 * @module
 */
import { cpuEntries } from "./specifications_cpu.ts";
import { dataCenterEntries } from "./specifications_data_center.ts";
import type { Entry } from "./specifications_entry.ts";
import { geforceEntries } from "./specifications_geforce.ts";
import { jetsonAndAmdEntries } from "./specifications_jetson_amd.ts";
import { teslaEntries } from "./specifications_tesla.ts";

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
  /** The last cache, which all multiprocessors share: a GPU's L2, a CPU's L3, MiB; null where no figure was found. */
  readonly sharedCacheMiB: number | null;
  /** Streaming multiprocessors of a GPU, compute units of an AMD one, cores of a CPU that take part. */
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
 * console.log(specifications.map(({ name }) => name)); // [ "gtx-titan-x", "titan-x-pascal", ... ]
 * ```
 */
export const specifications: readonly Specification[] = [
  ...geforceEntries,
  ...teslaEntries,
  ...dataCenterEntries,
  ...jetsonAndAmdEntries,
  ...cpuEntries,
].map(specification);

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
