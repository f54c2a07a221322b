import { assertEquals, assertRejects } from "@std/assert";
import { TableError } from "../table_cells.ts";
import { readDataset } from "./dataset.ts";
import { neuralpower } from "./neuralpower.ts";

/** As the profiler prints layers, numbers our own: `NAME\tOUTPUT  OPTIONS Input: INPUT Runtime: MS Power: W`. */
const measured = (line: string, runtime = 1.5, power = "150.250") =>
  `${line} Runtime: ${runtime.toFixed(3)} Power: ${power}`;
const conv =
  "conv1/7x7_s2\t[8, 27, 27, 96]  Filters: [11, 11, 3, 96]  Pad: VALID (0, 0) Stride: 4, 4 Params: 34,944 Input: [8, 117, 117, 3]";
const pool = "pool1\t[8, 13, 13, 96]  Kernel: [3, 3]  Stride: [2, 2] Input: [8, 27, 27, 96]";
const fc = "fc6\t[8, 512]  Outputs: 512 Params: 8,389,120 Input: [8, 16384]";

async function read(...lines: string[]) {
  return await readDataset(neuralpower, lines.join("\n"), "raw.log", "gtx-titan-x-tf1");
}

Deno.test("every kind of line becomes a row of the layers table", async () => {
  const { device, rows, cells, counted } = await read(
    "",
    "Network nets/some.json",
    measured(conv),
    measured(
      "incept_a/3x3\t[8, 7, 7, 32]  Filters: [3, 3, 16, 32]  Pad: SAME (0, 0) Stride: 2, 2 Params: 4,640 Input: [8, 14, 14, 16]",
    ),
    measured(pool),
    measured("avgpool2\t[8, 4, 4, 6]  Kernel: [3, 3]  Stride: [2, 2] Input: [8, 8, 8, 6]"),
    measured(fc, 0.25, "99.0 91.5"),
    measured(
      "fc7\t[8, 1, 1, 64]  Filters: [5, 5, 16, 64]  Pad: VALID (0, 0) Stride: 1, 1 Params: 25,664 Input: [8, 5, 5, 16]",
    ),
    measured(
      "fc8\t[8, 2, 2, 64]  Filters: [5, 5, 16, 64]  Pad: VALID (0, 0) Stride: 1, 1 Params: 25,664 Input: [8, 6, 6, 16]",
    ),
    measured("drop6\t[8, 512]  Keep prob: 0.500000 Input: [8, 512]"),
    measured("dropout7\t[8, 3, 3, 512]  Keep prob: 0.500000 Input: [8, 3, 3, 512]"),
    measured("concat3\t[8, 7, 7, 80]   Input: [[8, 7, 7, 16], [8, 7, 7, 64]]"),
    `${
      measured(
        "res2a_branch1\t[8, 9, 9, 4]  Filters: [1, 1, 2, 4]  Pad: SAME (0, 0) Stride: 1, 1 Params: 12 Input: [8, 9, 9, 2]",
      )
    } Utilization Power: 97.000 Utilization Memory: 40.000`,
    measured("res2a\t[8, 9, 9, 4]   Input: [[8, 9, 9, 4], [8, 9, 9, 4]]"),
    measured("norm1\t[8, 9, 9, 4]   Input: [8, 9, 9, 4]"),
    "softmax\t[8, 10]  Classes: 10 Input: [8, 10] ",
  );
  assertEquals(device, "gtx-titan-x-tf1");
  assertEquals(counted, { "line of another layer, or none": 4 });
  const told = rows.map(({ node: { layer }, measured: { runtimeMs, powerW } }) =>
    `${layer.kind}.${layer.op} ${layer.inputShape.join("×")} → ${
      layer.outputShape.join("×")
    }, ${runtimeMs} ms, ${powerW} W`
  );
  const usual = "1.5 ms, 150.25 W";
  assertEquals(told, [
    `conv.conv 8×3×117×117 → 8×96×27×27, ${usual}`,
    `conv.conv 8×16×14×14 → 8×32×7×7, ${usual}`,
    `pool.max 8×96×27×27 → 8×96×13×13, ${usual}`,
    `pool.average 8×6×8×8 → 8×6×4×4, ${usual}`,
    "dense.dense 8×16384×1×1 → 8×512, 0.25 ms, 91.5 W",
    `dense.dense 8×16×5×5 → 8×64, ${usual}`,
    `conv.conv 8×16×6×6 → 8×64×2×2, ${usual}`,
    `view.dropout 8×512×1×1 → 8×512×1×1, ${usual}`,
    `view.dropout 8×512×3×3 → 8×512×3×3, ${usual}`,
    `move.concat 8×16×7×7 → 8×80×7×7, ${usual}`,
    `conv.conv 8×2×9×9 → 8×4×9×9, ${usual}`,
  ]);
  const { pad_top, pad_bottom } = cells[1];
  // SAME at stride 2: 14 pixels need one more, after them.
  assertEquals({ pad_top, pad_bottom }, { pad_top: "0", pad_bottom: "1" });
});

Deno.test("lines that cannot be read are told by their numbers, all at once", async () => {
  const short = measured(conv).replace(" Params: 34,944", "");
  const cases: [string[], string][] = [
    [
      [measured(pool), short],
      'raw.log, line 2: has 7 items separated by ":", its name asks for 8; mend the line or take it out',
    ],
    [
      [measured(pool), "", short, conv],
      'raw.log, line 3: has 7 items separated by ":", its name asks for 8; nor can 1 more be read: lines 4',
    ],
    [
      [measured(fc).replace("8, 512", "512").replace("fc6", "fc")],
      "raw.log, line 1: lacks numbers in item 1, the output",
    ],
    [
      [measured(fc).replace("150.250", "unknown")],
      "raw.log, line 1: lacks its runtime or its power, the last two items",
    ],
    [[measured(pool).replace("13, 13", "15, 13")], "raw.log, line 1, column out_height: "],
    [
      [measured(conv, 0)],
      'raw.log, line 1, column runtime_ms: must be a number above 0, or empty where it is not known, got "0.000"',
    ],
    [["nothing", "of the kind"], "raw.log, line 1: has no line of a layer: NAME followed by items separated by ':'"],
  ];
  for (const [lines, message] of cases) await assertRejects(() => read(...lines), TableError, message);
  await assertRejects(
    () => readDataset(neuralpower, measured(conv), "raw.log"),
    TableError,
    "raw.log, line 1: files of neuralpower do not say their device; name it with --device CARD-RUNTIME",
  );
});
