/**
 * `deno run -A bench/setup_cuda.ts`: brings ONNX Runtime's CUDA provider, and the CUDA libraries that this machine lacks; then tries a
 * convolution and says in one line each what is missing.
 *
 * @module
 */
import { type Command, runCommand, UsageError } from "../lib/commands/cli.ts";
import { type Finding, findings, type Probe } from "./cuda/diagnose.ts";
import {
  bringLibraries,
  bringProvider,
  cacheFolder,
  findLibraries,
  findRuntime,
  keepFound,
  libraryPath,
  missingProvider,
} from "./cuda/install.ts";

/** A trial is ended after so long, ms: CUDA's start takes some seconds, a hanging driver for ever. */
const trialMs = 120_000;

/** What a subprocess that measures on CUDA needs as LD_LIBRARY_PATH; empty where it needs none. */
export async function cudaLibraryPath(cache = cacheFolder): Promise<string> {
  return await libraryPath(cache);
}

/** All that a trial tells, the first cause first. */
async function tryCuda(cache: string): Promise<Finding[]> {
  const path = await cudaLibraryPath(cache);
  const config = `${import.meta.dirname}/deno.json`;
  const module = `${import.meta.dirname}/cuda/probe.ts`;
  const { stdout, stderr, signal, code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "--config", config, module],
    // An empty LD_LIBRARY_PATH would name the current folder. TF32 off: the trial is of correctness, not of rounding.
    env: { ...path === "" ? {} : { LD_LIBRARY_PATH: path }, NVIDIA_TF32_OVERRIDE: "0" },
    signal: AbortSignal.timeout(trialMs),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const said = text(stdout).trim().split("\n").at(-1) ?? "";
  let probe: Probe = { errors: [], result: { error: `its process ended with ${signal ?? `status ${code}`}` } };
  if (said.startsWith("{")) probe = JSON.parse(said);
  return findings({ ...probe, stderr: text(stderr) });
}

const command: Command = {
  name: "setup_cuda",
  call: "deno run -A bench/setup_cuda.ts",
  takes: "",
  summary: "Brings ONNX Runtime's CUDA provider and the CUDA libraries that this machine lacks, and tries them.",
  options: {
    out: { value: "DIR", help: "folder for CUDA libraries and what was found where (.cache/cuda)" },
    check: { help: "only tell what is missing, in one line each" },
  },
  examples: ["deno run -A bench/setup_cuda.ts", "deno run -A bench/setup_cuda.ts --check"],
  run: async (args) => {
    if (args.positional.length > 0) {
      throw new UsageError(`Unknown argument ${args.positional[0]}; setup_cuda takes options only`);
    }
    const out = args.text("out");
    // Whole, since what was found is used from other folders too.
    const cache = out === undefined || out.startsWith("/") ? out ?? cacheFolder : `${Deno.cwd()}/${out}`;
    if (!args.flag("check")) await setUp(cache);
    const found = await tryCuda(cache);
    for (const { line } of found) console.log(line);
    return found[0].problem === null ? 0 : 1;
  },
};

async function setUp(cache: string): Promise<void> {
  const tell = (line: string) => console.error(line);
  const runtime = await findRuntime();
  if ((await missingProvider(runtime.folder)).length > 0) await bringProvider(runtime, tell);
  await bringLibraries(await findLibraries(cache), cache, tell);
  // The runner looks in the default folder only.
  if (cache !== cacheFolder) await keepFound(await findLibraries(cache), cacheFolder);
}

if (import.meta.main) Deno.exit(await runCommand(command, Deno.args));
