/**
 * Random weights, the same for the same seed on every machine, made piece by piece.
 *
 * They are spread evenly over an interval around a mean: drawn by one xorshift (Marsaglia 2003, "Xorshift RNGs") and one multiply-add,
 * a few nanoseconds each, where normally distributed ones would take many times as long. A 138-million-parameter network takes
 * under a second.
 *
 * @module
 */
import { type Dtype, dtypeBytes } from "../layer.ts";
import type { LazyBytes } from "./onnx_proto.ts";

/** An interval that numbers are spread over evenly. */
export interface Spread {
  /** The middle of the interval. */
  readonly mean: number;
  /** Half of the interval's width. */
  readonly reach: number;
}

/** Elements made at a time: 1 MiB of float32. */
const BLOCK = 1 << 18;

/**
 * He's scale for weights before a relu (He et al., arXiv 1502.01852): a variance of 2 / `fanIn` keeps the size of activations from
 * layer to layer.
 *
 * @param fanIn Products that are summed for one output.
 */
export function heSpread(fanIn: number): Spread {
  return { mean: 0, reach: Math.sqrt(6 / fanIn) };
}

/**
 * Random numbers.
 *
 * @param count How many.
 * @param seed A whole number; different ones give unrelated numbers.
 * @param stream Another name gives other numbers with the same seed: a tensor's name.
 * @returns Bytes that are made anew each time they are asked for, always the same.
 *
 * @example
 * ```ts
 * import { randomBytes } from "./onnx_weights.ts";
 *
 * const [bytes] = randomBytes(3, "float32", { mean: 0, reach: 1 }, 1, "conv1/weight").chunks();
 * new Float32Array(bytes.buffer); // three numbers in −1 … 1
 * ```
 */
export function randomBytes(count: number, dtype: Dtype, spread: Spread, seed: number, stream: string): LazyBytes {
  return {
    byteLength: count * dtypeBytes[dtype],
    *chunks() {
      let state = startState(seed, stream);
      for (let start = 0; start < count; start += BLOCK) {
        const size = Math.min(BLOCK, count - start);
        // Typed arrays have the machine's byte order, and every machine that Deno runs on is little-endian, as ONNX is.
        const values = dtype === "float16" ? new Float16Array(size) : new Float32Array(size);
        state = values instanceof Float32Array ? fill32(values, state, spread) : fill16(values, state, spread);
        yield new Uint8Array(values.buffer);
      }
    },
  };
}

/** Two functions of one text: each sees one sort of array, which makes both several times faster. */
function fill32(values: Float32Array, state: number, { mean, reach }: Spread): number {
  const scale = reach / 2 ** 31;
  for (let i = 0; i < values.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = mean + scale * state;
  }
  return state;
}

function fill16(values: Float16Array, state: number, { mean, reach }: Spread): number {
  const scale = reach / 2 ** 31;
  for (let i = 0; i < values.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = mean + scale * state;
  }
  return state;
}

/** A start of the generator: FNV-1a over the name, then MurmurHash3's last step so that near seeds start far apart; never 0. */
function startState(seed: number, stream: string): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < stream.length; i++) hash = Math.imul(hash ^ stream.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return (hash ^ hash >>> 16) || 1;
}
