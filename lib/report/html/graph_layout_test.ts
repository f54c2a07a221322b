import { assertEquals } from "@std/assert";
import { loadDevice, predict, type Prediction } from "neuralpower";
import { add, concat, type Network, network } from "neuralpower/dsl";
import { graph } from "./graph.ts";
import { columnsOf, layOut } from "./graph_layout.ts";

const device = await loadDevice("rtx3090");

Deno.test("branches stand side by side, what joins them below, and views are no boxes", () => {
  const net = network("branches", { image: [3, 32, 32] }, (x) => {
    const a = x.conv(8, { kernel: 3, pad: "same" });
    const b = a.conv(8, { kernel: 1, name: "left" });
    const c = a.conv(8, { kernel: 1, name: "right" }).conv(8, { kernel: 1, name: "more" });
    return concat(b, c).flatten().dense(10);
  }).build();
  const boxes = layOut(net, predict(net, device)).map((
    { layer, reads, rank, lane },
  ) => [layer.name, reads, rank, lane]);
  assertEquals(boxes, [
    ["conv1", [], 0, 0],
    ["left", [0], 1, 0],
    ["right", [0], 1, 1],
    ["more", [2], 2, 1],
    ["concat1", [1, 3], 3, 0],
    ["dense1", [4], 4, 0],
  ]);
});

Deno.test("what runs within another layer is in its box, with all that it reads", async () => {
  const fusing = await loadDevice("v100-tf1");
  const net = network("residual", { image: [8, 32, 32] }, (x) => {
    const a = x.conv(8, { kernel: 3, pad: "same", activation: "relu" });
    return add(a.conv(8, { kernel: 3, pad: "same" }), a);
  }).build();
  const boxes = layOut(net, predict(net, fusing));
  assertEquals(boxes.map(({ layer }) => layer.name), ["conv1", "conv2", "add1"]);
  assertEquals(boxes[2].reads, [1, 0]);

  const alsoSums = { ...fusing, runtime: { ...fusing.runtime, fusesAdd: true } };
  const summed = layOut(net, predict(net, alsoSums));
  assertEquals(summed.map(({ layer, reads }) => [layer.name, reads]), [["conv1", []], ["conv2", [0]]]);
});

Deno.test("columns are cut where one box's output goes on, and hold every box once", () => {
  const chain = network("chain", { image: [3, 8, 8] }, (x) => {
    for (let i = 0; i < 10; i++) x = x.conv(8, { kernel: 3, pad: "same" });
    return x;
  }).build();
  assertEquals(columnsOf(layOut(chain, predict(chain, device))), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]);

  // Within the sums of ten blocks two outputs go on everywhere, so the column ends below the block.
  const residual = network("residual", { image: [8, 8, 8] }, (x) => {
    for (let i = 0; i < 10; i++) {
      x = add(x.conv(8, { kernel: 1 }).conv(8, { kernel: 1 }), x.conv(8, { kernel: 3, pad: "same" }));
    }
    return x;
  }).build();
  const boxes = layOut(residual, predict(residual, device));
  const columns = columnsOf(boxes);
  assertEquals(columns.flat().toSorted((a, b) => a - b), [...boxes.keys()]);
  for (const column of columns) assertEquals(boxes[column.at(-1)!].layer.op, "add");
  assertEquals(columns.length, 5);
});

Deno.test("a network of 200,000 layers is laid out and drawn: no box is looked at again for each rank or column", () => {
  const layers = Array.from({ length: 200_000 }, (_, i) => ({
    ...{ name: `l${i}`, kind: "conv", runtimeMs: 1, fusedInto: null, runtimeFrom: "fitted" },
    inputs: [i === 0 ? "input" : `l${i - 1}`],
  }));
  const deep = { name: "deep", layers };
  const drawn = graph(deep as unknown as Network, deep as unknown as Prediction, ({ name }) => name);
  assertEquals(drawn.match(/<svg /g)?.length, Math.ceil(200_000 / 12));
});

Deno.test("a network of 400,000 branches is laid out: no lane is looked at again for each box", () => {
  const layers = Array.from({ length: 400_000 }, (_, i) => ({
    ...{ name: `l${i}`, kind: "conv", runtimeMs: 1, fusedInto: null, runtimeFrom: "fitted", inputs: ["input"] },
  }));
  const wide = { name: "wide", layers };
  const boxes = layOut(wide as unknown as Network, wide as unknown as Prediction);
  assertEquals(boxes.map(({ lane }) => lane), [...boxes.keys()]);
});
