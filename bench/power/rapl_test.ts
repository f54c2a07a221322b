import { assert, assertEquals, assertThrows } from "@std/assert";
import { openRapl, raplMeter } from "./rapl.ts";

Deno.test("packages are summed, and other zones are not", () => {
  using at = tree();
  at.zone("intel-rapl:0", "package-0", 1_000_000, 10_000_000);
  at.zone("intel-rapl:1", "package-1", 2_000_000, 10_000_000);
  at.zone("intel-rapl:2", "psys", 5, 10_000_000);
  at.zone("intel-rapl:0:0", "core", 5, 10_000_000);
  at.zone("intel-rapl-mmio:0", "package-0", 5, 10_000_000);
  const rapl = openRapl({ root: at.path });
  assertEquals(rapl.device, "package-0 + package-1");
  assertEquals([rapl.read().energyMj, rapl.read().powerW === null], [0, false]);
  at.count("intel-rapl:0", 1_300_000);
  at.count("intel-rapl:1", 2_200_000);
  at.count("intel-rapl:2", 9_000_000);
  assertEquals(rapl.read().energyMj, 500);
});

Deno.test("a counter that wraps goes on", () => {
  using at = tree();
  at.zone("intel-rapl:0", "package-0", 9_900_000, 10_000_000);
  const rapl = openRapl({ root: at.path });
  at.count("intel-rapl:0", 50_000);
  assertEquals(rapl.read().energyMj, 150);
  at.count("intel-rapl:0", 60_000);
  assertEquals(rapl.read().energyMj, 160);
});

Deno.test("power is the rise over the time since the sample before", async () => {
  using at = tree();
  at.zone("intel-rapl:0", "package-0", 0, 10_000_000);
  const rapl = openRapl({ root: at.path });
  assertEquals(rapl.read().powerW, null);
  const before = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 50));
  at.count("intel-rapl:0", 500_000);
  const { powerW } = rapl.read();
  const expected = 0.5 / ((performance.now() - before) / 1000);
  assert(Math.abs(powerW! - expected) / expected < 0.2, `${powerW} beside ${expected}`);
});

Deno.test("a counter for root alone is refused with what to do, and one that closes later is null", () => {
  using at = tree();
  at.zone("intel-rapl:0", "package-0", 0, 10_000_000);
  let closed = false;
  const readText = (path: string) => {
    if (closed && path.endsWith("energy_uj")) throw new Deno.errors.PermissionDenied(path);
    return Deno.readTextFileSync(path);
  };
  const rapl = openRapl({ root: at.path, readText });
  closed = true;
  assertEquals([rapl.read().energyMj, rapl.read().powerW], [null, null]);
  const advice = `is for root alone; run \`sudo chmod a+r ${at.path}/intel-rapl:*/energy_uj\` (until the next start)`;
  assertEquals(rapl.warnings().length, 1);
  assert(rapl.warnings()[0].endsWith(advice), rapl.warnings()[0]);
  assertThrows(() => openRapl({ root: at.path, readText }), Error, advice);
});

Deno.test("junk in a counter and a machine without counters are told", () => {
  using at = tree();
  assertThrows(() => openRapl({ root: at.path }), Error, `No CPU package has an energy counter in ${at.path}`);
  assertThrows(() => openRapl({ root: `${at.path}/none` }), Error, "load the kernel module intel_rapl_msr");
  at.zone("intel-rapl:0", "package-0", 0, 10_000_000);
  Deno.writeTextFileSync(`${at.path}/intel-rapl:0/energy_uj`, "\n");
  assertThrows(() => openRapl({ root: at.path }), Error, 'energy_uj holds "\\n" instead of a number');
});

// Hardware cannot be brought along: where it is missing, its absence must be told.
Deno.test("this machine's own counters rise, or an error says what is missing", async () => {
  if (!readable()) return assertThrows(() => openRapl(), Error, "CPU");
  const meter = raplMeter();
  await meter.start();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const [{ samples }] = await meter.stop();
  const energies = samples.map(({ energyMj }) => energyMj!);
  assert(energies[energies.length - 1] > energies[0], `${energies}`);
});

function readable(): boolean {
  try {
    openRapl().close();
    return true;
  } catch {
    return false;
  }
}

function tree() {
  const path = Deno.makeTempDirSync();
  const count = (zone: string, uj: number) => Deno.writeTextFileSync(`${path}/${zone}/energy_uj`, `${uj}\n`);
  return {
    path,
    count,
    zone(zone: string, name: string, uj: number, rangeUj: number) {
      Deno.mkdirSync(`${path}/${zone}`);
      Deno.writeTextFileSync(`${path}/${zone}/name`, `${name}\n`);
      Deno.writeTextFileSync(`${path}/${zone}/max_energy_range_uj`, `${rangeUj}\n`);
      count(zone, uj);
    },
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}
