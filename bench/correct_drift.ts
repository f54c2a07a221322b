/**
 * `deno run -A bench/correct_drift.ts DIR --out LAYERS.csv`: a swept folder's layers as they would be on a machine that had not drifted.
 * Each time is divided by how much slower the anchor was at that moment than usual, only where this helps on anchors left out.
 *
 * @module
 */
import { formatCsv, parseLayersTable } from "neuralpower";
import { type Arguments, type Command, deliver, runCommand, UsageError, userPath } from "../lib/commands/cli.ts";
import { parseCsv } from "../lib/table.ts";
import { anchorsOf, drift, slownessAt } from "./drift.ts";

const command: Command = {
  name: "correct_drift",
  call: "deno run -A bench/correct_drift.ts",
  takes: "DIR",
  summary: "Takes the machine's drift off a sweep's layers, where that helps on anchors left out.",
  options: {
    out: { value: "FILE.csv", help: "where to write the table (standard output by default)" },
    help: { help: "print this" },
  },
  examples: ["deno run -A bench/correct_drift.ts data/mine --out corrected.csv", "deno task fit corrected.csv"],
  run,
};

async function run(args: Arguments): Promise<number> {
  if (args.positional.length !== 1) throw new UsageError(`Give one swept folder, got ${args.positional.length}`);
  const folder = userPath(args.positional[0]);
  const read = (name: string) => Deno.readTextFile(`${folder}/${name}`);
  const networks = (await parseCsv(await read("networks.csv"), "networks.csv")).records.map(({ cells }) => cells);
  const { header, cells } = await parseLayersTable(await read("layers.csv"), "layers.csv");
  if (!header.includes("measured_at")) {
    throw new Error(`${folder}/layers.csv has no column measured_at; measure again with this version`);
  }
  if (header.includes("measurements")) {
    throw new Error(`${folder}/layers.csv has medians of visits, whose moments differ; fit its layers as they are`);
  }
  const anchors = anchorsOf(networks);
  const { deviation, correctedDeviation } = anchors.length === 0
    ? { deviation: 0, correctedDeviation: null }
    : drift(anchors);
  if (correctedDeviation === null || correctedDeviation >= deviation) {
    throw new Error(
      correctedDeviation === null
        ? `${folder} has ${anchors.length} anchors, and three are needed; fit its layers as they are`
        : `${folder}: the correction would take the anchors left out from ${deviation.toFixed(3)} to ${
          correctedDeviation.toFixed(3)
        } of their median; fit its layers as they are`,
    );
  }
  const rows = cells.map((row) => {
    const slowness = slownessAt(anchors, Date.parse(row.measured_at));
    const timed = ["runtime_ms", "runtime_ms_spread", "energy_mj", "energy_mj_spread"].filter((column) => row[column]);
    return {
      ...row,
      ...Object.fromEntries(timed.map((column) => [column, (Number(row[column]) / slowness).toFixed(6)])),
    };
  });
  await deliver(await formatCsv(header, rows), args.text("out"));
  return 0;
}

if (import.meta.main) Deno.exit(await runCommand(command, Deno.args));
