import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type ImageValue, network, type Value } from "neuralpower/dsl";
import { featureNames } from "../features.ts";
import type { Node } from "../node.ts";
import { plan, type PlanOptions } from "../plan.ts";
import { unfused } from "../runtimes.ts";
import { analytical, powerWhenBusy } from "./analytical.ts";
import type { Device } from "./device.ts";
import type { AnalyticalFit, KindFit, ModelFile, Polynomial, TargetFit, Vouched } from "./model.ts";
import { type Estimate, nodeModel } from "./node_model.ts";
import { findSpecification } from "./specifications.ts";

const v100 = findSpecification("v100")!;
const heldOut = {
  rows: 9,
  mape: 0,
  rmspe: 0,
  rmse: 0,
  medianApe: 0,
  within10: 1,
  r2: 1,
  coverage90: 1,
  worstBin90: null,
};
const vouched = (logHalfWidth: number | null): Vouched => ({ heldOut, logHalfWidth });

const energyFit = (logHalfWidth: number) => ({ ...vouched(logHalfWidth), width: null, resolved: null });

function polynomial(coefficients: Record<string, number>, logHalfWidth: number | null = null): Polynomial {
  return { ...vouched(logHalfWidth), lambda: 1, gap: 0, unconverged: 0, intercept: 1, coefficients };
}

/** A target whose relative polynomial is 1 + what is given, and whose paper's is twice that on every coefficient. */
function target(
  coefficients: Record<string, number>,
  more: Partial<TargetFit> = {},
  q: number | null = null,
): TargetFit {
  const twice = Object.fromEntries(Object.entries(coefficients).map(([term, value]) => [term, 2 * value]));
  return {
    ...{ default: "relative", least: 0.001, most: null, noise: null, analytical: null },
    polynomials: { paper: polynomial(twice, q), relative: polynomial(coefficients, q) },
    base: null,
    boosted: null,
    ...more,
  };
}

function fitted(more: Partial<KindFit>, ranges: Record<string, [number, number]> = {}): KindFit {
  const wide = Object.fromEntries(featureNames(more.kind ?? "dense").map((name) => [name, [0, 1e12] as const]));
  return {
    ...{ kind: "dense", pass: "forward", dtype: "float32", rows: 9, configurations: 9, callMs: 0 },
    hardware: { type: "gpu", multiprocessors: 80 },
    ...{ ranges: { ...wide, ...ranges }, runtime: target({ batch: 0.5 }), power: null, energy: null },
    ...more,
  };
}

function deviceWith(fits: readonly KindFit[] | null, specification: Device["specification"] = null): Device {
  const model = fits &&
    { ...{ format: "neuralpower-model", version: 1, device: "mine", specification: null } as const, fits };
  return {
    ...{ name: "mine", runtime: unfused, specification },
    model: model as ModelFile | null,
  };
}

function denseNode(batch: number, options: PlanOptions = {}): Node {
  return plan(network("one", { vector: 8, batch }, (x) => x.dense(4)).build(), unfused, options)[0].node!;
}

function lastNode(describe: (x: ImageValue) => Value): Node {
  return plan(network("one", { image: [8, 16, 16], batch: 4 }, describe).build(), unfused).at(-1)!.node!;
}

function assertEstimate(
  { value, low, high }: Estimate,
  expected: readonly [number, number | null, number | null],
): void {
  [value, low, high].forEach((actual, i) => {
    if (expected[i] === null) assertEquals(actual, null);
    else assertAlmostEquals(actual, expected[i], 1e-12 * expected[i], `${[value, low, high]} is not ${expected}`);
  });
}

