import { assert, assertEquals, assertThrows } from "@std/assert";
import { network, type NetworkDefinition } from "neuralpower/dsl";
import { errors } from "../learn/metrics.ts";
import { plan } from "../plan.ts";
import { unfused } from "../runtimes.ts";
import { calibratePower, calibrateTime, networkSums } from "./network_sum.ts";

/** Chains of convolutions and poolings: how many of which, and how wide. */
function chain(seed: number): NetworkDefinition {
  return network(`chain ${seed}`, { image: [8, 16, 16] }, (image) => {
    let x = image;
    for (let i = 0; i < 2 + seed % 7; i++) {
      x = x.conv(8 + 4 * ((seed + i) % 5), { kernel: (seed >> i) % 2 === 0 ? 3 : 1, pad: "same", bias: false });
    }
    for (let i = 0; i < (seed * 3) % 4; i++) x = x.maxPool({ kernel: 3, stride: 1, pad: 1 });
    return x.globalAveragePool().flatten().dense(10);
  });
}

const nodesOf = (seed: number) => plan(chain(seed).build(), unfused).flatMap(({ node }) => node === null ? [] : [node]);
const seeds = Array.from({ length: 160 }, (_, seed) => seed);
const sums = seeds.map((seed) => networkSums(nodesOf(seed)));
const names = seeds.map(String);
/** A time that the sums can say exactly: a call, launches, multiply-adds of each window, bytes of poolings. */
const timeMs = (i: number) =>
  0.5 + 0.01 * (sums[i].kind["conv layers"] ?? 0) + 2e-8 * (sums[i].op["conv 3×3 macs"] ?? 0) +
  6e-8 * (sums[i].op["conv 1×1 macs"] ?? 0) + 1e-6 * (sums[i].kind["pool bytes"] ?? 0);
const first = (count: number, y: (i: number) => number) => ({
  sums: sums.slice(0, count),
  names: names.slice(0, count),
  measured: Float64Array.from(seeds.slice(0, count), y),
});
const rest = seeds.slice(50);

Deno.test("a network's sums: how many of each sort, their work, and what is unaligned", () => {
  const net = network(
    "net",
    { image: [3, 8, 8] },
    (x) => x.conv(8, { kernel: 3, pad: 1, bias: false }).conv(8, { kernel: 1, bias: false }),
  );
  const { kind, op } = networkSums(plan(net.build(), unfused).map(({ node }) => node!));
  const [macs3, macs1] = [8 * 64 * 27, 8 * 64 * 8];
  assertEquals(kind["conv layers"], 2);
  assertEquals(kind["conv macs"], macs3 + macs1);
  assertEquals([kind["conv unaligned layers"], kind["conv unaligned macs"]], [1, macs3]);
  assertEquals([op["conv 3×3 macs"], op["conv 1×1 macs"], op.network], [macs3, macs1, 1]);
  assertEquals(op["conv 1×1 bytes"], 4 * (512 + 64 + 512));
});

Deno.test("fifty networks calibrate a sum that predicts the others, however wild one of them was measured", () => {
  const { form, predict, shares } = calibrateTime(first(50, (i) => (i === 7 ? 3 : 1) * timeMs(i)));
  assertEquals(form, "sum by op");
  const { mape } = errors(rest.map(timeMs), rest.map((i) => predict(sums[i])));
  assert(mape < 0.01, `${mape}`);
  for (const i of rest) assert(Math.abs(Object.values(shares(sums[i])).reduce((a, b) => a + b) - 1) < 1e-9);
});

Deno.test("beyond a hundred networks trees correct what is no sum, where that is better on networks they have not seen", () => {
  // Depth squared is in none of the terms.
  const bent = (i: number) => timeMs(i) * (1 + 0.01 * (sums[i].kind["conv layers"] ?? 0) ** 2);
  const { form, logHalfWidth } = calibrateTime(first(160, bent));
  assert(form.endsWith("boosted") && logHalfWidth! > 0, form);
  assert(!calibrateTime(first(90, bent)).form.endsWith("boosted"));
});

Deno.test("power is the terms' own, weighed by their shares of time", () => {
  const powerW = (i: number) => {
    const pools = 1e-6 * (sums[i].kind["pool bytes"] ?? 0) / timeMs(i);
    return 200 * (1 - pools) + 80 * pools;
  };
  const time = calibrateTime(first(50, timeMs));
  const { predict } = calibratePower(first(50, powerW), time);
  const watts = rest.map((i) => predict(sums[i]));
  const measured = rest.map(powerW);
  const { mape } = errors(measured, watts);
  const { mape: ofMean } = errors(
    measured,
    measured.map(() => measured.reduce((sum, y) => sum + y, 0) / measured.length),
  );
  assert(mape < 0.2 * ofMean, `${mape}, by their mean ${ofMean}`);
});

Deno.test("fewer than five networks cannot be cross-validated", () => {
  assertThrows(() => calibrateTime(first(4, timeMs)), RangeError, "5 folds need at least 5");
});
