/**
 * Mutations of protocol buffers' bytes that know their structure: lengths and counts blown up, fields taken out or there twice, strings
 * exchanged (cycles, names twice), messages ten thousand deep; and plain flips and cuts.
 *
 * @module
 */
import type { Random } from "../random.ts";

/** A field's bytes: where it begins, where its value does, where it ends. */
interface Field {
  readonly start: number;
  readonly value: number;
  readonly end: number;
  /** 0 a number, 2 bytes of a stated length. */
  readonly wire: number;
  /** Of the length's own bytes; a number's value itself. */
  readonly lengthAt: number;
  /** The message that holds it. */
  readonly parent: Field | null;
}

/** One to four mutations, one after another. */
export function mutateProtobuf(bytes: Uint8Array, random: Random): Uint8Array {
  const count = random.weighted([[8, 1], [3, 2], [1, 4]]);
  for (let i = 0; i < count; i++) bytes = mutateOnce(bytes, random);
  return bytes.subarray(0, 1 << 21);
}

function mutateOnce(bytes: Uint8Array, random: Random): Uint8Array {
  const fields = fieldsOf(bytes);
  if (fields.length === 0 || random.chance(0.15)) return plainly(bytes, random);
  const field = random.pick(fields);
  const other = random.pick(fields.filter(({ wire }) => wire === field.wire));
  const part = bytes.subarray(field.start, field.end);
  const value = bytes.subarray(field.value, field.end);
  const size = random.logUniform(1, 1000);
  return random.weighted<() => Uint8Array>([
    [3, () => splice(bytes, field.lengthAt, field.wire === 0 ? field.end : field.value, oddVarint(random))],
    [4, () => withValue(bytes, field, bytes.subarray(other.value, other.end))],
    [2, () => edit(bytes, field.parent, field.start, field.end, new Uint8Array())],
    [2, () => edit(bytes, field.parent, field.end, field.end, part)],
    [1, () => edit(bytes, other.parent, other.end, other.end, part)],
    [1, () => edit(bytes, field.parent, field.end, field.end, repeated(part, random.logUniform(2, 5000)))],
    [1, () => withValue(bytes, field, new Uint8Array(size).fill(random.between(0, 255)))],
    [2, () => field.wire === 0 ? withValue(bytes, field, oddVarint(random)) : bytes],
    [1, () => withValue(bytes, field, nested(bytes[field.start], value, random.logUniform(2, 10_000)))],
    [2, () => splice(bytes, field.start, field.start + 1, Uint8Array.of(random.between(0, 255)))],
  ])();
}

/** Flips of bits, cuts, zeros, noise. */
function plainly(bytes: Uint8Array, random: Random): Uint8Array {
  const out = bytes.slice();
  const place = random.between(0, Math.max(0, out.length - 1));
  return random.weighted<() => Uint8Array>([
    [3, () => out.subarray(0, place)],
    [1, () => out.subarray(place)],
    [1, () => out.fill(0, place, place + random.logUniform(1, 4096))],
    [4, () => {
      for (let i = random.logUniform(1, 64); i > 0 && out.length > 0; i--) {
        out[random.between(0, out.length - 1)] ^= 1 << random.between(0, 7);
      }
      return out;
    }],
  ])();
}

/** All fields, those within messages too, as far as bytes can be read as messages. */
function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  const open: [from: number, to: number, parent: Field | null, depth: number][] = [[0, bytes.length, null, 0]];
  while (open.length > 0 && fields.length < 30_000) {
    const [from, to, parent, depth] = open.pop()!;
    const own: Field[] = [];
    let at = from;
    while (at < to) {
      const tag = varint(bytes, at);
      if (tag === null || tag.value === 0) break;
      const [wire, lengthAt] = [tag.value & 7, tag.end];
      const number = wire === 0 || wire === 2 ? varint(bytes, lengthAt) : null;
      const value = wire === 2 ? number?.end : lengthAt;
      const end = wire === 0
        ? number?.end
        : wire === 2 && number
        ? number.end + number.value
        : wire === 5
        ? lengthAt + 4
        : wire === 1
        ? lengthAt + 8
        : undefined;
      if (value === undefined || end === undefined || end > to) break;
      own.push({ start: at, value, end, wire, lengthAt, parent });
      at = end;
    }
    // Text and numbers only rarely look like whole messages.
    if (depth > 0 && at !== to) continue;
    for (const field of own) {
      fields.push(field);
      if (field.wire === 2 && depth < 12 && field.end - field.value > 1) {
        open.push([field.value, field.end, field, depth + 1]);
      }
    }
  }
  return fields;
}

function varint(bytes: Uint8Array, at: number): { value: number; end: number } | null {
  let value = 0;
  for (let i = 0; i < 5 && at + i < bytes.length; i++) {
    value += (bytes[at + i] & 127) * 2 ** (7 * i);
    if (bytes[at + i] < 128) return { value, end: at + i + 1 };
  }
  return null;
}

function varintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
  return Uint8Array.of(...bytes, value);
}

function oddVarint(random: Random): Uint8Array {
  return random.weighted<() => Uint8Array>([
    [4, () => varintBytes(random.pick([0, 1, 2, 127, 128, 65535, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1]))],
    [1, () => Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255, 1)],
    [1, () => new Uint8Array(random.between(1, 20)).fill(255)],
  ])();
}

/** Another value of a field. */
function withValue(bytes: Uint8Array, field: Field, value: Uint8Array): Uint8Array {
  const stated = field.wire === 2 ? joined(varintBytes(value.length), value) : value;
  return edit(bytes, field.parent, field.lengthAt, field.end, stated);
}

/** Other bytes from a place to another within a message, with the lengths of all that hold it set right. */
function edit(bytes: Uint8Array, within: Field | null, from: number, to: number, by: Uint8Array): Uint8Array {
  for (let holder = within; holder !== null; holder = holder.parent) {
    const value = joined(bytes.subarray(holder.value, from), by, bytes.subarray(to, holder.end));
    by = joined(varintBytes(value.length), value);
    [from, to] = [holder.lengthAt, holder.end];
  }
  return splice(bytes, from, to, by);
}

/** The value in itself, as deep as told, each length right. */
function nested(tag: number, value: Uint8Array, depth: number): Uint8Array {
  const heads: Uint8Array[] = [];
  for (let length = value.length, i = 0; i < depth; i++) {
    const head = joined(Uint8Array.of(tag), varintBytes(length));
    heads.push(head);
    length += head.length;
  }
  return joined(...heads.reverse(), value);
}

function repeated(part: Uint8Array, times: number): Uint8Array {
  const count = Math.max(1, Math.min(times, Math.floor((1 << 20) / (part.length + 1))));
  return joined(...Array<Uint8Array>(count).fill(part));
}

function splice(bytes: Uint8Array, from: number, to: number, by: Uint8Array): Uint8Array {
  return joined(bytes.subarray(0, from), by, bytes.subarray(to));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
