import { assert, assertEquals, assertThrows } from "@std/assert";
import { findRuntime, formatCsv, nodeCost, parseLayersTable, tableColumns } from "neuralpower";
import { kinds } from "neuralpower/dsl";
import { nodeModelInputs, onnxNodeModel } from "../dsl/formats/onnx_node_model.ts";
import { opsOf } from "../lib/ops.ts";
import { nodeCells } from "../lib/table.ts";
import { type Configuration, type ConfigurationOptions, configurations, limitsOf } from "./configurations.ts";
import { runModel, tensor, waves } from "./ort_testing.ts";
import { nodeKey } from "./store.ts";
import { zooDefinitions } from "./work.ts";

const runtime = findRuntime("ort-cpu")!;
const zoo = await zooDefinitions();
const options: ConfigurationOptions = { limits: limitsOf("cpu", 24 * 2 ** 30), runtime, zoo };

function first(count: number, seed = 1, given: Partial<ConfigurationOptions> = {}): Configuration[] {
  return [...configurations(seed, { ...options, ...given }).take(count)];
}

Deno.test("a seed has one list, and another seed another", () => {
  const [a, b, c] = [first(80), first(80), first(80, 2)].map((list) => list.map(({ node }) => nodeKey(node)));
  assertEquals(a, b);
  assert(a.filter((key) => c.includes(key)).length < 8);
});

Deno.test("any beginning is balanced over the kinds, and none is measured twice in vain", () => {
  const list = first(1000);
  for (const length of [72, 300, 1000]) {
    const counts = Map.groupBy(list.slice(0, length), ({ node }) => node.layer.kind);
    assertEquals(counts.size, kinds.length - 1, "every kind but views");
    // The rarest kinds have 2 places in a round of 36, conv 8.
    const [rarest, conv] = [Math.min(...[...counts.values()].map(({ length }) => length)), counts.get("conv")!.length];
    assert(rarest >= length * 2 / 36 - 2, `${rarest} of ${length}`);
    assert(Math.abs(conv - length * 8 / 36) <= 8, `${conv} conv of ${length}`);
  }
  assert(new Set(list.map(({ node }) => nodeKey(node))).size > 950);
  const shares = [list.filter(({ name }) => name === "random").length / list.length];
  assert(shares[0] > 0.4 && shares[0] < 0.75, `${shares[0]} random`);
});

Deno.test("every op comes, odd sizes and multiples of 32 do, and all stay within the limits", () => {
  const list = first(2000);
  const ops = kinds.filter((kind) => kind !== "view").flatMap((kind) => opsOf(kind));
  assertEquals([...new Set(list.map(({ node }) => node.layer.op))].sort(), [...new Set(ops)].sort());
  const widths = list.filter(({ node }) => node.layer.kind === "conv").map(({ node }) => node.layer.outputShape[1]);
  for (
    const [what, is] of [["odd", (n: number) => n % 2 === 1], [
      "a multiple of 32",
      (n: number) => n % 32 === 0,
    ]] as const
  ) {
    assert(widths.filter(is).length > 0.1 * widths.length, what);
  }
  const small = { macs: 1e6, tensorBytes: 2e5, weightBytes: 1e5 };
  for (const { node } of first(300, 1, { limits: small, dtype: "float16" })) {
    const { macs, params } = nodeCost(node);
    assert(macs <= small.macs && 2 * params <= small.weightBytes && 2 * node.layer.inElements <= small.tensorBytes);
    assertEquals(node.dtype, "float16");
  }
  assertThrows(
    () => first(100, 1, { limits: { macs: 0, tensorBytes: 1, weightBytes: 0 } }),
    RangeError,
    "too little memory",
  );
});

Deno.test("a row in a table is the same node again, so that --resume knows it", async () => {
  const list = first(1500, 3);
  const { rows } = await parseLayersTable(
    await formatCsv(tableColumns, list.map(({ node }) => nodeCells(node))),
    "t.csv",
  );
  for (const [i, { node }] of list.entries()) assertEquals(nodeKey(rows[i].node), nodeKey(node), `row ${i}`);
});

Deno.test("the runtime runs every op's configurations", async () => {
  const limits = { macs: 2e6, tensorBytes: 4e5, weightBytes: 4e5 };
  for (const { node, name } of first(360, 1, { limits })) {
    const feeds = Object.fromEntries(
      nodeModelInputs(node).map(({ name, dtype, shape }) => [name, tensor(dtype, shape, waves(shape))]),
    );
    const outputs = await runModel(onnxNodeModel(node), feeds).catch((error: Error) => {
      throw new Error(`${name}: ${nodeKey(node)}: ${error.message}`);
    });
    const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
    assertEquals(product(outputs.get("sink1")!.values), product(node.layer.outputShape), nodeKey(node));
  }
});
