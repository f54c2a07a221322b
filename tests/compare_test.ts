import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Combination } from "../lib/decide/comparison.ts";
import { command, temporaryFolder, tiny } from "./command_line.ts";

Deno.test("compare ranks all combinations, and one that cannot be predicted is a row with its reason", async () => {
  await using folder = await temporaryFolder({
    "tiny.np.ts": tiny,
    "other.np.ts": tiny.replace("conv(8", "conv(64"),
    "broken.np.ts": tiny.replace("kernel: 3", "kernel: 20"),
  });
  const files = ["other.np.ts", "tiny.np.ts", "broken.np.ts"];
  const { code, stdout, stderr } = await command(
    [
      ...["compare", ...files, "--device", "h100,v100-tf1", "--batch", "1,8", "--format", "json", "--sort", "energy"],
      ...["--accuracy", "tiny=0.5,other=0.9", "--chart", "sweep.svg", "--out", "rows.json"],
    ],
    { cwd: folder.path },
  );
  const failed = "4 of 12 combinations could not be predicted; each has its reason in its row";
  assertEquals([code, stdout, stderr], [0, "", `Wrote rows.json\n${failed}\nWrote sweep.svg\n`]);
  const rows = JSON.parse(await Deno.readTextFile(`${folder.path}/rows.json`)) as Combination[];
  const energies = rows.slice(0, 8).map(({ energyPerImageMj }) => energyPerImageMj!);
  assertEquals(energies, energies.toSorted((a, b) => a - b));
  // Both files' networks have one name: their files tell them apart.
  assertEquals(rows.slice(0, 8).map(({ network }) => network).toSorted()[0], "other.np.ts");
  assertEquals(rows.find(({ network }) => network === "tiny.np.ts")!.error, 0.5);
  assertEquals(rows[0].onEnergyFront, true);
  for (const { network, failed } of rows.slice(8)) {
    assertEquals([network, failed?.slice(0, 41)], ["broken.np.ts", 'Layer "conv1": a window of 20×20 does not']);
  }
  assert((await Deno.readTextFile(`${folder.path}/sweep.svg`)).startsWith("<svg"));
});

Deno.test("compare knows published accuracies, and tells two versions' layers apart", async () => {
  const args = ["compare", "nets/alexnet.np.ts", "--device", "h100"];
  const { code, stdout, stderr } = await command([...args, "--format", "csv"]);
  assertEquals([code, stderr], [0, ""]);
  const [header, row] = stdout.trimEnd().split("\n").map((line) => line.split(","));
  assertEquals(row[header.indexOf("error")], "0.43478");

  await using folder = await temporaryFolder({ "old.np.ts": tiny, "new.np.ts": tiny.replace("conv(8", "conv(16") });
  const layers = await command(["compare", "old.np.ts", "new.np.ts", "--layers", "--device", "h100"], {
    cwd: folder.path,
  });
  assertEquals([layers.code, layers.stderr], [0, ""]);
  assertMatch(layers.stdout, /^changed +conv1 +conv +4×8×14×14 → 4×16×14×14 /m);
  assertMatch(layers.stdout, /^ +the whole call .*\+.* %\)/m);
});

Deno.test("a chart is XML whatever its networks are called", async () => {
  const named = (name: string) => tiny.replace('"tiny"', `"${name}"`);
  await using folder = await temporaryFolder({
    "a.np.ts": named("a\\x1b\\x00<\\uffff"),
    "b.np.ts": named("b\\x08\\ud800"),
  });
  const args = ["compare", "a.np.ts", "b.np.ts", "--device", "v100-tf1"];
  const charts = [["--batch", "1,8"], ["--accuracy", "a.np.ts=0.5,b.np.ts=0.6", "--weigh", "runtime-error"]];
  for (const options of charts) {
    const { code, stderr } = await command([...args, ...options, "--chart", "c.svg"], { cwd: folder.path });
    assertEquals([code, stderr], [0, "Wrote c.svg\n"]);
    const svg = await Deno.readTextFile(`${folder.path}/c.svg`);
    assertMatch(svg, /a��&lt;�/);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(svg));
  }
});
