import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { readPublic, testOnPublicSet } from "../../tests/public_data.ts";
import { TableError } from "../table_cells.ts";
import { datasets, readDataset } from "./mod.ts";

const [justus2018, willowec, tinynas] = ["justus2018", "willowec", "tinynas"].map((name) =>
  datasets.find((set) => set.name === name)!
);

// The rows below are made up, in the sets' own columns.
const justusConv =
  "batchsize,matsize,kernelsize,channels_in,channels_out,strides,padding,activation,use_bias,optimizer," +
  "time_median_ms,time_min_ms,time_std_ms,run\n";
const justusDense = "batchsize,dim_input,dim_output,activation,optimizer,time_median_ms,time_min_ms,time_std_ms,run\n";
const willowecConv = "batch_size,in_chan,out_chan,side_len,k_size,stride,for_energy,for_time,back_energy,back_time\n";
const willowecLinear = "batch_size,in_size,out_size,for_energy,for_time,back_energy,back_time\n";
const willowecPool =
  "batch_size,k_side_length,stride,in_chan,im_side_length,for_energy,for_time,back_energy,back_time\n";

Deno.test("Justus: a convolution's sizes, SAME padding as TensorFlow pads, its time a forward call's", async () => {
  const csv = `${justusConv}8,10,4,3,16,3,SAME,relu,0,None,1.5,1.4,0.25,0\n`;
  const { device, read, rows, counted } = await readDataset(justus2018, csv, "some/where/conv_V100.csv");
  assertEquals([device, read, counted], ["v100-tf1", 1, {}]);
  assertEquals(rows, [{
    node: {
      layer: {
        ...{ kind: "conv", op: "conv", outChannels: 16, kernel: [4, 4], stride: [3, 3], dilation: [1, 1], groups: 1 },
        bias: false,
        // ⌈10 / 3⌉ = 4 outputs reach (4 − 1) · 3 + 4 = 13 pixels: 3 more, the odd one after
        pad: [1, 1, 2, 2],
        ...{ inputShape: [8, 3, 10, 10], inElements: 2400, outputShape: [8, 16, 4, 4] },
      },
      ...{ activation: "relu", fusedAdd: false, dtype: "float32", pass: "forward", optimizer: null },
    },
    measured: {
      ...{ runtimeMs: 1.5, runtimeMsSpread: 0.25, powerW: null, powerWSpread: null },
      ...{ energyMj: null, energyMjSpread: null },
    },
  }]);
});

Deno.test("Justus: VALID pads nothing, and an optimizer makes it a training pass", async () => {
  const csv = `${justusConv}8,10,4,3,16,3,VALID,None,1,RMSProp,1.5,1.4,0.25,0\n`;
  const { device, rows: [{ node }] } = await readDataset(justus2018, csv, "conv_1080TI.csv");
  assertEquals(device, "gtx1080ti-tf1");
  assertEquals(node.layer.kind === "conv" && [node.layer.pad, node.layer.bias], [[0, 0, 0, 0], true]);
  // ⌊(10 − 4) / 3⌋ + 1
  assertEquals(node.layer.outputShape, [8, 16, 3, 3]);
  assertEquals([node.activation, node.pass, node.optimizer], [null, "training", "rmsprop"]);
});

Deno.test("Justus: a dense layer is a vector's, with a bias", async () => {
  const csv = `${justusDense}4,30,7,sigmoid,None,0.5,0.4,0.01,1\n4,30,7,None,Adadelta,0.6,0.4,0.01,1\n`;
  const { rows } = await readDataset(justus2018, csv, "dense_P100.csv");
  const { layer, activation } = rows[0].node;
  assertEquals(layer.kind === "dense" && [layer.inputShape, layer.outputShape, layer.bias], [
    [4, 30, 1, 1],
    [4, 7],
    true,
  ]);
  assertEquals(activation, "sigmoid");
  assertEquals([rows[1].node.pass, rows[1].node.optimizer], ["training", "adadelta"]);
});

Deno.test("willowec: a row is a forward and a backward row, µs become ms, µJ become mJ, power is their ratio", async () => {
  const csv = `${willowecConv}16,3,8,20,5,2,120000.0,4000.0,500000.0,12500.0\n`;
  const { device, read, rows, counted } = await readDataset(willowec, csv, "raptorlake_conv.csv");
  assertEquals([device, read, counted], ["raptor-lake-pytorch", 1, {}]);
  assertEquals(rows.map(({ node }) => node.pass), ["forward", "backward"]);
  for (const { node: { layer } } of rows) {
    assertEquals(layer.kind === "conv" && [layer.kernel, layer.stride, layer.pad, layer.bias], [
      [5, 5],
      [2, 2],
      [0, 0, 0, 0],
      true,
    ]);
    // ⌊(20 − 5) / 2⌋ + 1
    assertEquals([layer.inputShape, layer.outputShape], [[16, 3, 20, 20], [16, 8, 8, 8]]);
  }
  const [forward, backward] = rows.map(({ measured }) => [measured.runtimeMs, measured.energyMj, measured.powerW]);
  assertEquals(forward, [4, 120, 30]);
  assertEquals(backward, [12.5, 500, 40]);
});

