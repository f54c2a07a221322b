/**
 * Where the boxes of a network's graph stand: each below all that it reads, and long graphs cut into columns.
 *
 * @module
 */
import type { Network } from "neuralpower/dsl";
import type { LayerPrediction, Prediction } from "../../predict.ts";

/** A box: its layer, the boxes that it reads, and where it stands. */
export interface Box {
  readonly layer: LayerPrediction;
  /** Numbers of the boxes that it reads; none where it reads the network's input. */
  readonly reads: readonly number[];
  /** From the top, from 0: one more than the last that it reads. */
  readonly rank: number;
  /** From the left, from 0. */
  readonly lane: number;
}

/**
 * Lays a network out. Layers that run within others, and those that run nothing, are taken together with what they read.
 *
 * A box continues the lane of the first box that it reads, unless something stands there already; then it gets the first free lane.
 */
export function layOut(network: Network, { layers }: Prediction): Box[] {
  const boxes: Box[] = [];
  /** The box that makes each layer's output; null of the input. */
  const madeBy = new Map<string, number | null>([["input", null]]);
  /** The rank down to which each lane is taken. */
  const taken: number[] = [];
  /** Lanes are only ever taken further down: those that were not free at a rank need not be looked at again. */
  const nextFree: number[] = [];
  const firstFree = (rank: number) => {
    let lane = nextFree[rank] ?? 0;
    while (taken[lane] >= rank) lane++;
    return nextFree[rank] = lane;
  };
  network.layers.forEach((layer, i) => {
    const predicted = layers[i];
    const reads = [...new Set(layer.inputs.map((input) => madeBy.get(input) ?? null))].filter((box) => box !== null);
    if (predicted.fusedInto !== null || predicted.runtimeFrom === "free") {
      const host = predicted.fusedInto === null ? undefined : madeBy.get(predicted.fusedInto);
      madeBy.set(layer.name, host ?? reads[0] ?? null);
      // A sum that runs within a convolution is read by way of it, and so is the sum's other input.
      const other = host === undefined || host === null ? [] : reads.filter((box) => box < host);
      if (other.length > 0) boxes[host!] = { ...boxes[host!], reads: [...new Set([...boxes[host!].reads, ...other])] };
      return;
    }
    const rank = reads.reduce((last, box) => Math.max(last, boxes[box].rank), -1) + 1;
    const own = reads.map((box) => boxes[box].lane).find((lane) => (taken[lane] ?? -1) < rank);
    const lane = own ?? firstFree(rank);
    taken[lane] = rank;
    madeBy.set(layer.name, boxes.length);
    boxes.push({ layer: predicted, reads, rank, lane });
  });
  return boxes;
}

/** Ranks of a column: a fifth of the graph's, for five columns fill a wide page, but within these. */
const shortest = 4, longest = 12, side = 5;

/**
 * Cuts a graph into columns, to stand side by side as far as the page is wide: only where a single box's output is all that goes on.
 *
 * @returns Numbers of each column's boxes.
 */
export function columnsOf(boxes: readonly Box[]): number[][] {
  const goingOn = boxesGoingOn(boxes);
  const ranks = goingOn.length;
  const enough = Math.min(Math.max(Math.ceil(ranks / side), shortest), longest);
  const columnOfRank: number[] = [];
  let [columns, first] = [0, 0];
  for (let rank = 0; rank < ranks; rank++) {
    columnOfRank.push(columns);
    if (rank < ranks - 1 && (rank - first + 1 < enough || goingOn[rank] !== 1)) continue;
    columns++;
    first = rank + 1;
  }
  const numbers = Array.from({ length: columns }, (): number[] => []);
  boxes.forEach(({ rank }, i) => numbers[columnOfRank[rank]].push(i));
  return numbers;
}

/** How many of the boxes down to each rank are read below it. */
function boxesGoingOn(boxes: readonly Box[]): number[] {
  const lastReader = boxes.map(({ rank }) => rank);
  for (const { rank, reads } of boxes) {
    for (const from of reads) lastReader[from] = Math.max(lastReader[from], rank);
  }
  const ranks = boxes.reduce((most, { rank }) => Math.max(most, rank + 1), 0);
  const changes = new Array<number>(ranks).fill(0);
  boxes.forEach(({ rank }, i) => {
    changes[rank]++;
    changes[lastReader[i]]--;
  });
  let going = 0;
  return changes.map((change) => going += change);
}
