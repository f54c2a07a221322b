/**
 * What a sweep does, in which order: networks, and after each some configurations of single layers, so that any beginning is a balanced
 * sample of both.
 *
 * @module
 */
import { type Dtype, networkCost, type NetworkDefinition } from "neuralpower/dsl";
import { readDeviceName } from "../lib/model/device.ts";
import { type Configuration, configurations, limitsOf } from "./configurations.ts";
import { type DeviceDescription, deviceSlug } from "./device_file.ts";
import { type Job, jobNetwork, jobs, zooSources } from "./jobs.ts";

/** A network, or a layer by itself. */
export type Work = { readonly job: Job } | Configuration;

/** Which work there is. */
export interface WorkOptions {
  readonly device: DeviceDescription;
  readonly dtype?: Dtype;
  /** Networks alone, each at these batches. */
  readonly batches?: readonly number[];
}

/** After each network: as long, or longer, as the network itself takes on either sort of device. */
const layersPerNetwork = { cpu: 12, gpu: 30 };

/**
 * A network's multiply-adds for each core of a CPU: then a run takes some seconds. On a GPU what does not fit into the memory is a failure
 * with its reason.
 */
const macsOfCore = 6.5e10;

/** A GPU whose memory is not told is taken for a small one. */
const unknownMemoryGiB = 4;

/** The endless list of a seed, the same for equal devices. */
export async function* work(seed: number, { device, dtype, batches }: WorkOptions): AsyncGenerator<Work> {
  const onCpu = device.provider === "cpu";
  const memoryGiB = onCpu ? device.memoryGiB : device.gpuMemoryGiB ?? unknownMemoryGiB;
  const layers = batches === undefined
    ? configurations(seed, {
      limits: limitsOf(device.provider, memoryGiB * 2 ** 30),
      runtime: readDeviceName(deviceSlug(device)).runtime,
      dtype,
      zoo: await zooDefinitions(),
    })
    : null;
  const mostMacs = onCpu ? macsOfCore * device.cores : Infinity;
  for (const job of jobs(seed, { dtype, batches })) {
    if (networkCost(await jobNetwork(job)).macs > mostMacs) continue;
    yield { job };
    for (let i = 0; layers !== null && i < layersPerNetwork[onCpu ? "cpu" : "gpu"]; i++) yield layers.next().value;
  }
}

/** The networks of `nets/`, by their names. */
export async function zooDefinitions(): Promise<Record<string, NetworkDefinition>> {
  const entries = zooSources.map(async (source): Promise<[string, NetworkDefinition]> => [
    /([^/]+)\.np\.ts$/.exec(source)![1],
    (await import(new URL(`../${source}`, import.meta.url).href)).default,
  ]);
  return Object.fromEntries(await Promise.all(entries));
}
