/**
 * What keeps CUDA from working, told from what the trial process reports: each problem in one line.
 *
 * @module
 */
import { cudaLibraries, driverLibrary } from "./libraries.ts";

/** The largest absolute difference from the CPU's result that passes; TF32 is off in the trial, so only the order of sums differs. */
export const tolerance = 1e-3;

/** What the trial process found. */
export interface Probe {
  /** Why libraries did not load, in the loader's words. */
  readonly errors: readonly string[];
  /** The largest absolute difference from the CPU's result, null where it is not a number; or why there is no result. */
  readonly result: { readonly difference: number | null } | { readonly error: string };
  /** What it wrote to standard error: the runtime names the library that failed only there. */
  readonly stderr?: string;
}

/** What is wrong: one of these stands before each line. */
export type Problem = "provider" | "library" | "driver" | "device" | "result" | "other";

/** A problem, or that there is none. */
export interface Finding {
  /** Null: it works. */
  readonly problem: Problem | null;
  /** One line: what, and what to do. */
  readonly line: string;
}

const setUp = "`deno run -A bench/setup_cuda.ts`";

/** All that a trial tells, the first cause first. At least one finding; the first one's problem is null where CUDA works. */
export function findings({ errors, result, stderr = "" }: Probe): Finding[] {
  const text = [...errors, stderr, "error" in result ? result.error : ""].join("\n");
  const absent = [...text.matchAll(/(?:^|[\s/])(lib[\w.-]+?\.so[.\d]*): cannot open shared object file/gm)];
  const missing = [...new Set(absent.map(([, name]) => name))];
  const libraries = missing.filter((name) => name !== driverLibrary && !name.startsWith("libonnxruntime"));
  // In the table's order, which is that of loading; others, which the system should have, after them.
  libraries.sort((a, b) => (cudaLibraries.indexOf(a) >>> 0) - (cudaLibraries.indexOf(b) >>> 0));
  if ("difference" in result) return [resultFinding(result.difference, libraries)];

  const found: Finding[] = [];
  const add = (problem: Problem, line: string) => void found.push({ problem, line: `CUDA: ${line}` });
  for (const name of missing.filter((name) => name.startsWith("libonnxruntime_providers_"))) {
    add("provider", `provider library missing: ${name}; ${setUp} brings it`);
  }
  for (const name of libraries) {
    add(
      "library",
      cudaLibraries.includes(name)
        ? `library missing: ${name}; ${setUp} brings it`
        : `library missing: ${name}; install it from your system's packages`,
    );
  }
  const symbol = /undefined symbol: (cu[A-Z]\w*)/.exec(text)?.[1];
  const failure = /\b(CUDA|CUDNN|CUBLAS|CURAND|CUFFT) failure (\d+): ([^;\n]*)/.exec(text);
  const [, , code] = failure ?? [];
  if (missing.includes(driverLibrary)) {
    add("driver", `driver missing: ${driverLibrary} is not found; install NVIDIA's driver 580 or later, for CUDA 13`);
  } else if (symbol !== undefined || failure?.[1] === "CUDA" && code === "35") {
    const sign = symbol === undefined ? "CUDA failure 35" : `${driverLibrary} has no ${symbol}`;
    add("driver", `driver too old: ${sign}; install NVIDIA's driver 580 or later, for CUDA 13`);
  } else if (failure?.[1] === "CUDA" && code === "100") {
    add("device", "no device: CUDA failure 100; see whether `nvidia-smi -L` lists a GPU, and CUDA_VISIBLE_DEVICES");
  } else if (failure !== null) {
    add("other", `${failure[1]} failure ${code}: ${failure[3].trim()}; look it up in NVIDIA's documentation`);
  }
  if (found.length === 0) {
    const said = result.error.trim().split("\n").at(-1);
    add("other", `the trial failed: ${said === "" ? "it gave no reason" : said}; run it alone: bench/cuda/probe.ts`);
  }
  return found;
}

function resultFinding(difference: number | null, missing: readonly string[]): Finding {
  if (difference === null || !(difference <= tolerance)) {
    const size = difference === null ? "by what is not a number" : `by ${difference.toPrecision(2)}`;
    const line =
      `CUDA: wrong result: a convolution differs from the CPU's ${size}, more than ${tolerance}; do not measure`;
    return { problem: "result", line };
  }
  const but = missing.length === 0 ? "" : `; ${missing.join(", ")} missing, which some layers need: ${setUp}`;
  return {
    problem: null,
    line: `CUDA works: a convolution is within ${difference.toPrecision(2)} of the CPU's${but}`,
  };
}
