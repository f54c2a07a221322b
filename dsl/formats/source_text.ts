/**
 * How source is laid out: lines of at most 120 columns, as `deno fmt` breaks them, and names that are identifiers.
 *
 * @module
 */

/** Columns of a line. */
const lineWidth = 120;

/** A value as it is written: a variable, or a chain of calls that goes on. */
export interface Chain {
  readonly start: string;
  readonly calls: string[];
}

/** The import of the DSL. */
export function importLines(names: readonly string[]): string[] {
  const line = `import { ${names.join(", ")} } from "neuralpower/dsl";`;
  return line.length <= lineWidth
    ? [line]
    : ["import {", ...names.map((name) => `  ${name},`), '} from "neuralpower/dsl";'];
}

/** A chain on one line if it fits, else a line for each call; a call that is longer than a line has a line for each option. */
export function layout(start: string, { start: value, calls }: Chain): string {
  const one = `${start}${[value, ...calls].join(".")};`;
  if (one.length <= lineWidth) return one;
  const first = /^\w+\(/.test(value) ? broken(value, "  ", start.length + 1) : value;
  const lines = [`${start}${first}`, ...calls.map((call) => `    .${broken(call, "    ", 6)}`)];
  return calls.length === 1 && first !== value ? `${lines[0]}.${calls[0]};` : `${lines.join("\n")};`;
}

/** A call whose arguments, or the options or the list among them, stand on lines of their own where it is longer than a line. */
function broken(call: string, indent: string, before: number): string {
  if (before + call.length <= lineWidth) return call;
  const [, name, inner] = /^([\w.()]*?\w+)\((.*)\)$/s.exec(call)!;
  const args = parts(inner);
  const last = args.at(-1) ?? "";
  const open = ["{", "...["].find((open) => last.startsWith(open));
  if (open === undefined) return [`${name}(`, ...args.map((arg) => `${indent}  ${arg},`), `${indent})`].join("\n");
  const inside = parts(last.slice(open.length, -1)).map((part) => `${indent}  ${part},`);
  return [`${name}(${[...args.slice(0, -1), open].join(", ")}`, ...inside, `${indent}${last.at(-1)})`].join("\n");
}

/** What commas part that are in no brackets and no text. */
function parts(text: string): string[] {
  const found: string[] = [];
  let [depth, from, quoted] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === '"') quoted = !quoted;
    else if (quoted) continue;
    else if ("([{".includes(text[i])) depth++;
    else if (")]}".includes(text[i])) depth--;
    else if (text[i] === "," && depth === 0) {
      found.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  return text.trim() === "" ? [] : [...found, text.slice(from).trim()];
}

/** Words that no variable may be named. */
export const reserved = [
  ...["add", "concat", "concatAlong", "div", "matmul", "maximum", "minimum", "mul", "parameter", "pow", "sub", "where"],
  ...[
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
  ],
  ...[
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "import",
    "in",
    "instanceof",
    "let",
    "new",
    "null",
  ],
  ...[
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "void",
    "while",
    "with",
    "yield",
  ],
  ...[
    "arguments",
    "eval",
    "undefined",
    "NaN",
    "Infinity",
    "implements",
    "interface",
    "package",
    "private",
    "protected",
    "public",
  ],
];

/** A layer's name as a variable's: words joined, each but the first with a capital. */
export function identifier(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const joined = words.map((word, i) => i === 0 || /^\d/.test(word) ? word : word[0].toUpperCase() + word.slice(1));
  const plain = joined.reduce(
    (text, word) => /\d$/.test(text) && /^\d/.test(word) ? `${text}_${word}` : text + word,
    "",
  );
  return /^[A-Za-z]/.test(plain) ? plain[0].toLowerCase() + plain.slice(1) : `y${plain}`;
}
