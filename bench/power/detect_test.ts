import { assert, assertEquals } from "@std/assert";
import { detectMeter } from "./detect.ts";
import { compileNvml, nvmlMissing, POSTED, REFUSE, smiMissing, writeSmi } from "./stand_ins.ts";

const nowhere = { nvml: { library: "/nowhere/libnvidia-ml.so.1" }, smi: { command: "/nowhere/nvidia-smi" } };

Deno.test("a GPU with library and program is read by both", { ignore: nvmlMissing() || smiMissing() }, async () => {
  const folder = Deno.makeTempDirSync();
  const library = compileNvml(folder);
  const options = { nvml: { library: library.path }, smi: { command: writeSmi(folder, POSTED) } };
  const { meter, sources, warnings } = await detectMeter("gpu", options);
  assertEquals([sources, warnings], [["nvml", "nvidia-smi"], []]);
  await meter!.start();
  assertEquals((await meter!.stop()).map(({ source }) => source), ["nvml", "nvidia-smi"]);

  library.refuse(REFUSE.init);
  const program = await detectMeter("gpu", options);
  assertEquals(program.sources, ["nvidia-smi"]);
  assert(program.warnings[0].includes("DRIVER_NOT_LOADED (9)"), program.warnings[0]);
  library.refuse(0);
  assertEquals((await detectMeter("gpu", { ...options, smi: nowhere.smi })).sources, ["nvml"]);
  library.close();
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("no meter is null and one warning with every reason", async () => {
  const { meter, sources, warnings } = await detectMeter("gpu", nowhere);
  assertEquals([meter, sources, warnings.length], [null, [], 1]);
  assert(warnings[0].startsWith("Power of the gpu cannot be measured: NVML's library /nowhere/"), warnings[0]);
  assert(warnings[0].includes("; The program /nowhere/nvidia-smi was not found"), warnings[0]);
});

Deno.test("a CPU is read by RAPL", async () => {
  const root = Deno.makeTempDirSync();
  Deno.mkdirSync(`${root}/intel-rapl:0`);
  const files = { name: "package-0", energy_uj: "1000", max_energy_range_uj: "5000" };
  for (const [name, text] of Object.entries(files)) Deno.writeTextFileSync(`${root}/intel-rapl:0/${name}`, `${text}\n`);
  const { meter, sources } = await detectMeter("cpu", { rapl: { root } });
  assertEquals(sources, ["rapl"]);
  await meter!.start();
  const [trace] = await meter!.stop();
  assertEquals([trace.device, trace.samples[0].energyMj], ["package-0", 0]);
  Deno.removeSync(root, { recursive: true });
});
