import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { readPublic, testOnPublicSet } from "../../tests/public_data.ts";
import { TableError } from "../table_cells.ts";
import { readNetworkSet } from "./mod.ts";
import { timm } from "./timm.ts";
import { zeus } from "./zeus.ts";

// The rows below are made up, in the sets' own columns.
Deno.test("timm: a batch's forward pass in ms, counts by the set", async () => {
  const csv =
    "model,infer_img_size,infer_samples_per_sec,infer_step_time,infer_batch_size,param_count,infer_gmacs,infer_macts\n" +
    "lcnet_035,224,42719.32,23.961,1024,1.64,0.03,1.04\n";
  assertEquals(await readNetworkSet(timm, csv, "t.csv"), [{
    ...{ network: "lcnet_035", batch: 1024, image: 224, dtype: "float16", pass: "forward", runtimeMs: 23.961 },
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
