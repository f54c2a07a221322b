/**
 * What a network costs whatever runs it.
 *
 * @module
 */
import { layerCost, type Network } from "neuralpower/dsl";
import { chart, colourBy, type Spec } from "./spec.ts";

const panels = [["macs", "multiply-adds"], ["bytes", "bytes read and written"], ["params", "parameters"]] as const;

/** Multiply-adds, bytes and parameters of each layer, in the network's order; layers that cost nothing are left out. */
export function costBreakdown({ name, layers, batch, dtype }: Network): Spec {
  const values = layers.filter(({ kind }) => kind !== "view").map((layer) => {
    const { macs, params, bytesRead, bytesWritten } = layerCost(layer, dtype);
    return { name: layer.name, kind: layer.kind, macs, bytes: bytesRead + bytesWritten, params };
  });
  const step = Math.max(4, Math.min(16, 1200 / values.length));
  return chart({ text: `${name}, by layer`, subtitle: `batch ${batch}, ${dtype}` }, {
    data: { values },
    hconcat: panels.map(([field, title], i) => ({
      width: 190,
      height: { step },
      mark: { type: "bar", tooltip: { content: "data" } },
      encoding: {
        x: { field, type: "quantitative", title, axis: { format: "~s", tickCount: 4 } },
        y: {
          field: "name",
          type: "ordinal",
          sort: null,
          title: null,
          axis: i === 0 ? { labelLimit: 150, labelOverlap: true } : null,
        },
        color: colourBy("kind", "kind", values.map(({ kind }) => kind)),
      },
    })),
  });
}
