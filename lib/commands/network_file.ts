/**
 * Loads what the user gives as NET, whatever its form: a net file runs in a process of its own, others are data and read here.
 *
 * @module
 */
import type { Network, Shape } from "neuralpower/dsl";
import { NetworkError, ShapeError } from "../../dsl/errors.ts";
import { type ByteSource, FormatError, type ReadOptions } from "../../dsl/formats/format_error.ts";
import { checkCosts } from "./net_answer.ts";
import { type Arguments, type Option, UsageError } from "./cli.ts";
import { buildOptions, existing, loadNetwork, type LoadOptions, NetFileError, readBuildOptions } from "./net_file.ts";

/** Reads a network from the file at an absolute path. */
type Reader = (path: string, options: ReadOptions) => Promise<Network>;

/** Forms of networks beside net files, by their files' endings; each reader is loaded only when it is needed. */
const readers: Readonly<Record<string, Reader>> = {
  ".onnx": async (path, options) => {
    const { readOnnx } = await import("../../dsl/formats/onnx_read.ts");
    using file = openSource(path);
    return readOnnx(file, options);
  },
  ".prototxt": async (path, options) => {
    const { readCaffe } = await import("../../dsl/formats/caffe.ts");
    return readCaffe(Deno.readTextFileSync(path), options);
  },
  ".json": async (path, options) => {
    const { readPaleo } = await import("../../dsl/formats/paleo.ts");
    return readPaleo(Deno.readTextFileSync(path), options);
  },
};

/** All endings, for messages. */
export const networkEndings: readonly string[] = [".np.ts", ...Object.keys(readers)];

/** Options of a command that takes networks in any form. */
export const networkOptions = {
  ...buildOptions,
  shape: { value: "INPUT=1x3x224x224", help: "an input's whole shape, for a file whose sizes are open" },
} as const satisfies Readonly<Record<string, Option>>;

/** What a network is built for, in any form. */
export type NetworkOptions = LoadOptions & ReadOptions;

/** Reads {@linkcode networkOptions}, and `--allow-unsupported` where the command has it. */
export function readNetworkOptions(args: Arguments, batch?: number): NetworkOptions {
  return {
    ...readBuildOptions(args, batch),
    shapes: readShapes(args.text("shape")),
    allowUnsupported: args.flag("allow-unsupported"),
  };
}

/**
 * Loads a network from a file in any form.
 *
 * @param file Relative to the user's folder.
 * @throws {NetFileError} When it is missing or cannot be read as a network; the message has the file, what is wrong and what to do.
 */
export async function loadNetworkFile(file: string, options: NetworkOptions): Promise<Network> {
  const ending = Object.keys(readers).find((end) => file.toLowerCase().endsWith(end));
  if (ending === undefined) {
    if (options.shapes !== undefined) throw new UsageError(`--shape does not go with a net file, got ${file}`);
    const { batch, image, dtype, timeoutSeconds } = options;
    return await loadNetwork(file, { batch, image, dtype, timeoutSeconds });
  }
  const path = existing(file);
  const name = path.split(/[\\/]/).at(-1)!.slice(0, -ending.length) || undefined;
  const { timeoutSeconds: _, ...asked } = options;
  try {
    const network = await readers[ending](path, { name, ...asked });
    checkCosts(network);
    return network;
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof ShapeError || error instanceof NetworkError)) throw error;
    throw new NetFileError(`${file}: ${error.message}`);
  }
}

/** An open file, of which readers take what they need. */
function openSource(path: string): ByteSource & Disposable {
  const file = Deno.openSync(path);
  return {
    byteLength: file.statSync().size,
    read(offset, target) {
      file.seekSync(offset, Deno.SeekMode.Start);
      let length = 0;
      while (length < target.byteLength) {
        const more = file.readSync(target.subarray(length));
        if (more === null) break;
        length += more;
      }
      return length;
    },
    [Symbol.dispose]: () => file.close(),
  };
}

function readShapes(text: string | undefined): Record<string, Shape> | undefined {
  if (text === undefined) return undefined;
  return Object.fromEntries(
    text.split(",").map((part) => {
      const [, name, sizes] = /^(.+)=(\d+(?:x\d+)*)$/.exec(part) ?? [];
      const shape = sizes?.split("x").map(Number);
      if (shape === undefined || !shape.every((size) => Number.isSafeInteger(size) && size >= 1)) {
        throw new UsageError(`--shape must be written as input=1x3x224x224, got "${part}"`);
      }
      return [name, shape];
    }),
  );
}
