/**
 * Power by the `nvidia-smi` program: it samples in a process of its own, each row with the time at which it asked.
 *
 * Source: `nvidia-smi --help` and its manual (`-lms`/`--loop-ms`, `--id`, `--query-gpu`, `--format`): man.archlinux.org/man/nvidia-smi.1,
 * manpages.ubuntu.com/manpages/plucky/man1/nvidia-smi.1.html. The manual says that the output may change between drivers; the
 * forms that are read are listed in `nvidia_smi_parse.ts`.
 *
 * @module
 */
import type { PowerMeter, PowerTrace } from "./meter.ts";
import { FIELDS, OLDER_NAMES, parseSmi, refusedField } from "./nvidia_smi_parse.ts";
import { INTERVAL_MS } from "./polling.ts";

/** Which GPU, and how. */
export interface SmiOptions {
  /** The program, `nvidia-smi` unless given. */
  readonly command?: string;
  /** Which GPU, 0 unless given: an index in the order of PCI addresses, or a UUID. */
  readonly index?: number | string;
  /** Milliseconds between samples, 20 unless given. */
  readonly intervalMs?: number;
  /** What {@linkcode knownFields} found, so that the program is not asked again. */
  readonly known?: SmiFields;
}

/** What one GPU's `nvidia-smi` can be asked. */
export interface SmiFields {
  /** Names to ask for, in order. */
  readonly fields: string[];
  /** The GPU's name; null when it gives none. */
  readonly device: string | null;
  /** The driver's version, likewise. */
  readonly driver: string | null;
  /** Which fields are missing. */
  readonly warnings: string[];
}

/**
 * Which of {@linkcode FIELDS} this driver knows, found by asking and dropping what it refuses: the refusal names one field at a time.
 *
 * @throws {Error} When the program is missing, or refuses for another reason (no driver, no such GPU).
 */
export async function knownFields(options: SmiOptions = {}): Promise<SmiFields> {
  let fields = [...FIELDS];
  const warnings: string[] = [];
  for (;;) {
    const asked = [...fields, "name", "driver_version"];
    const { success, code, text } = await once(options, asked);
    if (success) {
      const [device, driver] = text.trim().split("\n")[0].split(",").slice(fields.length).map((cell) =>
        cell.trim() || null
      );
      return { fields, device: device ?? null, driver: driver ?? null, warnings };
    }
    const refused = refusedField(text);
    if (refused === null || !fields.includes(refused)) {
      const said = text.trim().split("\n")[0] || "nothing";
      throw new Error(
        `nvidia-smi cannot be read: it ended with status ${code} and said ${
          JSON.stringify(said)
        }; does \`nvidia-smi -L\` list GPU ${options.index ?? 0}?`,
      );
    }
    const older = OLDER_NAMES[refused];
    fields = fields.flatMap((field) => field !== refused ? [field] : older === undefined ? [] : [older]);
    if (older === undefined) warnings.push(`This driver's nvidia-smi does not know ${refused}: null`);
  }
}

/**
 * A meter that runs `nvidia-smi`. It reads the program's output in the thread that calls it: a pipe holds about ten seconds of it, so
 * a thread that blocks for longer would stop the program; `threaded` of `thread.ts` keeps reading.
 */
export function smiMeter(options: SmiOptions = {}): PowerMeter {
  const intervalMs = options.intervalMs ?? INTERVAL_MS;
  let running: { run: Run; known: SmiFields } | null = null;
  return {
    async start() {
      if (running !== null) throw new Error("The nvidia-smi meter is running already; stop it first");
      const known = options.known ?? await knownFields(options);
      const run = follow(command(options, known.fields, [`--loop-ms=${intervalMs}`]).spawn());
      running = { run, known };
      await run.firstLine;
    },
    async stop() {
      if (running === null) throw new Error("The nvidia-smi meter is not running; start it first");
      const { run, known: { fields, device, driver, warnings } } = running;
      running = null;
      const early = await run.end();
      const parsed = parseSmi(run.text(), fields);
      const offMs = early === null ? Date.now() - (parsed.samples.at(-1)?.timeMs ?? Date.now()) : 0;
      const all = [...warnings, ...parsed.warnings, ...(early === null ? [] : [early]), ...offClock(offMs)];
      const trace: PowerTrace = {
        source: "nvidia-smi",
        device,
        driver,
        intervalMs,
        samples: parsed.samples,
        warnings: all,
      };
      return [trace];
    },
  };
}

/** A program that prints until it is ended. */
interface Run {
  /** What it has printed so far. */
  text(): string;
  /** Resolves at the first whole line, or when the program has ended without one. */
  readonly firstLine: Promise<unknown>;
  /** Ends it; tells how it ended when it had done so by itself. */
  end(): Promise<string | null>;
}

function follow(child: Deno.ChildProcess): Run {
  const { promise: firstLine, resolve: first } = Promise.withResolvers<void>();
  let text = "";
  let early: string | null = null;
  let ending = false;
  const reading = (async () => {
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes("\n")) first();
    }
  })();
  const errors = new Response(child.stderr).text();
  const ended = (async () => {
    const { code } = await child.status;
    if (!ending) early = `nvidia-smi ended by itself with status ${code}`;
    await reading;
    const said = (await errors).trim().split("\n")[0];
    if (early !== null && said !== "") early += ` and said ${JSON.stringify(said)}`;
    first();
  })();
  return {
    text: () => text,
    firstLine,
    async end() {
      // One turn of the event loop: the status of a program that has ended already is not from the signal that follows.
      await new Promise((resolve) => setTimeout(resolve, 0));
      ending = true;
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended by itself; `early` says how.
      }
      await ended;
      return early;
    },
  };
}

/** Rows tell local time: with another time zone than this process's, no row would fall into any window. */
function offClock(offMs: number): string[] {
  if (Math.abs(offMs) < 10_000) return [];
  return [`nvidia-smi's clock is ${Math.round(offMs / 1000)} s behind this program's; give both the same TZ`];
}

function command(options: SmiOptions, fields: readonly string[], more: readonly string[]): Deno.Command {
  const program = options.command ?? "nvidia-smi";
  const args = [
    `--query-gpu=${fields.join(",")}`,
    "--format=csv,noheader,nounits",
    `--id=${options.index ?? 0}`,
    ...more,
  ];
  return new Deno.Command(program, { args, stdin: "null", stdout: "piped", stderr: "piped" });
}

async function once(
  options: SmiOptions,
  fields: readonly string[],
): Promise<{ success: boolean; code: number; text: string }> {
  try {
    const { success, code, stdout, stderr } = await command(options, fields, []).output();
    const decoder = new TextDecoder();
    return { success, code, text: decoder.decode(stdout) + decoder.decode(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(
      `The program ${options.command ?? "nvidia-smi"} was not found; install the NVIDIA driver, or say where it is`,
      { cause: error },
    );
  }
}
