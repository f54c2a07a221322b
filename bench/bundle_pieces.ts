/**
 * Packs a folder into pieces small enough to carry, with their SHA-256 sums and a script that checks and unpacks them.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** The sums of all pieces, as `sha256sum -c` reads them. */
export const manifestName = "bundle.sha256";

const unpackScript = `#!/bin/sh
# Checks the pieces beside this script and unpacks them: sh unpack.sh [FOLDER]
set -e
to=$(mkdir -p "\${1:-.}" && cd "\${1:-.}" && pwd)
cd "$(dirname "$0")"
[ -s ${manifestName} ] || { echo "error: ${manifestName} is missing; copy it again" >&2; exit 1; }
bad=$(sha256sum -c ${manifestName} 2>/dev/null | sed -n '/: OK$/!s/:.*//p' | tr '\\n' ' ')
[ -z "$bad" ] || { echo "error: damaged or missing: $bad; copy again" | sed 's/ ;/;/' >&2; exit 1; }
cut -c 67- ${manifestName} | xargs cat | UNPACK | tar -xf - -C "$to"
echo "Unpacked into $to"
`;

/** Either unpacks where xz is not installed but Python is. */
const unpackers = {
  xz: `{ if command -v xz >/dev/null; then xz -dc; else python3 -c 'import lzma, shutil, sys
shutil.copyfileobj(lzma.open(sys.stdin.buffer), sys.stdout.buffer)'; fi; }`,
  gzip: "gzip -dc",
};

/** What {@linkcode packFolder} has written. */
export interface Packed {
  /** The pieces' names, in order. */
  readonly pieces: readonly string[];
  /** All pieces together. */
  readonly bytes: number;
}

/**
 * Packs `folder`, under its own name, into `out`/bundle.000 … of at most `pieceBytes` bytes each, with xz where it is installed, else
 * gzip. An older bundle there is replaced. The sums are written last: without them unpack.sh refuses.
 */
export async function packFolder(folder: string, out: string, pieceBytes: number): Promise<Packed> {
  await Deno.mkdir(out, { recursive: true });
  for await (const { name } of Deno.readDir(out)) {
    if (/^bundle\.(\d{3}|sha256)$/.test(name)) await Deno.remove(`${out}/${name}`);
  }
  const compressor = await isThere("xz") ? "xz" : "gzip";
  const parent = folder.slice(0, folder.lastIndexOf("/"));
  const tar = new Deno.Command("tar", {
    args: ["--owner=0", "--group=0", "-cf", "-", "-C", parent, folder.slice(parent.length + 1)],
    stdout: "piped",
  }).spawn();
  const pack = new Deno.Command(compressor, {
    // Level 1: the largest part, code for GPUs, becomes 2 % larger than at level 6, in a third of the time.
    args: compressor === "xz" ? ["-1", "-T0", "-c"] : ["-c"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const [pieces, ...statuses] = await Promise.all([
    writePieces(pack.stdout, out, pieceBytes),
    tar.status,
    pack.status,
    tar.stdout.pipeTo(pack.stdin),
  ]);
  if (statuses.some((status) => status !== undefined && !status.success)) {
    throw new Error(`${folder} could not be packed by tar and ${compressor}; their reason is above`);
  }
  await Deno.writeTextFile(`${out}/unpack.sh`, unpackScript.replace("UNPACK", unpackers[compressor]), { mode: 0o755 });
  await Deno.writeTextFile(`${out}/${manifestName}`, pieces.map(({ name, sum }) => `${sum}  ${name}\n`).join(""));
  return { pieces: pieces.map(({ name }) => name), bytes: pieces.reduce((sum, { bytes }) => sum + bytes, 0) };
}

interface Piece {
  readonly name: string;
  readonly sum: string;
  readonly bytes: number;
}

async function writePieces(source: ReadableStream<Uint8Array>, out: string, pieceBytes: number): Promise<Piece[]> {
  const pieces: Piece[] = [];
  let file: Deno.FsFile | null = null;
  let hash = createHash("sha256");
  let bytes = 0;
  const name = () => `bundle.${String(pieces.length).padStart(3, "0")}`;
  const close = () => {
    file?.close();
    file = null;
    pieces.push({ name: name(), sum: hash.digest("hex"), bytes });
    hash = createHash("sha256");
    bytes = 0;
  };
  for await (let chunk of source) {
    while (chunk.length > 0) {
      if (pieces.length > 999) throw new Error("There would be more than 1000 pieces; give a larger --piece-mb");
      file ??= await Deno.create(`${out}/${name()}`);
      const part = chunk.subarray(0, pieceBytes - bytes);
      for (let written = 0; written < part.length;) written += await file.write(part.subarray(written));
      hash.update(part);
      bytes += part.length;
      chunk = chunk.subarray(part.length);
      if (bytes === pieceBytes) close();
    }
  }
  if (bytes > 0) close();
  return pieces;
}

/** Whether a program is installed. */
export async function isThere(program: string): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}
