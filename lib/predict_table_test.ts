import { assertEquals, assertThrows } from "@std/assert";
import { loadDevice } from "./model/device.ts";
import { UnsupportedError } from "./predict.ts";
import { predictRows } from "./predict_table.ts";
import { parseLayersTable } from "./table.ts";

Deno.test("a row that nothing predicts is refused, or empty: an earlier prediction is not kept for it", async () => {
  const v100 = await loadDevice("v100-tf1");
  const device = { ...v100, specification: null, model: { ...v100.model!, rates: [] } };
  const text = "kind,batch,in_channels,in_height,in_width,out_channels,kernel_height,predicted_runtime_ms\n" +
    "dense,1,512,1,1,10,,123\npool,1,8,4,4,,2,456\n";
  const table = await parseLayersTable(text, "one.csv");
  assertThrows(() => predictRows(table, device, "auto"), UnsupportedError);
  const { rows: [dense, pool] } = predictRows(table, device, "auto", true);
  assertEquals([typeof dense.predicted_runtime_ms, pool.predicted_runtime_ms, pool.kind], ["number", null, "pool"]);
});
