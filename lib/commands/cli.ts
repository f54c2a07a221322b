/**
 * What all commands share: options with their help, checked; messages; output that a closed pipe does not break.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { withoutCommands } from "../report/escapes.ts";
import { plain } from "../report/text_table.ts";
import { userPath } from "./user_path.ts";

export { userPath };

/** A command's option. Flags have no `value`. */
export interface Option {
  /** What stands for its value in the help: `NAME`. */
  readonly value?: string;
  readonly help: string;
}

/** A command: what `--help` prints, and what it does. */
export interface Command {
  /** As it is called: `predict`. */
  readonly name: string;
  /** How it is called where it is no task: `deno run -A bench/sweep.ts`. */
  readonly call?: string;
  /** What follows the name: `NET…`. */
  readonly takes: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Whole command lines. */
  readonly examples: readonly string[];
  /** Returns the exit status. */
  readonly run: (args: Arguments) => Promise<number>;
}

/** Wrong use: exit status 2. The message is one line and says what to do. */
export class UsageError extends SyntaxError {
  override readonly name = "UsageError";
}

/** What a command was given. */
export class Arguments {
  /** What is no option, in order. */
  readonly positional: readonly string[];
  readonly #options: Readonly<Record<string, unknown>>;

  /** Reads and checks `argv` by the command's options. */
  constructor(command: Command, argv: readonly string[]) {
    const names = Object.keys(command.options);
    const flags = names.filter((name) => command.options[name].value === undefined);
    const valued = names.filter((name) => command.options[name].value !== undefined);
    const parsed = parseArgs([...argv], {
      boolean: flags,
      string: valued,
      collect: valued,
      unknown: (arg: string, key?: string) => {
        if (key === undefined) return true;
        throw new UsageError(
          `Unknown option ${arg.split("=")[0]} of ${command.name}; it has ${
            names.map((name) => `--${name}`).join(", ")
          }`,
        );
      },
    });
    for (const name of valued) {
      const given: readonly string[] = parsed[name] ?? [];
      if (given.length > 1) throw new UsageError(`--${name} is given twice; give it once`);
      if (given[0] === "") throw new UsageError(`--${name} needs a value: --${name} ${command.options[name].value}`);
    }
    this.positional = parsed._.map(String);
    this.#options = parsed;
  }

  /** Whether a flag is given. */
  flag(name: string): boolean {
    return this.#options[name] === true;
  }

  /** An option's text; undefined where it is not given. */
  text(name: string): string | undefined {
    return (this.#options[name] as readonly string[] | undefined)?.[0];
  }

  /** An option's text, one of `allowed`. */
  choice<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = allowed.find((value) => value === text);
    if (found === undefined) throw new UsageError(`--${name} must be one of ${allowed.join(", ")}, got "${text}"`);
    return found;
  }

  /** An option's whole number of at least 1. */
  whole(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : wholeNumber(name, text);
  }

  /** An option's whole numbers of at least 1, by commas; none where it is not given. */
  wholes(name: string): number[] {
    return this.list(name).map((text) => wholeNumber(name, text));
  }

  /** An option's number above 0. */
  above0(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (Number.isFinite(value) && value > 0) return value;
    throw new UsageError(`--${name} must be a number above 0, got "${text}"`);
  }

  /** An option's parts by commas, each once; none where it is not given. */
  list(name: string): string[] {
    const parts = this.text(name)?.split(",").map((part) => part.trim()) ?? [];
    if (parts.includes("")) {
      throw new UsageError(
        `--${name} has an empty part, got "${this.text(name)}"; separate its parts by single commas`,
      );
    }
    return [...new Set(parts)];
  }
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new UsageError(`--${name} must be a whole number of at least 1, got "${text}"`);
}

function callOf({ name, call = `deno task ${name}` }: Command): string {
  return call;
}

