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

/** A chain on one line if it fits, else a line for each call. */
export function layout(start: string, { start: value, calls }: Chain): string {
  const one = `${start}${[value, ...calls].join(".")};`;
  if (one.length <= lineWidth) return one;
  if (calls.length === 0) {
    const [, name, args] = /^(\w+)\((.*)\)$/.exec(value)!;
    return `${start}${name}(\n${args.split(/, (?![^[{]*[\]}])/).map((arg) => `    ${arg},`).join("\n")}\n  );`;
  }
  return `${start}${value}\n${calls.map((call) => `    .${call}`).join("\n")};`;
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
