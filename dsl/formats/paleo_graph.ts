/**
 * The layers of a Paleo file in an order in which they can run, its blocks and splits resolved.
 *
 * A Block is a space for names: its layers are `BLOCK/LAYER` outside, those without parents read the block's, and its `endpoint` is what
 * others mean by the block's own name. The layers of a ModelParallel are there once for each of its `splits`, `BLOCK/LAYER@0` and so on,
 * each with its share of the filters; `LAYER@self` is the same split's, `LAYER@all` stands for all of them.
 *
 * @module
 */
import { FormatError, quoted } from "./format_error.ts";

/** Nobody has more machines for one layer, and a file must not become a thousand times its size. */
const mostSplits = 64;

/** A layer of the file, with the names that it and its parents have outside of blocks. */
export class PaleoLayer {
  readonly name: string;
  readonly type: string;
  readonly parents: readonly string[];
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #splits: number | undefined;

  /** `splits` of the block around it, where it has one. */
  constructor(name: string, fields: Readonly<Record<string, unknown>>, parents: readonly string[], splits?: number) {
    this.name = name;
    this.#fields = fields;
    this.parents = parents;
    this.#splits = splits;
    const { type } = fields;
    this.type = typeof type === "string" ? type : this.fail("its type must be text");
  }

  /** Among how many its filters are split. */
  get splits(): number {
    return this.#splits ?? (this.has("splits") ? this.whole("splits", 1, mostSplits) : 1);
  }

