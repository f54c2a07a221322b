import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { networkCost } from "neuralpower/dsl";
import { readPublic, testOnPublicSet } from "../../tests/public_data.ts";
import { TableError } from "../table_cells.ts";
import { readNetworkSet } from "./mod.ts";
import { ecnas } from "./ecnas.ts";
import { help } from "./help.ts";
import { timm } from "./timm.ts";
import { zeus } from "./zeus.ts";

// The rows below are made up, in the sets' own columns.
Deno.test("timm: a batch's forward pass in ms, counts by the set", async () => {
  const csv =
    "model,infer_img_size,infer_samples_per_sec,infer_step_time,infer_batch_size,param_count,infer_gmacs,infer_macts\n" +
    "lcnet_035,224,42719.32,23.961,1024,1.64,0.03,1.04\n";
  assertEquals(await readNetworkSet(timm, csv, "t.csv"), [{
    ...{
      network: "lcnet_035",
      device: "rtx3090-pytorch",
      definition: null,
      batch: 1024,
      image: 224,
      dtype: "float16",
      pass: "forward",
      runtimeMs: 23.961,
    },
    ...{ powerW: null, energyMj: null, macsPerImage: 0.03e9, params: 1.64e6, powerLimitW: null },
    more: { infer_samples_per_sec: 42719.32, infer_macts: 1.04 },
  }]);
  const error = await assertRejects(() => readNetworkSet(timm, csv.replace("23.961", "-1"), "t.csv"), TableError);
  assertEquals(
    error.message,
    't.csv, line 2, column infer_step_time: must be a number above 0, or empty where it is not known, got "-1"',
  );
});

Deno.test("Zeus: an epoch shared out over its batches, and null where its size is not published", async () => {
  const csv = "dataset,network,batch_size,optimizer,power_limit,time_per_epoch,average_power\n" +
    "cifar100,shufflenetv2,1024,adam,150,9.8,120\nsquad,bert_base_uncased,8,adamw,100,400,90\n";
  const [convolutional, other] = await readNetworkSet(zeus, csv, "z.csv");
  // ⌈50,000 / 1024⌉ = 49 batches in 9.8 s
  assertAlmostEquals(convolutional.runtimeMs!, 200, 1e-9);
  assertAlmostEquals(convolutional.energyMj!, 24_000, 1e-6);
  assertEquals([convolutional.powerW, convolutional.powerLimitW, convolutional.pass], [120, 150, "training"]);
  assertEquals([other.runtimeMs, other.energyMj, other.more.epoch_s], [null, null, 400]);
});

testOnPublicSet("timm", "timm: every network of the public set, by the rate that the set gives beside it", async () => {
  const path = "timm/infer-amp-nchw-pt240-rtx3090.csv";
  const rows = await readNetworkSet(timm, await readPublic(path), path);
  assertEquals(rows.length, 866);
  for (const { network, batch, runtimeMs, more } of rows) {
    const ratio = Number(more.infer_samples_per_sec) * runtimeMs! / 1000 / batch;
    assert(Math.abs(ratio - 1) < 0.01, `${network}: ${ratio}`);
  }
});

testOnPublicSet("zeus", "zeus: every run of the public set, none far above its power limit, each once", async () => {
  const path = "zeus/summary_power_v100.csv";
  const rows = await readNetworkSet(zeus, await readPublic(path), path);
  assertEquals([rows.length, rows.filter(({ runtimeMs }) => runtimeMs !== null).length], [476, 196]);
  const runs = rows.map(({ network, batch, powerLimitW, more }) =>
    [network, batch, powerLimitW, more.dataset, more.optimizer].join()
  );
  assertEquals(new Set(runs).size, rows.length);
  for (const { powerW, powerLimitW } of rows) assert(powerW! < 1.03 * powerLimitW!);
});

const ecnasHeader =
  "space,arch_hash,repeat,n_vertices,ops,adjacency,trainable_params,gpu,gpu_avg_power_w,gpu_energy_j," +
  "total_time_s,train_time_s_4ep,train_steps\n";

