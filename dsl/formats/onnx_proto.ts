/**
 * The parts of the ONNX file format that a network needs, as protocol buffers. A message knows its size before a weight is made, so
 * that a file can be written piece by piece, however large its weights are.
 *
 * Field numbers are those of ONNX's `onnx.proto`; fields stand in their order and lists of whole numbers are not packed, as ONNX's
 * own tools write them.
 *
 * @module
 */
import type { Dtype, Shape } from "../layer.ts";

/** Bytes that are made only when they are written; `chunks` gives `byteLength` bytes in all. */
export interface LazyBytes {
  /** How many bytes. */
  readonly byteLength: number;
  /** The bytes in order, made anew at each call. */
  readonly chunks: () => Iterable<Uint8Array>;
}

/** Number formats of tensors in a file: `int64` holds shapes. */
export type TensorDtype = Dtype | "int64";

/** ONNX's numbers for number formats (`TensorProto.DataType`). */
const dataTypes: Readonly<Record<TensorDtype, number>> = { float32: 1, int64: 7, float16: 10 };

/** ONNX's numbers for attributes (`AttributeProto.AttributeType`), and the field that holds the value. */
const attributeTypes = {
  float: { type: 1, field: 2 },
  int: { type: 2, field: 3 },
  string: { type: 3, field: 4 },
  floats: { type: 6, field: 7 },
  ints: { type: 7, field: 8 },
};

/** An attribute of a node. */
export type Attribute =
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "floats" | "ints"; readonly value: readonly number[] };

/** An operator in its place in a graph; `inputs` and `outputs` are names of tensors. */
export interface OnnxNode {
  /** Its own name, which a profile calls it by. */
  readonly name: string;
  /** The operator: `Conv`. */
  readonly op: string;
  /** Tensors that it reads, in the operator's order. */
  readonly inputs: readonly string[];
  /** Tensors that it makes. */
  readonly outputs: readonly string[];
  /** The operator's options by name. */
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A constant tensor: weights. */
export interface OnnxTensor {
  /** Its name in the graph. */
  readonly name: string;
  /** Number format. */
  readonly dtype: TensorDtype;
  /** Empty for a scalar. */
  readonly shape: Shape;
  /** Little-endian, the last axis fastest. */
  readonly data: LazyBytes;
}

/** A tensor's name, number format and shape; a size that is a string may differ from run to run. */
export interface OnnxValue {
  /** Its name in the graph. */
  readonly name: string;
  /** Number format. */
  readonly dtype: TensorDtype;
  /** Sizes; equal strings stand for equal sizes. */
  readonly shape: readonly (number | string)[];
}

/** A graph: what a file holds beside its versions. */
export interface OnnxGraph {
  /** The network's name. */
  readonly name: string;
  /** In execution order. */
  readonly nodes: readonly OnnxNode[];
  /** What must be fed. */
  readonly inputs: readonly OnnxValue[];
  /** What it gives out. */
  readonly outputs: readonly OnnxValue[];
  /** Shapes of tensors between nodes; readers may use them or derive them. */
  readonly values: readonly OnnxValue[];
  /** Weights and other constants. */
  readonly initializers: readonly OnnxTensor[];
}

/** Versions of the format: of the file's structure, and of the operators. */
const IR_VERSION = 8, OPSET = 17;

/** Protocol buffers end here: larger files cannot be read back. */
const MAX_BYTES = 2 ** 31 - 1;

/** Small parts are joined to chunks of this many bytes; larger ones are passed on as they are. */
const CHUNK_BYTES = 1 << 16;

const VARINT = 0, BYTES = 2, FIXED32 = 5;

const utf8 = new TextEncoder();

/** A protocol buffers message under construction. */
class Message {
  readonly parts: (Uint8Array | LazyBytes)[] = [];
  byteLength = 0;

  int(field: number, value: number): this {
    return this.#tag(field, VARINT).#varint(value);
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#tag(field, FIXED32).#push(bytes);
  }

  string(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value));
  }

  bytes(field: number, value: Uint8Array | LazyBytes): this {
    return this.#tag(field, BYTES).#varint(value.byteLength).#push(value);
  }

  message(field: number, value: Message): this {
    this.#tag(field, BYTES).#varint(value.byteLength);
    for (const part of value.parts) this.#push(part);
    return this;
  }

  #tag(field: number, wire: number): this {
    return this.#varint(field * 8 + wire);
  }

  /** Seven bits a byte, the lowest first; negative numbers, of axes counted from the end, are 64 bits wide. */
  #varint(value: number): this {
    if (!Number.isSafeInteger(value)) throw new RangeError(`A whole number is needed in an ONNX file, got ${value}`);
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) + 128);
    bytes.push(Number(rest));
    return this.#push(Uint8Array.from(bytes));
  }

  #push(part: Uint8Array | LazyBytes): this {
    this.parts.push(part);
    this.byteLength += part.byteLength;
    return this;
  }
}

function attributeMessage(name: string, attribute: Attribute): Message {
  const { type, field } = attributeTypes[attribute.type];
  const message = new Message().string(1, name);
  if (attribute.type === "string") message.string(field, attribute.value);
  else {
    const isFloat = attribute.type === "float" || attribute.type === "floats";
    for (const value of [attribute.value].flat()) isFloat ? message.float(field, value) : message.int(field, value);
  }
  return message.int(20, type);
}

