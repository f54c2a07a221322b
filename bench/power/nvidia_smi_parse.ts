/**
 * What `nvidia-smi --query-gpu=… --format=csv,noheader,nounits` prints, read.
 *
 * The forms are those of NVIDIA's documents and of outputs that users posted:
 * - `nvidia-smi --help-query-gpu`: `timestamp` is "YYYY/MM/DD HH:MM:SS.msec"; `power.draw` is the average over 1 s on Ampere and newer
 *   and instantaneous before; `power.draw.average` and `power.draw.instant` tell them apart (full text for driver 470 in
 *   huggingface/candle issue 733, for 535 in netdata/netdata issue 15755); `…reasons.active` is a bit mask of `nvml.h`.
 * - The mask is printed as 0x and 16 digits, NVIDIA/nvidia-settings issue 80; the time is the machine's local one.
 * - What cannot be read is "[N/A]" (plambe/zabbix-nvidia-smi-multi-gpu issue 17, HSF/prmon issue 317), "[Not Supported]"
 *   (kylemcdonald/nvidia-co2 pull request 1), "[Unknown Error]" in a row of good values (Quake4/MindMiner issue 627).
 * - An unknown field fails the whole query: `Field "…" is not a valid field to query.`, exit status 2, on standard output
 *   (CoHDI/composable-resource-operator issue 37).
 *
 * @module
 */
import { type PowerSample, type Reading, reading, Warnings } from "./meter.ts";

/** What a column fills, and by what its number is multiplied to be in the sample's unit. */
type Target = { readonly key: keyof Reading; readonly scale: number };

const COLUMNS: Readonly<Record<string, Target>> = {
  "power.draw.instant": { key: "powerW", scale: 1 },
  "power.draw.average": { key: "averageW", scale: 1 },
  "power.draw": { key: "averageW", scale: 1 },
  "clocks.sm": { key: "smClockMhz", scale: 1 },
  "clocks.mem": { key: "memoryClockMhz", scale: 1 },
  "temperature.gpu": { key: "temperatureC", scale: 1 },
  "clocks_event_reasons.active": { key: "throttle", scale: 1 },
  "clocks_throttle_reasons.active": { key: "throttle", scale: 1 },
  "utilization.gpu": { key: "utilization", scale: 0.01 },
  "enforced.power.limit": { key: "limitW", scale: 1 },
};

/** The fields to ask for, the first a timestamp. */
export const FIELDS: readonly string[] = [
  "timestamp",
  "power.draw.instant",
  "power.draw.average",
  "power.draw",
  "clocks.sm",
  "clocks.mem",
  "temperature.gpu",
  "clocks_event_reasons.active",
  "utilization.gpu",
  "enforced.power.limit",
];

/** The name that a field had in older drivers. */
export const OLDER_NAMES: Readonly<Record<string, string>> = {
  "clocks_event_reasons.active": "clocks_throttle_reasons.active",
};

/**
 * Reads the lines of one run.
 *
 * A last line without an end was cut when the process ended, and its last number may lack digits: it is dropped, and so is a line
 * with fewer columns than fields; a warning counts them. A column that the driver does not fill is null with one warning a column.
 *
 * @example
 * ```ts
 * import { parseSmi } from "./nvidia_smi_parse.ts";
 *
 * const { samples, warnings } = parseSmi("2024/05/01 12:34:56.789, 228.82, [N/A]\n", ["timestamp", "power.draw.instant", "clocks.sm"]);
 * console.log(samples[0].powerW, samples[0].smClockMhz, warnings); // 228.82 null [ "nvidia-smi prints [N/A] for clocks.sm: null" ]
 * ```
 *
 * @param fields What was asked for, in order; unknown ones are passed over.
 */
export function parseSmi(output: string, fields: readonly string[]): { samples: PowerSample[]; warnings: string[] } {
  const warnings = new Warnings();
  const lines = output.split("\n");
  const dropped = lines.pop() ? ["a cut last line"] : [];
  const samples: PowerSample[] = [];
  for (const line of lines) {
    if (line.trim() === "") continue;
    const cells = line.split(",").map((cell) => cell.trim());
    const timeMs = parseTime(cells[fields.indexOf("timestamp")] ?? "");
    if (cells.length !== fields.length || timeMs === null) {
      dropped.push(JSON.stringify(line.trim().slice(0, 80)));
      continue;
    }
    const known: { -readonly [K in keyof Reading]?: number } = {};
    fields.forEach((field, column) => {
      const target = COLUMNS[field];
      if (target === undefined) return;
      const value = parseNumber(cells[column]);
      if (value === null) warnings.add(field, `nvidia-smi prints ${cells[column] || "nothing"} for ${field}: null`);
      // Two columns fill averageW; the first in the query that has a number wins.
      else known[target.key] ??= value * target.scale;
    });
    samples.push({ timeMs, ...reading(known) });
  }
  if (dropped.length > 0) {
    warnings.add(
      "lines",
      `nvidia-smi printed ${dropped.length} lines that are not samples, dropped; first: ${dropped[0]}`,
    );
  }
  return { samples, warnings: warnings.list() };
}

/**
 * Epoch ms of "YYYY/MM/DD HH:MM:SS.msec" in this machine's time zone; null for anything else. In the hour that summer time
 * repeats, the first of the two moments is taken.
 */
export function parseTime(text: string): number | null {
  const match = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{3})$/.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second, milli] = match.slice(1).map(Number);
  return new Date(year, month - 1, day, hour, minute, second, milli).getTime();
}

/** The number in a cell, decimal or 0x; null for "[N/A]", "[Not Supported]", "[Unknown Error]", words and nothing. */
export function parseNumber(cell: string): number | null {
  return /^(-?\d+(\.\d+)?|0x[0-9a-f]+)$/i.test(cell) ? Number(cell) : null;
}

/** The field that `nvidia-smi` refused; null when the text says nothing of the kind. */
export function refusedField(output: string): string | null {
  return /Field\s+\W?([\w.]+)\W?\s+is not a valid field to query/.exec(output)?.[1] ?? null;
}
