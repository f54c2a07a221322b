/**
 * Names of NVML's numbers.
 *
 * Source: `nvml.h` as NVIDIA's own Python package repeats it (nvidia-ml-py 13.615.71, `pynvml.py`: `NVML_ERROR_…`,
 * `nvmlClocksEventReason…`, `nvmlClocksThrottleReason…`).
 *
 * @module
 */

const ERRORS: Readonly<Record<number, string>> = {
  0: "SUCCESS",
  1: "UNINITIALIZED",
  2: "INVALID_ARGUMENT",
  3: "NOT_SUPPORTED",
  4: "NO_PERMISSION",
  5: "ALREADY_INITIALIZED",
  6: "NOT_FOUND",
  7: "INSUFFICIENT_SIZE",
  8: "INSUFFICIENT_POWER",
  9: "DRIVER_NOT_LOADED",
  10: "TIMEOUT",
  11: "IRQ_ISSUE",
  12: "LIBRARY_NOT_FOUND",
  13: "FUNCTION_NOT_FOUND",
  14: "CORRUPTED_INFOROM",
  15: "GPU_IS_LOST",
  16: "RESET_REQUIRED",
  17: "OPERATING_SYSTEM",
  18: "LIB_RM_VERSION_MISMATCH",
  19: "IN_USE",
  20: "MEMORY",
  21: "NO_DATA",
  22: "VGPU_ECC_NOT_SUPPORTED",
  23: "INSUFFICIENT_RESOURCES",
  24: "FREQ_NOT_SUPPORTED",
  25: "ARGUMENT_VERSION_MISMATCH",
  26: "DEPRECATED",
  27: "NOT_READY",
  28: "GPU_NOT_FOUND",
  29: "INVALID_STATE",
  30: "RESET_TYPE_NOT_SUPPORTED",
  999: "UNKNOWN",
};

/** What helps, for the codes where a user can do something. */
const ADVICE: Readonly<Record<number, string>> = {
  2: "check the GPU's index: `nvidia-smi -L` lists them",
  4: "run as a user who may open /dev/nvidia*",
  9: "load the NVIDIA driver, or check that the container was given the GPU",
  15: "the GPU has fallen off the bus: restart the machine",
  16: "the GPU needs a reset by its administrator",
  18: "the driver was updated since the machine started: restart it",
};

/** What lowers the clocks, by bit. */
const THROTTLE: readonly (readonly [bit: number, name: string])[] = [
  [0x1, "gpu idle"],
  [0x2, "application clocks"],
  [0x4, "software power cap"],
  [0x8, "hardware slowdown"],
  [0x10, "sync boost"],
  [0x20, "software thermal slowdown"],
  [0x40, "hardware thermal slowdown"],
  [0x80, "hardware power brake"],
  [0x100, "display clocks"],
  [0x200, "board limit"],
  [0x400, "reliability"],
];

/** Name of an `nvmlReturn_t`, without its prefix; `CODE_n` for one that this table lacks. */
export function nvmlErrorName(code: number): string {
  return ERRORS[code] ?? `CODE_${code}`;
}

/** A call of NVML that failed. */
export class NvmlError extends Error {
  /** Name of the class, for handlers that compare names. */
  override readonly name = "NvmlError";

  /** Makes the sentence: the function, the code's name, what to do. */
  constructor(
    /** Name of the C function. */
    readonly call: string,
    /** Its `nvmlReturn_t`. */
    readonly code: number,
  ) {
    const advice = ADVICE[code] === undefined ? "" : `; ${ADVICE[code]}`;
    super(`NVML's ${call} failed with ${nvmlErrorName(code)} (${code})${advice}`);
  }
}

/**
 * What lowers the clocks, in words; empty for none.
 *
 * @example
 * ```ts
 * import { throttleReasons } from "./nvml_names.ts";
 *
 * console.log(throttleReasons(0x44)); // [ "software power cap", "hardware thermal slowdown" ]
 * ```
 *
 * @param mask Value of nvidia-smi's `clocks_event_reasons.active`, or of `nvmlDeviceGetCurrentClocksEventReasons`.
 */
export function throttleReasons(mask: number): string[] {
  const names = THROTTLE.filter(([bit]) => (mask & bit) !== 0).map(([, name]) => name);
  // The mask has 64 bits, JavaScript's & has 32: arithmetic finds what the table does not know.
  const rest = mask - THROTTLE.reduce((sum, [bit]) => sum + ((mask & bit) !== 0 ? bit : 0), 0);
  return rest === 0 ? names : [...names, `unknown 0x${rest.toString(16)}`];
}
