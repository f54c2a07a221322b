/**
 * The process in which a net file runs: somebody else's code, with the right to read its own folder and the project and no other.
 *
 * It is told on standard input which file to build and how, and answers on standard output between two marks that the file cannot
 * know. What it needs for the answer is taken before the file is loaded, which may change every global.
 *
 * @module
 */
import { type BuildOptions, NetworkDefinition } from "neuralpower/dsl";
import { causeOf } from "./net_cause.ts";

/** What the command asks for. */
export interface NetRequest {
  /** A secret: the answer is what stands between its marks. */
  readonly mark: string;
  /** The file's real path. */
  readonly path: string;
  readonly url: string;
  readonly options: BuildOptions;
}

/** The network without what follows from its layers' options, or why there is none. */
export type NetAnswer = { readonly network: unknown } | { readonly failed: string };

const { exit, stdin, stdout } = Deno;
const { parse, stringify } = JSON;
const encoder = new TextEncoder();
const encode = encoder.encode.bind(encoder);
const write = stdout.writeSync.bind(stdout);
const nothing = new Uint8Array(1);

if (import.meta.main) {
  const { mark, path, url, options } = readRequest();
  // Nothing more comes on standard input; it ends when the command has ended, however it did.
  void stdin.read(nothing).then(() => exit(1));

  const answer = (made: NetAnswer) => {
    const bytes = encode(`${mark}>${stringify(made)}<${mark}`);
    for (let written = 0; written < bytes.byteLength;) written += write(bytes.subarray(written));
  };
  const fail = (error: unknown) => answer({ failed: causeOf(error, path) });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    fail(event.reason);
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    fail(event.error);
  });
  try {
    const { default: definition } = await import(url);
    if (!(definition instanceof NetworkDefinition)) {
      const what = definition === undefined
        ? "has no default export"
        : "exports something else than a network by default";
      answer({
        failed: `${what}; write \`export default network("name", { image: [3, 224, 224] }, (x) => …)\``,
      });
    } else {
      const { name, batch, dtype, inputShape, layers, outputs } = definition.build(options);
      const described = [];
      for (let i = 0; i < layers.length; i++) {
        const { inputShape: _first, inElements: _elements, outputShape: _output, ...rest } = layers[i];
        described[i] = rest;
      }
      answer({ network: { name, batch, dtype, inputShape, layers: described, outputs } });
    }
  } catch (error) {
    fail(error);
  }
}

/** Reads the request: one line of JSON. */
function readRequest(): NetRequest {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65536);
  let line = "";
  while (!line.endsWith("\n")) {
    const length = stdin.readSync(buffer);
    if (length === null) return exit(1);
    line += decoder.decode(buffer.subarray(0, length), { stream: true });
  }
  return parse(line);
}