Deno.test("willowec: the meter's quantisation is √(f (1 − f)) / (t √n), n = 50 on Raptor Lake and 100 on Broadwell", async () => {
  const csv = `${willowecConv}16,3,8,20,5,2,120000.0,4000.0,100000.0,2500.0\n`;
  for (const [file, windows] of [["raptorlake_conv.csv", 50], ["broadwell-ep_conv.csv", 100]] as const) {
    const { rows: [{ measured: whole }, { measured }] } = await readDataset(willowec, csv, file);
    // A whole number of steps has no fraction; of 2.5 ms it is 0.5, and √(0.5 · 0.5) / 2.5 = 0.2.
    assertEquals([whole.powerWSpread, whole.energyMjSpread], [0, 0]);
    assertAlmostEquals(measured.powerWSpread!, 40 * 0.2 / Math.sqrt(windows), 1e-12);
    assertAlmostEquals(measured.energyMjSpread!, 100 * 0.2 / Math.sqrt(windows), 1e-12);
    assertEquals(measured.runtimeMsSpread, null);
  }
});

Deno.test("willowec: a wrapped counter is repaired on a pass of 1 ms or more, and unknown below", async () => {
  const csv = `${willowecLinear}1,2,3,-2521440000.0,2000000.0,-1.5,999.9\n1,2,3,-2621440000.5,1000.0,30000.0,1000.0\n`;
  const { rows, counted } = await readDataset(willowec, csv, "broadwell-ep_linear.csv");
  // −2521.44 J + 2621.44 J = 100 J in 2 s
  assertEquals([rows[0].measured.energyMj, rows[0].measured.powerW], [100_000, 50]);
  assertEquals([rows[1].measured.energyMj, rows[1].measured.powerW, rows[1].measured.runtimeMs], [null, null, 0.9999]);
  assertEquals([rows[2].measured.energyMj, rows[3].measured.energyMj], [null, 30]);
  assertEquals(counted, {
    "forward energy wrapped, 2621.44 J added back": 1,
    "backward energy negative on a pass below 1 ms": 1,
    "forward energy below a counter's wrap": 1,
  });
});

Deno.test("willowec: no energy is not 0, and a pass that was not run is no row", async () => {
  const csv = `${willowecPool}2,3,1,4,9,0.0,50.0,0.0,0.0\n2,3,2,4,9,7000.0,100.0,-0.1,-0.1\n2,3,2,4,9,,100.0,0.0,0.0\n`;
  const { read, rows, counted } = await readDataset(willowec, csv, "raptorlake_pool.csv");
  assertEquals([read, rows.length], [3, 3]);
  assertEquals(rows.map(({ node, measured }) => [node.layer.op, node.layer.outputShape, measured.energyMj]), [
    ["max", [2, 4, 7, 7], null],
    ["max", [2, 4, 4, 4], 7],
    ["max", [2, 4, 4, 4], null],
  ]);
  assertEquals(rows[0].measured.powerWSpread, null);
  assertEquals(counted, {
    "forward energy 0: the counter did not move": 1,
    "backward pass not measured": 3,
    "forward energy not a number": 1,
  });
});

Deno.test("a file that is not the set's is refused, and so is a cell that cannot be read, by file, line and column", async () => {
  const refusal = async (set: typeof justus2018, csv: string, file: string) =>
    (await assertRejects(() => readDataset(set, csv, file), TableError)).message;
  assertEquals(
    await refusal(justus2018, justusConv, "a/conv_K80.csv"),
    "a/conv_K80.csv, line 1: is not a file of justus2018: its name must have one of 1080TI, M60, P100, V100",
  );
  assertEquals(
    await refusal(willowec, willowecConv, "conv_V100.csv"),
    "conv_V100.csv, line 1: is not a file of willowec: its name must have one of broadwell-ep, raptorlake",
  );
  assertEquals(
    await refusal(justus2018, `${justusConv}8,10,4,3,16,3,FULL,relu,0,None,1.5,1.4,0.25,0\n`, "conv_M60.csv"),
    `conv_M60.csv, line 2, column padding: must be one of same, valid, got "FULL"`,
  );
  assertEquals(
    await refusal(justus2018, `${justusDense}4,30,7,None,None,-1,0.4,0.01,1\n`, "dense_M60.csv"),
    'dense_M60.csv, line 2, column time_median_ms: must be a number above 0, or empty where it is not known, got "-1"',
  );
  assertEquals(
    await refusal(willowec, `${willowecLinear}4,3,5,1,-7,1,1\n`, "raptorlake_linear.csv"),
    `raptorlake_linear.csv, line 2, column for_time: must be a number above 0, or empty where it is not known, got "-7"`,
  );
  assertEquals(
    await refusal(willowec, willowecConv.replace("k_size", "kernel") + "1,1,1,9,3,1,1,1,1,1\n", "raptorlake_conv.csv"),
    "raptorlake_conv.csv, line 2, column k_size: is empty; a whole number is needed",
  );
});

