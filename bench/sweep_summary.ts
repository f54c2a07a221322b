/**
 * What a sweep has measured, for its end: counts, failures, noise.
 *
 * @module
 */
import { parseLayersTable } from "neuralpower";
import { median } from "../lib/learn/metrics.ts";
import { parseCsv } from "../lib/table.ts";
import { anchorsOf, type Drift, drift } from "./drift.ts";
import type { NoiseFloor } from "./device_file.ts";
import { anchor } from "./jobs.ts";

/** Failures that are told one by one; the file has all. */
const mostFailures = 10;

/** A few lines on a device's folder, and its noise floor. */
export async function summary(folder: string): Promise<{ text: string; noiseFloor: NoiseFloor }> {
  const read = (name: string) => Deno.readTextFile(`${folder}/${name}`);
  // A sweep of whole networks only has no layers, nor has one that was interrupted soon.
  const { rows } = await read("layers.csv").then(
    (text) => parseLayersTable(text, "layers.csv"),
    () => ({ rows: [] }),
  );
  // A sweep by slope writes a network when all its nodes are measured: a short one may have none.
  const networks = await read("networks.csv").then(
    async (text) => (await parseCsv(text, "networks.csv")).records.map(({ cells }) => cells),
    () => [],
  );
  const failures = await read("failures.csv").then((text) => text.trimEnd().split("\n").slice(1), () => []);
  const kinds = Map.groupBy(rows, ({ node }) => node.layer.kind);
  const spreads = rows.map(({ measured }) => measured.runtimeMsSpread! / measured.runtimeMs!);
  const anchors = anchorsOf(networks);
  const profiled = networks.filter(({ profiler_ms }) => profiler_ms !== "");
  const overheads = profiled.map(({ overhead_ms, profiler_ms, nodes, runtime_ms }) =>
    (Number(overhead_ms) + Number(profiler_ms) * Number(nodes)) / Number(runtime_ms)
  );
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const noiseFloor = {
    layers: spreads.length > 0 ? median(spreads) : null,
    anchor: anchors.length > 1 ? drift(anchors).spread : null,
  };
  const text = [
    `${networks.length} networks, ${rows.length} layers${kinds.size > 0 ? ": " : ""}${
      [...kinds].map(([kind, rows]) => `${rows.length} ${kind}`).join(", ")
    }`,
    ...noiseFloor.layers === null ? [] : [
      `Noise floor: layers' measurements spread by ${percent(noiseFloor.layers)} (median)` +
      (noiseFloor.anchor === null ? "" : `, the anchor's times by ${percent(noiseFloor.anchor)}`),
    ],
    ...profiled.length > 0
      ? [`Layers, as profiled, add up to their network but for ${percent(median(overheads))} (median)`]
      : [],
    ...anchors.length > 1
      ? [
        `The anchor (${anchor.source}) lay between ${Math.min(...anchors.map(({ ms }) => ms)).toFixed(3)} and ${
          Math.max(...anchors.map(({ ms }) => ms)).toFixed(3)
        } ms in ${anchors.length} runs`,
        // Medians of visits have no moment that a drift could be taken off.
        ...networks.some(({ measurements }) => measurements) ? [] : [driftLine(drift(anchors))],
      ]
      : [],
    ...failures.slice(0, mostFailures).map((line) => `Not measured: ${line}`),
    ...failures.length > mostFailures
      ? [`… and ${failures.length - mostFailures} more, with their reasons in ${folder}/failures.csv`]
      : [],
    ...rows.length > 0 ? [`Next: deno task fit ${folder}`] : [],
  ].join("\n");
  return { text, noiseFloor };
}

function driftLine({ spread, trend, deviation, correctedDeviation }: Drift): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const seen = `Drift by the anchor: spread ${percent(spread)}${trend === null ? "" : `, trend ${percent(trend)}`}`;
  if (correctedDeviation === null) return `${seen}; too few anchors to tell whether a correction would help`;
  return `${seen}; correcting each anchor by the others takes its deviation from ${percent(deviation)} to ${
    percent(correctedDeviation)
  }, so ${correctedDeviation < deviation ? "bench/correct_drift.ts would help" : "rows are best left as they are"}`;
}
