/**
 * Charts to choose by: what an image costs by batch, and which networks nothing beats in both error and energy.
 *
 * @module
 */
import { fronts, paretoFront, type Weighed } from "../decide/front.ts";
import type { Prediction } from "../predict.ts";
import { around, chart, colourBy, decades, guide, type Spec } from "./spec.ts";

/** Time and energy an image by batch, with 90 % intervals; a line for each network and device. */
export function batchSweep(predictions: readonly Prediction[]): Spec {
  const several = (field: "network" | "device") => new Set(predictions.map((each) => each[field])).size > 1;
  const values = predictions.map(({ network, device, batch, total }) => {
    const each = (value: number | null) => value === null ? null : value / batch;
    return {
      series: several("device") ? several("network") ? `${network} on ${device}` : device : network,
      batch,
      runtimeMs: each(total.runtimeMs),
      runtimeMsLow: each(total.runtimeMsLow),
      runtimeMsHigh: each(total.runtimeMsHigh),
      energyMj: each(total.energyMj),
      energyMjLow: each(total.energyMjLow),
      energyMjHigh: each(total.energyMjHigh),
    };
  }).sort((a, b) => a.batch - b.batch);
  const names = [...new Set(values.map(({ series }) => series))];
  const panels = [["runtimeMs", "time an image, ms"], ["energyMj", "energy an image, mJ"]] as const;
  const x = decades("batch", "batch", around(values.map(({ batch }) => batch), 1.1));
  const colour = colourBy("series", "", names);
  const networks = new Set(predictions.map(({ network }) => network));
  const subtitle = networks.size === 1 ? [...networks][0] : `${networks.size} networks`;
  return chart({ text: "What an image costs by batch", subtitle }, {
    data: { values },
    hconcat: panels.filter(([field]) => values.some((value) => value[field] !== null)).map(([field, title]) => {
      const known = values.filter((value) => value[field] !== null);
      const y = decades(
        field,
        title,
        around(known.flatMap((value) => [value[field]!, value[`${field}Low`] ?? 0, value[`${field}High`] ?? 0])),
      );
      return {
        width: 300,
        height: 260,
        layer: [
          {
            transform: [{ filter: `isValid(datum.${field}Low)` }],
            mark: { type: "area", opacity: 0.15 },
            encoding: { x, y: { ...y, field: `${field}Low` }, y2: { field: `${field}High` }, color: colour },
          },
          {
            transform: [{ filter: `isValid(datum.${field})` }],
            mark: { type: "line", point: { size: 40 }, tooltip: { content: "data" } },
            encoding: { x, y, color: colour },
          },
        ],
      };
    }),
  });
}

/** A network that may be chosen: what is to be small of it. */
export interface Choice {
  readonly name: string;
  /** Top-1 error, a fraction. */
  readonly error?: number | null;
  /** An image. */
  readonly energyMj?: number | null;
  /** An image. */
  readonly runtimeMs?: number | null;
}

const axes = {
  error: (_: Iterable<number>) => ({
    ...{ field: "error", type: "quantitative", title: "error, %" },
    scale: { zero: false, nice: true },
  }),
  energyMj: (values: Iterable<number>) => decades("energyMj", "energy an image, mJ", around(values, 1.5)),
  runtimeMs: (values: Iterable<number>) => decades("runtimeMs", "time an image, ms", around(values, 1.5)),
};

/**
 * Two of error, energy and time of an image against each other, with the line of those that nothing beats. Choices of which one is not known
 * are left out.
 */
export function choiceFront(
  choices: readonly Choice[],
  weighed: Weighed = "energy-error",
  title = titles[weighed],
): Spec {
  const [across, up] = fronts[weighed];
  const known = choices.flatMap((choice) => {
    const [x, y] = [choice[across] ?? null, choice[up] ?? null];
    return x === null || y === null ? [] : [{ name: choice.name, x, y }];
  });
  const front = paretoFront(known, ({ x, y }) => [x, y]);
  const values = known.toSorted((a, b) => a.y - b.y).map((choice, i) => ({
    name: choice.name,
    [up]: up === "error" ? 100 * choice.y : choice.y,
    [across]: choice.x,
    turn: i % 2,
    front: front.includes(choice) ? "on the front" : "beaten by another",
  }));
  const x = axes[across](known.map(({ x }) => x));
  const y = axes[up](known.map(({ y }) => y));
  const onFront = [{ filter: "datum.front === 'on the front'" }];
  return chart({ text: title, subtitle: "the line joins those that no other beats in both" }, {
    data: { values },
    width: 460,
    height: 320,
    layer: [
      { transform: onFront, mark: { type: "line", color: guide, interpolate: "step-after" }, encoding: { x, y } },
      {
        mark: { type: "circle", size: 70, tooltip: { content: "data" }, opacity: 0.9 },
        encoding: { x, y, color: colourBy("front", "", ["on the front", "beaten by another"]) },
      },
      // Names above and below by turns, so that neighbours can be read.
      ...[-7, 7].map((dy, turn) => ({
        transform: [{ filter: `datum.turn === ${turn}` }],
        mark: { type: "text", align: "left", dx: 7, dy, fontSize: 10 },
        encoding: { x, y, text: { field: "name", type: "nominal" } },
      })),
    ],
  });
}

const titles: Readonly<Record<Weighed, string>> = {
  "energy-error": "Error and energy of an image",
  "runtime-error": "Error and time of an image",
  "runtime-energy": "Energy and time of an image",
};
