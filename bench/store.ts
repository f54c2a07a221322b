/**
 * A device's folder: `layers.csv`, `networks.csv`, `failures.csv`. Whatever kills the sweep, at most the network in work is lost.
 *
 * Layers that were profiled inside a network are appended first, then the network's line in `networks.csv`: only that line makes them
 * count. A layer that was measured by itself counts by itself. On opening, what a killed
 * sweep left behind (half a line, layers without their network) is cut off. A lock of the operating system, which goes with the process
 * that holds it, keeps two sweeps out of one folder.
 *
 * @module
 */
import { tableColumns } from "neuralpower";
import { nodeCells } from "../lib/table.ts";
import { cpuClockMhz } from "./clock.ts";
import { append, cutTornLine, replace, StoreError, wholeLines } from "./store_files.ts";
import { type Job, jobKey } from "./jobs.ts";
import type { NetworkTiming } from "./profile_network.ts";
import type { Node } from "neuralpower";
import type { Provider } from "./ort/session.ts";
import type { TimedNetwork } from "./time_network.ts";
import type { Timing } from "./trials.ts";

/** Columns of `layers.csv`: a layers table, and where each row was measured. */
export const layersHeader = [...tableColumns, "setup", "source", "layer", "measured_at", "clock_mhz"] as const;

/** Those of them that say which node it is. */
const nodeColumns = tableColumns.slice(0, tableColumns.indexOf("runtime_ms"));

/** A node's key: its option cells. */
export function nodeKey(node: Node): string {
  const cells = nodeCells(node);
  return nodeColumns.map((column) => cells[column] ?? "").join(" ");
}

/** Columns of `networks.csv`. */
export const networksHeader = [
  ...[
    "network",
    "source",
    "batch",
    "image",
    "dtype",
    "provider",
    "runtime_ms",
    "runtime_ms_spread",
    "power_w",
    "power_w_spread",
  ],
  ...[
    "energy_mj",
    "energy_mj_spread",
    "trials",
    "overhead_ms",
    "profiler_ms",
    "nodes",
    "measured_at",
    "clock_mhz",
    "note",
  ],
] as const;

const failuresHeader = ["source", "batch", "image", "dtype", "reason"] as const;

/** A node that was measured by itself, and by which set-up. */
export interface MeasuredNode extends Timing {
  readonly setup: "slope" | "spoiled_copies";
  readonly trials: number;
  /** As {@linkcode "./slope.ts"} has them; null where they were not read. */
  readonly powerW: number | null;
  readonly powerWSpread: number | null;
  readonly energyMj: number | null;
  readonly energyMjSpread: number | null;
  readonly note: string;
}

/** When a row was measured, and the processor's clock right after it; a GPU's clocks stand in the note. */
function stampOf(provider: Provider): { measured_at: string; clock_mhz: string | undefined } {
  return {
    measured_at: new Date().toISOString(),
    clock_mhz: provider === "cpu" ? cpuClockMhz()?.toFixed(0) : undefined,
  };
}

/** A device's folder, held by this process. */
export class Store {
  /** Where it is. */
  readonly folder: string;
  /** For what is only needed while measuring; emptied when the folder is opened. */
  get workFolder(): string {
    return `${this.folder}/.work`;
  }

  /** Keys of the jobs that are done, failed ones included. */
  readonly done: Set<string>;
  /** Keys of the nodes that were measured by themselves, or could not be. */
  readonly doneNodes: Set<string>;
  /** Rows of `layers.csv`. */
  layerRows: number;
  /** Networks and layers by themselves that are done. */
  get pieces(): number {
    return this.done.size + this.doneNodes.size;
  }

  readonly #lock: Deno.FsFile;

  private constructor(folder: string, lock: Deno.FsFile, done: Set<string>, doneNodes: Set<string>, layerRows: number) {
    this.folder = folder;
    this.done = done;
    this.doneNodes = doneNodes;
    this.layerRows = layerRows;
    this.#lock = lock;
  }

