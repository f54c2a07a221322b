/**
 * `deno task export`: a network as an ONNX file with random weights, to be run and timed elsewhere.
 *
 * @module
 */
import type { Network } from "neuralpower/dsl";
import { onnxNetworkFile, type OnnxOptions } from "../../dsl/formats/onnx_write.ts";
import { type Arguments, type Command, UsageError, userPath, writeWhole } from "./cli.ts";
import { loadNetworkFile, networkOptions, readNetworkOptions } from "./network_file.ts";

/** The command. */
export const exportCommand: Command = {
  name: "export",
  takes: "NET --out X.onnx",
  summary: "Writes a network as an ONNX file (opset 17), for a fixed batch and image size, with random weights.",
  options: {
    out: { value: "X.onnx", help: "the file to write; needed" },
    ...networkOptions,
    seed: { value: "N", help: "of the random weights (1 by default); the same seed gives the same file" },
    help: { help: "print this" },
  },
  examples: [
    "deno task export nets/resnet50.np.ts --out resnet50.onnx",
    "deno task export nets/vgg16.np.ts --batch 8 --dtype float16 --out vgg16.onnx",
  ],
  run,
};

async function run(args: Arguments): Promise<number> {
  if (args.positional.length !== 1) {
    throw new UsageError(`Give one network (.np.ts, .onnx, .prototxt, .json), got ${args.positional.length}`);
  }
  const out = args.text("out");
  if (out === undefined) throw new UsageError("Say where to write: --out X.onnx");
  if (!out.endsWith(".onnx")) {
    throw new UsageError(`--out must end with .onnx, got "${out}"; other forms are not written`);
  }
  const network = await loadNetworkFile(args.positional[0], readNetworkOptions(args));
  const bytes = await writeOnnxFile(network, userPath(out), { seed: args.whole("seed") });
  console.error(`Wrote ${out}, ${(bytes / 2 ** 20).toFixed(1)} MiB`);
  return 0;
}

/**
 * Writes a network's ONNX file whole or not at all: to a temporary name beside it, then renamed. Weights are made as they are written,
 * so that memory does not grow with the network.
 *
 * @param path Where to; a file there is replaced.
 * @returns The file's size in bytes.
 * @throws {RangeError} When the file would exceed 2 GiB, the end of the format.
 *
 * @example
 * ```ts ignore
 * import resnet50 from "../../nets/resnet50.np.ts";
 *
 * await writeOnnxFile(resnet50.build({ batch: 8 }), "resnet50.onnx");
 * ```
 */
export async function writeOnnxFile(network: Network, path: string, options: OnnxOptions = {}): Promise<number> {
  const onnx = onnxNetworkFile(network, options);
  await writeWhole(path, onnx.chunks());
  return onnx.byteLength;
}
