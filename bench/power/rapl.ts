/**
 * Linux's energy counters of the CPU packages (RAPL: running average power limit), from the powercap folder; AMD's appear there under
 * the same name.
 *
 * Source: docs.kernel.org/power/powercap/powercap.html and the kernel's Documentation/ABI/testing/sysfs-class-powercap: zones
 * `intel-rapl:N` with `name`, `energy_uj` (µJ, counts up and wraps) and `max_energy_range_uj`. Since kernel 5.10 `energy_uj` is readable by
 * root alone (commit "powercap: restrict energy meter to root access", CVE-2020-8694).
 *
 * What a package counts is its cores, caches and built-in graphics; not the memory modules, disks or fans.
 *
 * @module
 */
import { type PowerMeter, reading, Warnings } from "./meter.ts";
import { INTERVAL_MS, pollingMeter, type Reader } from "./polling.ts";

/** Where to read, and how often. */
export interface RaplOptions {
  /** Folder with the zones, `/sys/class/powercap` unless given. */
  readonly root?: string;
  /** Milliseconds between samples, 20 unless given. */
  readonly intervalMs?: number;
  /** How a file is read; `Deno.readTextFileSync` unless given. */
  readonly readText?: (path: string) => string;
}

interface Package {
  readonly name: string;
  readonly file: string;
  readonly rangeUj: number;
  lastUj: number;
  totalUj: number;
}

/**
 * Opens the packages' counters.
 *
 * `energyMj` is the sum over the packages since the opening, wraps taken out; `powerW` is its rise since the sample before, as RAPL has
 * no power reading of its own. When one package cannot be read the sum is null: a part of the machine would pass for all of it.
 *
 * @throws {Error} When there is no package zone, or a counter cannot be read at all.
 */
export function openRapl(options: RaplOptions = {}): Reader {
  const root = options.root ?? "/sys/class/powercap";
  const readText = options.readText ?? Deno.readTextFileSync;
  const packages = zones(root).flatMap((zone): Package[] => {
    const name = readText(`${root}/${zone}/name`).trim();
    // On some laptops intel-rapl:1 is "psys", the whole platform: it contains the packages, and adding it would count them twice.
    if (!/^package-\d+/.test(name)) return [];
    const file = `${root}/${zone}/energy_uj`;
    const lastUj = counter(file, readText);
    return [{ name, file, rangeUj: Number(readText(`${root}/${zone}/max_energy_range_uj`)), lastUj, totalUj: 0 }];
  });
  if (packages.length === 0) {
    throw new Error(
      `No CPU package has an energy counter in ${root}; load the kernel module intel_rapl_msr, or go without CPU power`,
    );
  }
  const warnings = new Warnings();
  let before: { at: number; uj: number } | null = null;
  return {
    device: packages.map(({ name }) => name).join(" + "),
    driver: null,
    read() {
      const at = performance.now();
      try {
        for (const zone of packages) {
          const uj = counter(zone.file, readText);
          zone.totalUj += uj >= zone.lastUj ? uj - zone.lastUj : uj - zone.lastUj + zone.rangeUj;
          zone.lastUj = uj;
        }
      } catch (error) {
        warnings.add("energy", error instanceof Error ? error.message : String(error));
        before = null;
        return reading({});
      }
      const uj = packages.reduce((sum, zone) => sum + zone.totalUj, 0);
      // µJ per ms is mW.
      const powerW = before === null || at === before.at ? null : (uj - before.uj) / (at - before.at) / 1000;
      before = { at, uj };
      return reading({ energyMj: uj / 1000, powerW });
    },
    warnings: () => warnings.list(),
    close() {},
  };
}

/** A meter that reads RAPL in the thread that calls it; `threaded` of `thread.ts` gives it one of its own. */
export function raplMeter(options: RaplOptions = {}): PowerMeter {
  return pollingMeter("rapl", () => openRapl(options), options.intervalMs ?? INTERVAL_MS);
}

/** Top zones: `intel-rapl:0`, not its children `intel-rapl:0:0`, nor `intel-rapl-mmio:0`, which counts the same package again. */
function zones(root: string): string[] {
  try {
    return [...Deno.readDirSync(root)].map(({ name }) => name).filter((name) => /^intel-rapl:\d+$/.test(name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function counter(file: string, readText: (path: string) => string): number {
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      const glob = file.replace(/intel-rapl:\d+\//, "intel-rapl:*/");
      throw new Error(
        `CPU energy is not readable: ${file} is for root alone; run \`sudo chmod a+r ${glob}\` (until the next start)`,
        {
          cause: error,
        },
      );
    }
    throw error;
  }
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) {
    throw new Error(
      `CPU energy is not readable: ${file} holds ${JSON.stringify(text.slice(0, 40))} instead of a number`,
    );
  }
  return value;
}
