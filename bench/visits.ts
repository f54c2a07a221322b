/**
 * A sweep in visits: the same list measured several times, minutes apart, and of each network and layer the median.
 *
 * A machine that others use changes its speed within seconds, by up to a third and back, with what its neighbours do. Trials that follow
 * each other agree with each other and are wrong together; visits that lie minutes apart are not.
 *
 * @module
 */
import { formatCsv, parseLayersTable } from "neuralpower";
import { writeWhole } from "../lib/commands/cli.ts";
import { median } from "../lib/learn/metrics.ts";
import { parseCsv } from "../lib/table.ts";
import { anchorMark } from "./drift.ts";
import { jobKey } from "./jobs.ts";
import { deviation } from "./slope_fit.ts";
import { jobOf, nodeKey } from "./store.ts";
import { summary } from "./sweep_summary.ts";

/** Measures into a folder, as far as its limits allow. */
export type MeasureInto = (folder: string, limits: {
  readonly minutes: number;
  /** Ends after so many networks and layers by themselves; without a limit by default. */
  readonly pieces?: number;
  /** Whether what is in the folder may be continued. */
  readonly resume: boolean;
}) => Promise<Visited>;

/** What a folder has after measuring into it. */
export interface Visited {
  /** What was measured, in words. */
  readonly text: string;
  /** How many networks and layers by themselves. */
  readonly pieces: number;
  /** By the user. */
  readonly interrupted: boolean;
}

/** How much longer than the first a later visit may take for the same list, on a machine that has become slower. */
const mostSlowdown = 2;

/**
 * Sweeps into `visits/1`, `visits/2`… of a folder, the later ones as far down the list as the first came, and merges them.
 *
 * @param minutes Of all visits together, as long as the machine keeps its speed.
 * @throws {Error} When the folder has another sweep's measurements, or visits and `resume` is false.
 */
export async function sweepInVisits(
  folder: string,
  { visits, minutes, resume }: { readonly visits: number; readonly minutes: number; readonly resume: boolean },
  measureInto: MeasureInto,
): Promise<Pick<Visited, "text">> {
  const folders = Array.from({ length: visits }, (_, i) => `${folder}/visits/${i + 1}`);
  const [hasVisits, hasSecond, isMeasured] = await Promise.all(
    [folders[0], folders[1], `${folder}/device.json`].map((path) => Deno.stat(path).then(() => true, () => false)),
  );
  if (isMeasured && !hasVisits) {
    throw new Error(`${folder}: has a sweep without --visits; give another folder with --out`);
  }
  if (hasVisits && !resume) {
    throw new Error(`${folder}: has visits; continue with --resume, or give another folder with --out`);
  }
  let pieces: number | undefined;
  for (const [i, each] of folders.entries()) {
    const share = minutes / visits;
    // The first visit is through when there is a second.
    const most = i > 0 ? mostSlowdown * share : hasSecond ? 0 : share;
    const visit = await measureInto(each, { minutes: most, pieces, resume: true });
    if (visit.interrupted) return visit;
    pieces ??= visit.pieces;
  }
  return { text: await mergeVisits(folders, folder) };
}

type Cells = Readonly<Record<string, string>>;

/** The rows of a table by what was measured; none where a visit has no such table. */
interface Measured {
  readonly header: readonly string[];
  readonly rows: readonly { readonly key: string; readonly cells: Cells }[];
}

/** What one visit has measured. */
interface Visit {
  readonly device: Readonly<Record<string, unknown>>;
  readonly networks: Measured;
  readonly layers: Measured;
  readonly failures: Measured;
}

/** What visits of one list have in common. */
const sameIn = ["device", "cpuModel", "seed", "setup", "setupAlone", "onnxruntime"];

/** Columns of which the median counts, and where the deviation goes. */
const figures = [
  ["runtime_ms", "runtime_ms_spread"],
  ["power_w", "power_w_spread"],
  ["energy_mj", "energy_mj_spread"],
  ["overhead_ms", null],
  ["profiler_ms", null],
] as const;

/**
 * Merges visits: each network and layer once, with the median of its measurements, their standard deviation as the spread, and their
 * number in the column `measurements`. All those of the anchor make one network, and stay in `networks.csv` beside it.
 *
 * @param folders One for each visit.
 * @param out Gets `layers.csv`, `networks.csv`, `device.json`, and `failures.csv` of what no visit has measured.
 * @returns The summary of what was measured.
 * @throws {Error} When the visits are not of the same machine and list.
 */
