import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { readPublic, testOnPublicSet } from "../../tests/public_data.ts";
import { configurationKey } from "../learn/folds.ts";
import { median } from "../learn/metrics.ts";
import { readDeviceName } from "../model/device.ts";
import { nodeCost } from "../node.ts";
import { formatCsv, parseLayersTable } from "../table.ts";
import { TableError } from "../table_cells.ts";
import { deepbench } from "./deepbench.ts";
import { readDataset } from "./mod.ts";
import { neusight } from "./neusight.ts";

// The rows below are made up, in the sets' own columns.
const neusightHeader =
  "device,batch,in_channels,out_channels,kernel_size,input_size,stride,padding,latency_ms,n_kernels,main_kernel\n";
const deepbenchHeader = "device,precision,batch,in_c,in_h,in_w,out_c,kernel_h,kernel_w,pad_h,pad_w,stride_h,stride_w," +
  "fwd_ms,bwd_input_ms,bwd_weight_ms,fwd_algo\n";

Deno.test("NeuSight: the named device's rows alone, each with its place among them", async () => {
  const rows = [
    "Tesla T4,4,3,8,3,10,1,1,0.5,2,a",
    "NVIDIA A100 80GB PCIe,4,3,8,3,10,1,1,0.1,2,a",
    "Tesla T4,4,3,9,3,10,1,1,0.6,4,b",
  ];
  const csv = `${neusightHeader}${rows.join("\n")}\n`;
  const t4 = await readDataset(neusight, csv, "conv_forward.csv", "t4-pytorch");
  assertEquals([t4.device, t4.read], ["t4-pytorch", 2]);
  assertEquals(t4.rows.map(({ measured }) => measured.runtimeMs), [0.5, 0.6]);
  assertEquals(t4.cells.map(({ row_order, main_kernel }) => [row_order, main_kernel]), [["1", "a"], ["2", "b"]]);
  const { layer } = t4.rows[1].node;
  assertEquals(layer.kind === "conv" && [layer.bias, layer.outputShape], [false, [4, 9, 10, 10]]);
});

Deno.test("DeepBench: a backward row is both gradients, kept apart beside it; without one of them its time is unknown", async () => {
  const csv = `${deepbenchHeader}NV_M40,fp32,4,1,161,700,32,5,20,0,1,2,2,0.2,0.3,0.25,FFT\n` +
    "NV_M40,fp32,8,1,161,700,32,5,20,0,1,2,2,0.4,,0.5,GEMM\n";
  const { device, read, rows, cells, counted } = await readDataset(deepbench, csv, "conv_train_kernels.csv");
  assertEquals([device, read, counted], ["m40-cudnn", 2, { "backward row without the data gradient": 1 }]);
  assertEquals(rows.map(({ node, measured }) => [node.pass, measured.runtimeMs]), [
    ["forward", 0.2],
    ["backward", 0.55],
    ["forward", 0.4],
    ["backward", null],
  ]);
  assertEquals(cells.map((row) => row.algorithm ?? [row.data_gradient_ms, row.weight_gradient_ms]), [
    "FFT",
    ["0.3", "0.25"],
    "GEMM",
    ["", "0.5"],
  ]);
  const { layer } = rows[0].node;
  // ⌊(161 − 5) / 2⌋ + 1 and ⌊(700 + 2 − 20) / 2⌋ + 1
  assertEquals(layer.kind === "conv" && [layer.kernel, layer.pad, layer.outputShape], [[5, 20], [0, 1, 0, 1], [
    4,
    32,
    79,
    342,
  ]]);
});

Deno.test("what a set makes is a layers table: written, it reads as the same rows with the further columns", async () => {
  const csv = `${deepbenchHeader}NV_M40,fp32,4,1,161,700,32,5,20,0,1,2,2,0.2,0.3,0.25,FFT\n`;
  const { header, rows, cells } = await readDataset(deepbench, csv, "conv_train_kernels.csv");
  const table = await parseLayersTable(await formatCsv(header, cells), "made.csv");
  assertEquals(table.rows, rows);
  assertEquals(header.slice(-3), ["algorithm", "data_gradient_ms", "weight_gradient_ms"]);
});

