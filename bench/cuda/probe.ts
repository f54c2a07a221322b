/**
 * The process that tries CUDA out: which libraries load, and whether a convolution's result on the GPU is the CPU's. A process of its
 * own, since the loader reads LD_LIBRARY_PATH at the start, and since a broken driver may bring it down. Writes one line of JSON.
 *
 * @module
 */
import * as ort from "onnxruntime-node";
import { network } from "neuralpower/dsl";
import { nodeModelInputs, onnxNodeModel } from "../../dsl/formats/onnx_node_model.ts";
import { randomTensor } from "../ort/session.ts";
import { cudaLibraries, driverLibrary } from "./libraries.ts";
import type { Probe } from "./diagnose.ts";

/** Why a library does not load; null where it does. */
function loadError(library: string): string | null {
  try {
    // Never closed: what one library has loaded, the next may need.
    Deno.dlopen(library, {});
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A 3×3 convolution's output on a provider. */
async function convolve(provider: "cuda" | "cpu"): Promise<ort.Tensor> {
  const net = network("probe", { image: [8, 16, 16] }, (x) => x.conv(16, { kernel: 3, pad: 1 }));
  const node = { layer: net.build().layers[0], activation: null, fusedAdd: false, dtype: "float32" as const };
  const session = await ort.InferenceSession.create(onnxNodeModel(node, { sink: "none" }), {
    executionProviders: [provider],
    logSeverityLevel: 4,
    // Otherwise what CUDA does not take would run on the CPU, and agree with it.
    ...provider === "cuda" ? { extra: { session: { disable_cpu_ep_fallback: "1" } } } : {},
  });
  try {
    const feeds = nodeModelInputs(node, { sink: "none" }).map(({ name, dtype, shape }) =>
      [name, randomTensor(dtype, shape)] as const
    );
    const [output] = Object.values(await session.run(Object.fromEntries(feeds)));
    return output;
  } finally {
    await session.release();
  }
}

if (import.meta.main) {
  if (Deno.args.includes("--cpu")) {
    // Whether the runtime itself works: the size of what the CPU gives out.
    console.log((await convolve("cpu")).dims.join("x"));
    Deno.exit();
  }
  const errors = [...cudaLibraries, driverLibrary].map(loadError).filter((error) => error !== null);
  let result: Probe["result"];
  try {
    const cuda = (await convolve("cuda")).data as Float32Array;
    const cpu = (await convolve("cpu")).data as Float32Array;
    result = { difference: cpu.reduce((most, value, i) => Math.max(most, Math.abs(value - cuda[i])), 0) };
  } catch (error) {
    result = { error: (error as Error).message };
  }
  console.log(JSON.stringify({ errors, result } satisfies Probe));
}