export async function mergeVisits(folders: readonly string[], out: string): Promise<string> {
  const visits = await Promise.all(folders.map(readVisit));
  const [{ device }] = visits;
  for (const name of sameIn) {
    const other = visits.findIndex((visit) => visit.device[name] !== device[name]);
    if (other < 0) continue;
    throw new Error(
      `${folders[0]} and ${folders[other]} differ in ${name}: ${device[name]} and ${
        visits[other].device[name]
      }; merge visits of one machine and list`,
    );
  }
  await Deno.mkdir(out, { recursive: true });
  const networks = joined(visits.map(({ networks }) => networks));
  const layers = joined(visits.map(({ layers }) => layers));
  const failures = joined(visits.map(({ failures }) => failures));
  const measured = new Set([...networks.rows, ...layers.rows].map(({ key }) => key));
  const anchors = networks.rows.filter(({ cells }) => cells.note.endsWith(anchorMark)).map(({ cells }) => cells);
  const failed = new Map(failures.rows.filter(({ key }) => !measured.has(key)).map(({ key, cells }) => [key, cells]));
  const withCount = ({ header }: Measured) => [...header, "measurements"];
  await writeTable(`${out}/layers.csv`, withCount(layers), merged(layers));
  await writeTable(`${out}/networks.csv`, withCount(networks), [...merged(networks), ...anchors]);
  await writeTable(`${out}/failures.csv`, failures.header, [...failed.values()]);
  const { text, noiseFloor } = await summary(out);
  const described = {
    ...device,
    visits: visits.length,
    noiseFloor,
    protocol: `${device.protocol}; the median of ${visits.length} visits (bench/visits.ts)`,
  };
  await writeWhole(`${out}/device.json`, `${JSON.stringify(described, null, 2)}\n`);
  return text;
}

async function readVisit(folder: string): Promise<Visit> {
  const textOf = (name: string) => Deno.readTextFile(`${folder}/${name}`).catch(() => null);
  const tableOf = async (name: string, keyOf: (cells: Cells) => string): Promise<Measured> => {
    const text = await textOf(name);
    if (text === null) return { header: [], rows: [] };
    const { header, records } = await parseCsv(text, `${folder}/${name}`);
    return { header, rows: records.map(({ cells }) => ({ key: keyOf(cells), cells })) };
  };
  const networks = await tableOf("networks.csv", networkKey);
  // A layer's source is the first word of its network's note.
  const sources = new Map(networks.rows.map(({ key, cells }) => [cells.note.split(" ")[0], key]));
  const text = await textOf("layers.csv");
  const layers = text === null ? null : await parseLayersTable(text, `${folder}/layers.csv`);
  return {
    device: JSON.parse(await Deno.readTextFile(`${folder}/device.json`)),
    networks,
    layers: {
      header: layers?.header ?? [],
      rows: layers?.rows.map(({ node }, i) => {
        const cells = layers.cells[i], { source, layer } = cells;
        return { key: source === "node" ? `node:${nodeKey(node)}` : `${sources.get(source)}: ${layer}`, cells };
      }) ?? [],
    },
    failures: await tableOf(
      "failures.csv",
      (cells) => cells.source.startsWith("node:") ? cells.source : networkKey(cells),
    ),
  };
}

function networkKey({ source, batch, image, dtype }: Cells): string {
  return jobKey(jobOf(source, batch, image, dtype));
}

function joined(tables: readonly Measured[]): Measured {
  return {
    header: tables.find(({ header }) => header.length > 0)?.header ?? [],
    rows: tables.flatMap(({ rows }) => rows),
  };
}

/** Each once, where it first stands. */
function merged({ rows }: Measured): Cells[] {
  return [...Map.groupBy(rows, ({ key }) => key).values()].map((same) => mergedRow(same.map(({ cells }) => cells)));
}

function mergedRow(rows: readonly Cells[]): Cells {
  const row: Record<string, string> = {
    ...rows[0],
    note: rows[0].note.replace(anchorMark, ""),
    trials: String(rows.reduce((sum, { trials }) => sum + Number(trials), 0)),
    measurements: String(rows.length),
  };
  // A median belongs to no moment.
  if (rows.length > 1) row.measured_at = row.clock_mhz = "";
  for (const [column, spread] of figures) {
    const known = rows.filter((cells) => cells[column]);
    if (known.length === 0) continue;
    const values = known.map((cells) => Number(cells[column]));
    row[column] = median(values).toFixed(6);
    if (spread !== null) row[spread] = known.length === 1 ? known[0][spread] : deviation(values).toFixed(6);
  }
  return row;
}

/** Writes a table that has rows. */
async function writeTable(path: string, header: readonly string[], rows: readonly Cells[]): Promise<void> {
  if (rows.length > 0) await writeWhole(path, await formatCsv(header, rows));
}