function nodeMessage(node: OnnxNode): Message {
  const message = new Message();
  for (const input of node.inputs) message.string(1, input);
  for (const output of node.outputs) message.string(2, output);
  message.string(3, node.name).string(4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message.message(5, attributeMessage(name, attribute));
  }
  return message;
}

function tensorMessage({ name, dtype, shape, data }: OnnxTensor): Message {
  const message = new Message();
  for (const size of shape) message.int(1, size);
  return message.int(2, dataTypes[dtype]).string(8, name).bytes(9, data);
}

function valueMessage({ name, dtype, shape }: OnnxValue): Message {
  const sizes = new Message();
  for (const size of shape) {
    sizes.message(1, typeof size === "number" ? new Message().int(1, size) : new Message().string(2, size));
  }
  const tensor = new Message().int(1, dataTypes[dtype]).message(2, sizes);
  return new Message().string(1, name).message(2, new Message().message(1, tensor));
}

function graphMessage(graph: OnnxGraph): Message {
  const message = new Message();
  for (const node of graph.nodes) message.message(1, nodeMessage(node));
  message.string(2, graph.name);
  for (const tensor of graph.initializers) message.message(5, tensorMessage(tensor));
  for (const value of graph.inputs) message.message(11, valueMessage(value));
  for (const value of graph.outputs) message.message(12, valueMessage(value));
  for (const value of graph.values) message.message(13, valueMessage(value));
  return message;
}

/** A file, not yet written: its size, and its bytes as often as they are asked for. */
export interface OnnxFile {
  /** How many bytes. */
  readonly byteLength: number;
  /** The file's bytes in order. Chunks are not written to again, and none is much larger than 1 MiB. */
  readonly chunks: () => Iterable<Uint8Array>;
}

/**
 * Lays a graph out as a file (IR version 8).
 *
 * @param opset Version of ONNX's operators that the nodes are of.
 * @throws {RangeError} When the file would be larger than protocol buffers allow, 2 GiB.
 *
 * @example
 * ```ts
 * import { onnxFile } from "./onnx_proto.ts";
 *
 * const value = (name: string) => ({ name, dtype: "float32", shape: [1, 8] }) as const;
 * onnxFile({
 *   name: "one_relu",
 *   nodes: [{ name: "r", op: "Relu", inputs: ["x"], outputs: ["y"], attributes: {} }],
 *   inputs: [value("x")],
 *   outputs: [value("y")],
 *   values: [],
 *   initializers: [],
 * }).byteLength; // 92
 * ```
 */
export function onnxFile(graph: OnnxGraph, opset = OPSET): OnnxFile {
  const weights = graph.initializers.reduce((sum, { data }) => sum + data.byteLength, 0);
  const message = weights > MAX_BYTES ? undefined : modelMessage(graph, opset);
  if (message === undefined || message.byteLength > MAX_BYTES) {
    throw new RangeError(
      `An ONNX file holds at most ${MAX_BYTES} bytes, and "${graph.name}" has ${weights} bytes of weights; ` +
        `use float16, a smaller network or fewer copies`,
    );
  }
  return { byteLength: message.byteLength, chunks: () => joined(message.parts) };
}

function modelMessage(graph: OnnxGraph, opset: number): Message {
  return new Message()
    .int(1, IR_VERSION)
    .string(2, "neuralpower")
    .message(7, graphMessage(graph))
    // The empty domain is that of ONNX's own operators.
    .message(8, new Message().string(1, "").int(2, opset));
}

/** Joins small parts, so that a file of thousands of fields is not written byte by byte. */
function* joined(parts: readonly (Uint8Array | LazyBytes)[]): Iterable<Uint8Array> {
  let buffer = new Uint8Array(CHUNK_BYTES);
  let used = 0;
  for (const part of parts) {
    for (const chunk of part instanceof Uint8Array ? [part] : part.chunks()) {
      if (used + chunk.byteLength > CHUNK_BYTES && used > 0) {
        yield buffer.subarray(0, used);
        [buffer, used] = [new Uint8Array(CHUNK_BYTES), 0];
      }
      if (chunk.byteLength > CHUNK_BYTES) yield chunk;
      else {
        buffer.set(chunk, used);
        used += chunk.byteLength;
      }
    }
  }
  if (used > 0) yield buffer.subarray(0, used);
}

/** The whole of a file in memory, allocated once. */
export function fileBytes(file: OnnxFile): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(file.byteLength);
  let used = 0;
  for (const chunk of file.chunks()) {
    bytes.set(chunk, used);
    used += chunk.byteLength;
  }
  return bytes;
}

/** Numbers as they are, for small constants. */
export function constant(dtype: TensorDtype, values: readonly number[]): LazyBytes {
  const array = dtype === "int64"
    ? BigInt64Array.from(values, BigInt)
    : dtype === "float16"
    ? Float16Array.from(values)
    : Float32Array.from(values);
  const bytes = new Uint8Array(array.buffer);
  return { byteLength: bytes.byteLength, chunks: () => [bytes] };
}