  /** Whether a field is there and not null. */
  has(field: string): boolean {
    return Object.hasOwn(this.#fields, field) && this.#fields[field] !== null;
  }

  /** A field as it stands; undefined where it is not given. */
  field(field: string): unknown {
    return Object.hasOwn(this.#fields, field) ? this.#fields[field] : undefined;
  }

  /** A whole number. */
  whole(field: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.field(field);
    if (Number.isSafeInteger(value) && value as number >= least && value as number <= most) return value as number;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    return this.fail(`${field} must be a whole number ${range}, got ${shown(value)}`);
  }

  /** A list of whole numbers, as many as told. */
  wholes(field: string, least: number, count?: number): number[] {
    const value = this.field(field);
    const fits = Array.isArray(value) && (count === undefined || value.length === count) &&
      value.every((size) => Number.isSafeInteger(size) && size >= least);
    if (fits) return value;
    return this.fail(`${field} must be ${count ?? "some"} whole numbers of at least ${least}, got ${shown(value)}`);
  }

  /** Throws a {@linkcode FormatError} for this layer. */
  fail(problem: string): never {
    throw new FormatError(`Layer ${quoted(this.name)}: ${problem}`);
  }
}

/**
 * The network's name and its layers, parents first.
 *
 * @throws {FormatError} What is no such file, parents that are not there, and layers that read each other in a circle.
 */
export function paleoGraph(json: unknown): { name: string; layers: PaleoLayer[] } {
  const { name, layers } = record(json, "The file");
  const blocks = new Map<string, Block>();
  const plain: PaleoLayer[] = [];
  const entries = Object.entries(record(layers, 'The file\'s "layers"')).map(([name, value]) =>
    [name, record(value, `Layer ${quoted(name)}`)] as const
  );
  for (const [name, fields] of entries) {
    if (fields.type === "Block" || fields.type === "ModelParallel") blocks.set(name, readBlock(name, fields));
  }
  const outside = outsideNames(blocks);
  for (const [name, fields] of entries) {
    const block = blocks.get(name);
    const parents = parentsOf(fields, name);
    if (block === undefined) {
      plain.push(new PaleoLayer(name, fields, parents.flatMap((parent) => outside(parent, null))));
    } else plain.push(...layersOf(block, parents.flatMap((parent) => outside(parent, null)), outside));
  }
  return { name: typeof name === "string" && name !== "" ? name : "network", layers: inOrder(plain) };
}

interface Block {
  readonly name: string;
  readonly layers: readonly (readonly [name: string, fields: Readonly<Record<string, unknown>>])[];
  readonly endpoint: string | null;
  /** Null for a plain block. */
  readonly splits: number | null;
}

function readBlock(name: string, fields: Readonly<Record<string, unknown>>): Block {
  const own = new PaleoLayer(name, fields, []);
  const layers = Object.entries(record(fields.layers, `"layers" of block ${quoted(name)}`)).map((
    [layer, value],
  ) => {
    const inner = record(value, `Layer ${quoted(`${name}/${layer}`)}`);
    if (inner.type === "Block" || inner.type === "ModelParallel") own.fail("a block within a block cannot be read");
    return [layer, inner] as const;
  });
  return {
    name,
    layers,
    endpoint: typeof fields.endpoint === "string" ? fields.endpoint : null,
    splits: fields.type === "Block" ? null : own.has("splits") ? own.whole("splits", 1, mostSplits) : 1,
  };
}

/** What a parent's name stands for, in a split or none. */
type OutsideNames = (parent: string, split: number | null) => string[];

function outsideNames(blocks: ReadonlyMap<string, Block>): OutsideNames {
  const splits = new Map<string, number>(
    [...blocks.values()].flatMap(({ name, layers, splits }) =>
      splits === null ? [] : layers.map(([layer]) => [`${name}/${layer}`, splits] as const)
    ),
  );
  return (parent, split) => {
    const [, name, which] = /^(.*)@(self|all)$/s.exec(parent) ?? [undefined, parent, undefined];
    const endpoint = blocks.get(name)?.endpoint ?? null;
    const layer = endpoint === null ? name : `${name}/${endpoint}`;
    const count = splits.get(layer);
    if (which === undefined) return [layer];
    if (count === undefined) throw new FormatError(`${quoted(parent)} is named as a parent, but is not split`);
    if (which === "all") return Array.from({ length: count }, (_, s) => `${layer}@${s}`);
    if (split !== null && split < count) return [`${layer}@${split}`];
    throw new FormatError(`${quoted(parent)} is named as a parent outside of a split; name LAYER@all`);
  };
}

function layersOf({ name, layers, splits }: Block, parents: readonly string[], outside: OutsideNames): PaleoLayer[] {
  return Array.from({ length: splits ?? 1 }, (_, split) =>
    layers.map(([layer, fields]) => {
      const inner = parentsOf(fields, `${name}/${layer}`).map((parent) => `${name}/${parent}`);
      return new PaleoLayer(
        splits === null ? `${name}/${layer}` : `${name}/${layer}@${split}`,
        fields,
        inner.length === 0 ? parents : inner.flatMap((parent) => outside(parent, splits === null ? null : split)),
        splits ?? undefined,
      );
    })).flat();
}

function parentsOf(fields: Readonly<Record<string, unknown>>, name: string): readonly string[] {
  const { parents = [] } = fields;
  if (Array.isArray(parents) && parents.every((parent) => typeof parent === "string")) return parents;
  throw new FormatError(`Layer ${quoted(name)}: its parents must be a list of names`);
}

/** Parents before their children, else as the file has them. No recursion: a chain may be long. */
function inOrder(layers: readonly PaleoLayer[]): PaleoLayer[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const ordered: PaleoLayer[] = [];
  const state = new Map<PaleoLayer, "open" | "done">();
  for (const first of layers) {
    const path: { layer: PaleoLayer; next: number }[] = [{ layer: first, next: 0 }];
    while (path.length > 0) {
      const place = path.at(-1)!;
      const { layer } = place;
      if (state.get(layer) === "done") {
        path.pop();
        continue;
      }
      state.set(layer, "open");
      if (place.next === layer.parents.length) {
        state.set(layer, "done");
        ordered.push(layer);
        path.pop();
        continue;
      }
      const name = layer.parents[place.next++];
      const parent = byName.get(name) ?? layer.fail(`its parent ${quoted(name)} is no layer of the file`);
      if (state.get(parent) === "open") layer.fail(`it and ${quoted(name)} read each other in a circle`);
      if (!state.has(parent)) path.push({ layer: parent, next: 0 });
    }
  }
  return ordered;
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new FormatError(`${what} must be an object, got ${shown(value)}`);
}

function shown(value: unknown): string {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return "an object";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return value === undefined ? "nothing" : typeof value === "string" ? quoted(value) : String(value);
}
