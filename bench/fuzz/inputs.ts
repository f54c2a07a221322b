/**
 * The inputs of a run: each is a number's, the same on every machine, from the same files.
 *
 * @module
 */
import { Random } from "../random.ts";
import { readers } from "./readers.ts";

/** A file to start from. */
export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The input of a number: the same for ever, from the same files. */
export function inputOf(reader: string, number: number, files: readonly Seed[], seed: number): Uint8Array {
  const { endings, mutate } = readers[reader];
  const own = files.filter(({ name }) => endings.some((ending) => name.endsWith(ending)));
  if (own.length === 0) throw new Error(`There is no file to start from for ${reader}; give --data`);
  const random = new Random(seed, [...reader].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0) | 0, 0), number);
  // Small files have more room for a mutation to matter, and are quicker.
  const file = random.weighted(own.map((file) => [1 / Math.sqrt(file.bytes.length + 1000), file] as const));
  return mutate(file.bytes, random);
}
