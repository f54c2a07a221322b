/**
 * The network as a graph: one box for each executed layer, downwards in the order in which they need each other, with its share of the
 * time in it.
 *
 * @module
 */
import type { Network } from "neuralpower/dsl";
import { largest } from "../../charts/spec.ts";
import type { LayerPrediction, Prediction } from "../../predict.ts";
import { number } from "../text_table.ts";
import { type Box, columnsOf, layOut } from "./graph_layout.ts";
import { escape } from "./text.ts";

type Place = Pick<Box, "rank" | "lane">;

/** Pixels. */
const size = { width: 176, height: 26, across: 30, down: 16, margin: 8 };

/** The graph, one SVG a column. */
export function graph(network: Network, prediction: Prediction, idOf: (layer: LayerPrediction) => string): string {
  const boxes = layOut(network, prediction);
  const longest = largest(boxes, ({ layer }) => layer.runtimeMs ?? 0) || 1;
  const columns = columnsOf(boxes);
  const goesOn = readByOthers(boxes, columns);
  const label = `${boxes.length} executed layers of ${network.name}, each with its time in ms`;
  const drawn = columns.map((column) => drawColumn(column, boxes, goesOn, longest, idOf));
  return `<div class="graph" tabindex="0" role="region" aria-label="${escape(label)}">\n${drawn.join("\n")}\n</div>`;
}

/** The boxes that are read from another column. */
function readByOthers(boxes: readonly Box[], columns: readonly (readonly number[])[]): Set<number> {
  const columnOf: number[] = [];
  columns.forEach((column, c) => column.forEach((i) => columnOf[i] = c));
  return new Set(boxes.flatMap(({ reads }, i) => reads.filter((from) => columnOf[from] !== columnOf[i])));
}

/** One column. What it reads of the column before stands above it by name, and what goes on to the next has a line downwards. */
function drawColumn(
  column: readonly number[],
  boxes: readonly Box[],
  goesOn: ReadonlySet<number>,
  longest: number,
  idOf: (layer: LayerPrediction) => string,
): string {
  const own = column.map((i) => boxes[i]);
  const inside = new Set(column);
  const firstLane = own.reduce((least, { lane }) => Math.min(least, lane), Infinity);
  const lanes = largest(own, ({ lane }) => lane) - firstLane + 1;
  const before = own.flatMap(({ reads }) => reads).find((from) => !inside.has(from));
  const firstRank = own[0].rank - (before === undefined ? 0 : 1);
  const ranks = largest(own, ({ rank }) => rank) - firstRank + 1;
  const entry: Place = { rank: firstRank, lane: firstLane };
  const left = ({ lane }: Place) => size.margin + (lane - firstLane) * (size.width + size.across);
  const top = ({ rank }: Place) => size.margin + (rank - firstRank) * (size.height + size.down);

  const rect = (place: Place) =>
    `<rect class="box" x="${left(place)}" y="${top(place)}" width="${size.width}" height="${size.height}" rx="4"/>`;

  const edges = own.flatMap((box) => box.reads.map((from) => edge(from === before ? entry : boxes[from], box)));
  const stubs = own.filter((_, i) => goesOn.has(column[i])).map((box) =>
    `<path class="guide" d="M${left(box) + size.width / 2} ${top(box) + size.height}v${size.down}"/>`
  );
  const name = before === undefined
    ? ""
    : `<g class="entry">${rect(entry)}<text x="${left(entry) + 6}" y="${top(entry) + 17}">from ${
      escape(short(boxes[before].layer.name))
    }</text></g>`;
  const marks = own.map((box) => {
    const { name, kind, runtimeMs } = box.layer;
    const [x, y, id] = [left(box), top(box), idOf(box.layer)];
    const share = (size.width - 2) * (runtimeMs ?? 0) / longest;
    return `<a href="#${id}" data-layer="${id}" class="k-${kind}">` +
      rect(box) +
      `<rect class="cost" x="${x + 1}" y="${y + size.height - 6}" width="${share.toFixed(1)}" height="5"/>` +
      `<text x="${x + 6}" y="${y + 15}">${escape(short(name))}</text> ` +
      `<text x="${x + size.width - 6}" y="${y + 15}" text-anchor="end">${number(runtimeMs)}</text></a>`;
  });
  const width = 2 * size.margin + lanes * (size.width + size.across);
  const height = 2 * size.margin + ranks * (size.height + size.down);
  return `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
${[...edges, ...stubs, name, ...marks].join("\n")}
</svg>`;

  /** Between lanes along the outer one; within one straight down, or around what stands between. */
  function edge(from: Place, to: Place): string {
    const [x1, y1] = [left(from) + size.width / 2, top(from) + size.height];
    const [x2, y2] = [left(to) + size.width / 2, top(to)];
    if (from.lane === to.lane && to.rank > from.rank + 1) {
      const [right, rise] = [left(from) + size.width, y2 - y1 + size.height];
      const out = size.across - 8;
      return `<path class="guide" d="M${right} ${y1 - size.height / 2}c${out} 8 ${out} ${rise - 8} 0 ${rise}"/>`;
    }
    const [above, below] = [y1 + size.down, y2 - size.down];
    return to.lane > from.lane
      ? `<path class="guide" d="M${x1} ${y1}C${x1} ${above} ${x2} ${y1} ${x2} ${above}V${y2}"/>`
      : `<path class="guide" d="M${x1} ${y1}V${below}C${x1} ${y2} ${x2} ${below} ${x2} ${y2}"/>`;
  }
}

/** The end of a long name tells more than its beginning. */
function short(name: string): string {
  return name.length > 16 ? `…${name.slice(-15)}` : name;
}
