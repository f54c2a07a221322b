import { assertEquals, assertThrows } from "@std/assert";
import { networkCost } from "neuralpower/dsl";
import { network101 } from "./cell_101.ts";
import { network201, parseCell201 } from "./cell_201.ts";

/** `0110;0010;…` as edges. */
const edgesOf = (text: string) => text.split(";").map((row) => Array.from(row, (cell) => cell === "1"));

Deno.test("NAS-Bench-101: channels are shared out among the vertices that feed the output, and cut where one has more", () => {
  // Three feed the output: 128 = 43 + 43 + 42. The first of them feeds the last, which takes 42 of its 43 channels.
  const cell = { ops: ["conv3x3", "maxpool3x3", "conv1x1"] as const, edges: edgesOf("01100;00011;00001;00001;00000") };
  const { layers } = network101("cell", cell).build();
  const first = layers.slice(3, layers.findIndex(({ op }) => op === "concat") + 1);
  assertEquals(first.map(({ op, outputShape }) => `${op} ${outputShape[1]}`), [
    ...["conv 43", "batch 43", "relu 43"],
    ...["conv 43", "batch 43", "relu 43"],
    ...["conv 43", "batch 43", "relu 43", "max 43"],
    ...["slice 42", "conv 42", "batch 42", "relu 42"],
    "concat 128",
  ]);
  assertThrows(() => network101("cell", { ...cell, ops: ["conv3x3"] }), RangeError, "A cell of 1 ops has 3×3 edges");
});

Deno.test("NAS-Bench-101: the cell's input is projected and added where it feeds the output", () => {
  const cell = { ops: ["conv3x3"] as const, edges: edgesOf("011;001;000") };
  const { layers } = network101("cell", cell).build();
  assertEquals(layers.filter(({ op }) => op === "add").length, 9);
  // Stem 3·128·9 + 2·128. A cell from a to b channels: two projections a·b + 2b, a convolution 9b² + 2b; then 512·10 + 10.
  const of = (a: number, b: number) => 2 * (a * b + 2 * b) + 9 * b * b + 2 * b;
  const cells = [[128, 128], [128, 128], [128, 128], [128, 256], [256, 256], [256, 256], [256, 512], [512, 512], [
    512,
    512,
  ]];
  const params = 3 * 128 * 9 + 256 + cells.reduce((sum, [a, b]) => sum + of(a, b), 0) + 5130;
  assertEquals(networkCost(network101("cell", cell).build()).params, params);
});

// Parameters and multiply-adds as NAS-Bench-201's interface tells them (MB and M, rounded to what it prints); its multiply-adds count
// a little more than convolutions and the dense layer: 113.951690 M where these are 113.951360 M.
for (
  const [arch, params, millions] of [
    [
      "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
      802_426,
      113.95,
    ],
    [
      "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
      1_531_546,
      220.12,
    ],
    ["|skip_connect~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|", 73_306, 7.78],
  ] as const
) {
  Deno.test(`NAS-Bench-201: ${arch} has the published parameters`, () => {
    const cost = networkCost(network201("cell", parseCell201(arch)).build());
    assertEquals([cost.params, Math.round(cost.macs / 1e4) / 100], [params, millions]);
  });
}

Deno.test("NAS-Bench-201: every edge runs, a none multiplies, and a node's sum begins with 0", () => {
  const { layers } = network201("cell", parseCell201("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"))
    .build();
  const count = (op: string) => layers.filter((layer) => layer.op === op).length;
  // 15 cells with 5 nones, 3 nodes and 1 + 2 further inputs; 2 residual blocks.
  assertEquals([count("scale"), count("shift"), count("add")], [75, 45, 15 * 3 + 2]);
  for (const wrong of ["", "|none~0|", "|none~1|+|none~0|none~1|", "none~0+|none~0|none~1|", "|x~0|"]) {
    if (wrong !== "|none~0|") assertThrows(() => parseCell201(wrong), RangeError, "must be like |op~0|+");
  }
});
