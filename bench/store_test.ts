import { assertEquals, assertRejects } from "@std/assert";
import { parseLayersTable } from "neuralpower";
import { unfused } from "neuralpower";
import { plan } from "neuralpower";
import { anchor, type Job, jobKey } from "./jobs.ts";
import type { NetworkTiming } from "./profile_network.ts";
import { randomNetwork } from "./random_network.ts";
import { Store } from "./store.ts";
import { StoreError } from "./store_files.ts";

const job = (seed: number): Job => ({ source: `random-1:${seed}`, batch: 1, image: null, dtype: "float32" });

/** Times of a network's plan; what they are does not matter here. */
function timing(seed: number): NetworkTiming {
  const nodes = plan(randomNetwork(seed).build({ batch: 1 }), unfused).flatMap(({ layer, node }) =>
    node === null ? [] : [{ name: layer.name, node, covers: [layer.name], ms: 0.5, spreadMs: 0.01 }]
  );
  return {
    ms: nodes.length,
    spreadMs: 0.1,
    trials: 3,
    overheadMs: 0,
    profilerMs: 0,
    nodes,
    powerW: null,
    powerWSpread: null,
    note: "",
  };
}

async function inFolder(test: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what is written is a layers table, and is known when the folder is opened again", () =>
  inFolder(async (folder) => {
    const store = await Store.open(folder, false);
    await store.addProfile(job(1), "one", timing(1));
    await store.addProfile(anchor, "squeezenet1_1", timing(2), "anchor");
    await store.fail(job(3), "took more than 180 s");
    store.close();
    const table = await parseLayersTable(await Deno.readTextFile(`${folder}/layers.csv`), "layers.csv");
    assertEquals(table.rows.length, timing(1).nodes.length + timing(2).nodes.length);
    const again = await Store.open(folder, true);
    assertEquals([...again.done].sort(), [job(1), anchor, job(3)].map(jobKey).sort());
    assertEquals(again.layerRows, table.rows.length);
    again.close();
  }));

Deno.test("half a line and layers without their network are cut off, the others stay as they are", () =>
  inFolder(async (folder) => {
    const store = await Store.open(folder, false);
    await store.addProfile(job(1), "one", timing(1));
    store.close();
    const [layers, networks] = await Promise.all(
      ["layers.csv", "networks.csv"].map((name) => Deno.readTextFile(`${folder}/${name}`)),
    );
    // Killed while the second network's layers, or its line, were being written.
    const orphan = layers.trimEnd().split("\n").at(-1)!.replace(/m0-\w+/, "m1-ffffffff");
    await Deno.writeTextFile(`${folder}/layers.csv`, `${layers}${orphan}\n${orphan.slice(0, 20)}`);
    await Deno.writeTextFile(`${folder}/networks.csv`, `${networks}squeezenet,nets/squ`);
    const again = await Store.open(folder, true);
    assertEquals([...again.done], [jobKey(job(1))]);
    again.close();
    assertEquals(await Deno.readTextFile(`${folder}/layers.csv`), layers);
    assertEquals(await Deno.readTextFile(`${folder}/networks.csv`), networks);
  }));

Deno.test("a folder is held by one sweep at a time, and measured into again only on request", () =>
  inFolder(async (folder) => {
    const store = await Store.open(folder, false);
    await store.addProfile(job(1), "one", timing(1));
    await assertRejects(
      () => Store.open(folder, true),
      StoreError,
      `${folder}: another sweep is measuring into it; wait for its end, or give another folder with --out`,
    );
    store.close();
    await assertRejects(
      () => Store.open(folder, false),
      StoreError,
      `${folder}: has 1 measured networks; continue with --resume, or give another folder with --out`,
    );
  }));

Deno.test("a folder of another version is not written to", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/layers.csv`, "kind,batch\nconv,1\n");
    await assertRejects(
      () => Store.open(folder, true),
      StoreError,
      `${folder}/layers.csv: has other columns than this version writes; give another folder with --out`,
    );
    assertEquals(await Deno.readTextFile(`${folder}/layers.csv`), "kind,batch\nconv,1\n");
  }));

Deno.test("half a line of what a runtime executed is cut off, and whole ones stay", () =>
  inFolder(async (folder) => {
    const timed = { ms: 1, spreadMs: 0.1, trials: 3, powerW: null, powerWSpread: null, nodes: [], graph: [], note: "" };
    const first = await Store.open(folder, false);
    await first.addNetwork(job(1), "cuda", "one", timed);
    first.close();
    const path = `${folder}/plans.jsonl`;
    const whole = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, whole + whole.slice(0, 20));
    (await Store.open(folder, true)).close();
    assertEquals(await Deno.readTextFile(path), whole);
    assertEquals(JSON.parse(whole).job, jobKey(job(1)));
  }));
