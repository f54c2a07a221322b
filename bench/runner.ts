/**
 * Runs requests in worker processes. A worker that crashes, hangs or runs out of memory costs the request in work: the reason is told, and the
 * next request gets a new worker.
 *
 * @module
 */
import { TextLineStream } from "./lines.ts";
import type { Reply, Request } from "./worker.ts";

/** A worker is replaced after so many jobs unless told otherwise: sessions leak, and processes of a GPU differ. */
const jobsOfWorker = 40;

/** How to run jobs. */
export interface RunnerOptions {
  /** After so long a job's worker is killed, ms. */
  readonly timeoutMs?: number;
  /** A worker is replaced after so many jobs; 40 by default. */
  readonly jobs?: number;
  /** For the worker's models and profiles: emptied when a worker ends, however it ends. A new temporary folder by default. */
  readonly folder?: string;
  /** Added to the worker's environment: where CUDA's libraries are. */
  readonly env?: Readonly<Record<string, string>>;
  /** The worker's module; for tests. */
  readonly worker?: string | URL;
}

/** Measures jobs, one at a time. */
export class Runner {
  readonly #timeoutMs: number;
  readonly #jobs: number;
  readonly #module: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #folder: string;
  #worker: Worker | null = null;

  /** No process is started before the first job. */
  constructor(options: RunnerOptions = {}) {
    const { timeoutMs = 180_000, worker = new URL("worker.ts", import.meta.url), env = {}, folder } = options;
    this.#env = env;
    this.#folder = folder ?? Deno.makeTempDirSync();
    this.#timeoutMs = timeoutMs;
    this.#jobs = options.jobs ?? jobsOfWorker;
    this.#module = String(worker);
  }

  /** A request's reply; an error where it could not be measured, whatever the reason. */
  async run<R extends Request>(request: R): Promise<Reply<R["kind"]>> {
    if (this.#worker !== null && this.#worker.jobs >= this.#jobs) await this.close();
    const worker = this.#worker ??= startWorker(this.#module, this.#env, this.#folder);
    worker.jobs++;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<{ error: string }>((resolve) => {
      timer = setTimeout(() => resolve({ error: `took more than ${this.#timeoutMs / 1000} s` }), this.#timeoutMs);
    });
    const reply = await Promise.race([ask<R>(worker, request), late]);
    clearTimeout(timer);
    // After an error nothing is known of the process, not even whether it still lives.
    if ("error" in reply) this.kill();
    return reply;
  }

  /** Lets the worker end by itself. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    if (worker === null) return;
    await worker.jobsIn.close().catch(() => {});
    await worker.process.status;
    this.#clean();
  }

  /** Ends the worker at once. */
  kill(): void {
    try {
      this.#worker?.process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    this.#worker = null;
    this.#clean();
  }

  #clean(): void {
    try {
      Deno.removeSync(this.#folder, { recursive: true });
    } catch {
      // It is not there, or the process still holds it for a moment; the next one's end cleans up.
    }
  }
}

interface Worker {
  readonly process: Deno.ChildProcess;
  readonly jobsIn: WritableStreamDefaultWriter<Uint8Array>;
  readonly replies: ReadableStreamDefaultReader<string>;
  /** How many it was given. */
  jobs: number;
}

function startWorker(module: string, env: Readonly<Record<string, string>>, folder: string): Worker {
  const config = `${import.meta.dirname}/deno.json`;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "--config", config, module, folder],
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  return { process, jobsIn: process.stdin.getWriter(), replies: lines.getReader(), jobs: 0 };
}

async function ask<R extends Request>(worker: Worker, request: R): Promise<Reply<R["kind"]>> {
  try {
    await worker.jobsIn.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
    const { value } = await worker.replies.read();
    if (value !== undefined) return JSON.parse(value) as Reply<R["kind"]>;
  } catch {
    // The pipe is broken: the process says why.
  }
  const { code, signal } = await worker.process.status;
  return { error: signal === null ? `its process ended with status ${code}` : `its process was ended by ${signal}` };
}
