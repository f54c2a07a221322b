/**
 * The process that measures: reads a request a line from standard input, writes a reply a line to standard output. It is ended and
 * started anew every few requests, for sessions leak; what brings it down costs the request in work and no more. Its argument is a folder
 * for models and profiles.
 *
 * @module
 */
import type { Node } from "neuralpower";
import { type Job, jobNetwork } from "./jobs.ts";
import { TextLineStream } from "./lines.ts";
import type { Provider } from "./ort/session.ts";
import { detectMeter } from "./power/detect.ts";
import type { PowerMeter } from "./power/meter.ts";
import { type NetworkTiming, profileNetwork } from "./profile_network.ts";
import { measureNode, type NodeMeasurement } from "./slope.ts";
import { measureSpoiled, type SpoiledTiming } from "./spoiled.ts";
import { type TimedNetwork, timeNetwork } from "./time_network.ts";

/** What the worker is asked for. Loads run for `powerMs` while their power is read; null for no power. */
export type Request =
  /** A network and, by the runtime's profiler, every node inside it: the CPU provider. */
  | { readonly kind: "profile"; readonly job: Job; readonly powerMs: number | null }
  /** A network end to end, and what is executed of it. */
  | { readonly kind: "network"; readonly job: Job; readonly provider: Provider; readonly powerMs: number | null }
  /** One node by itself, in so much memory. */
  | {
    readonly kind: "node";
    readonly node: Node;
    readonly provider: Provider;
    readonly powerMs: number | null;
    readonly memoryMiB: number;
  }
  /** One node by itself on the CPU provider, by copies with spoiled caches. */
  | { readonly kind: "spoiled"; readonly node: Node };

/** What the worker answers, by what it was asked for. */
export interface Replies {
  profile: NetworkTiming;
  network: TimedNetwork;
  node: NodeMeasurement;
  spoiled: SpoiledTiming;
}

/** A reply, or why there is none. */
export type Reply<K extends Request["kind"]> = { readonly result: Replies[K] } | { readonly error: string };

async function measure(request: Request, folder: string): Promise<Replies[Request["kind"]]> {
  if (request.kind === "spoiled") return await measureSpoiled(request.node, folder);
  const provider = request.kind === "profile" ? "cpu" : request.provider;
  const meter = request.powerMs === null ? null : await meterOf(provider);
  const powerMs = request.powerMs ?? undefined;
  if (request.kind === "node") {
    return await measureNode(request.node, { provider, meter, powerMs, memoryMiB: request.memoryMiB });
  }
  const network = await jobNetwork(request.job);
  return request.kind === "profile"
    ? await profileNetwork(network, folder, meter, powerMs)
    : await timeNetwork(network, provider, folder, meter, powerMs);
}

/** Looked for once: asking nvidia-smi what it knows takes as long as measuring a layer. */
const meters = new Map<"cpu" | "gpu", PowerMeter | null>();

async function meterOf(provider: Provider): Promise<PowerMeter | null> {
  const device = provider === "cpu" ? "cpu" : "gpu";
  if (!meters.has(device)) meters.set(device, (await detectMeter(device)).meter);
  return meters.get(device)!;
}

if (import.meta.main) {
  // Models take up to 2 GB: whoever started this process cleans up after it, for it may be killed.
  const folder = Deno.args[0];
  await Deno.mkdir(folder, { recursive: true });
  // A terminal's Ctrl-C comes here too; what is in work is to be ended by the one who asked for it.
  Deno.addSignalListener("SIGINT", () => {});
  const replies = Deno.stdout.writable.getWriter();
  for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
    let reply: Reply<Request["kind"]>;
    try {
      reply = { result: await measure(JSON.parse(line) as Request, folder) };
    } catch (error) {
      reply = { error: error instanceof Error ? error.message.split("\n")[0] : String(error) };
    }
    await replies.write(new TextEncoder().encode(`${JSON.stringify(reply)}\n`));
  }
  // The listener would keep it alive.
  Deno.exit(0);
}
