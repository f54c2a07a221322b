/**
 * Recordings of real runs as files: JSON lines, a header first, then one sample a line. Tests and notebooks read them in the hardware's
 * place, so a recording is never written by hand; its header says which machine, when, and which loads ran.
 *
 * @module
 */
import type { PowerSample, PowerTrace } from "./meter.ts";

/** What ran and when, epoch ms. */
export interface RecordedLoad {
  /** What ran, in words. */
  readonly name: string;
  /** When its first run began. */
  readonly startMs: number;
  /** When its last run ended. */
  readonly endMs: number;
}

/** What a file holds. */
export interface Recording {
  /** What was recorded and on which machine, in a sentence. */
  readonly note: string;
  /** When the file was made, ISO 8601. */
  readonly recorded: string;
  /** The loads that ran, oldest first. */
  readonly loads: readonly RecordedLoad[];
  /** One a source. */
  readonly traces: readonly PowerTrace[];
}

const FORMAT = "power-recording";
const VERSION = 1;

const KEYS = [
  "timeMs",
  "powerW",
  "averageW",
  "energyMj",
  "smClockMhz",
  "memoryClockMhz",
  "temperatureC",
  "throttle",
  "utilization",
  "limitW",
] as const satisfies readonly (keyof PowerSample)[];

/**
 * The text of a recording.
 *
 * The header names the columns; a sample is an array of the trace's number and those columns, null where nothing was read.
 *
 * @example
 * ```ts
 * import { reading } from "./meter.ts";
 * import { formatRecording, parseRecording } from "./record.ts";
 *
 * const samples = [{ timeMs: 1714566896789, ...reading({ powerW: 228.82 }) }];
 * const trace = { source: "nvidia-smi" as const, device: null, driver: null, intervalMs: 20, samples, warnings: [] };
 * const text = formatRecording({ note: "One row", recorded: "2024-05-01T12:34:56Z", loads: [], traces: [trace] });
 * console.log(parseRecording(text).traces[0].samples[0].powerW); // 228.82
 * ```
 */
export function formatRecording({ note, recorded, loads, traces }: Recording): string {
  const heads = traces.map(({ samples: _, ...head }) => head);
  const header = { format: FORMAT, version: VERSION, note, recorded, columns: KEYS, loads, traces: heads };
  const rows = traces.flatMap(({ samples }, number) =>
    samples.map((sample) => [number, ...KEYS.map((key) => sample[key])])
  );
  return [header, ...rows].map((line) => JSON.stringify(line) + "\n").join("");
}

/**
 * Reads {@linkcode formatRecording}'s text.
 *
 * @throws {SyntaxError} When a line is not what it should be; it says which line.
 */
export function parseRecording(text: string): Recording {
  const lines = text.split("\n").filter((line) => line !== "").map(parseLine);
  const header = lines[0];
  if (typeof header !== "object" || header === null || header.format !== FORMAT || header.version !== VERSION) {
    throw new SyntaxError(
      `Line 1 of a power recording must say format "${FORMAT}", version ${VERSION}; record it again`,
    );
  }
  const columns: (keyof PowerSample)[] = header.columns;
  const missing = KEYS.find((key) => !columns.includes(key));
  if (missing !== undefined) throw new SyntaxError(`The power recording has no column ${missing}; record it again`);
  const samples: PowerSample[][] = header.traces.map(() => []);
  lines.slice(1).forEach((row, i) => {
    const known = Array.isArray(row) && row.length === columns.length + 1 && samples[row[0]] !== undefined &&
      typeof row[1 + columns.indexOf("timeMs")] === "number" && row.every((cell) =>
        cell === null || typeof cell === "number"
      );
    if (!known) {
      throw new SyntaxError(
        `Line ${i + 2} of the power recording is not a sample: ${JSON.stringify(row).slice(0, 80)}`,
      );
    }
    samples[row[0]].push(
      Object.fromEntries(KEYS.map((key) => [key, row[1 + columns.indexOf(key)]])) as unknown as PowerSample,
    );
  });
  const traces = header.traces.map((head: Omit<PowerTrace, "samples">, number: number) => ({
    ...head,
    samples: samples[number],
  }));
  return { note: header.note, recorded: header.recorded, loads: header.loads, traces };
}

/** Writes a recording to a file, whole or not at all. */
export async function writeRecording(path: string, recording: Recording): Promise<void> {
  await Deno.writeTextFile(`${path}.tmp`, formatRecording(recording));
  await Deno.rename(`${path}.tmp`, path);
}

/** Reads a recording from a file. @throws {SyntaxError} When the file is not one. */
export async function readRecording(path: string): Promise<Recording> {
  return parseRecording(await Deno.readTextFile(path));
}

// deno-lint-ignore no-explicit-any -- what a line holds is checked where it is used
function parseLine(line: string, i: number): any {
  try {
    return JSON.parse(line);
  } catch {
    throw new SyntaxError(`Line ${i + 1} of the power recording is not JSON: ${JSON.stringify(line.slice(0, 80))}`);
  }
}
