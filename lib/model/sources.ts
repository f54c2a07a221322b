/**
 * What a transferred fit corrects: a measured device's model, or the analytical one, as one more term of the base and one more column
 * of the trees. A file holds its source whole: it needs no other file.
 *
 * @module
 */
import type { Kind } from "neuralpower/dsl";
import { featureNames, featureVector } from "../features.ts";
import type { Node } from "../node.ts";
import { analytical } from "./analytical.ts";
import { compileLayers, distanceOutside } from "./compile_layers.ts";
import type { Device } from "./device.ts";
import type { FittedSource, KindFit, StoredSource } from "./model.ts";
import { flattened, onlyVectors } from "./shapes.ts";
import { findSpecification } from "./specifications.ts";

/** What a device's file tells of a kind, without the intervals: null where it has not measured it. */
export function sourceOf({ name, model }: Device, { kind, pass, dtype }: SourceKey): StoredSource | null {
  const fit = model?.fits.find((fit) => fit.kind === kind && fit.pass === pass && fit.dtype === dtype);
  if (fit === undefined || fit.runtime.base === null) return null;
  const { rows, hardware, ranges, callMs, source, runtime: { base, boosted, least } } = fit;
  const kept = {
    ...{ rows, hardware, ranges, callMs, least },
    base: { least: base.least, rates: base.rates },
    boosted: boosted && { columns: boosted.columns, trees: boosted.trees },
  };
  return { device: name, fit: source ? { ...kept, source } : kept };
}

/** Whose rows a source is asked for. */
export type SourceKey = Pick<KindFit, "kind" | "pass" | "dtype">;

/**
 * Compiles a source: a node's own time by it, in ms.
 *
 * @throws {RangeError} When a term, a column or the specification is not the program's.
 */
export function compileSource(source: StoredSource, kind: Kind): (node: Node) => number {
  if (source.fit === null) {
    const specification = findSpecification(source.device);
    if (specification === undefined) throw new RangeError(`"${source.device}" is not in the table of specifications`);
    return (node) => analytical(node, specification).runtimeMs;
  }
  return compileFitted(source.fit, kind);
}

function compileFitted({ base, boosted, ranges, callMs, least, rows: _, ...fit }: FittedSource, kind: Kind) {
  const layers = compileLayers({ ...fit, kind, runtime: { base, boosted }, power: null, energy: null })!;
  const names = featureNames(kind);
  const [lows, highs] = [0, 1].map((end) => Float64Array.from(names, (name) => ranges[name][end]));
  const flat = onlyVectors(kind, ranges);
  return (node: Node): number => {
    const shaped = flat ? flattened(node) : node;
    const vector = featureVector(shaped);
    const { runtimeMs } = layers(shaped, vector, distanceOutside(vector, lows, highs, () => {}));
    return Math.max((runtimeMs.boosted ?? runtimeMs.base).value - callMs, least);
  };
}
