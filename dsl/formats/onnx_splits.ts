/**
 * Slices that divide an axis evenly are splits: the DSL makes all parts at once.
 *
 * @module
 */
import type { Layer } from "../layer.ts";

type Part = Layer<"move"> & {
  readonly op: "slice";
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
};

function isSlice(layer: Layer): layer is Part {
  return layer.kind === "move" && layer.op === "slice" && layer.step === 1;
}

/**
 * Joins the slices of one value along one axis, if they divide it evenly and all are used, and names the parts as the DSL does.
 *
 * @returns The layers, the parts of a split one after another where the first slice stood.
 */
export function joinSplits(
  layers: readonly Layer[],
  outputs: readonly string[],
): { readonly layers: readonly Layer[]; readonly outputs: readonly string[] } {
  const groups = Map.groupBy(layers.filter(isSlice), ({ inputs, axis }) => `${axis}:${inputs[0]}`);
  const parts = new Map<string, readonly Part[]>();
  for (const group of groups.values()) {
    const sorted = group.toSorted((a, b) => a.start - b.start);
    const size = sorted[0].inputShape[sorted[0].axis], each = size / sorted.length;
    const even = sorted.length > 1 && sorted.every(({ start, end }, i) => start === i * each && end === start + each);
    if (even) parts.set(group[0].name, sorted);
  }
  const names = new Map<string, string>();
  const joined: Layer[] = [];
  const done = new Set<string>();
  const taken = new Set(layers.map(({ name }) => name));
  let count = 0;
  for (const layer of layers) {
    if (done.has(layer.name)) continue;
    for (const part of parts.get(layer.name) ?? [layer]) {
      const isPart = parts.has(layer.name);
      let name = part.name;
      if (isPart) {
        // The DSL counts, whatever other layers are named.
        name = `split${++count}`;
        done.add(part.name);
        names.set(part.name, name);
      }
      const inputs = part.inputs.map((input) => names.get(input) ?? input);
      joined.push({ ...part, ...isPart ? { op: "split" } : {}, name, inputs } as Layer);
    }
  }
  // Names that the count takes are others' only by chance; such a network keeps its slices.
  const clash = [...names.values()].some((name) => taken.has(name) && !names.has(name));
  return clash
    ? { layers, outputs }
    : { layers: joined, outputs: outputs.map((output) => names.get(output) ?? output) };
}