Deno.test("a fitted node is its polynomial's value, between the floor and the cap", () => {
  const power = target({ "log2(batch)": 10 }, { least: 15, most: 35 });
  const predict = nodeModel(
    deviceWith([fitted({ runtime: target({ batch: -0.25, "batch^2": 0.01 }, { least: 0.6 }), power })]),
  );
  const at = (batch: number) => {
    const { runtimeMs, powerW, energyMj } = predict(denseNode(batch))!;
    return [runtimeMs.value, powerW!.value, energyMj!.value];
  };
  // 1 − 0.25 · 32 + 0.01 · 32² = 3.24 ms and 1 + 10 · 5 W, at most 35
  [3.24, 35, 3.24 * 35].forEach((value, i) => assertAlmostEquals(at(32)[i], value, 1e-9));
  // 1 − 1 + 0.16, at least 0.6 ms; 1 + 10 · 2 W
  [0.6, 21, 0.6 * 21].forEach((value, i) => assertAlmostEquals(at(4)[i], value, 1e-9));
  // 1 − 0.25 + 0.01 = 0.76 ms; 1 W, at least 15
  [0.76, 15, 0.76 * 15].forEach((value, i) => assertAlmostEquals(at(1)[i], value, 1e-9));
});

Deno.test("auto takes each target's default, a named polynomial or the specification is taken where asked for", () => {
  const power = target({ batch: 4 }, { default: "paper" });
  const device = deviceWith([fitted({ power })], v100);
  const at = (choice?: "auto" | "paper" | "relative") => {
    const { runtimeMs, powerW, runtimeFrom, powerFrom } = nodeModel(device, choice)(denseNode(8))!;
    return [runtimeMs.value, powerW!.value, runtimeFrom, powerFrom];
  };
  // relative: 1 + 0.5 · 8 ms, 1 + 4 · 8 W; paper: 1 + 8 ms, 1 + 64 W
  assertEquals(at(), [5, 65, "fitted", "fitted"]);
  assertEquals(at("auto"), at());
  assertEquals(at("paper"), [9, 65, "fitted", "fitted"]);
  assertEquals(at("relative"), [5, 33, "fitted", "fitted"]);
  const { runtimeMs, powerW, energyMj, ...rest } = nodeModel(device, "analytical")(denseNode(8))!;
  const expected = analytical(denseNode(8), v100);
  assertEquals([runtimeMs.value, powerW!.value], [expected.runtimeMs, expected.powerW]);
  assertEquals(energyMj!.value, expected.runtimeMs * expected.powerW);
  assertEquals(rest, {
    runtimeFrom: "analytical",
    powerFrom: "analytical",
    extrapolates: [],
    callMs: 0,
    correlation: 1,
  });
});

Deno.test("intervals are ŷ·exp(∓q), of runtime that of the whole row less its call and not below the floor", () => {
  const ln2 = Math.log(2);
  const runtime = target({ batch: 0.5 }, { least: 1.5 }, ln2);
  const made = { runtime, power: target({ batch: 2 }, {}, Math.log(1.25)), energy: energyFit(Math.log(4)) };
  const plainRow = nodeModel(deviceWith([fitted(made)]))(denseNode(8))!;
  assertEstimate(plainRow.runtimeMs, [5, 2.5, 10]);
  assertEstimate(plainRow.powerW!, [17, 17 / 1.25, 17 * 1.25]);
  assertEstimate(plainRow.energyMj!, [85, 85 / 4, 85 * 4]);
  const predict = nodeModel(deviceWith([fitted({ ...made, callMs: 3 })]));
  // (5 + 3) / 2 − 3 = 1, at least 1.5; (5 + 3) · 2 − 3
  assertEstimate(predict(denseNode(8))!.runtimeMs, [5, 1.5, 13]);
  assertEquals(predict(denseNode(8))!.callMs, 3);
  // 17 + 3 = 20
  assertEstimate(predict(denseNode(32))!.runtimeMs, [17, 7, 37]);
});

