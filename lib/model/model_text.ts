/**
 * The text of a model file: JSON with the trees' data in one list at its end, where a tree's own place has its number in the list. So
 * a command that predicts reads the beginning, and of the data what its network needs.
 *
 * @module
 */
import type { KindFit, ModelFile, StoredSource, StoredTrees } from "./model.ts";

/** What stands before the list, whose entries have a line each. */
const listBegins = '\n "data": [\n';
/** What stands before and after an entry. */
const [before, after] = ['  "', '",\n'];

/** The file's text. */
export function modelText(model: ModelFile): string {
  const trees = [...storedTrees(model.fits)];
  const numbers = new Map(trees.map((each, number) => [each, number]));
  const place = (_: string, value: unknown) => {
    const number = numbers.get(value as StoredTrees);
    return number === undefined ? value : { ...value as StoredTrees, data: number };
  };
  const data = trees.map(({ data }) => data);
  return JSON.stringify({ ...model, lengths: data.map(({ length }) => length), data }, place, 1) + "\n";
}

/** Puts each tree's data in its place in the JSON of a whole file. */
export function placeData(json: unknown): void {
  const { data } = Object(json) as { data?: unknown };
  if (!Array.isArray(data)) return;
  const place = (value: unknown) => {
    if (typeof value !== "object" || value === null) return;
    const trees = value as { mostSplits?: number; data?: unknown };
    if (trees.mostSplits !== undefined && typeof trees.data === "number") trees.data = data[trees.data];
    Object.values(value).forEach(place);
  };
  place((json as ModelFile).fits);
}

/**
 * Reads a model file that this program wrote, but for its trees' data: that is read where it is needed.
 *
 * @returns JSON; the whole of it where the file has no such list.
 * @throws {SyntaxError} When it is truncated.
 */
export function readOwnJson(path: string | URL): unknown {
  using file = Deno.openSync(path);
  const decoder = new TextDecoder(), chunk = new Uint8Array(2 ** 17);
  let text = "", bytes = 0, begins = -1;
  while (begins < 0) {
    const length = file.readSync(chunk);
    if (length === null) return JSON.parse(text);
    text += decoder.decode(chunk.subarray(0, length), { stream: true });
    bytes += length;
    begins = text.indexOf(listBegins);
  }
  // What was read of the list is base64, a byte a character.
  let at = bytes - (text.length - begins - listBegins.length) + before.length;
  const { lengths, ...model } = JSON.parse(text.slice(0, begins).replace(/,$/, "}"));
  const places = (lengths as number[]).map((length) => {
    const place = at;
    at += length + after.length + before.length;
    return place;
  });
  for (const trees of storedTrees((model as ModelFile).fits)) {
    const number = trees.data as unknown as number;
    const get = () => readText(path, places[number], lengths[number]);
    Object.defineProperty(trees, "data", { get, enumerable: true, configurable: true });
  }
  return model;
}

/** Reads an entry of the list. */
function readText(path: string | URL, at: number, length: number): string {
  using file = Deno.openSync(path);
  file.seekSync(at, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  for (let read = 0, more: number | null = 0; read < length && more !== null; read += more ?? 0) {
    more = file.readSync(bytes.subarray(read));
  }
  return new TextDecoder().decode(bytes);
}

/** All trees of fits. */
function* storedTrees(fits: readonly (Partial<KindFit> & Pick<KindFit, "runtime">)[]): Generator<StoredTrees> {
  for (const { runtime, power, energy, source } of fits) {
    for (const target of [runtime, power]) {
      yield* target?.boosted?.trees ?? [];
      if (target?.boosted?.width) yield target.boosted.width.trees;
    }
    if (energy?.width) yield energy.width.trees;
    yield* treesOfSource(source);
  }
}

function* treesOfSource(source?: StoredSource): Generator<StoredTrees> {
  yield* source?.fit?.boosted?.trees ?? [];
  if (source?.fit) yield* treesOfSource(source.fit.source);
}
