/**
 * Where a long command has come to: a line on a terminal that is written over, and nothing anywhere else.
 *
 * @module
 */

/** Progress through a number of steps. */
export class Progress {
  readonly #steps: number;
  readonly #write: (text: string) => void;
  readonly #quietMs: number;
  readonly #start = performance.now();
  #done = 0;
  #shown = false;

  /**
   * @param write Where to; by default to standard error, where that is a terminal.
   * @param quietMs What takes less is not worth a line.
   */
  constructor(steps: number, write = terminal(), quietMs = 1000) {
    this.#steps = steps;
    this.#write = write;
    this.#quietMs = quietMs;
  }

  /** The next step begins. */
  step(what: string): void {
    this.#done++;
    if (performance.now() - this.#start < this.#quietMs) return;
    this.#shown = true;
    this.#write(`\r\x1b[K${this.#done} of ${this.#steps}: ${what.slice(0, 60)}`);
  }

  /** Clears the line. */
  [Symbol.dispose](): void {
    if (this.#shown) this.#write("\r\x1b[K");
    this.#shown = false;
  }
}

function terminal(): (text: string) => void {
  if (!Deno.stderr.isTerminal()) return () => {};
  const encoder = new TextEncoder();
  return (text) => void Deno.stderr.writeSync(encoder.encode(text));
}
