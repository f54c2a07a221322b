import { assertEquals } from "@std/assert";
import { cpuClockMhz } from "./clock.ts";

Deno.test("the clock is the driver's, else cpuinfo's, else unknown", async () => {
  const root = await Deno.makeTempDir();
  assertEquals(cpuClockMhz(root), null);
  await Deno.mkdir(`${root}/proc`);
  await Deno.writeTextFile(`${root}/proc/cpuinfo`, "cpu MHz\t\t: 2600.000\nflags\t: fpu\ncpu MHz\t\t: 2400.500\n");
  assertEquals(cpuClockMhz(root), 2500.25);
  // A core that is switched off has no frequency; `cpufreq` is the driver's own folder, no core.
  for (
    const [core, kHz] of [["cpu0", "3000000\n"], ["cpu1", "1000000\n"], ["cpu2", null], ["cpufreq", null]] as const
  ) {
    await Deno.mkdir(`${root}/sys/devices/system/cpu/${core}/cpufreq`, { recursive: true });
    if (kHz !== null) await Deno.writeTextFile(`${root}/sys/devices/system/cpu/${core}/cpufreq/scaling_cur_freq`, kHz);
  }
  assertEquals(cpuClockMhz(root), 2000);
  await Deno.remove(root, { recursive: true });
});
