/**
 * The network as a graph: one box for each executed layer, downwards in the order in which they need each other, with its share of the
 * time in it.
 *
 * @module
 */
import type { Network } from "neuralpower/dsl";
import type { LayerPrediction, Prediction } from "../../predict.ts";
import { number } from "../text_table.ts";
import { escape } from "./text.ts";

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

const size = { width: 190, height: 26, across: 36, down: 16, margin: 12 };

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
    const free = taken.findIndex((last) => last < rank);
    const lane = own ?? (free === -1 ? taken.length : free);
    taken[lane] = rank;
    madeBy.set(layer.name, boxes.length);
    boxes.push({ layer: predicted, reads, rank, lane });
  });
  return boxes;
}

/** The graph as SVG. */
export function graph(network: Network, prediction: Prediction, idOf: (layer: LayerPrediction) => string): string {
  const boxes = layOut(network, prediction);
  const largest = Math.max(...boxes.map(({ layer }) => layer.runtimeMs ?? 0)) || 1;
  const left = (box: Box) => size.margin + box.lane * (size.width + size.across);
  const top = (box: Box) => size.margin + box.rank * (size.height + size.down);
  const edges = boxes.flatMap((box) => box.reads.map((from) => edge(boxes[from], box)));
  const marks = boxes.map((box) => {
    const { name, kind, runtimeMs } = box.layer;
    const [x, y] = [left(box), top(box)];
    const share = (size.width - 2) * (runtimeMs ?? 0) / largest;
    return `<a href="#${idOf(box.layer)}" data-layer="${
      idOf(box.layer)
    }" class="k-${kind}"><rect class="box" x="${x}" y="${y}" width="${size.width}" height="${size.height}" rx="4"/><rect class="cost" x="${
      x + 1
    }" y="${y + size.height - 6}" width="${share.toFixed(1)}" height="5"/><text x="${x + 6}" y="${y + 15}">${
      escape(short(name))
    }</text> <text x="${x + size.width - 6}" y="${y + 15}" text-anchor="end">${number(runtimeMs)}</text></a>`;
  });
  const lanes = Math.max(...boxes.map(({ lane }) => lane)) + 1;
  const ranks = Math.max(...boxes.map(({ rank }) => rank)) + 1;
  const width = 2 * size.margin + lanes * (size.width + size.across);
  const height = 2 * size.margin + ranks * (size.height + size.down);
  return `<div class="graph" tabindex="0" role="region" aria-label="Graph of ${escape(network.name)}">
<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="group" aria-label="${
    escape(
      `${boxes.length} executed layers of ${network.name}, each with its time in ms; the table has the same figures`,
    )
  }">
${edges.join("\n")}
${marks.join("\n")}
</svg></div>`;

  /** Straight down where nothing is between; else out to the right and around. */
  function edge(from: Box, to: Box): string {
    if (to.rank === from.rank + 1 || from.lane !== to.lane) {
      const [x1, y1] = [left(from) + size.width / 2, top(from) + size.height];
      const [x2, y2] = [left(to) + size.width / 2, top(to)];
      const bend = Math.min(size.down, (y2 - y1) / 2);
      return `<path class="guide" d="M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}"/>`;
    }
    const x = left(from) + size.width;
    const [y1, y2] = [top(from) + size.height / 2, top(to) + size.height / 2];
    return `<path class="guide" d="M${x} ${y1}c${size.across - 8} 8 ${size.across - 8} ${y2 - y1 - 8} 0 ${y2 - y1}"/>`;
  }
}

/** The end of a long name tells more than its beginning. */
function short(name: string): string {
  return name.length > 18 ? `…${name.slice(-17)}` : name;
}
