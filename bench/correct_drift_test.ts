import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const module = new URL("correct_drift.ts", import.meta.url).pathname;

/** A folder of a row at each second, and the anchor at each third; what they took is arithmetic, not a device's. */
async function corrected(anchorMs: (second: number) => number) {
  const folder = await Deno.makeTempDir();
  const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  const seconds = Array.from({ length: 30 }, (_, second) => second);
  await Deno.writeTextFile(
    `${folder}/layers.csv`,
    "kind,batch,in_channels,out_channels,runtime_ms,measured_at\n" +
      seconds.map((second) => `dense,1,8,8,${anchorMs(second) / 10},${at(second)}\n`).join(""),
  );
  await Deno.writeTextFile(
    `${folder}/networks.csv`,
    "runtime_ms,measured_at,note\n" +
      seconds.filter((second) => second % 3 === 0).map((second) => `${anchorMs(second)},${at(second)},m0-1 anchor\n`)
        .join(""),
  );
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", module, folder],
    env: { NO_COLOR: "1" },
  }).output();
  await Deno.remove(folder, { recursive: true });
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, error, ms: out.trimEnd().split("\n").slice(1).map((line) => Number(line.split(",")[4])) };
}

Deno.test("rows of a machine that slowly slows down are brought together", async () => {
  const { code, ms, error } = await corrected((second) => 10 + second / 10);
  assertEquals(code, 0, error);
  assert(Math.max(...ms.slice(0, 28)) - Math.min(...ms) < 1e-3, ms.join());
});

Deno.test("where the correction does not help there is none", async () => {
  const { code, error } = await corrected((second) => second / 3 % 2 < 1 ? 10 : 12);
  assertEquals(code, 1);
  assertStringIncludes(error, "fit its layers as they are");
});
