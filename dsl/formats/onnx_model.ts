/**
 * What an ONNX file holds, as plain data.
 *
 * @module
 */
import type { Shape } from "../layer.ts";

/** A constant tensor. */
export interface FileTensor {
  readonly name: string;
  /** ONNX's number for its number format. */
  readonly dataType: number;
  readonly shape: Shape;
  /** Its elements in order; absent where they are many or lie in another file. */
  readonly values?: readonly number[];
}

/** A size that is text, or unknown, may differ from run to run. */
export type OpenSize = number | string | undefined;

/** A tensor's name, number format and shape, where they are told. */
export interface FileValue {
  readonly name: string;
  readonly dataType: number;
  readonly shape?: readonly OpenSize[];
}

/** A node's attribute: whichever it is. */
export interface FileAttribute {
  readonly name: string;
  float?: number;
  int?: number;
  text?: string;
  tensor?: FileTensor;
  graph?: FileGraph;
  floats?: number[];
  ints?: number[];
  /** In a function: the attribute of its call that it is. */
  reference?: string;
}

/** An operator in its place. */
export interface FileNode {
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly FileAttribute[];
  /** PyTorch's module that it comes from: `layer1.0.conv1`. */
  readonly module?: string;
}

/** A graph, or a branch of one. */
export interface FileGraph {
  readonly name: string;
  readonly nodes: readonly FileNode[];
  readonly initializers: readonly FileTensor[];
  readonly inputs: readonly FileValue[];
  readonly outputs: readonly FileValue[];
  readonly values: readonly FileValue[];
}

/** An operator made of others. */
export interface FileFunction {
  readonly name: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes that a call may leave out. */
  readonly defaults: readonly FileAttribute[];
  readonly nodes: readonly FileNode[];
}

/** A file. */
export interface FileModel {
  readonly graph: FileGraph;
  /** Versions of the operator sets, by domain; that of ONNX's own operators is empty. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly functions: readonly FileFunction[];
  /** What wrote it. */
  readonly producer: string;
}

/** A number format: how many bytes an element has, and how elements are read. */
interface DataType {
  readonly bytes: number;
  readonly read: (buffer: ArrayBuffer) => number[];
  /** Whether its numbers are whole. */
  readonly whole: boolean;
}

const numbers = (array: new (buffer: ArrayBuffer) => ArrayLike<number | bigint>) => (buffer: ArrayBuffer) =>
  Array.from(new array(buffer), Number);

/** Number formats by ONNX's numbers for them; text and formats of less than a byte are not read. */
export const dataTypes: Readonly<Record<number, DataType>> = {
  1: { bytes: 4, whole: false, read: numbers(Float32Array) },
  2: { bytes: 1, whole: true, read: numbers(Uint8Array) },
  3: { bytes: 1, whole: true, read: numbers(Int8Array) },
  4: { bytes: 2, whole: true, read: numbers(Uint16Array) },
  5: { bytes: 2, whole: true, read: numbers(Int16Array) },
  6: { bytes: 4, whole: true, read: numbers(Int32Array) },
  7: { bytes: 8, whole: true, read: numbers(BigInt64Array) },
  9: { bytes: 1, whole: true, read: numbers(Uint8Array) },
  10: { bytes: 2, whole: false, read: numbers(Float16Array) },
  11: { bytes: 8, whole: false, read: numbers(Float64Array) },
  12: { bytes: 4, whole: true, read: numbers(Uint32Array) },
  13: { bytes: 8, whole: true, read: numbers(BigUint64Array) },
  // The upper half of a float32.
  16: {
    bytes: 2,
    whole: false,
    read: (buffer) => numbers(Float32Array)(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer),
  },
};
