/**
 * The process in which a net file runs: somebody else's code, with the right to read its own folder and the project and no other.
 *
 * It is told on standard input which file to build and how, and answers on standard output between two marks that the file is not
 * told. What it needs for the answer is taken before the file is loaded, which may change every global.
 *
 * @module
 */
import { type BuildOptions, NetworkDefinition } from "neuralpower/dsl";
import { causeOf } from "./net_cause.ts";

/** What the process is told first; the options of the build follow. */
export interface NetFile {
  /** A secret: the answer is what stands between its marks. */
  readonly mark: string;
  /** The file's real path. */
  readonly path: string;
  readonly url: string;
}

/** The network without what follows from its layers' options, or why there is none. */
export type NetAnswer = { readonly network: unknown } | { readonly failed: string };

const { exit, stdin, stdout } = Deno;
const { parse, stringify } = JSON;
const Bytes = Uint8Array;
const encoder = new TextEncoder();
const encodeInto = encoder.encodeInto.bind(encoder);
const write = stdout.writeSync.bind(stdout);
const read = stdin.readSync.bind(stdin);
const readAsync = stdin.read.bind(stdin);
const decoder = new TextDecoder();
const decode = decoder.decode.bind(decoder);

if (import.meta.main) {
  const [first, rest] = readLines();
  const { mark, path, url } = parse(first) as NetFile;
  const asked = readRest(rest);
  const answer = (made: NetAnswer) => {
    const json = stringify(made);
    try {
      send(`${mark}>${json}<${mark}`);
    } catch {
      // Closed by the file, or the command has ended.
      exit(1);
    }
  };
  const fail = (error: unknown) => answer({ failed: causeOf(error, path) });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    fail(event.reason);
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    // Of an error in a worker that the file started there is the text alone.
    fail(event.error ?? new Error(event.message));
  });
  // Storage needs no right, and stays after the process.
  for (const storage of ["localStorage", "sessionStorage", "caches"]) {
    delete (globalThis as Record<string, unknown>)[storage];
  }
  try {
    // The file is loaded while the command reads its options.
    const { default: definition } = await import(url);
    if (!(definition instanceof NetworkDefinition)) {
      const what = definition === undefined
        ? "has no default export"
        : "exports something else than a network by default";
      answer({
        failed: `${what}; write \`export default network("name", { image: [3, 224, 224] }, (x) => …)\``,
      });
    } else {
      const options = await asked;
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

/** Writes text. Of what holds the mark no method or accessor may be asked for: the file may have put its own there. */
function send(text: string): void {
  const bytes = new Bytes(3 * text.length);
  const { written } = encodeInto(text, bytes);
  for (let done = 0; done < written;) {
    const rest = new Bytes(written - done);
    for (let i = done; i < written; i++) rest[i - done] = bytes[i];
    done += write(rest);
  }
}

/** Reads the first line; the second may come with it. */
function readLines(): [first: string, rest: string] {
  const buffer = new Uint8Array(4096);
  for (let text = "";;) {
    const length = read(buffer);
    if (length === null) exit(1);
    text += decode(buffer.subarray(0, length!), { stream: true });
    const end = text.indexOf("\n");
    if (end >= 0) return [text.slice(0, end), text.slice(end + 1)];
  }
}

/** Reads the second line, the build's options. The pipe ends when the command has ended, however it did, and then this process does. */
function readRest(line: string): Promise<BuildOptions> {
  return new Promise((resolve) => {
    const buffer = new Uint8Array(1024);
    const next = (length: number | null) => {
      if (length === null) exit(1);
      line += decode(buffer.subarray(0, length!));
      if (line.endsWith("\n")) resolve(parse(line));
      void readAsync(buffer).then(next);
    };
    if (line.endsWith("\n")) resolve(parse(line));
    void readAsync(buffer).then(next);
  });
}
