import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { command, temporaryFolder } from "./command_line.ts";

/** Dense layers of a device that is `slower` times as slow as another, but for a step that no term of the base has. */
function table(count: number, slower: number, shift: number): string {
  const rows = Array.from({ length: count }, (_, i) => {
    const [batch, from, to] = [1 + i % 7, 8 + (37 * (i + shift)) % 900, 8 + (53 * (i + shift)) % 700];
    const ms = slower * (0.01 + 1e-8 * batch * from * to) * (to % 8 < 4 ? 1.7 : 1);
    return `dense,${batch},${from},${to},${ms}`;
  });
  return ["kind,batch,in_channels,out_channels,runtime_ms", ...rows, ""].join("\n");
}

Deno.test("fit --from corrects a model file, says so, and the new file needs no other; --learning-curve prints the curve", async () => {
  const files = { "old.csv": table(120, 1, 0), "new.csv": table(40, 3, 500) };
  await using folder = await temporaryFolder(files);
  const cwd = folder.path;
  const old = await command(["fit", "old.csv", "--device", "old-pytorch", "--out", "old.json"], { cwd });
  assertEquals([old.code, old.stderr], [0, ""]);
  const args = ["fit", "new.csv", "--device", "new-pytorch", "--from", "old.json", "--out", "new.json"];
  const { code, stdout, stderr } = await command([...args, "--learning-curve"], { cwd });
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "dense forward float32: corrects old-pytorch");
  const [, rows] = /dense forward float32 +(\d+) /.exec(stdout.slice(stdout.indexOf("from old.json"))) ?? [];
  assertEquals(rows, "32");

  await Deno.remove(`${cwd}/old.json`);
  const { sources, command: made } = JSON.parse(await Deno.readTextFile(`${cwd}/new.json`));
  assertEquals(sources.map(({ set, rows }: { set: string; rows: number }) => [set, rows]), [
    ["layers table", 40],
    ["times by the models of old-pytorch, corrected; they stand in this file", 120],
  ]);
  assertEquals(made, "deno task fit new.csv --device new-pytorch --from old.json");
  const layers = await command(["predict", "new.csv", "--device", "new.json", "--format", "csv"], { cwd });
  const [header, ...lines] = layers.stdout.trimEnd().split("\n").map((line) => line.split(","));
  const [measured, predicted] = ["runtime_ms", "predicted_runtime_ms"].map((name) => header.indexOf(name));
  const off = lines.map((cells) => Math.abs(Number(cells[predicted]) / Number(cells[measured]) - 1)).sort((a, b) =>
    a - b
  );
  // A third of the source's times, uncorrected, would be off by 67 %.
  assert(off[20] < 0.3, `${off[20]}`);
});

Deno.test("fit --from refuses what it cannot correct", async () => {
  await using folder = await temporaryFolder({ "new.csv": table(40, 3, 500) });
  const refused = async (...args: string[]) => {
    const { code, stdout, stderr } = await command(["fit", "new.csv", "--device", "mine", ...args], {
      cwd: folder.path,
    });
    assertEquals(stdout, "");
    return [code, stderr.split("\n")[0]];
  };
  assertEquals(await refused("--from", "h100"), [
    2,
    "error: --from h100: nothing was measured on it; give a measured device, or analytical",
  ]);
  assertEquals(await refused("--from", "analytical"), [
    2,
    'error: --from analytical: "mine" begins with no card of the table of specifications; name it CARD-RUNTIME with --device',
  ]);
  const [code, line] = await refused("--from", "abacus");
  assertEquals(code, 1);
  assertStringIncludes(String(line), 'error: Unknown device "abacus"; nearest: ');
});
