/**
 * What readers of files have in common: what they are asked for, and how they say that a file cannot be read.
 *
 * A reader is a pure function of a file's bytes or text and of {@linkcode ReadOptions}, which gives a network or throws an error of ours with one
 * line: a {@linkcode FormatError}, or a `ShapeError` or `NetworkError` of the DSL. Files are somebody else's: sizes that they state are
 * checked against what there is, and recursion is bounded.
 *
 * @module
 */
import type { BuildOptions } from "../network.ts";
import type { Shape } from "../layer.ts";

/** A file that cannot be read as a network, or not without being told more. The message is one line; the file's name is the caller's to add. */
export class FormatError extends RangeError {
  /** The class's name. */
  override readonly name: string = "FormatError";
}

/** What to make of a file. */
export interface ReadOptions extends BuildOptions {
  /** The network's name; by default the one that the file has, if any. */
  readonly name?: string;
  /** Whole shapes of inputs by their names, batch first. */
  readonly shapes?: Readonly<Record<string, Shape>>;
  /** Operators that are not known become layers that nothing predicts, instead of an error. False by default. */
  readonly allowUnsupported?: boolean;
}

/** A file's bytes, of which only some are read: weights are not. */
export interface ByteSource {
  /** How many bytes there are. */
  readonly byteLength: number;
  /**
   * Reads into `target` from a place on, as many bytes as fit into it and are there.
   *
   * @returns How many were read.
   */
  readonly read: (offset: number, target: Uint8Array) => number;
}

/** Bytes in memory as a source. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    byteLength: bytes.byteLength,
    read(offset, target) {
      const part = bytes.subarray(offset, offset + target.byteLength);
      target.set(part);
      return part.byteLength;
    },
  };
}

/** A text of a file as it can stand in a message of one line: without what steers a terminal, and not endless. */
export function quoted(text: string): string {
  const shown = plain(text);
  return shown.length > 80 ? `"${shown.slice(0, 79)}…"` : `"${shown}"`;
}

/** A text without what steers a terminal or ends a line. */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, "?");
}
