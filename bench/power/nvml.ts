/**
 * NVIDIA's management library, called directly: energy counter, power, clocks, temperature of one GPU.
 *
 * Source of names, units and layouts: NVML API reference, docs.nvidia.com/deploy/nvml-api, and NVIDIA's Python packages
 * (nvidia-ml-py 13.615.71; cuda.bindings.nvml). What matters here: `nvmlDeviceGetTotalEnergyConsumption` gives mJ since the driver was
 * last reloaded, on Volta and newer; `nvmlDeviceGetPowerUsage` gives mW, averaged over 1 s on Ampere (except GA100) and newer and
 * instantaneous before; the fields 185 and 186 (`NVML_FI_DEV_POWER_AVERAGE`, `…_INSTANT`) tell the two apart, scope 0 is the GPU.
 *
 * @module
 */
import { type PowerMeter, type Reading, reading, Warnings } from "./meter.ts";
import { NvmlError, nvmlErrorName } from "./nvml_names.ts";
import { INTERVAL_MS, pollingMeter, type Reader } from "./polling.ts";

/** Which GPU, and how. */
export interface NvmlOptions {
  /** Library's file; `libnvidia-ml.so.1` (Windows: `nvml.dll`), which comes with the driver, unless given. */
  readonly library?: string;
  /** Which GPU, 0 unless given, in the order of PCI addresses, as in nvidia-smi; CUDA has it so with `CUDA_DEVICE_ORDER=PCI_BUS_ID`. */
  readonly index?: number;
  /** Milliseconds between samples, 20 unless given. */
  readonly intervalMs?: number;
}

const out = ["pointer", "buffer"] as const;
const of = ["pointer", "u32", "buffer"] as const;

/** All but the first three are optional: an old driver's library lacks some, and then only what they tell is null. */
const SYMBOLS = {
  nvmlInit_v2: { parameters: [], result: "i32" },
  nvmlShutdown: { parameters: [], result: "i32" },
  nvmlDeviceGetHandleByIndex_v2: { parameters: ["u32", "buffer"], result: "i32" },
  nvmlSystemGetDriverVersion: { parameters: ["buffer", "u32"], result: "i32", optional: true },
  nvmlDeviceGetName: { parameters: ["pointer", "buffer", "u32"], result: "i32", optional: true },
  nvmlDeviceGetTotalEnergyConsumption: { parameters: out, result: "i32", optional: true },
  nvmlDeviceGetPowerUsage: { parameters: out, result: "i32", optional: true },
  nvmlDeviceGetFieldValues: { parameters: ["pointer", "i32", "buffer"], result: "i32", optional: true },
  nvmlDeviceGetClockInfo: { parameters: of, result: "i32", optional: true },
  nvmlDeviceGetTemperature: { parameters: of, result: "i32", optional: true },
  nvmlDeviceGetCurrentClocksEventReasons: { parameters: out, result: "i32", optional: true },
  nvmlDeviceGetCurrentClocksThrottleReasons: { parameters: out, result: "i32", optional: true },
  nvmlDeviceGetUtilizationRates: { parameters: out, result: "i32", optional: true },
  nvmlDeviceGetEnforcedPowerLimit: { parameters: out, result: "i32", optional: true },
} as const;

const CLOCK_SM = 1, CLOCK_MEM = 2, TEMPERATURE_GPU = 0;
const POWER_AVERAGE = 185, POWER_INSTANT = 186;
/** `nvmlFieldValue_t`: u32 field, u32 scope, i64 timestamp, i64 latency, i32 value type, i32 return, 8 bytes of value. */
const FIELD_BYTES = 40, FIELD_RETURN = 28, FIELD_VALUE = 32;
const NOT_SUPPORTED = 3, FUNCTION_NOT_FOUND = 13;

/**
 * Opens one GPU for reading.
 *
 * @throws {Error} When the library cannot be loaded.
 * @throws {NvmlError} When the library has no driver or no such GPU.
 */
