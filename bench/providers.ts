/**
 * Which of ONNX Runtime's execution providers really runs here. Each is tried in a process of its own, for a native library that fails
 * may take its process down: a session is opened, a convolution runs, its result is compared with the CPU's, and the runtime's profile
 * must say that it was this provider that ran it.
 *
 * @module
 */
import type { SizedLayer } from "neuralpower/dsl";
import { onnxNodeModel } from "../dsl/formats/onnx_node_model.ts";
import { openSession, type Provider, providers, randomTensor } from "./ort/session.ts";

/** A provider, and why this one: a line for each that was tried. */
export interface ProviderChoice {
  readonly provider: Provider;
  readonly why: string;
}

/** Tries a provider. Returns why it cannot be used, in one line; null when it can. */
export type Trial = (provider: Provider) => Promise<string | null>;

/** Largest difference to the CPU's result, as a share of its largest number: TF32 has 10 bits. */
const tolerance = 1e-3;
/** A GPU's first session may have to compile its kernels. */
const timeoutMs = 120_000;

/**
 * Chooses the provider to measure.
 *
 * @param wanted `"auto"` takes the first of cuda, webgpu, cpu that runs.
 * @param attempt For tests.
 * @throws {Error} When the wanted one does not run, with the reason; for `"auto"` when none does.
 */
export async function chooseProvider(
  wanted: "auto" | Provider,
  attempt: Trial = tryProvider,
): Promise<ProviderChoice> {
  const lines: string[] = [];
  for (const provider of wanted === "auto" ? providers : [wanted]) {
    const reason = await attempt(provider);
    if (reason === null) {
      const agrees = provider === "cpu" ? "runs a convolution" : "runs a convolution, with the CPU's result";
      return { provider, why: [...lines, `${provider} was taken: it ${agrees}`].join("\n") };
    }
    lines.push(`${provider} was not taken: ${reason}`);
  }
  throw new Error(lines.join("; "));
}

/** Tries a provider in a process of its own. */
export async function tryProvider(provider: Provider): Promise<string | null> {
  const config = `${import.meta.dirname}/deno.json`;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "--config", config, import.meta.url, provider],
    env: { NO_COLOR: "1", ...provider === "cuda" ? await cudaEnvironment() : {} },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill("SIGKILL");
  }, timeoutMs);
  const { stdout, stderr, code, signal } = await process.output();
  clearTimeout(timer);
  if (late) return `it took more than ${timeoutMs / 1000} s`;
  const messages = new TextDecoder().decode(stderr);
  // Libraries may print lines of their own; ours is the last that is JSON.
  for (const line of new TextDecoder().decode(stdout).split("\n").reverse()) {
    if (!line.startsWith('{"reason":')) continue;
    const { reason } = JSON.parse(line) as { reason: string | null };
    return reason === null ? null : shortened(reason, messages);
  }
  const said = messages.trim().split("\n").at(-1) ?? "";
  const how = signal === null ? `its process ended with status ${code}` : `its process was ended by ${signal}`;
  return said === "" ? how : `${how}: ${said.trim()}`;
}

/** The runtime's reason without the place in its source, and with the library that could not be loaded, which it only logs. */
function shortened(reason: string, messages: string): string {
  const library = /with error: (?:\S*\/)?([^\n]+)/.exec(messages)?.[1];
  const plain = reason.replace(/^\/\S+:\d+ .* was false\. /, "");
  return library === undefined ? plain : `${plain} (${library.trim()})`;
}

/** The library path with the CUDA libraries, if `setup_cuda.ts` knows of any. */
async function cudaEnvironment(): Promise<Record<string, string>> {
  try {
    // Not a literal: measuring on a CPU does not need the module.
    const module = new URL("setup_cuda.ts", import.meta.url).href;
    const { cudaLibraryPath }: { cudaLibraryPath: () => Promise<string> } = await import(module);
    const path = await cudaLibraryPath();
    return path === "" ? {} : { LD_LIBRARY_PATH: path };
  } catch {
    // The provider's own message says which library is missing.
    return {};
  }
}

const layer: SizedLayer<"conv"> = {
  ...{ kind: "conv", op: "conv", outChannels: 32, kernel: [3, 3], stride: [1, 1], pad: [1, 1, 1, 1] },
  ...{ dilation: [1, 1], groups: 1, bias: true, inputShape: [1, 32, 14, 14] },
  ...{ inElements: 32 * 14 * 14, outputShape: [1, 32, 14, 14] },
};

/** Runs the convolution on a provider, in this process. Returns its result and which providers ran its nodes. */
async function runConvolution(provider: Provider): Promise<{ values: Float32Array; ranOn: string[] }> {
  const folder = await Deno.makeTempDir();
  try {
    const model = onnxNodeModel({ layer, activation: null, fusedAdd: false, dtype: "float32" }, { sink: "none" });
    const session = await openSession(model, { provider, profilePrefix: `${folder}/profile` });
    const [output] = Object.values(await session.run({ input: randomTensor("float32", layer.inputShape) }));
    session.endProfiling();
    const values = Float32Array.from(output.data as Float32Array);
    await session.release();
    const [file] = [...Deno.readDirSync(folder)];
    const events: { cat?: string; args?: { provider?: string } }[] = JSON.parse(
      await Deno.readTextFile(`${folder}/${file.name}`),
    );
    const ranOn = events.flatMap(({ cat, args }) => cat === "Node" && args?.provider ? [args.provider] : []);
    return { values, ranOn };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Why a provider cannot be used, tried in this process; null when it can. */
async function reasonAgainst(provider: Provider): Promise<string | null> {
  try {
    const { values, ranOn } = await runConvolution(provider);
    const name = { cuda: "CUDA", webgpu: "WebGpu", cpu: "CPU" }[provider];
    if (!ranOn.some((ran) => ran.toLowerCase().startsWith(name.toLowerCase()))) {
      return `the convolution ran on ${[...new Set(ranOn)].join(" and ") || "nothing"} instead`;
    }
    const { values: expected } = await runConvolution("cpu");
    // max |y − ŷ| / max |ŷ|
    let largest = 0, apart = 0;
    for (let i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      // What is not a number is as wrong as can be.
      apart = Math.max(apart, Number.isFinite(values[i]) ? Math.abs(values[i] - expected[i]) : Infinity);
    }
    return apart <= tolerance * largest
      ? null
      : `its result differs from the CPU's by ${apart / largest} of the largest`;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split("\n")[0].trim();
  }
}

if (import.meta.main) {
  const reason = await reasonAgainst(Deno.args[0] as Provider);
  console.log(`\n${JSON.stringify({ reason })}`);
}