  /**
   * Opens a folder, made if it is not there.
   *
   * @param resume Whether what is in it may be continued.
   * @throws {StoreError} When another process holds it, or it has measurements and `resume` is false.
   */
  static async open(folder: string, resume: boolean): Promise<Store> {
    await Deno.mkdir(folder, { recursive: true });
    const lock = await Deno.open(`${folder}/.lock`, { create: true, write: true });
    if (!await lock.tryLock(true)) {
      lock.close();
      throw new StoreError(
        `${folder}: another sweep is measuring into it; wait for its end, or give another folder with --out`,
      );
    }
    await Deno.remove(`${folder}/.work`, { recursive: true }).catch(() => {});
    await cutTornLine(`${folder}/plans.jsonl`);
    const networks = await wholeLines(`${folder}/networks.csv`, networksHeader);
    const failures = await wholeLines(`${folder}/failures.csv`, failuresHeader);
    const layers = await wholeLines(`${folder}/layers.csv`, layersHeader);
    const nodes = layers.filter((line) => line.split(",")[layersHeader.indexOf("source")] === "node").length;
    if (networks.length + failures.length + nodes > 0 && !resume) {
      lock.close();
      throw new StoreError(
        `${folder}: has ${networks.length} measured networks${
          nodes > 0 ? ` and ${nodes} nodes` : ""
        }; continue with --resume, or give another folder with --out`,
      );
    }
    const measured = new Set(networks.map((line) => networkId(line)));
    const cell = (line: string, column: string) => line.split(",")[layersHeader.indexOf(column)];
    const alone = (line: string) => cell(line, "source") === "node";
    const counted = layers.filter((line) => alone(line) || measured.has(cell(line, "source")));
    if (counted.length < layers.length) await replace(`${folder}/layers.csv`, layersHeader, counted);
    const [failedNodes, failedJobs] = [true, false].map((node) =>
      failures.filter((line) => line.startsWith("node:") === node)
    );
    const done = [...networks.map(networkJob), ...failedJobs.map(failureJob)].map(jobKey);
    const doneNodes = [
      ...counted.filter(alone).map((line) => line.split(",").slice(0, nodeColumns.length).join(" ")),
      ...failedNodes.map((line) => line.split(",")[0].slice("node:".length)),
    ];
    return new Store(folder, lock, new Set(done), new Set(doneNodes), counted.length);
  }

