import { assertEquals, assertThrows } from "@std/assert";
import { keepArchitecture } from "./one_architecture.ts";

/** A library with a fat binary of entries, some bytes before and behind it. */
function library(entries: readonly { kind: number; architecture: number; size: number }[]): Uint8Array<ArrayBuffer> {
  const header = 64;
  const inside = entries.reduce((sum, { size }) => sum + header + size, 0);
  const bytes = new Uint8Array(24 + 16 + inside + 8).fill(7);
  const view = new DataView(bytes.buffer);
  view.setUint32(24, 0xba55ed50, true);
  view.setUint16(28, 1, true);
  view.setUint16(30, 16, true);
  view.setBigUint64(32, BigInt(inside), true);
  let at = 40;
  for (const { kind, architecture, size } of entries) {
    view.setUint16(at, kind, true);
    view.setUint32(at + 4, header, true);
    view.setBigUint64(at + 8, BigInt(size), true);
    view.setUint32(at + 28, architecture, true);
    at += header + size;
  }
  return bytes;
}

Deno.test("what is of another architecture, and PTX, is overwritten; all else stays in its place", () => {
  const entries = [
    { kind: 2, architecture: 80, size: 16 },
    { kind: 2, architecture: 90, size: 24 },
    { kind: 1, architecture: 90, size: 8 },
  ];
  const bytes = library(entries), before = bytes.slice();
  assertEquals(keepArchitecture(bytes, 90), 16 + 8);
  const changed = [...bytes.keys()].filter((at) => bytes[at] !== before[at]);
  const first = 40 + 64, third = 40 + 64 + 16 + 64 + 24 + 64;
  const range = (begin: number, length: number) => Array.from({ length }, (_, i) => begin + i);
  assertEquals(changed, [...range(first, 16), ...range(third, 8)]);
  assertEquals(changed.filter((at) => bytes[at] !== 0), []);
});

Deno.test("an architecture that the library has no code for is refused, and nothing is changed", () => {
  const bytes = library([{ kind: 2, architecture: 80, size: 8 }, { kind: 2, architecture: 75, size: 8 }]),
    before = bytes.slice();
  assertThrows(
    () => keepArchitecture(bytes, 90),
    RangeError,
    "The library has no code for sm_90, but for 75, 80; give one of these",
  );
  assertEquals(bytes, before);
});
