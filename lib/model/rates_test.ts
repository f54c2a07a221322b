import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { network } from "neuralpower/dsl";
import type { Node } from "../node.ts";
import { plan } from "../plan.ts";
import { findRuntime, unfused } from "../runtimes.ts";
import { work } from "./analytical.ts";
import type { ModelFile } from "./model.ts";
import { nodeModel } from "./node_model.ts";
import { uniforms } from "./random_layers.ts";
import { nearestRates } from "./nearest_rates.ts";
import { fitRates } from "./rates.ts";

const rates = { launchMs: 0.004, flopMs: 2e-10, byteMs: 3e-9 };
const timeOf = (node: Node) => {
  const { launches, flops, bytes } = work(node);
  return launches * rates.launchMs + flops * rates.flopMs + bytes * rates.byteMs;
};

/** Convolutions, dense layers and activations of sizes spread over decades. */
function nodes(count: number): Node[] {
  const random = uniforms(4), size = (most: number) => Math.ceil(most ** random());
  return Array.from({ length: count }, () => {
    const net = network(
      "n",
      { image: [size(64), size(64), size(64)], batch: size(64) },
      (x) => x.conv(size(64), { kernel: 1 }).relu().flatten().dense(size(500)),
    );
    return plan(net.build(), unfused).flatMap(({ node }) => node ?? []);
  }).flat();
}

Deno.test("rates that rows were made of are found, whatever kinds the rows are of", () => {
  const rows = nodes(60).map((node) => ({ node, ownMs: timeOf(node) }));
  const [{ kinds, logHalfWidth, ...found }] = fitRates(rows);
  assertEquals(new Set(kinds), new Set(["conv", "elementwise", "dense"]));
  for (const name of ["launchMs", "flopMs", "byteMs"] as const) {
    assertAlmostEquals(found[name] / rates[name], 1, 1e-6, name);
  }
  // Each kind is predicted by the others' rates, which are the same.
  assert(logHalfWidth! < 0.05, `${logHalfWidth}`);
});

Deno.test("rates of kinds that contradict each other have a wide interval", () => {
  const rows = nodes(60).map((node) => ({ node, ownMs: timeOf(node) * (node.layer.kind === "dense" ? 4 : 1) }));
  assert(fitRates(rows)[0].logHalfWidth! > Math.log(2));
});

Deno.test("rates of a single kind price every quantity", () => {
  const rows = nodes(60).filter(({ layer }) => layer.kind === "conv").map((node) => ({
    node,
    ownMs: 1e-9 * work(node).flops + 0.01,
  }));
  const [found] = fitRates(rows);
  assert(found.byteMs > 0 && found.flopMs > 0 && found.launchMs > 0, JSON.stringify(found));
});

Deno.test("the nearest rates are those of the pass and format, else of the forward pass", () => {
  const made = (["forward", "backward"] as const).flatMap((pass) =>
    (["float32", "float16"] as const).map((dtype) => ({ pass, dtype, kinds: [], ...rates, logHalfWidth: null }))
  );
  const [node] = nodes(1);
  const nearest = (change: Partial<Node>, among = made) => nearestRates(among, { ...node, ...change });
  assertEquals(nearest({}), made[0]);
  assertEquals(nearest({ pass: "backward", dtype: "float16" }), made[3]);
  assertEquals(nearest({ pass: "training" }), made[0]);
  assertEquals(nearest({ pass: "backward" }, made.filter(({ dtype }) => dtype === "float16")), made[3]);
  assertEquals(nearestRates([], node), null);
});

Deno.test("a device without a specification predicts kinds that it has not measured, in any pass", () => {
  const found = fitRates(
    nodes(40).filter(({ layer }) => layer.kind !== "conv").map((node) => ({
      node,
      ownMs: timeOf(node),
    })),
  );
  const model = { fits: [], rates: found, specification: null } as unknown as ModelFile;
  const device = { name: "mine", runtime: findRuntime("ort-cpu")!, specification: null, model };
  const conv = nodes(5).find(({ layer }) => layer.kind === "conv")!;
  for (const pass of ["forward", "backward", "training"] as const) {
    const node: Node = { ...conv, pass, optimizer: pass === "training" ? "adam" : null };
    const { runtimeMs, runtimeFrom, powerW } = nodeModel(device)(node)!;
    assertEquals([runtimeFrom, powerW], ["analytical", null]);
    assertAlmostEquals(runtimeMs.value / timeOf(node), 1, 1e-6);
    assert(runtimeMs.low! > 0 && runtimeMs.low! <= runtimeMs.value && runtimeMs.value <= runtimeMs.high!);
  }
  assertEquals(nodeModel(device, "analytical")(conv), null);
});