const tinynasHeader = "conv_type,batch,in_c,in_h,in_w,out_c,kernel,stride,elmt_fused,latency_ms\n";
Deno.test("TinyNAS: half of the kernel is padding, depthwise has a group a channel, the file's name says the format", async () => {
  const csv = `${tinynasHeader}Regular,8,3,20,20,16,7,2,1,0.31\nDepthwise,8,6,10,10,6,3,1,0,0.0123\n`;
  const { device, rows: [regular, depthwise], counted } = await readDataset(tinynas, csv, "conv_V100_trt_fp16.csv");
  assertEquals([device, regular.node.dtype], ["v100-tensorrt", "float16"]);
  const told = ({ layer }: typeof regular.node) =>
    layer.kind === "conv" && [layer.kernel, layer.stride, layer.pad, layer.groups, layer.outputShape];
  // ⌊(20 + 2 · 3 − 7) / 2⌋ + 1
  assertEquals(told(regular.node), [[7, 7], [2, 2], [3, 3, 3, 3], 1, [8, 16, 10, 10]]);
  assertEquals(told(depthwise.node), [[3, 3], [1, 1], [1, 1, 1, 1], 6, [8, 6, 10, 10]]);
  assertEquals([regular, depthwise].map(({ node }) => node.fusedAdd), [true, false]);
  assertEquals(depthwise.measured.runtimeMs, 0.0123);
  assertEquals(counted, { "below 0.05 ms, where the set's times are coarse; taken as they stand": 1 });
  const { rows: [{ node }] } = await readDataset(tinynas, csv, "conv_V100_trt_fp32.csv");
  assertEquals(node.dtype, "float32");
});

/** Rows in the file, rows made of it, and what was not taken as it stands. */
const files: Readonly<Record<string, readonly [read: number, made: number, counted: Record<string, number>]>> = {
  "justus2018/conv_1080TI.csv": [18_706, 18_706, {}],
  "justus2018/conv_M60.csv": [18_770, 18_770, {}],
  "justus2018/conv_P100.csv": [18_814, 18_814, {}],
  "justus2018/conv_V100.csv": [20_187, 20_187, {}],
  "justus2018/dense_1080TI.csv": [18_753, 18_753, {}],
  "justus2018/dense_M60.csv": [18_687, 18_687, {}],
  "justus2018/dense_P100.csv": [18_857, 18_857, {}],
  "justus2018/dense_V100.csv": [18_666, 18_666, {}],
  "tinynas/conv_V100_trt_fp32.csv": [38_098, 38_098, {
    "below 0.05 ms, where the set's times are coarse; taken as they stand": 8_755,
  }],
  "tinynas/conv_V100_trt_fp16.csv": [36_001, 36_001, {
    "below 0.05 ms, where the set's times are coarse; taken as they stand": 10_352,
  }],
  "willowec/broadwell-ep_conv.csv": [764, 1_528, {}],
  "willowec/broadwell-ep_linear.csv": [744, 1_488, { "forward energy negative on a pass below 1 ms": 1 }],
  "willowec/broadwell-ep_pool.csv": [747, 747, {
    "backward pass not measured": 747,
    "forward energy wrapped, 2621.44 J added back": 4,
  }],
  "willowec/raptorlake_conv.csv": [735, 1_470, {}],
  "willowec/raptorlake_linear.csv": [764, 1_528, {
    "forward energy 0: the counter did not move": 6,
    "backward energy 0: the counter did not move": 1,
  }],
  "willowec/raptorlake_pool.csv": [767, 767, { "backward pass not measured": 767 }],
};

for (const set of datasets.filter(({ name }) => Object.keys(files).some((path) => path.startsWith(`${name}/`)))) {
  testOnPublicSet(
    set.name,
    `${set.name}: every file of the public set has the rows and exceptions that were counted`,
    async () => {
      for (const [path, [read, made, counted]] of Object.entries(files)) {
        if (!path.startsWith(`${set.name}/`)) continue;
        const found = await readDataset(set, await readPublic(path), path);
        assertEquals([found.read, found.rows.length, found.counted], [read, made, counted], path);
        assertEquals(found.rows.filter(({ measured }) => measured.runtimeMs === null).length, 0, path);
        const known = found.rows.filter(({ measured }) => measured.energyMj !== null).length;
        const unknown = Object.entries(counted).reduce(
          (sum, [what, n]) => /energy (0|neg)/.test(what) ? sum + n : sum,
          0,
        );
        assertEquals(known, set === willowec ? made - unknown : 0, path);
      }
    },
  );
}