Deno.test("training is forward and backward where these were fitted, times and energies and their ends added", () => {
  const energy = energyFit(Math.log(2));
  const forward = fitted({
    runtime: target({ batch: 0.5 }, {}, Math.log(2)),
    power: target({ batch: 2 }),
    energy,
    callMs: 1,
  });
  const backward = fitted(
    { pass: "backward", runtime: target({ batch: 1 }, {}, Math.log(2)), power: target({ batch: 3 }), energy },
    { inChannels: [9, 99] },
  );
  const training = denseNode(8, { pass: "training", optimizer: "adam" });
  const made = nodeModel(deviceWith([forward, backward]))(training)!;
  // forward 5 ms [2, 11] with its call of 1 ms, 17 W; backward 9 ms [4.5, 18], 25 W
  assertEstimate(made.runtimeMs, [14, 2 + 4.5, 11 + 18]);
  // Energy's interval is at least the runtime's: 17 W · [2, 11] ms = [34, 187] mJ, wider than 85 / 2 and 85 · 2.
  assertEstimate(made.energyMj!, [85 + 225, 34 + 225 / 2, 187 + 225 * 2]);
  assertEstimate(made.powerW!, [310 / 14, null, null]);
  assertEquals([made.runtimeFrom, made.powerFrom, made.callMs], ["fitted", "fitted", 1]);
  assertEquals(made.extrapolates, ["inChannels"]);

  const whole = fitted({ pass: "training", runtime: target({ batch: 2 }) });
  assertEquals(nodeModel(deviceWith([forward, backward, whole]))(training)!.runtimeMs.value, 17);
  assertEquals(nodeModel(deviceWith([forward]))(training), null);
  assertEquals(nodeModel(deviceWith([forward], v100))(training)!.runtimeFrom, "analytical");
  const unpowered = nodeModel(deviceWith([forward, { ...backward, power: null, energy: null }]))(training)!;
  assertEquals([unpowered.powerW, unpowered.energyMj, unpowered.powerFrom], [null, null, null]);
});

Deno.test("a kind, pass or format that was not measured is analytical, with its kind's error or the worst of its pass", () => {
  const checked = (logHalfWidth: number | null): AnalyticalFit => ({
    ...vouched(logHalfWidth),
    scale: 1,
    scaledLogHalfWidth: 0,
  });
  const fits = [Math.log(3), null, Math.log(5)].map((q, i) =>
    fitted({ kind: (["dense", "pool", "norm"] as const)[i], runtime: target({}, { analytical: checked(q) }) })
  );
  const predict = nodeModel(deviceWith(fits, v100));
  const half = { ...denseNode(8), dtype: "float16" as const };
  for (
    const [node, q] of [[lastNode((x) => x.relu()), 5], [denseNode(8, { pass: "backward" }), 5], [half, 3]] as const
  ) {
    const { runtimeMs, powerW, energyMj, ...rest } = predict(node)!;
    const expected = analytical(node, v100);
    // Nothing is faster than one launch, 5 µs.
    assertEstimate(runtimeMs, [expected.runtimeMs, Math.max(0.005, expected.runtimeMs / q), expected.runtimeMs * q]);
    assertEstimate(powerW!, [expected.powerW, null, null]);
    assertEstimate(energyMj!, [expected.powerW * expected.runtimeMs, null, null]);
    assertEquals(rest, {
      runtimeFrom: "analytical",
      powerFrom: "analytical",
      extrapolates: [],
      callMs: 0,
      correlation: 1,
    });
  }
  assertEquals(nodeModel(deviceWith(null, v100))(denseNode(8))!.runtimeMs.low, null);
});

Deno.test("nothing predicts a node without a fit and without a specification", () => {
  assertEquals(nodeModel(deviceWith(null))(denseNode(8)), null);
  assertEquals(nodeModel(deviceWith([fitted({})]))(lastNode((x) => x.relu())), null);
  assertEquals(nodeModel(deviceWith([fitted({})]), "analytical")(denseNode(8)), null);
});

