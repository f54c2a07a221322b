/**
 * `deno run -A bench/measure.ts NET…`: the user's own network, measured here and now beside its prediction, by layer and in total.
 *
 * @module
 */
import { type Device, DeviceError, loadDevice, predict, type Prediction } from "neuralpower";
import type { Network } from "neuralpower/dsl";
import { type Arguments, type Command, print, runCommand, UsageError, userPath } from "../lib/commands/cli.ts";
import { loadNetworkFile, networkOptions, readNetworkOptions } from "../lib/commands/network_file.ts";
import { number, percent, plain, textTable } from "../lib/report/text_table.ts";
import { copiesMemoryMiB, describeDevice, deviceSlug } from "./device_file.ts";
import { runWithLibraries } from "./cuda/with_libraries.ts";
import { type Provider, providers } from "./ort/session.ts";
import { type NetworkTiming, profileNetwork } from "./profile_network.ts";
import { chooseProvider } from "./providers.ts";
import { measureNode, type NodeMeasurement } from "./slope.ts";
import { nodeKey } from "./store.ts";
import { timeNetwork } from "./time_network.ts";

const command: Command = {
  name: "measure",
  call: "deno run -A bench/measure.ts",
  takes: "NET…",
  summary: "Measures networks on this machine with ONNX Runtime, beside what was predicted.",
  options: {
    provider: { value: "NAME", help: `auto, ${providers.join(", ")} (auto by default)` },
    device: { value: "NAME|FILE", help: "whose prediction (this machine's device by default, if it has a model)" },
    ...networkOptions,
    format: { value: "FORMAT", help: "table or json (table by default)" },
    help: { help: "print this" },
  },
  examples: [
    "deno run -A bench/measure.ts nets/resnet50.np.ts",
    "deno run -A bench/measure.ts my.np.ts --batch 8 --device models/mine.json",
  ],
  run,
};

async function run(args: Arguments): Promise<number> {
  if (args.positional.length === 0) {
    throw new UsageError("No network given; give a .np.ts, .onnx, .prototxt or .json file");
  }
  const format = args.choice("format", ["table", "json"]) ?? "table";
  const { provider } = await chooseProvider(args.choice("provider", ["auto", ...providers]) ?? "auto");
  const elsewhere = await runWithLibraries(provider);
  if (elsewhere !== null) return elsewhere;
  const device = await chosenDevice(args.text("device"), provider);
  const results = [];
  for (const net of args.positional) {
    const network = await loadNetworkFile(net, readNetworkOptions(args));
    const folder = await Deno.makeTempDir();
    try {
      const timing = provider === "cpu"
        ? await profileNetwork(network, folder)
        : await bySlope(network, provider, folder);
      results.push({ network, timing, prediction: device && predict(network, device, { allowUnsupported: true }) });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  if (format === "json") print(JSON.stringify(results.map(jsonOf), null, 2));
  else for (const { network, timing, prediction } of results) print(tableOf(network, timing, prediction));
  return 0;
}

/** Where the profile sees launches only, each executed node is measured by itself; why one cannot be is told, and it has no line. */
async function bySlope(network: Network, provider: Provider, folder: string): Promise<NetworkTiming> {
  const { ms, spreadMs, trials, nodes: groups } = await timeNetwork(network, provider, folder, null);
  const memoryMiB = copiesMemoryMiB(await describeDevice(provider));
  // Equal nodes take equally long.
  const measured = new Map<string, NodeMeasurement | null>();
  for (const { name, node } of groups) {
    if (measured.has(nodeKey(node))) continue;
    const timed = await measureNode(node, { provider, memoryMiB }).catch((error: Error) => {
      console.error(`${plain(name)} was not measured: ${error.message}`);
      return null;
    });
    measured.set(nodeKey(node), timed);
  }
  const nodes = groups.flatMap((group) => {
    const timed = measured.get(nodeKey(group.node));
    return timed && timed.ms > 0 ? [{ ...group, ms: timed.ms, spreadMs: timed.spreadMs }] : [];
  });
  return { ms, spreadMs, trials, overheadMs: 0, profilerMs: 0, nodes, powerW: null, powerWSpread: null, note: "" };
}

/** The named device; else this machine's, if it has been swept and fitted. */
async function chosenDevice(name: string | undefined, provider: Provider): Promise<Device | null> {
  if (name !== undefined) return await loadDevice(name, userPath);
  const slug = deviceSlug(await describeDevice(provider));
  try {
    return await loadDevice(slug);
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    console.error(
      `There is no model of ${slug} to compare with; make one with bench/sweep.ts and \`deno task fit\`, or name one with --device`,
    );
    return null;
  }
}

interface Result {
  readonly network: Network;
  readonly timing: NetworkTiming;
  readonly prediction: Prediction | null;
}

function jsonOf({ network, timing, prediction }: Result) {
  return {
    network: network.name,
    batch: network.batch,
    device: prediction?.device ?? null,
    measuredMs: timing.ms,
    measuredMsSpread: timing.spreadMs,
    overheadMs: timing.overheadMs,
    predictedMs: prediction?.total.runtimeMs ?? null,
    layers: timing.nodes.map(({ name, covers, ms, spreadMs }) => ({
      name,
      covers,
      measuredMs: ms,
      measuredMsSpread: spreadMs,
      predictedMs: prediction && predictedMs(prediction, covers),
    })),
  };
}

/** The prediction of all layers that a measured node covers: the runtime may have fused others than its plan has it. */
function predictedMs({ layers }: Prediction, covers: readonly string[]): number | null {
  const times = layers.filter(({ name }) => covers.includes(name)).map(({ runtimeMs }) => runtimeMs);
  return times.includes(null) ? null : times.reduce<number>((sum, ms) => sum + ms!, 0);
}

function tableOf(network: Network, timing: NetworkTiming, prediction: Prediction | null): string {
  const line = (name: string, kind: string, ms: number, spreadMs: number, predicted: number | null) => [
    ...[plain(name), kind, number(ms), `±${number(spreadMs)}`, number(predicted)],
    predicted === null ? "–" : percent(predicted / ms - 1),
  ];
  const right = "right" as const;
  const rows = [
    ...timing.nodes.map(({ name, node, covers, ms, spreadMs }) =>
      line(name, node.layer.kind, ms, spreadMs, prediction && predictedMs(prediction, covers))
    ),
    line("whole network", "", timing.ms, timing.spreadMs, prediction?.total.runtimeMs ?? null),
  ];
  const columns = [
    ...[{ header: "layer" }, { header: "kind" }, { header: "measured ms", align: right }, {
      header: "spread",
      align: right,
    }],
    ...[{ header: "predicted ms", align: right }, { header: "error", align: right }],
  ];
  const title = `${plain(network.name)}, batch ${network.batch}, measured here${
    prediction ? `, predicted for ${prediction.device}` : ""
  }`;
  return [title, "", textTable(columns, rows), "", ...(prediction?.warnings ?? []).map((warning) => `! ${warning}`), ""]
    .join("\n");
}

if (import.meta.main) Deno.exit(await runCommand(command, Deno.args));
