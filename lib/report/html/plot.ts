/**
 * Plots of a report's page: dots on two logarithmic axes, over guides.
 *
 * @module
 */
import { escape } from "./text.ts";

/** One dot. */
export interface Dot {
  readonly x: number;
  readonly y: number;
  /** Radius in the plot's units, of 640 that it is wide; 6 by default. */
  readonly radius?: number;
  /** Its colour. */
  readonly kind: string;
  /** The table's row that tells all of it. */
  readonly row: string;
  readonly name: string;
}

/** A line, or the outline of a band. */
export interface Guide {
  readonly band?: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What a plot shows. */
export interface Plot {
  /** Of its own in the page. */
  readonly id: string;
  /** What it shows, in a sentence, for those who do not see it. */
  readonly label: string;
  readonly x: string;
  readonly y: string;
  readonly dots: readonly Dot[];
  readonly guides: readonly Guide[];
  /** Ends of both axes. */
  readonly domain: readonly [x: readonly [number, number], y: readonly [number, number]];
}

const frame = { left: 84, right: 630, top: 12, bottom: 390 };

/** The plot as SVG, which grows and shrinks with the page. */
export function plot({ id, label, x, y, dots, guides, domain }: Plot): string {
  const across = axis(domain[0], frame.left, frame.right);
  const up = axis(domain[1], frame.bottom, frame.top);
  const path = (points: Guide["points"]) => points.map(([x, y]) => `${across.at(x)},${up.at(y)}`).join(" ");
  const ticks = [
    ...across.ticks.map((tick) => {
      const at = across.at(tick);
      return `<path class="grid" d="M${at} ${frame.top}V${frame.bottom}"/><text x="${at}" y="${
        frame.bottom + 22
      }" text-anchor="middle">${tickText(tick)}</text>`;
    }),
    ...up.ticks.map((tick) => {
      const at = up.at(tick);
      return `<path class="grid" d="M${frame.left} ${at}H${frame.right}"/><text x="${frame.left - 8}" y="${
        at + 5
      }" text-anchor="end">${tickText(tick)}</text>`;
    }),
  ];
  const lines = guides.map(({ band, points }) =>
    band ? `<polygon class="band" points="${path(points)}"/>` : `<polyline class="guide" points="${path(points)}"/>`
  );
  const marks = dots.map(({ x, y, radius = 6, kind, row, name }) =>
    `<a href="#${row}" data-layer="${row}" aria-label="${escape(name)}"><circle class="dot k-${kind}" cx="${
      across.at(x)
    }" cy="${up.at(y)}" r="${radius.toFixed(1)}"/></a>`
  );
  const middle = (frame.top + frame.bottom) / 2;
  return `<div class="plot"><svg viewBox="0 0 640 448" role="group" aria-label="${escape(label)}">
${ticks.join("\n")}
<text x="${(frame.left + frame.right) / 2}" y="${frame.bottom + 50}" text-anchor="middle">${escape(x)}</text>
<text x="20" y="${middle}" text-anchor="middle" transform="rotate(-90 20 ${middle})">${escape(y)}</text>
<clipPath id="${id}"><rect x="${frame.left}" y="${frame.top}" width="${frame.right - frame.left}" height="${
    frame.bottom - frame.top
  }"/></clipPath>
<g clip-path="url(#${id})">
${[...lines, ...marks].join("\n")}
</g>
</svg></div>`;
}

/** From values to places, and the values that get a tick: 1, 2 and 5 of each decade, or powers of ten where there are many. */
function axis([least, most]: readonly [number, number], from: number, to: number) {
  const decades = Math.log10(most / least);
  const steps = decades < 2.5 ? [1, 2, 5] : [1];
  const powers = Array.from({ length: Math.ceil(decades) + 2 }, (_, i) => 10 ** (Math.floor(Math.log10(least)) + i));
  const every = Math.ceil(decades / 8);
  const ticks = powers.filter((_, i) => i % every === 0).flatMap((power) => steps.map((step) => step * power));
  return {
    at: (value: number) => Number((from + (to - from) * Math.log10(value / least) / decades).toFixed(1)),
    ticks: ticks.filter((tick) => tick >= least * 0.999 && tick <= most * 1.001),
  };
}

function tickText(value: number): string {
  return value >= 1e6 || value < 1e-3
    ? value.toExponential(0).replace("e+", "e")
    : String(Number(value.toPrecision(3)));
}
