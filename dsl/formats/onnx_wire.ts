/**
 * Walks a protocol buffers message where it lies, field by field, and reads only what is asked for: of a tensor's data, which is nearly
 * all of a file, only the length.
 *
 * @module
 */
import { type ByteSource, FormatError } from "./format_error.ts";

/** Bytes read at a time. */
const WINDOW_BYTES = 1 << 16;

const VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5;

/** Where something lies in the file: from `start` to before `end`. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** A field: its number, and its value or where its bytes lie. */
export interface Field extends Extent {
  readonly number: number;
  /** How the value is written: as a varint, 4 or 8 bytes, or bytes of a length. */
  readonly wire: number;
  /** Of a varint. */
  readonly value: number;
}

/** A file under a window that moves along. */
export class Wire {
  readonly #source: ByteSource;
  readonly #window = new Uint8Array(WINDOW_BYTES);
  #from = 0;
  #to = 0;
  /** The place of the next byte that is read. */
  #place = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** The whole file. */
  get whole(): Extent {
    return { start: 0, end: this.#source.byteLength };
  }

  /**
   * The fields of a message, in order.
   *
   * @throws {FormatError} Where the bytes are no message, or a field ends after it.
   */
  *fields({ start, end }: Extent): Generator<Field> {
    for (let place = start; place < end;) {
      this.#place = place;
      const tag = this.#varint(end);
      const [number, wire] = [Math.floor(tag / 8), tag % 8];
      if (!(number >= 1 && number < 2 ** 29)) {
        throw new FormatError(`is no ONNX file: no field begins at byte ${place}`);
      }
      const value = wire === VARINT || wire === BYTES ? this.#varint(end) : 0;
      const from = this.#place;
      const length = wire === VARINT ? 0 : wire === BYTES ? value : wire === FIXED32 ? 4 : wire === FIXED64 ? 8 : NaN;
      if (Number.isNaN(length)) throw new FormatError(`is no ONNX file: byte ${place} begins a field of no known sort`);
      if (!(length >= 0 && length <= end - from)) {
        throw new FormatError(`is cut off or damaged: at byte ${from} there are ${end - from} of ${length} bytes`);
      }
      place = from + length;
      yield { number, wire, value, start: from, end: place };
    }
  }

  /** Text, which must be UTF-8. */
  text(field: Field): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.bytes(field));
    } catch (error) {
      if (error instanceof TypeError) throw new FormatError(`is damaged: the text at byte ${field.start} is not UTF-8`);
      throw error;
    }
  }

  /** Bytes, copied. */
  bytes({ start, end }: Extent): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(end - start);
    if (start >= this.#from && end <= this.#to) {
      bytes.set(this.#window.subarray(start - this.#from, end - this.#from));
    } else if (this.#source.read(start, bytes) < bytes.byteLength) {
      throw new FormatError(`is cut off: it ends before byte ${end}`);
    }
    return bytes;
  }

  /** A float32, or float32 numbers side by side. */
  floats(field: Field): number[] {
    const bytes = this.bytes(field);
    if (bytes.byteLength % 4 !== 0 || field.wire === VARINT) {
      throw new FormatError(`is damaged: the numbers at byte ${field.start} are no float32`);
    }
    return Array.from(new Float32Array(bytes.buffer));
  }

  /** A whole number, or whole numbers side by side. */
  ints(field: Field): number[] {
    if (field.wire === VARINT) return [field.value];
    if (field.wire !== BYTES) throw new FormatError(`is damaged: the number at byte ${field.start} is no whole one`);
    const values: number[] = [];
    this.#place = field.start;
    while (this.#place < field.end) values.push(this.#varint(field.end));
    return values;
  }

  /** Seven bits a byte, the lowest first; read as a signed number of 64 bits, rounded where it exceeds 2⁵³. */
  #varint(end: number): number {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte(end);
      if (i === 9) return this.#negative(byte);
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return value;
    }
    return value;
  }

  /** Ten bytes hold the 64th bit, the sign: small negative numbers are near 2⁶⁴, where float64 rounds, so they are read again exactly. */
  #negative(last: number): number {
    if (last > 1) throw new FormatError(`is no ONNX file: a number at byte ${this.#place - 10} is longer than 64 bits`);
    const bytes = this.bytes({ start: this.#place - 10, end: this.#place });
    let value = 0n;
    bytes.forEach((byte, i) => value |= BigInt(byte & 127) << BigInt(7 * i));
    return Number(BigInt.asIntN(64, value));
  }

  #byte(end: number): number {
    if (this.#place >= end) throw new FormatError(`is cut off or damaged: a number does not end before byte ${end}`);
    if (this.#place < this.#from || this.#place >= this.#to) {
      this.#from = this.#place;
      this.#to = this.#from + this.#source.read(this.#from, this.#window);
      if (this.#place >= this.#to) throw new FormatError(`is cut off: it ends before byte ${end}`);
    }
    return this.#window[this.#place++ - this.#from];
  }
}
