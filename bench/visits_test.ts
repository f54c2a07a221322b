import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { median } from "../lib/learn/metrics.ts";
import { parseCsv } from "../lib/table.ts";
import { mergeVisits } from "./visits.ts";

const sweepModule = `${import.meta.dirname}/sweep.ts`;

async function table(path: string) {
  return (await parseCsv(await Deno.readTextFile(path), path)).records.map(({ cells }) => cells);
}

Deno.test("visits measure the same list, and every row is their median", async () => {
  const folder = await Deno.makeTempDir();
  const sweep = (...args: readonly string[]) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "-q", sweepModule, "--provider", "cpu", "--seed", "6", "--out", folder, ...args],
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  // The anchor, the first network, and some layers by themselves.
  const args = ["--visits", "2", "--minutes", "2", "--layers", "95"];
  const { code, stderr } = await sweep(...args);
  assertEquals(code, 0, text(stderr));
  const [first, second, merged] = await Promise.all(
    ["/visits/1", "/visits/2", ""].map((each) => table(`${folder}${each}/layers.csv`)),
  );
  const msOf = (rows: typeof first, layer: string) =>
    rows.filter((cells) => cells.layer === layer).map(({ runtime_ms }) => Number(runtime_ms));
  const layers = [...new Set(first.map(({ layer }) => layer))];
  assertEquals([...new Set(merged.map(({ layer }) => layer))], layers);
  const isLone = (layer: string) => first.filter((cells) => cells.layer === layer).length === 1;
  for (const layer of layers.filter(isLone)) {
    const times = [...msOf(first, layer), ...msOf(second, layer)];
    assertAlmostEquals(msOf(merged, layer)[0], median(times), 1e-6, layer);
  }
  assertEquals(merged.every(({ measurements }) => measurements === "2"), true);
  const networks = await table(`${folder}/networks.csv`);
  assertEquals(networks.filter(({ note }) => note.endsWith(" anchor")).length, 2);
  assertEquals(
    networks.filter(({ source, measurements }) => source.includes("squeezenet") && measurements === "2").length,
    1,
  );
  assertEquals(JSON.parse(await Deno.readTextFile(`${folder}/device.json`)).visits, 2);

  const again = await sweep(...args);
  assertEquals([again.code, text(again.stderr)], [
    1,
    `error: ${folder}: has visits; continue with --resume, or give another folder with --out\n`,
  ]);
  const device = JSON.parse(await Deno.readTextFile(`${folder}/visits/2/device.json`));
  await Deno.writeTextFile(`${folder}/visits/2/device.json`, JSON.stringify({ ...device, seed: 7 }));
  const visits = [1, 2].map((visit) => `${folder}/visits/${visit}`);
  await assertRejects(() => mergeVisits(visits, folder), Error, "differ in seed: 6 and 7");
  await Deno.remove(folder, { recursive: true });
});
