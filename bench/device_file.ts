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
  /** The GPU and its driver, as nvidia-smi names them; null on a CPU, or where it is not there. */
  readonly gpu: string | null;
  readonly driver: string | null;
  /** The GPU's; null where unknown. */
  readonly gpuMemoryGiB: number | null;
  readonly cpu: string;
  /** Family, model and stepping, which the name that a hypervisor gives a processor may not tell; null where unknown. */
  readonly cpuModel: string | null;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly os: string;
  readonly deno: string;
  readonly onnxruntime: string;
}

/** Describes this machine. */
export async function describeDevice(provider: Provider): Promise<DeviceDescription> {
  const [gpu, driver, memory] = provider === "cpu"
    ? [null, null, null]
    : await nvidiaSmi(["name", "driver_version", "memory.total"]);
  // "143771 MiB", or "[N/A]".
  const mebibytes = Number.parseInt(memory ?? "");
  const info = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  return {
    provider,
    gpu,
    driver,
    gpuMemoryGiB: mebibytes > 0 ? Math.round(mebibytes / 1024) : null,
    cpu: fieldOf(info, "model name") ?? Deno.build.arch,
    cpuModel: cpuModel(info),
    cores: navigator.hardwareConcurrency,
    memoryGiB: Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
    os: `${Deno.build.os} ${Deno.osRelease()}`,
    deno: Deno.version.deno,
    onnxruntime: await onnxruntimeVersion(),
  };
}

/** "family 6, model 207, stepping 2", as far as `/proc/cpuinfo` tells. */
function cpuModel(info: string): string | null {
  const fields = ["cpu family", "model", "stepping"].flatMap((name) => {
    const value = fieldOf(info, name);
    return value === null ? [] : [`${name.replace("cpu ", "")} ${value}`];
  });
  return fields.length > 0 ? fields.join(", ") : null;
}

/** A field of the first core in `/proc/cpuinfo`. */
function fieldOf(info: string, name: string): string | null {
  return new RegExp(`^${name}\\s*:\\s*(.+)$`, "m").exec(info)?.[1].trim() ?? null;
}

/** What the copies of a layer may take together, MiB: of a GPU a tenth, for the tensors between them come on top. */
export function copiesMemoryMiB({ provider, gpuMemoryGiB }: DeviceDescription): number {
  return provider === "cpu" || gpuMemoryGiB === null ? 2048 : Math.max(512, Math.round(gpuMemoryGiB * 1024 / 10));
}

/** What nvidia-smi says of the first GPU; null for each field where it cannot be asked. */
async function nvidiaSmi(fields: readonly string[]): Promise<(string | null)[]> {
  try {
    const { success, stdout } = await new Deno.Command("nvidia-smi", {
      args: ["--id=0", `--query-gpu=${fields.join(",")}`, "--format=csv,noheader"],
    }).output();
    if (success) return new TextDecoder().decode(stdout).trim().split("\n")[0].split(",").map((text) => text.trim());
  } catch {
    // Not installed.
  }
  return fields.map(() => null);
}

/** The device's name: card and runtime (`h200-ort`), or processor, cores and runtime. */
export function deviceSlug({ provider, gpu, cpu, cores }: DeviceDescription): string {
  if (provider !== "cpu") {
    const words = (gpu ?? "gpu").toLowerCase().match(/[a-z0-9]+/g)!.filter((word) =>
      !["nvidia", "geforce", "tesla"].includes(word)
    );
    return `${words.join("-")}-ort${provider === "cuda" ? "" : `-${provider}`}`;
  }
  const words = cpu.toLowerCase().replaceAll(/\((r|tm)\)|cpu|processor|@.*$/g, " ").match(/[a-z0-9]+/g) ?? ["cpu"];
  return `${words.join("-")}-${cores}core-ort-cpu`;
}

/** How a sweep measures. */
export interface SweepDescription {
  readonly seed: number;
  /** Of the layers inside networks, and by themselves. */
  readonly setup: string;
  readonly setupAlone: string;
  /** Who tells the power; none where it cannot be read. */
  readonly powerSources: readonly string[];
  /** Power before the sweep and after it, W; null where it cannot be read or the sweep has not ended. */
  readonly idleWatts: { readonly before: number | null; readonly after: number | null };
  /** Null until the sweep has ended. */
  readonly noiseFloor: NoiseFloor | null;
}

/** What no figure of a sweep can be trusted below: shares of it. */
export interface NoiseFloor {
  /** Standard deviation of a layer's trials, or of its visits where there were several, the median over all layers; null without layers. */
  readonly layers: number | null;
  /** Standard deviation of the anchor's time over the sweep; null with less than two. */
  readonly anchor: number | null;
}

const protocols: Readonly<Record<string, string>> = {
  profile: "bench/profile_network.ts: trials of alternating blocks, plain and under the runtime's profiler",
  spoiled_copies: "bench/spoiled.ts: copies of each node with spoiled caches, from the profile",
  slope: "bench/slope.ts: the slope of the time against copies of a node; bench/time_network.ts for networks",
};

/** Writes `device.json` whole; a sweep writes it when it begins and when it ends. */
export async function writeDeviceFile(
  folder: string,
  device: DeviceDescription,
  sweep: SweepDescription,
): Promise<void> {
  const content = {
    device: deviceSlug(device),
    ...device,
    date: new Date().toISOString().slice(0, 10),
    ...sweep,
    sessionOptions: "ONNX Runtime's defaults: all optimisations, as many threads as cores",
    protocol: [...new Set([sweep.setup, sweep.setupAlone])].map((setup) => protocols[setup]).join("; ") +
      "; the median of three or more trials (bench/trials.ts)",
    // On Ampere and later float32 convolutions use TF32 unless this is 0.
    tf32: device.provider === "cpu" ? null : Deno.env.get("NVIDIA_TF32_OVERRIDE") !== "0",
  };
  const path = `${folder}/device.json`;
  await Deno.writeTextFile(`${path}.tmp`, `${JSON.stringify(content, null, 2)}\n`);
  await Deno.rename(`${path}.tmp`, path);
}

/**
 * `data/NAME`, or `data/NAME-2` and so on where that has been measured: the first that is free, or to resume the last that is not.
 * Measurements of the same sort of machine may be there already, this project's own for one.
 */
export function defaultFolder(name: string, resume: boolean): string {
  const path = (number: number) =>
    decodeURIComponent(new URL(`../data/${name}${number === 1 ? "" : `-${number}`}`, import.meta.url).pathname);
  const isTaken = (path: string) => ["networks.csv", "layers.csv", "visits"].some((name) => exists(`${path}/${name}`));
  let free = 1;
  while (isTaken(path(free))) free++;
  return path(resume ? Math.max(1, free - 1) : free);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
