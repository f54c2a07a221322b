/**
 * What an ONNX file holds, as plain data: nodes, names and shapes, and the numbers of small constants. Weights are not read.
 *
 * Field numbers are those of ONNX's `onnx.proto`.
 *
 * @module
 */
import { elements, type Shape } from "../layer.ts";
import { type ByteSource, FormatError, quoted } from "./format_error.ts";
import {
  dataTypes,
  type FileAttribute,
  type FileFunction,
  type FileGraph,
  type FileModel,
  type FileNode,
  type FileTensor,
  type FileValue,
  type OpenSize,
} from "./onnx_model.ts";
import { type Extent, type Field, Wire } from "./onnx_wire.ts";

/** Elements of a constant that are read: shapes, axes and numbers that operators take are not as many. */
const MAX_VALUES = 4096;
/** Of nodes, constants, and attributes and names of one node; a network of a thousand layers has a hundredth of it. */
const MAX_PARTS = 2_000_000;
/** Branches within branches. */
const MAX_DEPTH = 16;

/**
 * Reads a file without its weights.
 *
 * @throws {FormatError} When it is no ONNX file, or a damaged one.
 */
export function readFile(source: ByteSource): FileModel {
  const reader = new Reader(new Wire(source));
  return reader.model();
}

class Reader {
  #parts = 0;

  constructor(readonly wire: Wire) {}

