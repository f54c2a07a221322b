/**
 * Predicts a swept folder's networks by models that have seen nothing of them.
 *
 * Networks are held out by name, all batches and image sizes of one together: a fold's models are fitted on the layers of the other
 * networks alone, and the sum's constants on those networks' wholes.
 *
 * @module
 */
import { type Device, deviceOf, fitDevice, predict, type Prediction, type TableRow } from "neuralpower";
import { type Network, networkCost } from "neuralpower/dsl";
import { drawGroups, foldsByGroup } from "../lib/learn/folds.ts";
import { median } from "../lib/learn/metrics.ts";
import { readDeviceName } from "../lib/model/device.ts";
import { fitNetworks } from "../lib/model/fit_networks.ts";
import { fittedModel } from "../lib/model/fitted_model.ts";
import { hardwareOf } from "../lib/model/geometry.ts";
import { nodeModel } from "../lib/model/node_model.ts";
import { summedNetworks } from "../lib/model/summed_networks.ts";
import { type NetworkMeasurement, nodesOf, parseNetworksTable } from "../lib/networks_table.ts";
import { type Comparison, type Interval, type Scored, scoresTable, type Validation } from "../lib/report/validation.ts";
import { percent, type Table } from "../lib/report/text_table.ts";
import { type LayersTable, nodeCells, parseLayersTable } from "../lib/table.ts";
import type { Node } from "neuralpower";
import { jobNetwork } from "./jobs.ts";
import { nodeKey } from "./store.ts";

/** How to validate. */
export interface FolderOptions {
  readonly folds: number;
  /** How many networks the sum's constants are fitted to; all that are not held out by default. */
  readonly calibrateWith?: number;
  readonly onProgress: (what: string) => void;
}

type Measured = NetworkMeasurement & { readonly built: Network; readonly nodes: readonly Node[] };

/** What is predicted of one network in its fold. */
interface HeldOut {
  readonly calibrated: Prediction;
  readonly raw: Prediction;
  readonly paleo: Prediction | null;
  readonly byMacs: number;
}

/** The device's name in its `device.json`. */
function deviceIn(text: string, folder: string): string {
  try {
    const { device } = JSON.parse(text);
    if (typeof device === "string") return device;
  } catch {
    // Not JSON: told alike.
  }
  throw new Error(`${folder}/device.json does not name a device; give a folder that bench/sweep.ts has measured`);
}

/** Validates. */
export async function validateFolder(folder: string, options: FolderOptions): Promise<Validation> {
  const textOf = (name: string) =>
    Deno.readTextFile(`${folder}/${name}`).catch((error: Error) => {
      throw new Error(
        `${folder}/${name} cannot be read (${error.message}); give a folder that bench/sweep.ts has measured`,
      );
    });
  const device = deviceIn(await textOf("device.json"), folder);
  const { runtime, specification } = readDeviceName(device);
  const layers = await parseLayersTable(await textOf("layers.csv"), "layers.csv");
  const read = await parseNetworksTable(await textOf("networks.csv"), "networks.csv", layers);
  const networks: Measured[] = [], leftOut: string[] = [];
  for (const network of read) {
    const built = await jobNetwork(network);
    const nodes = (await nodesOf(network, layers, runtime, () => Promise.resolve(built)))!;
    const elsewhere = nodes.map(({ layer }) => runtime.executedElsewhere(layer)).find((why) => why !== null);
    if (elsewhere === undefined) networks.push({ ...network, built, nodes });
    else leftOut.push(`${network.name}@${network.batch} is not predicted: ${elsewhere}`);
  }
  const fold = foldsByGroup(networks.map(({ name }) => name), options.folds);
  const predictions: HeldOut[] = [];
  for (let held = 0; held < options.folds; held++) {
    options.onProgress(`fold ${held + 1} of ${options.folds}`);
    const training = networks.filter((_, i) => fold[i] !== held);
    const testing = networks.filter((_, i) => fold[i] === held);
    const { raw, calibrated } = fitted(
      device,
      trainingRows(layers, training, testing),
      training,
      options.calibrateWith,
    );
    const perMac = median(training.map(({ runtimeMs, built }) => runtimeMs / networkCost(built).macs));
    networks.forEach(({ built }, i) => {
      if (fold[i] !== held) return;
      predictions[i] = {
        calibrated: predict(built, calibrated, { allowUnsupported: true }),
        raw: predict(built, raw, { allowUnsupported: true }),
        paleo: specification && predict(built, { ...raw, model: null }, { model: "analytical" }),
        byMacs: perMac * networkCost(built).macs,
      };
    });
  }
  const places = [...networks.keys()];
  const ownSize = places.filter((i) => networks[i].source.startsWith("nets/") && networks[i].image === null);
  return {
    device,
    method:
      `Networks are held out by name in ${options.folds} folds: a network's prediction has seen no layer of it, at no batch.`,
    networks: networks.map(({ name, batch, image, runtimeMs, powerW, energyMj }, i) => {
      const { calibrated } = predictions[i];
      return {
        ...{ name, batch, image, remark: calibrated.total.partial ? "partial" : "" },
        runtimeMs: compared(runtimeMs, runtimeOf(calibrated))!,
        powerW: compared(powerW, { value: calibrated.total.powerW!, low: null, high: null }),
        energyMj: compared(energyMj, energyOf(calibrated)),
      };
    }).sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : a.batch - b.batch),
    tables: [
      runtimeScores(`Runtime of all ${networks.length} networks`, places),
      ...ownSize.length === 0 ? [] : [runtimeScores("Runtime of the zoo at its own image size", ownSize)],
      ...energyScores(places),
    ],
    notes: [
      ...leftOut,
      ...[1, 8].flatMap((batch) => measuredSums(networks, layers, batch)),
      ...sumsAlone(networks, layers),
    ],
  };

  function runtimeScores(title: string, chosen: readonly number[]): Table {
    return scoresTable(title, chosen.map((i) => networks[i].runtimeMs), waysOf(chosen.map((i) => predictions[i])));
  }

  function energyScores(all: readonly number[]): Table[] {
    const known = all.filter((i) => networks[i].energyMj !== null && predictions[i].calibrated.total.energyMj !== null);
    if (known.length === 0) return [];
    return [
      scoresTable(`Energy of ${known.length} networks`, known.map((i) => networks[i].energyMj!), [
        { name: "layers, calibrated", predicted: known.map((i) => energyOf(predictions[i].calibrated)) },
        { name: "raw sum of layers", predicted: known.map((i) => energyOf(predictions[i].raw)) },
      ]),
    ];
  }
}