Deno.test("a file of several devices needs one to be named, and one that it has", async () => {
  const row = "4,3,8,3,10,1,1,0.5,2,a\n";
  const csv = `${neusightHeader}Tesla T4,${row}NVIDIA A100 80GB PCIe,${row}`;
  const refusal = async (text: string, device?: string) =>
    (await assertRejects(() => readDataset(neusight, text, "c.csv", device), TableError)).message;
  const names = "name one of t4-pytorch, a100-pytorch with --device";
  assertEquals(await refusal(csv), `c.csv, line 1, column device: has several devices; ${names}`);
  assertEquals(
    await refusal(csv, "p100-pytorch"),
    `c.csv, line 1, column device: has no rows of p100-pytorch; ${names}`,
  );
  assertEquals(
    await refusal(`${csv}Tesla K80,${row}`, "t4-pytorch"),
    "c.csv, line 4, column device: must be one of NVIDIA A100 80GB PCIe, Tesla P100-PCIE-16GB, Tesla T4, " +
      'Tesla V100-PCIE-32GB, got "Tesla K80"',
  );
});

/** Of files with several devices: rows of each, configurations, backward rows without a time, median ms of the forward rows. */
const manyDevices: Readonly<Record<string, readonly (readonly [string, number, number, number, number])[]>> = {
  "neusight/conv_forward.csv": [
    ["a100-pytorch", 2_910, 2_910, 0, 0.824],
    ["p100-pytorch", 2_998, 2_998, 0, 1.542],
    ["t4-pytorch", 3_011, 3_011, 0, 2.211],
    ["v100-pcie-pytorch", 3_004, 3_004, 0, 0.952],
  ],
  "deepbench/conv_train_kernels.csv": [
    ["gtx-titan-x-cudnn", 94, 90, 10, 0.439],
    ["m40-cudnn", 94, 90, 10, 0.464],
    ["titan-x-pascal-cudnn", 94, 90, 9, 0.218],
    ["titan-xp-cudnn", 94, 90, 0, 0.204],
    ["gtx1080ti-cudnn", 94, 90, 0, 0.192],
    ["mi25-miopen", 94, 90, 0, 0.272],
    ["vega-fe-miopen", 94, 90, 0, 0.245],
  ],
};

for (const [path, devices] of Object.entries(manyDevices)) {
  const set = path.startsWith("neusight") ? neusight : deepbench;
  testOnPublicSet(
    set.name,
    `${set.name}: every device has its rows, and none is faster than its card can be`,
    async () => {
      const text = await readPublic(path);
      assertEquals(devices.map(([device]) => device).toSorted(), Object.values(set.devices).toSorted());
      for (const [device, read, configurations, untimed, medianMs] of devices) {
        const found = await readDataset(set, text, path, device);
        const forward = found.rows.filter(({ node }) => node.pass === "forward");
        assertEquals([found.read, forward.length], [read, read], device);
        assertEquals(new Set(forward.map(({ node }) => configurationKey(node))).size, configurations, device);
        assertEquals(found.rows.filter(({ measured }) => measured.runtimeMs === null).length, untimed, device);
        assertAlmostEquals(median(forward.map(({ measured }) => measured.runtimeMs!)), medianMs, 0.001, device);
        const { peakTflops } = readDeviceName(device).specification!;
        // A convolution by Winograd's F(2×2, 3×3) needs 2.25 times fewer multiply-adds.
        for (const { node, measured } of forward) {
          assert(2 * nodeCost(node).macs / (measured.runtimeMs! * 1e9) < 2.25 * peakTflops.float32, device);
        }
      }
    },
  );
}
