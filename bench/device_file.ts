/**
 * `device.json`: what was measured, on what, and how.
 *
 * @module
 */
import { onnxruntimeVersion } from "./ort/version.ts";
import type { Provider } from "./ort/session.ts";

/** The hardware and software that measurements depend on. */
export interface DeviceDescription {
  readonly provider: Provider;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly os: string;
  readonly deno: string;
  readonly onnxruntime: string;
}

/** Describes this machine. */
export async function describeDevice(provider: Provider): Promise<DeviceDescription> {
  const info = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  return {
    provider,
    cpu: /^model name\s*:\s*(.+)$/m.exec(info)?.[1].trim() ?? Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    memoryGiB: Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
    os: `${Deno.build.os} ${Deno.osRelease()}`,
    deno: Deno.version.deno,
    onnxruntime: await onnxruntimeVersion(),
  };
}

/** The device's name: processor, cores and runtime. */
export function deviceSlug({ cpu, cores }: DeviceDescription): string {
  const words = cpu.toLowerCase().replaceAll(/\((r|tm)\)|cpu|processor|@.*$/g, " ").match(/[a-z0-9]+/g) ?? ["cpu"];
  return `${words.join("-")}-${cores}core-ort-cpu`;
}

/** Writes `device.json` whole; a sweep that is resumed writes it again. */
export async function writeDeviceFile(
  folder: string,
  device: DeviceDescription,
  options: { seed: number; provider: Provider },
): Promise<void> {
  const content = {
    device: deviceSlug(device),
    ...device,
    date: new Date().toISOString().slice(0, 10),
    seed: options.seed,
    sessionOptions: "ONNX Runtime's defaults: all optimisations, as many threads as cores",
    protocol:
      "bench/profile_network.ts: three trials of alternating blocks, plain and profiled; the median of the trials' minima",
    tf32: null,
    idleW: null,
    power: "no meter: Linux RAPL is read where /sys/class/powercap has it",
  };
  const path = `${folder}/device.json`;
  await Deno.writeTextFile(`${path}.tmp`, `${JSON.stringify(content, null, 2)}\n`);
  await Deno.rename(`${path}.tmp`, path);
}