  /** Writes a network that was profiled, with its layers. */
  async addProfile(job: Job, name: string, timing: NetworkTiming, note = ""): Promise<void> {
    const id = `m${this.done.size}-${crypto.randomUUID().slice(0, 8)}`;
    const stamp = stampOf("cpu");
    const layers = timing.nodes.map(({ name, node, ms, spreadMs }) => ({
      ...nodeCells(node),
      runtime_ms: ms.toFixed(6),
      runtime_ms_spread: spreadMs.toFixed(6),
      trials: timing.trials,
      setup: "profile",
      source: id,
      layer: oneCell(name),
      ...stamp,
    }));
    await append(`${this.folder}/layers.csv`, layersHeader, layers);
    this.layerRows += layers.length;
    await this.#addNetwork(job, {
      network: name,
      provider: "cpu",
      runtime_ms: timing.ms.toFixed(6),
      runtime_ms_spread: timing.spreadMs.toFixed(6),
      trials: timing.trials,
      overhead_ms: timing.overheadMs.toFixed(6),
      profiler_ms: timing.profilerMs.toFixed(6),
      nodes: timing.nodes.length,
      ...stamp,
      power_w: timing.powerW?.toFixed(3),
      power_w_spread: timing.powerWSpread?.toFixed(3),
      energy_mj: timing.powerW === null ? null : (timing.powerW * timing.ms).toFixed(6),
      note: oneCell([id, timing.note, note].filter(Boolean).join(" ")),
    });
  }

  /** Writes a network that was timed end to end. */
  async addNetwork(job: Job, provider: Provider, name: string, timed: TimedNetwork, note = ""): Promise<void> {
    const { ms, spreadMs, powerW, powerWSpread } = timed;
    if (note === "") await this.#addPlan(job, timed);
    await this.#addNetwork(job, {
      network: name,
      provider,
      runtime_ms: ms.toFixed(6),
      runtime_ms_spread: spreadMs.toFixed(6),
      power_w: powerW?.toFixed(3),
      power_w_spread: powerWSpread?.toFixed(3),
      energy_mj: powerW === null ? null : (powerW * ms).toFixed(6),
      trials: timed.trials,
      nodes: timed.nodes.length,
      ...stampOf(provider),
      note: oneCell([`t${this.done.size}`, timed.note, note].filter(Boolean).join(" ")),
    });
  }

  /** What the runtime made of a network, a line of JSON each: from it the runtime's entry in `lib/runtimes.ts` is read. */
  async #addPlan(job: Job, { nodes, graph }: TimedNetwork): Promise<void> {
    const plan = { job: jobKey(job), groups: nodes.map(({ name, covers }) => ({ name, covers })), graph };
    await Deno.writeTextFile(`${this.folder}/plans.jsonl`, `${JSON.stringify(plan)}\n`, { append: true });
  }

  /** Writes a node that was measured by itself. */
  async addNode(node: Node, layer: string, provider: Provider, measured: MeasuredNode): Promise<void> {
    const { setup, ms, spreadMs, powerW, powerWSpread, energyMj, energyMjSpread, trials, note } = measured;
    await append(`${this.folder}/layers.csv`, layersHeader, [{
      ...nodeCells(node),
      runtime_ms: ms.toFixed(6),
      runtime_ms_spread: spreadMs.toFixed(6),
      power_w: powerW?.toFixed(3),
      power_w_spread: powerWSpread?.toFixed(3),
      energy_mj: energyMj?.toFixed(6),
      energy_mj_spread: energyMjSpread?.toFixed(6),
      trials,
      note: oneCell(note),
      setup,
      source: "node",
      layer: oneCell(layer),
      ...stampOf(provider),
    }]);
    this.doneNodes.add(nodeKey(node));
    this.layerRows++;
  }

  /** Writes down why a node could not be measured, so that it is not tried again. */
  async failNode(node: Node, reason: string): Promise<void> {
    await append(`${this.folder}/failures.csv`, failuresHeader, [{
      source: `node:${nodeKey(node)}`,
      reason: oneCell(reason),
    }]);
    this.doneNodes.add(nodeKey(node));
  }

  /** Writes down why a network could not be measured, so that it is not tried again. */
  async fail(job: Job, reason: string): Promise<void> {
    const { source, batch, image, dtype } = job;
    await append(`${this.folder}/failures.csv`, failuresHeader, [{
      source,
      batch,
      image,
      dtype,
      reason: oneCell(reason),
    }]);
    this.done.add(jobKey(job));
  }

  async #addNetwork(job: Job, cells: Record<string, string | number | null | undefined>): Promise<void> {
    const { source, batch, image, dtype } = job;
    await append(`${this.folder}/networks.csv`, networksHeader, [{ source, batch, image, dtype, ...cells }]);
    this.done.add(jobKey(job));
  }

  /** Lets the folder go; what was only needed while measuring goes with it. */
  close(): void {
    try {
      Deno.removeSync(this.workFolder, { recursive: true });
    } catch {
      // It was never made.
    }
    this.#lock.close();
  }
}

/** Lines are read back by their commas. */
function oneCell(text: string): string {
  return text.replaceAll(/[,"\r\n]/g, ";");
}

function networkId(line: string): string {
  return line.split(",").at(-1)!.split(" ")[0];
}

function networkJob(line: string): Job {
  const cells = line.split(",");
  const at = (column: (typeof networksHeader)[number]) => cells[networksHeader.indexOf(column)];
  return jobOf(at("source"), at("batch"), at("image"), at("dtype"));
}

function failureJob(line: string): Job {
  const [source, batch, image, dtype] = line.split(",");
  return jobOf(source, batch, image, dtype);
}

/** A job, from its cells. */
export function jobOf(source: string, batch: string, image: string, dtype: string): Job {
  return { source, batch: Number(batch), image: image === "" ? null : Number(image), dtype: dtype as Job["dtype"] };
}
