/**
 * Predicts every combination that is to be compared; one that cannot be is told and does not end the others.
 *
 * @module
 */
import type { Network } from "neuralpower/dsl";
import { publishedAccuracy } from "../decide/accuracies.ts";
import { type Combination, combination, type Combined, failedCombination } from "../decide/comparison.ts";
import type { Device } from "../model/device.ts";
import { predict, type Prediction, type PredictOptions } from "../predict.ts";
import { plain } from "../report/text_table.ts";
import { type Arguments, printLines, UsageError } from "./cli.ts";
import { NetFileError } from "./net_file.ts";
import { loadNetworkFile, readNetworkOptions } from "./network_file.ts";
import { Progress } from "./progress.ts";

/** A combination's row, and its prediction where there is one. */
export interface Case {
  readonly row: Combination;
  readonly prediction: Prediction | null;
}

/**
 * Predicts files × batches × devices.
 *
 * @param batches None: each network's own.
 * @param accuracies Of networks by their name, their file or its name without ending; published ones are known beside them.
 * @throws {UsageError} An accuracy of a network that is not there.
 */
export async function predictAll(
  files: readonly string[],
  devices: readonly Device[],
  batches: readonly number[],
  args: Arguments,
  options: PredictOptions,
  accuracies: ReadonlyMap<string, number>,
): Promise<Case[]> {
  const builds = files.flatMap((file) =>
    (batches.length > 0 ? batches : [undefined]).map((batch) => ({ file, batch }))
  );
  using progress = new Progress(builds.length * devices.length);
  const cases: Case[] = [];
  const names = new Map<string, string>();
  const used = new Set<string>();
  for (const { file, batch } of builds) {
    const network = await attempt(() => loadFor(file, args, batch), progress);
    if (!("failed" in network)) names.set(file, network.name);
    for (const device of devices) {
      const where: Combined = { file, network: stem(file), device: device.name, batch: batch ?? null };
      progress.step(`${plain(where.network)} on ${where.device}`);
      const prediction = "failed" in network
        ? network
        : await attempt(() => predict(network, device, options), progress);
      if ("failed" in prediction) {
        const row = failedCombination(where, prediction.failed.replace(`${file}: `, ""));
        cases.push({ row, prediction: null });
        continue;
      }
      const given = [file, stem(file), prediction.network].find((name) => accuracies.has(name));
      if (given !== undefined) used.add(given);
      const accuracy = given === undefined ? publishedAccuracy(network as Network) : accuracies.get(given)!;
      // Rounded, so that 1 − 0.76 is 0.24.
      const error = accuracy === null || options.pass === "training" ? null : Math.round((1 - accuracy) * 1e9) / 1e9;
      cases.push({ row: combination(where, prediction, error), prediction });
    }
  }
  const unused = [...accuracies.keys()].find((name) => !used.has(name));
  if (unused !== undefined && cases.every(({ prediction }) => prediction !== null)) {
    throw new UsageError(
      `--accuracy names "${unused}", which no network is; there are ${
        [...new Set([...names.values(), ...files.map(stem)])].join(", ")
      }`,
    );
  }
  return cases.map(({ row, prediction }) => ({ row: { ...row, network: label(row.file) }, prediction }));

  function label(file: string): string {
    const name = names.get(file);
    const shared = files.some((other) => other !== file && names.get(other) === name);
    return name === undefined || shared ? file : name;
  }
}

/** Builds a file's network for a batch; undefined is its own. */
export async function loadFor(file: string, args: Arguments, batch: number | undefined): Promise<Network> {
  return await loadNetworkFile(file, readNetworkOptions(args, batch));
}

/** What it makes, or why it cannot: the others are compared all the same. */
async function attempt<T>(make: () => T | Promise<T>, progress: Progress): Promise<T | { readonly failed: string }> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    if (error instanceof NetFileError && error.printed !== "") {
      progress[Symbol.dispose]();
      printLines(error.printed);
    }
    return { failed: error.message };
  }
}

/** A file's name without its folder and its ending. */
function stem(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1).replace(/(\.np)?\.[^.]+$/, "");
}
