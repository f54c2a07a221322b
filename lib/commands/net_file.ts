/**
 * Loads what the user gives as NET: a network's source, or a layers table.
 *
 * @module
 */
import {
  type BuildOptions,
  type Dtype,
  dtypes,
  type Network,
  NetworkDefinition,
  NetworkError,
  ShapeError,
} from "neuralpower/dsl";
import type { LayersTable } from "../table.ts";
import { type Arguments, type Option, UsageError, userPath } from "./cli.ts";

/** Options of a command that builds networks. */
export const buildOptions = {
  batch: { value: "N", help: "images at once (the network's own by default)" },
  image: { value: "S", help: "side of the square image (the network's own by default)" },
  dtype: { value: "TYPE", help: `${dtypes.join(" or ")} (the network's own by default)` },
} as const satisfies Readonly<Record<string, Option>>;

/** Reads {@linkcode buildOptions}. */
export function readBuildOptions(args: Arguments): BuildOptions {
  return { batch: args.whole("batch"), image: args.whole("image"), dtype: args.choice<Dtype>("dtype", dtypes) };
}

/** Forms of networks that later versions read. */
const notYet = [".onnx", ".prototxt", ".json", ".pb", ".pt"];

/** A file that is no network. The message has the file, what is wrong and what to do. */
export class NetFileError extends TypeError {
  override readonly name = "NetFileError";
}

/**
 * Loads a network's source and builds it.
 *
 * @param file A `.np.ts` file, relative to the user's folder.
 * @throws {NetFileError} Missing, does not parse, throws, or exports no network.
 * @throws {ShapeError} A size does not fit.
 */
export async function loadNetwork(file: string, options: BuildOptions): Promise<Network> {
  const extension = notYet.find((end) => file.endsWith(end));
  if (extension !== undefined) {
    throw new UsageError(`${file}: networks in ${extension} files cannot be read yet; give a .np.ts file`);
  }
  if (!/\.[jt]s$/.test(file)) {
    throw new UsageError(`${file}: is not a network; give a .np.ts file`);
  }
  const path = await existing(file);
  let exported: { default?: unknown };
  try {
    exported = await import(fileUrl(path));
  } catch (error) {
    throw new NetFileError(`${file}: ${cause(error, path)}`);
  }
  const definition = exported.default;
  if (!(definition instanceof NetworkDefinition)) {
    const what = definition === undefined
      ? "has no default export"
      : "exports something else than a network by default";
    throw new NetFileError(
      `${file}: ${what}; write \`export default network("name", { image: [3, 224, 224] }, (x) => …)\``,
    );
  }
  try {
    return definition.build(options);
  } catch (error) {
    throw new NetFileError(`${file}: ${cause(error, path)}`);
  }
}

/** Loads a layers table, relative to the user's folder. */
export async function loadTable(file: string): Promise<LayersTable> {
  const { parseLayersTable } = await import("../table.ts");
  return await parseLayersTable(await readText(file), file);
}

/** Reads a text file, relative to the user's folder. */
export async function readText(file: string): Promise<string> {
  return await Deno.readTextFile(await existing(file));
}

/** The absolute path of a file that exists. */
async function existing(file: string): Promise<string> {
  try {
    const path = await Deno.realPath(userPath(file));
    if ((await Deno.stat(path)).isFile) return path;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new NetFileError(`${file}: cannot be read (${(error as Error).name})`);
    }
    throw new NetFileError(`${file}: there is no such file; give the path of one that exists`);
  }
  throw new NetFileError(`${file}: is a folder; give a file`);
}

function fileUrl(path: string): string {
  const encoded = path.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/");
  return `file://${encoded.startsWith("/") ? "" : "/"}${encoded}`;
}

/** Why a net file failed, on one line; with the place, and the file where it is another one. */
function cause(error: unknown, path: string): string {
  if (!(error instanceof Error)) return `throws ${String(error)}`;
  // The DSL's own errors say what to mend.
  if (error instanceof ShapeError || error instanceof NetworkError) return error.message;
  const [line] = error.message.split("\n");
  if (/^Requires import access|lockfile is out of date/.test(line)) {
    return 'imports what is not on this disk; a net file may import "neuralpower/dsl" and local files';
  }
  const place = /file:\/\/([^\s()]+?):(\d+):(\d+)/.exec(`${error.message}\n${error.stack}`);
  const other = place !== null && decodeURIComponent(place[1]) !== path
    ? `${decodeURIComponent(place[1]).split("/").at(-1)}, `
    : "";
  const at = place === null ? "" : ` (${other}line ${place[2]}, column ${place[3]})`;
  const syntax = /^(?:SyntaxError: |The module's source code could not be parsed: )(.*)/.exec(line);
  return syntax !== null ? `does not parse: ${syntax[1]}${at}` : `throws ${error.name}: ${line}${at}`;
}