  model(): FileModel {
    const graphs: Field[] = [];
    const opsets = new Map<string, number>();
    const functions: FileFunction[] = [];
    let producer = "";
    for (const field of this.wire.fields(this.wire.whole)) {
      if (field.number === 2) producer = this.wire.text(field);
      else if (field.number === 7) graphs.push(this.#message(field));
      else if (field.number === 8) opsets.set(...this.#opset(field));
      else if (field.number === 25) functions.push(this.#function(field));
    }
    if (graphs.length !== 1) throw new FormatError(`is no ONNX file: it holds ${graphs.length} graphs instead of one`);
    return { graph: this.#graph(graphs[0], 0), opsets, functions, producer };
  }

  #opset(extent: Extent): [string, number] {
    let [domain, version] = ["", 0];
    for (const field of this.wire.fields(extent)) {
      if (field.number === 1) domain = this.wire.text(field);
      else if (field.number === 2) version = field.value;
    }
    return [domain === "ai.onnx" ? "" : domain, version];
  }

  #graph(extent: Extent, depth: number): FileGraph {
    if (depth > MAX_DEPTH) throw new FormatError(`holds graphs more than ${MAX_DEPTH} deep in each other`);
    let name = "";
    const [nodes, initializers] = [[] as FileNode[], [] as FileTensor[]];
    const [inputs, outputs, values] = [[] as FileValue[], [] as FileValue[], [] as FileValue[]];
    for (const field of this.wire.fields(extent)) {
      switch (field.number) {
        case 1:
          nodes.push(this.#node(this.#message(field), depth));
          break;
        case 2:
          name = this.wire.text(field);
          break;
        case 5:
          initializers.push(this.#tensor(this.#message(field)));
          break;
        case 11:
          inputs.push(this.#value(this.#message(field)));
          break;
        case 12:
          outputs.push(this.#value(this.#message(field)));
          break;
        case 13:
          values.push(this.#value(this.#message(field)));
          break;
        case 15:
          initializers.push(this.#sparse(this.#message(field)));
          break;
      }
    }
    return { name, nodes, initializers, inputs, outputs, values };
  }

  #function(extent: Extent): FileFunction {
    let [name, domain] = ["", ""];
    const [inputs, outputs] = [[] as string[], [] as string[]];
    const [defaults, nodes] = [[] as FileAttribute[], [] as FileNode[]];
    for (const field of this.wire.fields(extent)) {
      if (field.number === 1) name = this.wire.text(field);
      else if (field.number === 4) inputs.push(this.#word(field));
      else if (field.number === 5) outputs.push(this.#word(field));
      else if (field.number === 7) nodes.push(this.#node(this.#message(field), 1));
      else if (field.number === 10) domain = this.wire.text(field);
      else if (field.number === 11) defaults.push(this.#attribute(this.#message(field), 1));
    }
    return { name, domain, inputs, outputs, defaults, nodes };
  }

  #node(extent: Extent, depth: number): FileNode {
    let [name, op, domain] = ["", "", ""];
    let module: string | undefined;
    const [inputs, outputs, attributes] = [[] as string[], [] as string[], [] as FileAttribute[]];
    for (const field of this.wire.fields(extent)) {
      if (field.number === 1) inputs.push(this.#word(field));
      else if (field.number === 2) outputs.push(this.#word(field));
      else if (field.number === 3) name = this.wire.text(field);
      else if (field.number === 4) op = this.wire.text(field);
      else if (field.number === 5) attributes.push(this.#attribute(this.#message(field), depth));
      else if (field.number === 7) domain = this.wire.text(field);
      else if (field.number === 9) module = this.#module(this.#message(field)) ?? module;
    }
    return { name, op, domain: domain === "ai.onnx" ? "" : domain, inputs, outputs, attributes, module };
  }

  /** PyTorch's newer exporter writes where a node comes from: `['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d']`. */
  #module(extent: Extent): string | undefined {
    let [key, value] = ["", ""];
    for (const field of this.wire.fields(extent)) {
      if (field.number === 1) key = this.wire.text(field);
      else if (field.number === 2 && key === "pkg.torch.onnx.name_scopes") value = this.wire.text(field);
    }
    return value.split("', '").at(-2)?.replace(/^\['/, "") || undefined;
  }

  #attribute(extent: Extent, depth: number): FileAttribute {
    const read: { -readonly [K in keyof FileAttribute]: FileAttribute[K] } = { name: "" };
    for (const field of this.wire.fields(extent)) {
      if (field.number === 1) read.name = this.wire.text(field);
      else if (field.number === 2) read.float = this.wire.floats(field)[0];
      else if (field.number === 3) read.int = field.value;
      else if (field.number === 4) read.text = this.#lenient(field);
      else if (field.number === 5) read.tensor = this.#tensor(this.#message(field));
      else if (field.number === 6) read.graph = this.#graph(this.#message(field), depth + 1);
      else if (field.number === 7) (read.floats ??= []).push(...this.#short(field, this.wire.floats(field)));
      else if (field.number === 8) (read.ints ??= []).push(...this.#short(field, this.wire.ints(field)));
      else if (field.number === 21) read.reference = this.wire.text(field);
    }
    return read;
  }

  /** An attribute's text need not be text. */
  #lenient(field: Field): string {
    return new TextDecoder().decode(
      this.wire.bytes({ start: field.start, end: Math.min(field.end, field.start + 1000) }),
    );
  }

  /** Lists of numbers beyond what any operator takes are cut off, so that they take no memory. */
  #short(field: Field, values: number[]): number[] {
    this.#count(values.length);
    if (values.length > MAX_VALUES) {
      throw new FormatError(`has a list of ${values.length} numbers at byte ${field.start}`);
    }
    return values;
  }

  #tensor(extent: Extent): FileTensor {
    let [name, dataType, external] = ["", 0, false];
    const shape: number[] = [];
    const data: Field[] = [];
    for (const field of this.wire.fields(extent)) {
      if (field.number === 1) shape.push(...this.#short(field, this.wire.ints(field)));
      else if (field.number === 2) dataType = field.value;
      else if (field.number === 8) name = this.wire.text(field);
      else if (field.number === 14) external = field.value === 1;
      else if ([4, 5, 7, 9, 10, 11].includes(field.number)) data.push(field);
    }
    checkSizes(name, shape);
    // Files from which weights have been taken away have sizes all the same.
    const isEmpty = data.every(({ start, end, wire }) => wire === 2 && start === end);
    if (external || isEmpty && elements(shape) > 0) return { name, dataType, shape };
    return { name, dataType, shape, values: this.#values(name, dataType, elements(shape), data) };
  }

  #values(name: string, dataType: number, count: number, data: readonly Field[]): number[] | undefined {
    const what = `constant ${quoted(name)}`;
    const raw = data.filter((field) => field.number === 9);
    const size = dataTypes[dataType]?.bytes;
    if (raw.length === 1) {
      const bytes = raw[0].end - raw[0].start;
      if (size !== undefined && bytes !== count * size) {
        throw new FormatError(`is damaged: ${what} has ${bytes} bytes instead of ${count * size}`);
      }
      if (count > MAX_VALUES || size === undefined) return undefined;
      return dataTypes[dataType].read(this.wire.bytes(raw[0]).buffer);
    }
    if (count > MAX_VALUES || dataType === 8) return undefined;
    const values: number[] = [];
    for (const field of data) {
      if (field.end - field.start > 10 * MAX_VALUES) {
        throw new FormatError(`is damaged: ${what} has more than ${count} numbers`);
      }
      if (field.number === 4) values.push(...this.wire.floats(field));
      else if (field.number === 10) values.push(...new Float64Array(this.#doubles(field).buffer));
      else values.push(...this.wire.ints(field));
      if (values.length > count) break;
    }
    if (values.length !== count) {
      throw new FormatError(`is damaged: ${what} has ${values.length} numbers instead of ${count}`);
    }
    // Half floats stand among 32-bit whole numbers as their bits.
    if (dataType === 10 || dataType === 16) return dataTypes[dataType].read(Uint16Array.from(values).buffer);
    return values;
  }

  #doubles(field: Field): Uint8Array<ArrayBuffer> {
    const bytes = this.wire.bytes(field);
    if (bytes.byteLength % 8 !== 0) {
      throw new FormatError(`is damaged: the numbers at byte ${field.start} are no float64`);
    }
    return bytes;
  }

  #sparse(extent: Extent): FileTensor {
    let values: FileTensor = { name: "", dataType: 1, shape: [] };
    const shape: number[] = [];
    for (const field of this.wire.fields(extent)) {
      if (field.number === 1) values = this.#tensor(this.#message(field));
      else if (field.number === 3) shape.push(...this.#short(field, this.wire.ints(field)));
    }
    checkSizes(values.name, shape);
    return { name: values.name, dataType: values.dataType, shape };
  }

  #value(extent: Extent): FileValue {
    let [name, dataType] = ["", 0];
    let shape: OpenSize[] | undefined;
    for (const field of this.wire.fields(extent)) {
      if (field.number === 1) name = this.wire.text(field);
      if (field.number !== 2) continue;
      for (const type of this.wire.fields(this.#message(field))) {
        if (type.number !== 1) continue;
        for (const part of this.wire.fields(this.#message(type))) {
          if (part.number === 1) dataType = part.value;
          else if (part.number === 2) {
            shape = [...this.wire.fields(this.#message(part))].map((size) => this.#size(size));
          }
        }
      }
    }
    return { name, dataType, shape };
  }

  #size(field: Field): OpenSize {
    let size: OpenSize;
    for (const part of this.wire.fields(this.#message(field))) {
      if (part.number === 1 && part.value > 0) size = part.value;
      else if (part.number === 2) size = this.wire.text(part);
    }
    return size;
  }

  #word(field: Field): string {
    this.#count(1);
    return this.wire.text(field);
  }

  /** A field that holds a message. */
  #message(field: Field): Field {
    this.#count(1);
    if (field.wire !== 2) throw new FormatError(`is no ONNX file: there is no message at byte ${field.start}`);
    return field;
  }

  /** The smallest parts take two bytes of a file and a hundred of memory. */
  #count(parts: number): void {
    this.#parts += parts;
    if (this.#parts > MAX_PARTS) {
      throw new FormatError(`has more than ${MAX_PARTS} nodes, constants and names`);
    }
  }
}

function checkSizes(name: string, shape: Shape): void {
  const fits = shape.every((size) => Number.isSafeInteger(size) && size >= 0) && shape.length <= 64;
  if (fits && Number.isSafeInteger(elements(shape))) return;
  throw new FormatError(`constant ${quoted(name)} has sizes that cannot be: ${shape.slice(0, 8).join("×")}`);
}
