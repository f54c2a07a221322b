/**
 * `deno task show`: a network's layers with their sizes and costs, or its nodes' features.
 *
 * @module
 */
import { layerCost, type Network, networkCost } from "neuralpower/dsl";
import { features, type NodeFeatures } from "../features.ts";
import { findRuntime, runtimes, unfused } from "../runtimes.ts";
import { json } from "../report/escapes.ts";
import { type Column, markdownTable, plain, textTable } from "../report/text_table.ts";
import { formatCsv } from "../table.ts";
import { type Arguments, type Command, deliver, UsageError } from "./cli.ts";
import { loadNetworkFile, networkOptions, readNetworkOptions } from "./network_file.ts";

const formats = ["table", "json", "csv", "markdown"] as const;
const runtimeNames = [unfused, ...runtimes].map(({ name }) => name);

/** The command. */
export const showCommand: Command = {
  name: "show",
  takes: "NET",
  summary:
    "Shows a network: its layers, shapes, multiply-adds, parameters and bytes; or the feature vector of each executed node.",
  options: {
    features: { help: "show each node's features, which models are fitted on and predict from" },
    runtime: { value: "NAME", help: `whose nodes, for --features: ${runtimeNames.join(", ")} (unfused by default)` },
    ...networkOptions,
    "allow-unsupported": { help: "leave out operators of files that are not known" },
    format: { value: "FORMAT", help: `${formats.join(", ")} (table by default)` },
    out: { value: "FILE", help: "write there instead of standard output" },
    help: { help: "print this" },
  },
  examples: [
    "deno task show nets/resnet50.np.ts --batch 8",
    "deno task show nets/alexnet.np.ts --features --runtime tf1 --format json",
  ],
  run,
};

async function run(args: Arguments): Promise<number> {
  if (args.positional.length !== 1) {
    throw new UsageError(`Give one network (.np.ts, .onnx, .prototxt, .json), got ${args.positional.length}`);
  }
  const format = args.choice("format", formats) ?? "table";
  const runtimeName = args.choice("runtime", runtimeNames);
  if (runtimeName !== undefined && !args.flag("features")) throw new UsageError("--runtime goes with --features");
  const out = args.text("out");
  if (out === undefined) await Deno.permissions.revoke({ name: "write" });
  const network = await loadNetworkFile(args.positional[0], readNetworkOptions(args));
  const nodes = args.flag("features") ? features(network, findRuntime(runtimeName ?? unfused.name)) : null;
  await deliver(nodes === null ? await layersReport(network, format) : await featuresReport(nodes, format), out);
  return 0;
}

type Format = (typeof formats)[number];

async function layersReport(network: Network, format: Format): Promise<string> {
  const layers = network.layers.map((layer) => ({ layer, cost: layerCost(layer, network.dtype) }));
  if (format === "json") {
    const total = networkCost(network);
    return json({ ...network, layers: layers.map(({ layer, cost }) => ({ ...layer, ...cost })), total });
  }
  if (format === "csv") {
    const header = [
      "name",
      "kind",
      "op",
      "inputs",
      "inputShape",
      "outputShape",
      "macs",
      "operations",
      "params",
      "bytesRead",
      "bytesWritten",
    ];
    return await formatCsv(
      header,
      layers.map(({ layer, cost }) => ({
        ...{ name: plain(layer.name), kind: layer.kind, op: layer.op, inputs: plain(layer.inputs.join(" ")) },
        ...{ inputShape: layer.inputShape.join(" "), outputShape: layer.outputShape.join(" ") },
        ...cost,
      })),
    );
  }
  const { networkText } = await import("../report/network.ts");
  return networkText(network, format);
}

async function featuresReport(nodes: readonly NodeFeatures[], format: Format): Promise<string> {
  if (format === "json") return json(nodes);
  const rows = nodes.flatMap(({ name, kind, features }) =>
    Object.entries(features).map(([feature, value]) => ({ name: plain(name), kind, feature, value }))
  );
  if (format === "csv") return await formatCsv(["name", "kind", "feature", "value"], rows);
  // One node may have forty features, most of them 0 (which op, which optimizer): a reader wants the others.
  const lines = nodes.map(({ name, kind, features }) => [
    plain(name),
    kind,
    Object.entries(features).filter(([, value]) => value !== 0).map(([feature, value]) => `${feature}=${value}`).join(
      " ",
    ),
  ]);
  const layout: Column[] = [{ header: "node" }, { header: "kind" }, { header: "features that are not 0" }];
  return `${(format === "markdown" ? markdownTable : textTable)(layout, lines)}\n`;
}