Deno.test("a fitted time without a fitted power takes the specification's power, or none without a specification", () => {
  const { runtimeMs, powerW, energyMj, runtimeFrom, powerFrom } = nodeModel(deviceWith([fitted({})], v100))(
    denseNode(8),
  )!;
  const watts = powerWhenBusy(analytical(denseNode(8), v100).busyMs / 5, v100);
  assertEquals([runtimeMs.value, powerW!.value, energyMj!.value], [5, watts, 5 * watts]);
  assertEquals([runtimeFrom, powerFrom], ["fitted", "analytical"]);
  const none = nodeModel(deviceWith([fitted({})]))(denseNode(8))!;
  assertEquals([none.powerW, none.energyMj, none.powerFrom], [null, null, null]);
});

Deno.test("features outside what was fitted are named, the ends of a range are inside", () => {
  const predict = nodeModel(deviceWith([fitted({}, { batch: [8, 16], outChannels: [5, 9], macs: [0, 400] })]));
  // 8 inputs, 4 outputs: 32 multiply-adds an image
  assertEquals(predict(denseNode(8))!.extrapolates, ["outChannels"]);
  assertEquals(predict(denseNode(16))!.extrapolates, ["outChannels", "macs"]);
  assertEquals(predict(denseNode(7))!.extrapolates, ["batch", "outChannels"]);
});

Deno.test("auto holds an extrapolation within the scaled analytical interval, and widens its own to that", () => {
  const node = denseNode(64), level = 10 * analytical(node, v100).runtimeMs;
  const held = (
    coefficient: number,
    ranges: Record<string, [number, number]>,
    choice?: "relative",
    q: number | null = Math.log(2),
  ) => {
    const checked = { ...vouched(null), scale: 10, scaledLogHalfWidth: q };
    const runtime = target({ batch: coefficient }, { analytical: checked }, Math.log(3));
    return nodeModel(deviceWith([fitted({ runtime }, ranges)], v100), choice)(node)!.runtimeMs;
  };
  const outside: Record<string, [number, number]> = { batch: [1, 32] };
  assert(level / 2 > 0.001 && 2 * level < 33, `${level}`);
  // 1 + 0.5 · 64 = 33 ms is far above twice the level; its interval of a third to thrice moves along.
  assertEstimate(held(0.5, outside), [2 * level, level / 2, 6 * level]);
  // 1 − 64 is below the floor of 0.001 ms: the polynomial says nothing, and the level stands for it.
  assertEstimate(held(-1, outside), [level, level / 2, 3 * level]);
  assertEstimate(held(0.5, {}), [33, 11, 99]);
  assertEstimate(held(0.5, outside, "relative"), [33, 11, 99]);
  assertEstimate(held(0.5, outside, undefined, null), [33, 11, 99]);
});

Deno.test("a dense layer after an image or tokens is one long vector where the fitted rows were vectors only", () => {
  const fit = (most: number) =>
    fitted({ runtime: target({ inChannels: 1 }) }, { inHeight: [1, most], inWidth: [1, 1], inChannels: [1, 4096] });
  const image = lastNode((x) => x.flatten().dense(4));
  const tokens = plan(network("t", { tokens: [7, 12] }, (x) => x.flatten().dense(4)).build(), unfused).at(-1)!.node!;
  for (const [node, length] of [[image, 2048], [tokens, 84]] as const) {
    const { runtimeMs, extrapolates } = nodeModel(deviceWith([fit(1)]))(node)!;
    assertEquals([runtimeMs.value, extrapolates], [1 + length, []]);
  }
  const { runtimeMs, extrapolates } = nodeModel(deviceWith([fit(16)]))(image)!;
  assertEquals([runtimeMs.value, extrapolates], [1 + 8, ["inWidth"]]);
  const each = plan(network("t", { tokens: [7, 12] }, (x) => x.dense(4)).build(), unfused)[0].node!;
  assertEquals(nodeModel(deviceWith([fit(1)]))(each)!.extrapolates, ["inHeight"]);
});
