import { assertAlmostEquals, assertEquals } from "@std/assert";
import { network } from "neuralpower/dsl";
import { loadDevice } from "../model/device.ts";
import { predict } from "../predict.ts";
import { type Combination, combination, failedCombination, ranked } from "./comparison.ts";

const net = network("net", { image: [3, 16, 16], batch: 4 }, (x) => x.conv(8, { kernel: 3 }).flatten().dense(10));
const prediction = predict(net.build(), await loadDevice("v100-tf1"));
const where = { file: "net.np.ts", network: "net", device: "v100-tf1", batch: 4 };
const row = combination(where, prediction, 0.5);

Deno.test("a row has what the prediction has, an image's share and the energy-precision ratios", () => {
  const { total } = prediction;
  assertEquals([row.runtimeMs, row.runtimePerImageMs], [total.runtimeMs, total.runtimeMs! / 4]);
  for (const [i, m] of [row.m1, row.m2, row.m3, row.m4].entries()) {
    assertAlmostEquals(m!, 0.5 ** (i + 1) * total.energyPerImageMj!);
  }
  assertEquals(combination(where, prediction, null).m1, null);
});

Deno.test("the fitted share leaves out what the specification gives and what lies outside", () => {
  const layer = { ...prediction.layers[0], runtimeMs: 1, runtimeFrom: "fitted" as const, extrapolates: [] };
  const layers = [layer, { ...layer, extrapolates: ["macs"] }, {
    ...layer,
    runtimeFrom: "analytical" as const,
    runtimeMs: 2,
  }];
  assertEquals(combination(where, { ...prediction, layers }, null).fittedShare, 0.25);
});

Deno.test("best first; what is not known, then what failed, last; fronts hold whole rows that nothing beats", () => {
  const made = (
    network: string,
    ms: number,
    mj: number | null,
    error: number | null,
    partial = false,
  ): Combination => ({
    ...row,
    ...{ network, runtimePerImageMs: ms, energyPerImageMj: mj, error, partial },
  });
  const rows = ranked([
    failedCombination({ ...where, network: "no" }, "because"),
    made("dear", 5, 9, 0.2),
    made("unknown energy", 4, null, 0.25),
    made("beaten", 6, 5, 0.3),
    made("unknown error", 0.1, 0.1, null),
    made("partial", 0.2, 0.2, 0.01, true),
    made("cheap", 3, 1, 0.3),
  ], "energy");
  assertEquals(rows.map(({ network, onEnergyFront, onRuntimeFront }) => [network, onEnergyFront, onRuntimeFront]), [
    ["unknown error", false, false],
    ["partial", false, false],
    ["cheap", true, true],
    ["beaten", false, false],
    ["dear", true, true],
    ["unknown energy", false, true],
    ["no", false, false],
  ]);
  assertEquals(ranked(rows, "network").map(({ network }) => network)[0], "beaten");
  assertEquals(ranked(rows)[0].network, "unknown error");
});
