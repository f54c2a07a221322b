/**
 * Starts the process that a net file runs in, asks it for the network and ends it, whatever the file does.
 *
 * A process of its own, not a worker: it can be stopped in a loop, and run out of memory or kill itself without taking the command
 * along. It imports little, since each command begins with it.
 *
 * @module
 */
import type { BuildOptions } from "neuralpower/dsl";
import type { NetAnswer, NetFile } from "./net_worker.ts";
import { userPath } from "./user_path.ts";

/** What JavaScript objects may take. */
const heapMiB = 1024;
/** All memory of the process, buffers of arrays too, where the system can hold to it (Linux). */
const dataMiB = 2048;
/** In case the watch is killed, too: a process ends after so much work, where the system can hold to it. */
const cpuSeconds = 1800;
/** 100,000 layers take half of it; more would take this process's own memory. */
const mostAnswer = 32 * 2 ** 20;
/** What a file prints beyond this is not shown. */
const mostPrinted = 16 * 1024;

/** What a net file's process left: its answer, or why there is none; and what the file printed. */
export interface NetOutcome {
  readonly answer?: NetAnswer | null;
  readonly failed?: string;
  /** Known once the process has ended. */
  readonly printed: Promise<string>;
}

/** A process that has been told its file and waits for the options. */
interface NetProcess {
  readonly child: Deno.ChildProcess;
  readonly stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly stdout: Promise<Answered>;
  readonly stderr: Promise<string>;
  /** When it has been told its file. */
  readonly told: Promise<void>;
  /** Whether the options have been sent. */
  readonly asked?: boolean;
}

/** What came on standard output. */
interface Answered {
  /** What the file printed. */
  readonly before: string;
  readonly answer?: NetAnswer | null;
  readonly tooLong?: true;
}

const early = new Map<string, NetProcess>();
const ending: Promise<void>[] = [];

/** Has what a file printed told once its process has ended: a network need not wait for that. */
export function tellLater(printed: Promise<string>, tell: (text: string) => void): void {
  ending.push(printed.then(tell));
}

/**
 * Starts the process of the first argument that looks like a net file, so that it starts while the command's own modules load. Resolves
 * when it has been told its file: nothing is written while modules load.
 */
export async function startEarly(args: readonly string[]): Promise<void> {
  const file = args.includes("--help") ? undefined : args.find((arg) => /^[^-].*\.np\.[jt]s$/.test(arg));
  if (file === undefined) return;
  try {
    const path = Deno.realPathSync(userPath(file));
    const process = start(path);
    // Where the file's own batch and image size are asked for, it need not wait for the options to be read.
    const own = !args.some((arg) => /^--(batch|image|dtype)/.test(arg));
    early.set(path, { ...process, asked: own });
    await (own ? send(process.stdin, {}) : process.told);
  } catch {
    // The command itself says what is wrong with the file.
  }
}

/** Ends a process that was started early and not needed, and waits for what files that were needed have printed. */
export async function endNets(): Promise<void> {
  for (const { child } of early.values()) kill(child);
  early.clear();
  await Promise.all(ending);
}

/**
 * Has a process of its own load a net file and build its network.
 *
 * @param path The file's real path.
 * @param timeoutSeconds When to give up.
 */
export async function askNet(path: string, options: BuildOptions, timeoutSeconds: number): Promise<NetOutcome> {
  const { child, stdin, stdout, stderr, asked } = early.get(path) ?? start(path);
  early.delete(path);
  let timedOut = false;
  // Not setTimeout, whose first call takes 3.6 ms.
  const timer = AbortSignal.timeout(timeoutSeconds * 1000);
  timer.onabort = () => {
    timedOut = true;
    kill(child);
  };
  if (!asked) void send(stdin, options);
  const { before, answer, tooLong } = await stdout.finally(() => kill(child));
  timer.onabort = null;
  const printed = stderr.then((errors) => before + errors);
  if (answer !== undefined) return { answer, printed };
  const [{ signal, code }, errors] = await Promise.all([child.status, stderr]);
  const failed = timedOut
    ? `gives no network within ${timeoutSeconds} s; mend what it waits for or repeats, or give it longer with --timeout S`
    : tooLong
    ? `prints more than ${mostAnswer / 2 ** 20} MiB; print less`
    : /out of memory|memory allocation of|allocation failed/i.test(errors)
    ? `needs more memory than a net file may take (${heapMiB} MiB of objects, ${dataMiB} MiB in all)`
    : `ends its own process (${signal ?? `status ${code}`}) before it gives a network`;
  // What a runtime that crashed says of itself helps nobody.
  return { failed, printed: signal === null || timedOut ? printed : Promise.resolve(before) };
}

