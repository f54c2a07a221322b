/**
 * How far the same layers differ when they are measured again: `deno run -A bench/repeats.ts FIRST.csv AGAIN.csv`, two layers tables. No
 * model can be better than that, and no difference below it means anything.
 *
 * @module
 */
import { parseLayersTable } from "neuralpower";
import { type Command, print, runCommand, UsageError } from "../lib/commands/cli.ts";
import { median } from "../lib/learn/metrics.ts";
import { percent, textTable } from "../lib/report/text_table.ts";
import { nodeKey } from "./store.ts";

/** Bounds between layers that a GPU's host keeps waiting, and those that it does not. */
const sizesMs = [0, 0.03, 0.1, Infinity];

const command: Command = {
  name: "repeats",
  call: "deno run -A bench/repeats.ts",
  takes: "FIRST.csv AGAIN.csv",
  summary: "Tells how far the same layers differ between two layers tables.",
  options: { help: { help: "print this" } },
  examples: ["deno run -A bench/repeats.ts data/h200-ort/layers_with_sinks.csv data/h200-ort/layers_repeated.csv"],
  run: async ({ positional }) => {
    if (positional.length !== 2) throw new UsageError(`Give two layers tables, got ${positional.length}`);
    const [first, again] = await Promise.all(positional.map(readMeasured));
    const pairs = [...first].flatMap(([key, one]) => {
      const other = again.get(key);
      // What stands in both tables was measured once.
      const same = other?.measuredAt != null && other.measuredAt === one.measuredAt;
      return other === undefined || same ? [] : [{ one, other }];
    });
    if (pairs.length === 0) {
      throw new Error("The tables have no layer in common; give two measurements of the same device");
    }
    const timed = pairs.map(({ one, other }) => ({ ms: one.ms, off: other.ms / one.ms - 1 }));
    const rows = sizesMs.slice(1).flatMap((most, i) => {
      const least = sizesMs[i];
      const offs = timed.filter(({ ms }) => ms >= least && ms < most).map(({ off }) => off);
      return offs.length === 0 ? [] : [rowOf(most === Infinity ? `from ${least}` : `${least} to ${most}`, offs)];
    });
    const powers = pairs.flatMap(({ one, other }) =>
      one.watts === null || other.watts === null ? [] : [other.watts / one.watts - 1]
    );
    const right = "right" as const;
    const columns = [
      { header: "ms" },
      ...["layers", "median difference", "mean", "median shift"].map((header) => ({ header, align: right })),
    ];
    const all = rowOf("all", timed.map(({ off }) => off));
    print(textTable(columns, [...rows, all, ...powers.length === 0 ? [] : [rowOf("power", powers)]]));
    return 0;
  },
};

/** How far the second table's figures lie from the first's, either way; and to which side half of them do. */
function rowOf(name: string, offs: readonly number[]): string[] {
  const differences = offs.map(Math.abs);
  const mean = differences.reduce((sum, difference) => sum + difference, 0) / offs.length;
  return [name, String(offs.length), percent(median(differences)), percent(mean), percent(median(offs))];
}

async function readMeasured(
  path: string,
): Promise<Map<string, { readonly ms: number; readonly watts: number | null; readonly measuredAt: string | null }>> {
  const { rows, cells } = await parseLayersTable(await Deno.readTextFile(path), path);
  return new Map(
    rows.flatMap(({ node, measured: { runtimeMs, powerW } }, i) =>
      runtimeMs === null
        ? []
        : [[nodeKey(node), { ms: runtimeMs, watts: powerW, measuredAt: cells[i].measured_at ?? null }]]
    ),
  );
}

if (import.meta.main) Deno.exit(await runCommand(command, Deno.args));
