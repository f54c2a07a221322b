import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { validationHtml } from "../lib/report/html/validation.ts";
import { validationText } from "../lib/report/validation.ts";
import { formatCsv, parseCsv } from "../lib/table.ts";
import { validateFolder } from "./validate_folder.ts";

const sweep = new URL("../data/intel-xeon-2core-ort-cpu/", import.meta.url);

/** The first of a sweep's networks with the layers that were measured in them, as a folder of its own. */
async function part(count: number): Promise<string> {
  const folder = await Deno.makeTempDir();
  const read = async (name: string) => await parseCsv(await Deno.readTextFile(new URL(name, sweep)), name);
  const write = async (name: string, header: readonly string[], rows: readonly Readonly<Record<string, string>>[]) =>
    await Deno.writeTextFile(`${folder}/${name}`, await formatCsv([...header], [...rows]));
  const networks = await read("networks.csv"), layers = await read("layers.csv");
  const some = networks.records.map(({ cells }) => cells).filter(({ note }) => !note.endsWith(" anchor")).slice(
    0,
    count,
  );
  const within = new Set(some.map(({ note }) => note.split(" ")[0]));
  await write("networks.csv", networks.header, some);
  await write(
    "layers.csv",
    layers.header,
    layers.records.map(({ cells }) => cells).filter(({ source }) => within.has(source)),
  );
  await Deno.copyFile(new URL("device.json", sweep), `${folder}/device.json`);
  return folder;
}

Deno.test("a folder's networks are predicted by models of the others, as text and as a page", async () => {
  const folder = await part(4);
  try {
    const seen: string[] = [];
    const validation = await validateFolder(folder, { folds: 2, onProgress: (what) => seen.push(what) });
    const { networks, tables } = validation;
    assertEquals(seen, ["fold 1 of 2", "fold 2 of 2"]);
    assertEquals(networks.length, 4);
    assertEquals(networks.map(({ name }) => name), networks.map(({ name }) => name).toSorted());
    for (const { runtimeMs, powerW } of networks) {
      assert(runtimeMs.measured > 0 && runtimeMs.predicted > 0);
      assertEquals(powerW, null);
    }
    assertEquals(tables[0].rows.map(([way]) => way), [
      "layers, calibrated",
      "raw sum of layers",
      "Paleo",
      "multiply-adds alone",
    ]);
    const text = validationText(validation, networks.slice(0, 1));
    assertStringIncludes(text, "intel-xeon-2core-ort-cpu: 4 measured networks.");
    assertStringIncludes(text, networks[0].name);
    assert(!text.includes(networks[3].name), "only those that are listed");
    const html = await validationHtml(validation, null, "deno task validate");
    for (const { name } of networks) assertStringIncludes(html, name);
    assertStringIncludes(html, "multiply-adds alone");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
