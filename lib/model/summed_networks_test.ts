import { assertAlmostEquals, assertEquals } from "@std/assert";
import { readRow } from "../table.ts";
import { Cells } from "../table_cells.ts";
import type { NodePrediction } from "./node_model.ts";
import { summedNetworks } from "./summed_networks.ts";

const [timed, powered, unmeasured] = [64, 128, 256].map((channels, i) => {
  const cells = { kind: "dense", batch: "1", in_channels: "16", out_channels: String(channels), runtime_ms: "1" };
  return readRow(new Cells(cells, "made up", i + 2));
});

/** A model that has seen every row, and says what no model that has not would. */
const model = (): NodePrediction => ({
  runtimeMs: { value: 100, low: null, high: null },
  powerW: { value: 50, low: null, high: null },
  energyMj: { value: 5000, low: null, high: null },
  runtimeFrom: "fitted",
  powerFrom: "fitted",
  extrapolates: [],
  callMs: 0,
  correlation: 0,
});

Deno.test("a network's layers add up by what models say that have not seen them, their energy too", () => {
  const heldOut = new Map([
    [timed, { runtimeMs: 2, powerW: null }],
    [powered, { runtimeMs: 3, powerW: 40 }],
  ]);
  const network = { name: "n", runtimeMs: 10, energyMj: 400 };
  const sum = (...rows: (typeof timed)[]) =>
    summedNetworks([{ ...network, nodes: rows.map(({ node }) => node) }], { heldOut }, model)[0];
  const { layersMs, layersMj, nodes } = sum(timed, powered);
  assertEquals([layersMs, nodes], [5, 2]);
  // The first has a time that is its own, and a power that is the model's.
  assertAlmostEquals(layersMj!, 2 * 50 + 3 * 40, 1e-9);
  assertEquals(sum(powered, unmeasured).layersMs, 103);
});
