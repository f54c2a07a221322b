/**
 * How far a sweep is: one line that is written over on a terminal, a line a minute in a pipe.
 *
 * @module
 */
const pipeLineMs = 60_000;

/** Tells how far a sweep is, on standard error. */
export class Progress {
  readonly #begin = performance.now();
  readonly #budgetMs: number;
  readonly #terminal = Deno.stderr.isTerminal();
  #lastLine = -Infinity;
  #measured = 0;
  #failures = 0;
  #current = "";
  #last = "";
  #rows = 0;

  /** The sweep has so long. */
  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs;
  }

  /** Whether the time is up. */
  get isOver(): boolean {
    return performance.now() - this.#begin >= this.#budgetMs;
  }

  /** A network or a node begins. */
  begin(name: string): void {
    this.#current = name;
    this.#show();
  }

  /** What was in work took `ms`; there are `rows` layers now. */
  done(ms: number, rows: number, more = ""): void {
    this.#measured++;
    this.#rows = rows;
    this.#last = `${this.#current}: ${ms.toPrecision(3)} ms${more === "" ? "" : `, ${more}`}`;
    this.#show();
  }

  /** What is in work could not be measured. */
  failed(reason: string): void {
    this.#failures++;
    this.note(`${this.#current}: not measured: ${reason}`);
  }

  /** A line of its own. */
  note(text: string): void {
    console.error(this.#terminal ? `\r\x1b[K${text}` : text);
  }

  /** The sweep has ended. */
  end(): void {
    if (this.#terminal) Deno.stderr.writeSync(new TextEncoder().encode("\r\x1b[K"));
  }

  #show(): void {
    const now = performance.now();
    const left = Math.max(0, Math.ceil((this.#budgetMs - (now - this.#begin)) / 60_000));
    const failures = this.#failures > 0 ? `, ${this.#failures} failed` : "";
    const line =
      `${this.#measured} measured, ${this.#rows} layers${failures}, ${left} min left | ${this.#last} | now ${this.#current}`;
    if (this.#terminal) {
      const { columns } = Deno.consoleSize();
      Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${line.slice(0, columns - 1)}`));
    } else if (now - this.#lastLine >= pipeLineMs) {
      this.#lastLine = now;
      console.error(line);
    }
  }
}
