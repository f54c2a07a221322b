/**
 * Runs ONNX models for tests: on ONNX Runtime's CPU provider, one thread.
 *
 * @module
 */
import * as ort from "onnxruntime-node";
import { type Dtype, elements, type Shape } from "neuralpower/dsl";

/** A tensor that a model gave out. */
export interface Output {
  readonly shape: readonly number[];
  readonly values: number[];
}

/** How to run a model. */
export interface RunOptions {
  /** All by default. */
  readonly optimization?: "disabled" | "all";
}

/** Numbers in −1 … 1 that are the same on every run. */
export function waves(shape: Shape, phase = 0): Float32Array {
  return Float32Array.from({ length: elements(shape) }, (_, i) => Math.sin(1.7 * i + phase) * Math.cos(0.31 * i));
}

/**
 * A tensor to feed.
 *
 * The runtime's addon cannot read a Float16Array in Deno ("not enough space: expected …, got 0"), and its package makes one of any
 * other array; so the addon is shown the same bytes as 16-bit whole numbers.
 */
export function tensor(dtype: Dtype, shape: Shape, values: Float32Array): ort.Tensor {
  if (dtype === "float32") return new ort.Tensor("float32", values, shape);
  const halves = Float16Array.from(values);
  const made = new ort.Tensor("float16", halves as unknown as Uint16Array, shape);
  Object.defineProperty(made, "cpuData", { value: new Uint16Array(halves.buffer) });
  return made;
}

async function open(model: Uint8Array, options: ort.InferenceSession.SessionOptions): Promise<ort.InferenceSession> {
  return await ort.InferenceSession.create(model, {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    ...options,
  });
}

async function run(session: ort.InferenceSession, feeds: Record<string, ort.Tensor>): Promise<Map<string, Output>> {
  const outputs = Object.entries(await session.run(feeds));
  return new Map(outputs.map(([name, { dims, data }]) => [
    name,
    { shape: dims, values: Array.from(data as ArrayLike<number | bigint>, Number) },
  ]));
}

/** Loads a model, runs it once and gives its outputs by name. */
export async function runModel(
  model: Uint8Array,
  feeds: Record<string, ort.Tensor>,
  { optimization = "all" }: RunOptions = {},
): Promise<Map<string, Output>> {
  const session = await open(model, { graphOptimizationLevel: optimization });
  try {
    return await run(session, feeds);
  } finally {
    await session.release();
  }
}

/** A node that ran: its name, as the runtime calls it, and its operator. */
export interface RanNode {
  readonly name: string;
  readonly op: string;
}

/** Runs a model once under the runtime's profiler. */
export async function profileModel(
  model: Uint8Array,
  feeds: Record<string, ort.Tensor>,
  { optimization = "all" }: RunOptions = {},
): Promise<{ outputs: Map<string, Output>; ran: RanNode[] }> {
  const folder = await Deno.makeTempDir();
  try {
    const session = await open(model, {
      graphOptimizationLevel: optimization,
      enableProfiling: true,
      profileFilePrefix: `${folder}/profile`,
    });
    const outputs = await run(session, feeds);
    session.endProfiling();
    await session.release();
    const [file] = [...Deno.readDirSync(folder)];
    const events: { name: string; args?: { op_name?: string } }[] = JSON.parse(
      await Deno.readTextFile(`${folder}/${file.name}`),
    );
    const ran = events.filter((event) => event.name.endsWith("_kernel_time"))
      .map(({ name, args }) => ({ name: name.slice(0, -"_kernel_time".length), op: args?.op_name ?? "" }));
    return { outputs, ran };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