/** Runs the rest of its arguments within limits, and ends it within a second of the command's end, however the command ended. */
const watched = `{ ulimit -c 0; ulimit -d ${dataMiB * 1024}; ulimit -t ${cpuSeconds}; } 2> /dev/null
(
  trap '' HUP INT QUIT TERM
  while kill -0 $PPID && kill -0 $$; do sleep 1; done
  kill -0 $PPID || kill -KILL $$
) < /dev/null > /dev/null 2>&1 &
exec "$0" "$@"`;

function start(path: string): NetProcess {
  const project = decodeURIComponent(new URL("../../", import.meta.url).pathname);
  const readable = [path.slice(0, path.lastIndexOf("/") + 1) || ".", project];
  for (const folder of readable) {
    if (!folder.includes(",")) continue;
    throw new Error(`${folder}: Deno cannot give the right to read a folder whose path has a comma; rename it`);
  }
  const args = [
    ...[
      "run",
      "-q",
      "--no-prompt",
      "--no-lock",
      "--cached-only",
      "--no-npm",
      "--no-remote",
      "--unstable-worker-options",
    ],
    // Compiled at once, functions are kept in the code cache, which the commands' own processes share: these have the flag, too.
    ...["--config", `${project}deno.json`, `--v8-flags=--max-old-space-size=${heapMiB},--no-lazy`],
    // Import is denied by name: hosts that Deno trusts by default would be asked otherwise.
    ...["--deny-import", `--allow-read=${readable.join(",")}`],
    // Web storage, which no right is needed for, is by origin: this one is nobody else's.
    `--location=http://${crypto.randomUUID()}.invalid/`,
    `${project}lib/commands/net_worker.ts`,
  ];
  const limited = Deno.build.os === "linux";
  const child = new Deno.Command(limited ? "/bin/sh" : Deno.execPath(), {
    args: limited ? ["-c", watched, Deno.execPath(), ...args] : args,
    // A graphics card needs no right, and its driver writes caches of its own.
    env: { NO_COLOR: "1", DENO_WEBGPU_BACKEND: "none" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const mark = crypto.randomUUID();
  // The pipe stays open: its end tells the process that the command has ended.
  const stdin = child.stdin.getWriter();
  const file: NetFile = { mark, path, url: fileUrl(path) };
  const told = send(stdin, file);
  return { child, stdin, told, stdout: readAnswer(child.stdout, mark), stderr: beginning(child.stderr) };
}

/** Sends a line. A process that is gone does not read it; why, is found when its answer is missing. */
function send(stdin: WritableStreamDefaultWriter<Uint8Array>, line: unknown): Promise<void> {
  return stdin.write(new TextEncoder().encode(`${JSON.stringify(line)}\n`)).catch(() => {});
}

/** Reads until the answer's end; what stands before it is what the file printed. */
async function readAnswer(stdout: ReadableStream<Uint8Array>, mark: string): Promise<Answered> {
  const [begin, end] = [`${mark}>`, `<${mark}`];
  const decoder = new TextDecoder();
  const reader = stdout.getReader();
  const parts: string[] = [];
  let tail = "";
  let length = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const part = decoder.decode(read.value, { stream: true });
    parts.push(part);
    length += part.length;
    tail = (tail + part).slice(-end.length);
    if (length > mostAnswer) return { before: parts[0].split(begin)[0].slice(0, mostPrinted), tooLong: true };
    if (tail !== end) continue;
    const [before, answer] = parts.join("").split(begin);
    // The file has found out the mark, and spoilt its own answer.
    if (answer === undefined) return { before: before.slice(0, mostPrinted), answer: null };
    return { before: before.slice(0, mostPrinted), answer: parsed(answer.slice(0, -end.length)) };
  }
  return { before: parts.join("").slice(0, mostPrinted) };
}

/** The answer; null where the file has spoilt how objects become JSON. */
function parsed(json: string): NetAnswer | null {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** The beginning of a stream; the rest is read and dropped, so that nothing waits for it. */
async function beginning(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let text = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    if (text.length < mostPrinted) text += decoder.decode(read.value, { stream: true }).slice(0, mostPrinted);
  }
  return text;
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
}

function fileUrl(path: string): string {
  const slashed = Deno.build.os === "windows" ? path.replaceAll("\\", "/") : path;
  const encoded = slashed.split("/").map(encodeURIComponent).join("/");
  return `file://${encoded.startsWith("/") ? "" : "/"}${encoded}`;
}