export function openNvml(options: NvmlOptions = {}): Reader {
  const path = options.library ?? (Deno.build.os === "windows" ? "nvml.dll" : "libnvidia-ml.so.1");
  const library = load(path);
  const { symbols } = library;
  const handleOut = new BigUint64Array(1);
  try {
    check("nvmlInit_v2", symbols.nvmlInit_v2());
    try {
      check(
        "nvmlDeviceGetHandleByIndex_v2",
        symbols.nvmlDeviceGetHandleByIndex_v2(options.index ?? 0, bytes(handleOut)),
      );
    } catch (error) {
      symbols.nvmlShutdown();
      throw error;
    }
  } catch (error) {
    library.close();
    throw error;
  }
  const handle = Deno.UnsafePointer.create(handleOut[0]);
  const warnings = new Warnings();

  /** Success, or a warning; a function that the library lacks counts as one that failed. */
  const works = (call: string, code: number | undefined): boolean => {
    if (code === 0) return true;
    const name = nvmlErrorName(code ?? FUNCTION_NOT_FOUND);
    warnings.add(call, `NVML's ${call} gives nothing: ${name} (${code ?? FUNCTION_NOT_FOUND}); its readings are null`);
    return false;
  };
  const one = new Uint32Array(1),
    two = new Uint32Array(2),
    wide = new BigUint64Array(1),
    fields = new Uint8Array(2 * FIELD_BYTES);
  const view = new DataView(fields.buffer);

  const energyMj = () => {
    const call = "nvmlDeviceGetTotalEnergyConsumption";
    return works(call, symbols[call]?.(handle, bytes(wide))) ? Number(wide[0]) : null;
  };
  const milli = (call: "nvmlDeviceGetPowerUsage" | "nvmlDeviceGetEnforcedPowerLimit") =>
    works(call, symbols[call]?.(handle, bytes(one))) ? one[0] / 1000 : null;
  const clock = (type: number) =>
    works(`nvmlDeviceGetClockInfo(${type})`, symbols.nvmlDeviceGetClockInfo?.(handle, type, bytes(one)))
      ? one[0]
      : null;
  const temperature = () => {
    const call = "nvmlDeviceGetTemperature";
    return works(call, symbols[call]?.(handle, TEMPERATURE_GPU, bytes(one))) ? one[0] : null;
  };
  const throttle = () => {
    // NVML renamed the function with driver 535; where both exist they tell the same.
    const call = symbols.nvmlDeviceGetCurrentClocksEventReasons ?? symbols.nvmlDeviceGetCurrentClocksThrottleReasons;
    return works("nvmlDeviceGetCurrentClocksEventReasons", call?.(handle, bytes(wide))) ? Number(wide[0]) : null;
  };
  const utilization = () => {
    const call = "nvmlDeviceGetUtilizationRates";
    return works(call, symbols[call]?.(handle, bytes(two))) ? two[0] / 100 : null;
  };
  const powers = (): Pick<Reading, "powerW" | "averageW"> => {
    fields.fill(0);
    view.setUint32(0, POWER_INSTANT, true);
    view.setUint32(FIELD_BYTES, POWER_AVERAGE, true);
    const code = symbols.nvmlDeviceGetFieldValues?.(handle, 2, bytes(fields)) ?? FUNCTION_NOT_FOUND;
    const value = (at: number, name: string) => {
      const status = code === 0 ? view.getInt32(at + FIELD_RETURN, true) : code;
      // The average is a field that only Ampere and newer have: its absence is no news, and nvmlDeviceGetPowerUsage follows.
      if (status === NOT_SUPPORTED && name === "average") return null;
      return works(`nvmlDeviceGetFieldValues (${name} power)`, status)
        ? view.getUint32(at + FIELD_VALUE, true) / 1000
        : null;
    };
    const powerW = value(0, "instant");
    return { powerW, averageW: value(FIELD_BYTES, "average") ?? milli("nvmlDeviceGetPowerUsage") };
  };

  const driver = text(96, (buffer) => symbols.nvmlSystemGetDriverVersion?.(buffer, 96));
  const device = text(96, (buffer) => symbols.nvmlDeviceGetName?.(handle, buffer, 96));
  return {
    device,
    driver,
    read: () =>
      reading({
        energyMj: energyMj(), // First, right after the clock was read: its ticks bound the window.
        ...powers(),
        smClockMhz: clock(CLOCK_SM),
        memoryClockMhz: clock(CLOCK_MEM),
        temperatureC: temperature(),
        throttle: throttle(),
        utilization: utilization(),
        limitW: milli("nvmlDeviceGetEnforcedPowerLimit"),
      }),
    warnings: () => warnings.list(),
    close() {
      symbols.nvmlShutdown();
      library.close();
    },
  };
}

/** A meter that reads NVML in the thread that calls it; `threaded` of `thread.ts` gives it one of its own. */
export function nvmlMeter(options: NvmlOptions = {}): PowerMeter {
  return pollingMeter("nvml", () => openNvml(options), options.intervalMs ?? INTERVAL_MS);
}

function load(path: string): Deno.DynamicLibrary<typeof SYMBOLS> {
  try {
    return Deno.dlopen(path, SYMBOLS);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `NVML's library ${path} does not load (${why}); install the NVIDIA driver, or say where the file is`,
      {
        cause: error,
      },
    );
  }
}

function check(call: string, code: number): void {
  if (code !== 0) throw new NvmlError(call, code);
}

/** Deno's FFI takes byte arrays on all its versions. */
function bytes(
  array: Uint32Array<ArrayBuffer> | BigUint64Array<ArrayBuffer> | Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer);
}

/** A C string that a call writes; null when it fails. */
function text(length: number, call: (buffer: Uint8Array<ArrayBuffer>) => number | undefined): string | null {
  const buffer = new Uint8Array(length);
  if (call(buffer) !== 0) return null;
  const end = buffer.indexOf(0);
  return new TextDecoder().decode(end < 0 ? buffer : buffer.subarray(0, end));
}