/** Runs a command line and returns its exit status: the command's own, 1 for what failed, 2 for wrong use, with one line on why. */
export async function runCommand(command: Command, argv: readonly string[]): Promise<number> {
  try {
    if (argv.includes("--help") || argv.includes("-h")) {
      print(helpText(command));
      return 0;
    }
    const args = new Arguments(command, argv);
    refuseOverInput(command, args);
    return await command.run(args);
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    tell(`error: ${plain(message)}`);
    // What somebody's net file printed comes after why it failed.
    const printed = (error as { printed?: unknown } | null)?.printed;
    if (typeof printed === "string") printLines(printed);
    if (!(error instanceof UsageError)) return 1;
    console.error(`\`${callOf(command)} --help\` tells more`);
    return 2;
  }
}

/** A result in place of what it was made of would lose that. */
function refuseOverInput({ options }: Command, args: Arguments): void {
  const out = "out" in options ? args.text("out") : undefined;
  const written = out === undefined ? undefined : realPath(out);
  if (written === undefined || !args.positional.some((input) => realPath(input) === written)) return;
  throw new UsageError(`--out ${out} would replace the input itself; give another file`);
}

/** Undefined where there is nothing. */
function realPath(path: string): string | undefined {
  try {
    return Deno.realPathSync(userPath(path));
  } catch {
    return undefined;
  }
}

/** What `--help` prints. */
export function helpText(command: Command): string {
  const options = Object.entries(command.options).map(([name, { value, help }]) => {
    const left = `  --${name}${value === undefined ? "" : ` ${value}`}`;
    return `${left.padEnd(28)}${help}`;
  });
  return [
    command.summary,
    "",
    `Usage: ${callOf(command)} ${command.takes} [options]`.replace(/ +/g, " "),
    "",
    "Options:",
    ...options,
    "",
    "Examples:",
    ...command.examples.map((example) => `  ${example}`),
    "",
  ].join("\n");
}

/** A command line as it is typed, with quotes where a shell needs them. */
export function commandLine(words: readonly string[], program = "deno task"): string {
  const quoted = words.map((word) => /^[\w./:=@,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
  return [program, ...quoted].join(" ");
}

/** Writes text to standard error. */
export function tell(text: string): void {
  console.error(withoutCommands(text));
}

/** Tells what a net file printed, without what steers a terminal. */
export function printLines(text: string): void {
  if (text.trim() !== "") tell(text.trimEnd().split("\n").map(plain).join("\n"));
}

/** Writes text to standard output, in a step of GitHub's without its commands. A pipe whose reader has gone ends the program quietly, as `head` expects. */
export function print(text: string): void {
  const bytes = new TextEncoder().encode(withoutCommands(text.endsWith("\n") ? text : `${text}\n`));
  try {
    for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(0);
    throw error;
  }
}

/** A path below the project's own folder. */
export function projectPath(path: string): string {
  return decodeURIComponent(new URL(`../../${path}`, import.meta.url).pathname);
}

/**
 * Writes a file whole or not at all: to a temporary name beside it, then renamed.
 *
 * @param content Text, or chunks that are made as they are written.
 * @throws {Error} When it cannot be written, with the reason.
 */
export async function writeWhole(path: string, content: string | Iterable<Uint8Array>): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    using file = await Deno.open(temporary, { write: true, createNew: true });
    for (const chunk of typeof content === "string" ? [new TextEncoder().encode(content)] : content) {
      for (let written = 0; written < chunk.byteLength;) written += await file.write(chunk.subarray(written));
    }
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    const { name, message } = error as Error;
    throw new Error(
      `${path}: cannot be written (${name}: ${message}); give a file in a folder that exists, is yours and has room`,
    );
  }
}

/** Prints to standard output, or to a file with `--out`. */
export async function deliver(text: string, out: string | undefined): Promise<void> {
  if (out === undefined) return print(text);
  await writeWhole(userPath(out), text.endsWith("\n") ? text : `${text}\n`);
  console.error(`Wrote ${out}`);
}