function compared(measured: number | null, { value, low, high }: Interval): Comparison | null {
  return measured === null || value === null ? null : { measured, predicted: value, low, high };
}

/** Layers that were measured within the training's networks; by themselves, but for those that a held-out network has. */
function trainingRows(layers: LayersTable, training: readonly Measured[], testing: readonly Measured[]): TableRow[] {
  const held = new Set(testing.flatMap(({ nodes }) => nodes.map(nodeText)));
  const alone = layers.rows.filter(({ node }, row) => layers.cells[row].source === "node" && !held.has(nodeText(node)));
  return [...training.flatMap(({ rows }) => rows.map((row) => layers.rows[row])), ...alone];
}

function nodeText(node: Node): string {
  return Object.values(nodeCells(node)).join();
}

function fitted(
  device: string,
  rows: readonly TableRow[],
  networks: readonly Measured[],
  count: number | undefined,
): { readonly raw: Device; readonly calibrated: Device } {
  const { specification, runtime } = readDeviceName(device);
  const fit = fitDevice(rows, {
    rowsHoldCall: runtime.rowsHoldCall,
    specification,
    hardware: hardwareOf(specification, runtime.name),
  });
  const model = fittedModel(device, fit, { command: "deno task validate", sources: [] });
  const raw = deviceOf(model);
  const used = drawGroups(networks.map(({ name }) => name), count ?? Infinity);
  const sums = summedNetworks(networks.filter(({ name }) => used.has(name)), fit, nodeModel(raw));
  return { raw, calibrated: deviceOf({ ...model, networks: fitNetworks(sums) }) };
}

function waysOf(predictions: readonly HeldOut[]): Scored[] {
  return [
    { name: "layers, calibrated", predicted: predictions.map(({ calibrated }) => runtimeOf(calibrated)) },
    { name: "raw sum of layers", predicted: predictions.map(({ raw }) => runtimeOf(raw)) },
    {
      name: "Paleo",
      predicted: predictions.every(({ paleo }) => paleo !== null)
        ? predictions.map(({ paleo }) => runtimeOf(paleo!))
        : null,
    },
    {
      name: "multiply-adds alone",
      predicted: predictions.map(({ byMacs }) => ({ value: byMacs, low: null, high: null })),
    },
  ];
}

function runtimeOf({ total }: Prediction): Interval {
  return { value: total.runtimeMs!, low: total.runtimeMsLow, high: total.runtimeMsHigh };
}

function energyOf({ total }: Prediction): Interval {
  return { value: total.energyMj!, low: total.energyMjLow, high: total.energyMjHigh };
}

/** The same of layers that were measured by themselves, of the networks of which at most one was not. */
function sumsAlone(networks: readonly Measured[], { rows }: LayersTable): string[] {
  const measured = new Map(rows.map(({ node, measured }) => [nodeKey(node), measured.runtimeMs]));
  const sums = networks.flatMap(({ name, source, batch, image, runtimeMs, rows: inside, nodes }) => {
    const times = nodes.map((node) => measured.get(nodeKey(node)) ?? null);
    const missing = times.filter((ms) => ms === null).length;
    if (!source.startsWith("nets/") || image !== null || inside.length > 0 || missing > 1) return [];
    const off = times.reduce<number>((sum, ms) => sum + (ms ?? 0), 0) / runtimeMs - 1;
    return [{ text: `${name}@${batch} ${percent(off)}${missing > 0 ? " (but for one layer)" : ""}`, off }];
  });
  if (sums.length === 0) return [];
  return [
    `Layers measured by themselves add up to their ${sums.length} networks but for ${
      percent(sums.reduce((sum, { off }) => sum + Math.abs(off), 0) / sums.length)
    } (mean): ${sums.map(({ text }) => text).join(", ")}`,
  ];
}

/** Before any model: how far the layers that were measured inside a network are from adding up to it. */
function measuredSums(networks: readonly Measured[], layers: LayersTable, batch: number): string[] {
  const zoo = networks.filter((network) =>
    network.source.startsWith("nets/") && network.batch === batch && network.image === null && network.rows.length > 0
  );
  const off = zoo.map(({ runtimeMs, profilerMs, rows }) => {
    const sum = rows.reduce((sum, row) => sum + layers.rows[row].measured.runtimeMs! + profilerMs, 0);
    return Math.abs(sum / runtimeMs - 1);
  });
  if (off.length === 0) return [];
  return [
    `Measured layers of the zoo at batch ${batch} and its own image size, as the profiler gave them, add up to their ${off.length} ` +
    `networks but for ${percent(off.reduce((sum, share) => sum + share, 0) / off.length)} (mean)`,
  ];
}
