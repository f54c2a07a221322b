import type { Network } from "../network.ts";
import { type ByteSource, FormatError, type ReadOptions } from "./format_error.ts";

/** To be filled in. */
export function readOnnx(_source: ByteSource, _options: ReadOptions = {}): Network {
  throw new FormatError("not yet");
}
