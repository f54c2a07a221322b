import { assert, assertEquals, assertRejects } from "@std/assert";
import { knownFields, smiMeter } from "./nvidia_smi.ts";
import { POSTED, smiMissing, writeSmi } from "./stand_ins.ts";

const ignore = smiMissing();

Deno.test("rows are sampled until stop, at the program's own times", { ignore }, async () => {
  using at = folder();
  const meter = smiMeter({ command: writeSmi(at.path, POSTED) });
  const beforeMs = Date.now();
  await meter.start();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const [trace] = await meter.stop();
  assert(trace.samples.length >= 3, `${trace.samples.length} samples`);
  const { timeMs, ...first } = trace.samples[0];
  assert(timeMs >= beforeMs && timeMs <= Date.now());
  assertEquals(first, {
    powerW: 228.82,
    averageW: 228.82,
    energyMj: null,
    smClockMhz: 1560,
    memoryClockMhz: 6800,
    temperatureC: 56,
    throttle: 4,
    utilization: 1,
    limitW: 210,
  });
  assertEquals([trace.device, trace.driver], ["GeForce RTX 2080 Ti", "442.19"]);
  assertEquals(trace.warnings.filter((text) => !text.includes("cut last line")), [
    "nvidia-smi prints [N/A] for power.draw.average: null",
  ]);
});

Deno.test("what an older driver refuses is left out, or asked by its older name", { ignore }, async () => {
  using at = folder();
  const { "power.draw.instant": _, "power.draw.average": __, "clocks_event_reasons.active": mask, ...rest } = POSTED;
  const command = writeSmi(at.path, { ...rest, "clocks_throttle_reasons.active": mask });
  const { fields, warnings } = await knownFields({ command });
  assertEquals(fields.slice(0, 3), ["timestamp", "power.draw", "clocks.sm"]);
  assert(fields.includes("clocks_throttle_reasons.active"));
  assertEquals(warnings, [
    "This driver's nvidia-smi does not know power.draw.instant: null",
    "This driver's nvidia-smi does not know power.draw.average: null",
  ]);
});

Deno.test("a program that ends by itself leaves its rows and a warning", { ignore }, async () => {
  using at = folder();
  const ending = `printf '2024/05/01 12:34:5'; echo "GPU is lost" >&2; exit 15`;
  const meter = smiMeter({ command: writeSmi(at.path, POSTED, ending) });
  await meter.start();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const [{ samples, warnings }] = await meter.stop();
  assertEquals(samples.length, 1);
  assertEquals(warnings.slice(1), [
    "nvidia-smi printed 1 lines that are not samples, dropped; first: a cut last line",
    'nvidia-smi ended by itself with status 15 and said "GPU is lost"',
  ]);
});

Deno.test("rows in another time zone are a warning", { ignore }, async () => {
  using at = folder();
  // POSIX counts zones westward: this one is five hours behind this machine's.
  const west = 300 + new Date().getTimezoneOffset();
  const meter = smiMeter({
    command: writeSmi(at.path, POSTED, `export TZ=XXX${Math.trunc(west / 60)}:${Math.abs(west % 60)}`),
  });
  await meter.start();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const [{ warnings }] = await meter.stop();
  assert(
    warnings.some((text) => /clock is (17999|18000) s behind this program's; give both the same TZ/.test(text)),
    warnings.join("; "),
  );
});

Deno.test("a missing program, an absent GPU and a wrong order are told", { ignore }, async () => {
  using at = folder();
  await assertRejects(
    () => smiMeter({ command: "/nowhere/nvidia-smi" }).start(),
    Error,
    "/nowhere/nvidia-smi was not found; install",
  );
  const meter = smiMeter({ command: writeSmi(at.path, POSTED), index: 3 });
  await assertRejects(
    () => meter.start(),
    Error,
    'ended with status 6 and said "No devices were found"; does `nvidia-smi -L` list GPU 3?',
  );
  await assertRejects(() => meter.stop(), Error, "The nvidia-smi meter is not running; start it first");
});

function folder() {
  const path = Deno.makeTempDirSync();
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}
