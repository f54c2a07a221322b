/**
 * The processor's clock, where the system tells it.
 *
 * @module
 */

/**
 * The mean clock of all cores now, MHz: from the frequency driver (kHz), or as `/proc/cpuinfo` has it; null where neither tells.
 *
 * @param root Where `sys` and `proc` are, `""` by default; for tests.
 */
export function cpuClockMhz(root = ""): number | null {
  const cores = `${root}/sys/devices/system/cpu`;
  const driver = names(cores).filter((name) => /^cpu\d+$/.test(name)).map((core) =>
    Number(read(`${cores}/${core}/cpufreq/scaling_cur_freq`)) / 1000
  );
  const info = [...read(`${root}/proc/cpuinfo`).matchAll(/^cpu MHz\s*:\s*(\S+)$/gm)].map(([, text]) => Number(text));
  for (const clocks of [driver, info]) {
    const known = clocks.filter((clock) => clock > 0);
    if (known.length > 0) return known.reduce((sum, clock) => sum + clock, 0) / known.length;
  }
  return null;
}

function names(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
