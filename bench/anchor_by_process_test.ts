import { assertEquals, assertMatch } from "@std/assert";

Deno.test("each process's times are told and written; without a provider nothing is measured", async () => {
  const folder = await Deno.makeTempDir();
  const run = async (...args: string[]) => {
    const config = new URL("deno.json", import.meta.url).pathname;
    const module = new URL("anchor_by_process.ts", import.meta.url).pathname;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "-q", "--config", config, module, ...args],
      env: { NO_COLOR: "1" },
    }).output();
    return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  };
  const out = `${folder}/times.csv`;
  const { code, stdout } = await run("--provider", "cpu", "--processes", "2", "--trials", "1", "--out", out);
  assertEquals(code, 0);
  assertMatch(stdout, /^process 1: [\d.]+ ms \(median of 1\)\nprocess 2: [\d.]+ ms \(median of 1\)\n$/);
  const [header, ...rows] = (await Deno.readTextFile(out)).trimEnd().split("\n");
  assertEquals(header, "process,trial,runtime_ms,runtime_ms_spread,measured_at");
  assertEquals(rows.map((row) => row.split(",").slice(0, 2)), [["1", "1"], ["2", "1"]]);
  const refused = await run("--out", out);
  assertEquals([refused.code, refused.stderr.split("\n")[0]], [
    2,
    "error: Give both --provider NAME and --out FILE.csv",
  ]);
  await Deno.remove(folder, { recursive: true });
});
