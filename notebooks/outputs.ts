/**
 * Compares the outputs that a notebook has stored with those of a new run.
 *
 * @module
 */

/** One of Jupyter's outputs, as far as it is compared. */
export interface Output {
  readonly output_type: string;
  /** Of a stream: `stdout` or `stderr`. */
  readonly name?: string;
  /** Of a stream. */
  readonly text?: string | readonly string[];
  /** By media type. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** One cell. */
export interface Cell {
  readonly id: string;
  readonly cell_type: string;
  readonly source: string | readonly string[];
  readonly metadata: { readonly tags?: readonly string[] };
  readonly outputs?: readonly Output[];
}

/** A notebook's file. */
export interface Notebook {
  readonly cells: readonly Cell[];
}

/** Numbers may differ by this share, or by one of their last digit. */
const tolerance = 0.01;

/** Media types that are compared by what they hold; pictures are drawn from the chart beside them, and must only be there. */
const pictures = ["image/svg+xml", "image/png"];
const chart = "application/vnd.vegalite.v5+json";

/**
 * What is wrong with a new run, a line each; none when all is well.
 *
 * Whatever cells are exempt, each has to have shown something of the stored kind where it calls `show` or `console.log`, and nothing on
 * the error stream: an error in a timer ends no cell.
 *
 * @param exempt Tags of cells whose figures may be others.
 */
export function differences(stored: Notebook, fresh: Notebook, exempt: readonly string[]): string[] {
  if (stored.cells.length !== fresh.cells.length) return ["it has other cells than the run"];
  return stored.cells.flatMap((cell, i) => {
    if (cell.cell_type !== "code") return [];
    const [before, now] = [merged(cell.outputs ?? []), merged(fresh.cells[i].outputs ?? [])];
    const free = exempt.some((tag) => cell.metadata.tags?.includes(tag));
    return [...faults(cell, now), ...free ? [] : changes(before, now)].map((what) => `${cell.id}: ${what}`);
  });
}

/** What is missing in a cell's outputs, or should not be there. */
function faults({ source }: Cell, outputs: readonly Output[]): string[] {
  const code = textOf(source);
  const shown = outputs.filter(({ output_type }) => output_type === "display_data" || output_type === "execute_result");
  const calls = code.match(/\bawait show\(/g)?.length ?? 0;
  const broken = shown.flatMap(({ data = {} }) =>
    chart in data && pictures.some((type) => !isPicture(data[type])) ? ["a chart is without its pictures"] : []
  );
  const error = outputs.find(({ output_type, name }) => output_type === "error" || name === "stderr");
  const printed = outputs.some(({ name }) => name === "stdout");
  return [
    ...error === undefined ? [] : [`it wrote to the error stream: ${textOf(error.text ?? "").split("\n")[0]}`],
    ...shown.length + Number(printed) === 0 && calls > 0 ? [`${calls} calls of show, and nothing is shown`] : [],
    ...!printed && code.includes("console.log(") && shown.length === 0 ? ["nothing was printed"] : [],
    ...broken,
  ];
}

function changes(before: readonly Output[], now: readonly Output[]): string[] {
  if (before.length !== now.length) return [`stored are ${before.length} outputs, the run has ${now.length}`];
  return before.flatMap((output, i) => {
    const other = now[i];
    if (output.output_type !== other.output_type) {
      return [`output ${i + 1} was ${output.output_type}, now ${other.output_type}`];
    }
    const [types, others] = [output.data ?? {}, other.data ?? {}].map((data) => Object.keys(data).sort().join(", "));
    if (types !== others) return [`output ${i + 1} was ${types}, now ${others}`];
    const different = output.data === undefined
      ? textDifference(textOf(output.text ?? ""), textOf(other.text ?? ""))
      : dataDifference(output.data, other.data!);
    return different === null ? [] : [`output ${i + 1}: ${different}`];
  });
}

function dataDifference(before: Readonly<Record<string, unknown>>, now: Readonly<Record<string, unknown>>) {
  for (const [type, value] of Object.entries(before)) {
    if (pictures.includes(type)) continue;
    const other = now[type];
    const different = isText(value) && isText(other)
      ? textDifference(textOf(value), textOf(other))
      : jsonDifference(value, other, "");
    if (different !== null) return `${type}: ${different}`;
  }
  return null;
}

const numbers = /[-−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?/g;

/** The first difference of two texts; bars of blocks and the widths of columns follow from the numbers, which count. */
export function textDifference(before: string, now: string): string | null {
  const words = (text: string) => text.replace(/[█-▏]+/g, "").replace(numbers, "0").replace(/\s+/g, " ").trim();
  if (words(before) !== words(now)) return "the words are others";
  const [olds, news] = [before, now].map((text) => text.match(numbers) ?? []);
  const at = olds.findIndex((old, i) => !near(old, news[i]));
  return at === -1 ? null : `was ${olds[at]}, now ${news[at]}`;
}

function near(before: string, now: string): boolean {
  const [a, b] = [before, now].map((text) => Number(text.replace("−", "-")));
  // Counts are exact.
  if (/^[-−]?\d+$/.test(before) && Math.abs(a) < 100) return a === b;
  return Math.abs(a - b) <=
    tolerance * Math.max(Math.abs(a), Math.abs(b)) + 1.000001 * Math.max(unit(before), unit(now));
}

/** One of a number's last digit: 0.01 of 1.23, 0.1e-5 of 1.2e-5. */
function unit(text: string): number {
  const [mantissa, exponent = "0"] = text.split("e");
  return 10 ** (Number(exponent) - (mantissa.split(".")[1]?.length ?? 0));
}

/** The first difference of two values of JSON, and where. */
export function jsonDifference(before: unknown, now: unknown, path: string): string | null {
  if (typeof before === "number" && typeof now === "number") {
    const close = Math.abs(before - now) <= tolerance * Math.max(Math.abs(before), Math.abs(now)) + 1e-9;
    return close ? null : `${path} was ${before}, now ${now}`;
  }
  if (typeof before === "string" && typeof now === "string") {
    const different = textDifference(before, now);
    return different === null ? null : `${path}: ${different}`;
  }
  if (typeof before !== "object" || typeof now !== "object" || before === null || now === null) {
    return before === now ? null : `${path} was ${JSON.stringify(before)}, now ${JSON.stringify(now)}`;
  }
  const keys = Object.keys(before);
  if (keys.join() !== Object.keys(now).join()) return `${path} has other parts`;
  for (const key of keys) {
    const different = jsonDifference(
      (before as Record<string, unknown>)[key],
      (now as Record<string, unknown>)[key],
      `${path}/${key}`,
    );
    if (different !== null) return different;
  }
  return null;
}

/** Neighbouring pieces of one stream as one: where they are cut is chance. */
function merged(outputs: readonly Output[]): Output[] {
  const all: Output[] = [];
  for (const output of outputs) {
    const last = all.at(-1);
    if (output.output_type === "stream" && last?.output_type === "stream" && last.name === output.name) {
      all[all.length - 1] = { ...last, text: textOf(last.text ?? "") + textOf(output.text ?? "") };
    } else all.push(output);
  }
  return all;
}

function isText(value: unknown): value is string | readonly string[] {
  return typeof value === "string" || Array.isArray(value) && value.every((line) => typeof line === "string");
}

function textOf(text: string | readonly string[]): string {
  return typeof text === "string" ? text : text.join("");
}

function isPicture(value: unknown): boolean {
  return isText(value) && (textOf(value).startsWith("<svg") || textOf(value).startsWith("iVBOR"));
}
