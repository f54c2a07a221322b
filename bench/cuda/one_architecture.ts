/**
 * Leaves in a CUDA library the code of one GPU architecture: what is of others is overwritten with zeros, which pack to nothing. The
 * library keeps its size and every offset, so it loads as before.
 *
 * Code lies in fat binaries (CUDA Binary Utilities; the layout as NVIDIA's `fatbinary_section.h` and cuobjdump show it): a header of
 * u32 magic, u16 version, u16 header size, u64 size of what follows; in it entries of u16 kind (1 PTX, 2 machine code), u16, u32 header size,
 * u64 size, and at byte 28 the architecture as u32, 90 for sm_90.
 *
 * @module
 */

const magic = 0xba55ed50;
const version = 1, headerBytes = 16;
const architectureAt = 28;
const machineCode = 2;

/**
 * Overwrites all other architectures' code, and PTX.
 *
 * @param library Its bytes, which are changed.
 * @param architecture As in sm_90: 90.
 * @returns How many bytes were overwritten.
 * @throws {RangeError} When the library has no code of that architecture; nothing is changed then.
 */
export function keepArchitecture(library: Uint8Array<ArrayBuffer>, architecture: number): number {
  const view = new DataView(library.buffer, library.byteOffset, library.byteLength);
  const found = new Set<number>();
  const others: [begin: number, end: number][] = [];
  for (let at = 0; at + headerBytes <= library.length; at += 8) {
    if (view.getUint32(at, true) !== magic || view.getUint16(at + 4, true) !== version) continue;
    if (view.getUint16(at + 6, true) !== headerBytes) continue;
    const end = at + headerBytes + Number(view.getBigUint64(at + 8, true));
    if (end > library.length) continue;
    for (let entry = at + headerBytes; entry + architectureAt + 4 <= end;) {
      const header = view.getUint32(entry + 4, true), size = Number(view.getBigUint64(entry + 8, true));
      const own = view.getUint32(entry + architectureAt, true);
      const isCode = view.getUint16(entry, true) === machineCode;
      if (isCode) found.add(own);
      if (!isCode || own !== architecture) others.push([entry + header, Math.min(entry + header + size, end)]);
      entry += header + size;
    }
  }
  if (!found.has(architecture)) {
    const known = [...found].sort((a, b) => a - b).join(", ");
    throw new RangeError(
      `The library has no code for sm_${architecture}, but for ${known || "none"}; give one of these`,
    );
  }
  for (const [begin, end] of others) library.fill(0, begin, end);
  return others.reduce((sum, [begin, end]) => sum + end - begin, 0);
}