Deno.test("EC-NAS: a training step in ms, and a network of its cell", async () => {
  const csv = ecnasHeader + "4V9E,abc,1,3,-1 0 -2,010;001;000,9,Quadro RTX 6000,150,23000,154,62.5,625\n";
  const [{ definition, ...row }] = await readNetworkSet(ecnas, csv, "e.csv");
  assertEquals(row, {
    ...{ network: "abc", device: "quadro-rtx6000-tf1", batch: 256, image: 32, dtype: "float32", pass: "training" },
    ...{ runtimeMs: 100, powerW: 150, energyMj: 15_000, macsPerImage: null, params: 9, powerLimitW: null },
    more: { space: "4V9E", repeat: "1", total_time_s: 154, gpu_energy_j: 23_000 },
  });
  assertEquals(definition!.build().layers.filter(({ kind }) => kind === "conv").length, 1 + 9 * 2);
  for (
    const [right, wrong, message] of [
      ["-1 0 -2", "-1 7 -2", 'e.csv, line 2, column ops: must be -1, then 0 to 2, then -2, got "-1 7 -2"'],
      ["010;001", "01;00", 'e.csv, line 2, column adjacency: must have 3 rows of as many cells, got "01;00;000"'],
    ]
  ) {
    const error = await assertRejects(() => readNetworkSet(ecnas, csv.replace(right, wrong), "e.csv"), TableError);
    assertEquals(error.message, message);
  }
});

Deno.test("HELP: each GPU and batch a measurement of its own", async () => {
  const arch = "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|none~0|none~1|skip_connect~2|";
  const columns = ["1080ti", "titanx", "titanxp"].flatMap((card) => [1, 256, 32].map((batch) => `${card}_${batch}`));
  const csv = `arch_index,arch_str,${columns.join()}\n7,${arch},1,2,3,4,5,6,7,8,\n`;
  const rows = await readNetworkSet(help, csv, "h.csv");
  assertEquals(rows.map(({ device, batch, runtimeMs }) => [device, batch, runtimeMs]), [
    ...[["gtx1080ti-pytorch", 1, 1], ["gtx1080ti-pytorch", 32, 3], ["gtx1080ti-pytorch", 256, 2]],
    ...[["titan-x-pascal-pytorch", 1, 4], ["titan-x-pascal-pytorch", 32, 6], ["titan-x-pascal-pytorch", 256, 5]],
    ...[["titan-xp-pytorch", 1, 7], ["titan-xp-pytorch", 32, null], ["titan-xp-pytorch", 256, 8]],
  ]);
  const error = await assertRejects(
    () => readNetworkSet(help, csv.replace("avg_pool", "any_pool"), "h.csv"),
    TableError,
  );
  assert(error.message.startsWith("h.csv, line 2, column arch_str: must be like |op~0|+"), error.message);
});

testOnPublicSet("ecnas", "EC-NAS: every network has exactly the parameters that the set counted", async () => {
  const path = "ecnas/ecnas_4epoch_runs.csv";
  const rows = await readNetworkSet(ecnas, await readPublic(path), path);
  assertEquals(rows.length, 1557);
  for (const { network, definition, params, powerW, runtimeMs } of rows.filter((_, i) => i % 10 === 0)) {
    assertEquals(networkCost(definition!.build({ batch: 1 })).params, params, network);
    assert(powerW! > 50 && powerW! < 300 && runtimeMs! > 20, `${network}: ${powerW} W, ${runtimeMs} ms`);
  }
});

testOnPublicSet(
  "help",
  "HELP: every network of the public set can be read, and costs more the more it computes",
  async () => {
    const path = "help/nasbench201_latency_ms.csv";
    const rows = await readNetworkSet(help, await readPublic(path), path);
    assertEquals(rows.length, 9 * 7827);
    const mean = (device: string, batch: number) => {
      const own = rows.filter((row) => row.device === device && row.batch === batch && row.runtimeMs !== null);
      return own.reduce((sum, { runtimeMs }) => sum + runtimeMs!, 0) / own.length;
    };
    for (const device of help.devices) assert(mean(device, 256) > 2 * mean(device, 32));
  },
);
