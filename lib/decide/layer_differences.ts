/**
 * What two versions of one network differ in, layer by layer.
 *
 * @module
 */
import type { LayerPrediction, Prediction } from "../predict.ts";

/** A layer of either version or of both. */
export interface LayerDifference {
  /** Changed: other sizes or parameters, or other costs since something else runs within it. */
  readonly change: "added" | "removed" | "changed" | "same";
  /** Null where it was added. */
  readonly old: LayerPrediction | null;
  /** Null where it was removed. */
  readonly new: LayerPrediction | null;
  /** New less old; null where either is not known. */
  readonly runtimeMs: number | null;
  /** New less old; null where either is not known. */
  readonly energyMj: number | null;
}

/** More pairs than these are not compared: 4000 × 4000 layers take half a second. */
const mostPairs = 2 ** 24;

/**
 * Pairs the layers of two versions of a network, in order, so that as many as possible keep their sizes and, next, their names: a layer that
 * is put in between renames those after it that have no names of their own.
 *
 * @returns In the networks' order, a removed layer before what was added in its place.
 * @throws {RangeError} When thousands of layers differ.
 */
export function layerDifferences(before: Prediction, after: Prediction): LayerDifference[] {
  const [olds, news] = [before.layers.map(described), after.layers.map(described)];
  let start = 0;
  while (start < Math.min(olds.length, news.length) && likeness(olds[start], news[start]) === all) start++;
  let end = 0;
  const rest = Math.min(olds.length, news.length) - start;
  while (end < rest && likeness(olds.at(-1 - end)!, news.at(-1 - end)!) === all) end++;
  return [
    ...olds.slice(0, start).map((old, i) => difference(old, news[i])),
    ...aligned(olds.slice(start, olds.length - end), news.slice(start, news.length - end)),
    ...olds.slice(olds.length - end).map((old, i) => difference(old, news[news.length - end + i])),
  ];
}

/** A layer, with what makes two layers the same work. */
interface Described {
  readonly layer: LayerPrediction;
  readonly work: string;
}

function described(layer: LayerPrediction): Described {
  const { kind, op, inputShape, outputShape, macs, params } = layer;
  return { layer, work: [kind, op, inputShape, outputShape, macs, params].join(";") };
}

const [sameWork, sameName] = [3, 2];
const all = sameWork + sameName;

/** How much speaks for two layers being one; 0 keeps them apart. */
function likeness(old: Described, after: Described): number {
  return (old.work === after.work ? sameWork : 0) + (old.layer.name === after.layer.name ? sameName : 0);
}

const [pair, remove, add] = [1, 2, 3];

/** The pairing of greatest likeness (Needleman and Wunsch). */
function aligned(olds: readonly Described[], news: readonly Described[]): LayerDifference[] {
  const width = news.length + 1;
  if (width * (olds.length + 1) > mostPairs) {
    throw new RangeError(
      `${olds.length} and ${news.length} layers differ, too many to be compared one by one; compare the totals, without --layers`,
    );
  }
  // From the end, so that the steps are read from the beginning.
  const steps = new Uint8Array(width * (olds.length + 1));
  let below = new Int32Array(width);
  for (let i = olds.length; i >= 0; i--) {
    const best = new Int32Array(width);
    for (let j = news.length; j >= 0; j--) {
      const likely = i < olds.length && j < news.length ? likeness(olds[i], news[j]) : 0;
      const [paired, removed, added] = [
        likely > 0 ? likely + below[j + 1] : -1,
        i < olds.length ? below[j] : -1,
        j < news.length ? best[j + 1] : -1,
      ];
      best[j] = Math.max(paired, removed, added, 0);
      steps[i * width + j] = paired >= Math.max(removed, added) ? pair : removed >= added ? remove : add;
    }
    below = best;
  }
  const found: LayerDifference[] = [];
  for (let i = 0, j = 0; i < olds.length || j < news.length;) {
    const step = steps[i * width + j];
    found.push(difference(step === add ? null : olds[i], step === remove ? null : news[j]));
    if (step !== add) i++;
    if (step !== remove) j++;
  }
  return found;
}

function difference(before: Described | null, after: Described | null): LayerDifference {
  const [old, fresh] = [before?.layer ?? null, after?.layer ?? null];
  const less = (cost: "runtimeMs" | "energyMj") => {
    const [a, b] = [old === null ? 0 : old[cost], fresh === null ? 0 : fresh[cost]];
    return a === null || b === null ? null : b - a;
  };
  const [runtimeMs, energyMj] = [less("runtimeMs"), less("energyMj")];
  const same = before?.work === after?.work && old?.runtimeMs === fresh?.runtimeMs && old?.energyMj === fresh?.energyMj;
  const change = old === null ? "added" : fresh === null ? "removed" : same ? "same" : "changed";
  return { change, old, new: fresh, runtimeMs, energyMj };
}
