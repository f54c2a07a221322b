/**
 * Loads what the user gives as NET: a network's source, or a layers table.
 *
 * @module
 */
import type { BuildOptions, Dtype, Network } from "neuralpower/dsl";
import { NetworkError, ShapeError } from "../../dsl/errors.ts";
import { dtypes } from "../../dsl/layer.ts";
import type { LayersTable } from "../table.ts";
import { type Arguments, type Option, printLines, UsageError, userPath } from "./cli.ts";
import { networkOfAnswer } from "./net_answer.ts";
import { askNet, tellLater } from "./net_process.ts";

/** Options of a command that builds networks. */
export const buildOptions = {
  batch: { value: "N", help: "images at once (the network's own by default)" },
  image: { value: "S", help: "side of the square image (the network's own by default)" },
  dtype: { value: "TYPE", help: `${dtypes.join(" or ")} (the network's own by default)` },
  timeout: { value: "S", help: "seconds that a net file may take to give its network (10 by default)" },
} as const satisfies Readonly<Record<string, Option>>;

/** What a network is built for, and how long that may take. */
export interface LoadOptions extends BuildOptions {
  /** 10 by default. */
  readonly timeoutSeconds?: number;
}

/** Reads {@linkcode buildOptions}; the batch is the option's, unless it is one of several. */
export function readBuildOptions(args: Arguments, batch = args.whole("batch")): LoadOptions {
  const timeoutSeconds = args.whole("timeout");
  if (timeoutSeconds !== undefined && timeoutSeconds > 600) {
    throw new UsageError(`--timeout must be at most 600 seconds, got ${timeoutSeconds}`);
  }
  return {
    batch,
    image: args.whole("image"),
    dtype: args.choice<Dtype>("dtype", dtypes),
    timeoutSeconds,
  };
}

/** Forms of networks that later versions read. */
const notYet = [".pb", ".pt"];

/** A file decides what its errors say. */
const longestMessage = 1000;

/** A file that is no network. The message has the file, what is wrong and what to do. */
export class NetFileError extends TypeError {
  override readonly name = "NetFileError";
  /** What the file printed before it failed. */
  readonly printed: string;

  /** Takes what to show after the message, too. */
  constructor(message: string, printed = "") {
    super(message);
    this.printed = printed;
  }
}

/**
 * Loads a network's source in a process of its own that may only read, and builds the network there. What the file prints goes to
 * standard error.
 *
 * @param file A `.np.ts` file, relative to the user's folder.
 * @throws {NetFileError} Missing, does not parse, throws, exports no network, tries what it may not, or does not end in time.
 */
export async function loadNetwork(file: string, { timeoutSeconds = 10, ...options }: LoadOptions): Promise<Network> {
  const extension = notYet.find((end) => file.endsWith(end));
  if (extension !== undefined) {
    throw new UsageError(
      `${file}: networks in ${extension} files cannot be read yet; give a .np.ts, .onnx, .prototxt or Paleo .json file`,
    );
  }
  if (!/\.[jt]s$/.test(file)) {
    throw new UsageError(`${file}: is not a network; give a .np.ts, .onnx, .prototxt or Paleo .json file`);
  }
  const { answer, failed, printed } = await askNet(existing(file), options, timeoutSeconds);
  // Whatever stands there may be false, or have been changed on its way into JSON.
  const told: { failed?: unknown; network?: unknown } = typeof answer === "object" && answer !== null ? answer : {};
  const why = failed ?? (typeof told.failed === "string" ? told.failed.slice(0, longestMessage) : undefined);
  if (why !== undefined) throw new NetFileError(`${file}: ${why}`, await printed);
  let network: Network;
  try {
    network = networkOfAnswer(told.network, options);
  } catch (error) {
    const { message } = error as Error;
    const known = error instanceof ShapeError || error instanceof NetworkError;
    throw new NetFileError(
      `${file}: ${known ? message : `gives a network that cannot be used: ${message}`}`.slice(0, longestMessage),
      await printed,
    );
  }
  tellLater(printed, printLines);
  return network;
}

/** Loads a layers table, relative to the user's folder. */
export async function loadTable(file: string): Promise<LayersTable> {
  const { parseLayersTable } = await import("../table.ts");
  return await parseLayersTable(await readText(file), file);
}

/** Reads a text file, relative to the user's folder. */
export async function readText(file: string): Promise<string> {
  return await Deno.readTextFile(existing(file));
}

/** The absolute path of a file that exists. */
export function existing(file: string): string {
  try {
    const path = Deno.realPathSync(userPath(file));
    if (Deno.statSync(path).isFile) return path;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new NetFileError(`${file}: cannot be read (${(error as Error).name})`);
    }
    throw new NetFileError(`${file}: there is no such file; give the path of one that exists`);
  }
  throw new NetFileError(`${file}: is a folder; give a file`);
}
