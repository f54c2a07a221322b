/**
 * Protocol buffers' text format, as far as it can be read without a schema: fields with their values in order, messages within messages
 * (https://protobuf.dev/reference/protobuf/textformat-spec).
 *
 * A name may come again, which makes its field repeated; `name: [1, 2]` is the same in short. Messages stand in `{ }` or `< >`, strings
 * in either quotes, and strings that follow each other are one. Comments run from `#` to the line's end.
 *
 * @module
 */
import { FormatError, quoted } from "./format_error.ts";

/** A number, a word of an enumeration, true or false, or a string. */
export interface TextScalar {
  /** Without its quotes and escapes. */
  readonly text: string;
  /** Whether it is a string. */
  readonly quoted: boolean;
  /** Where it stands, counted from 1. */
  readonly line: number;
}

/** A message's fields by name, each with all its values in order. */
export interface TextMessage {
  /** Where it begins, counted from 1. */
  readonly line: number;
  /** Names as they stand in the file. */
  readonly fields: ReadonlyMap<string, readonly TextValue[]>;
}

/** What a field can hold. */
export type TextValue = TextScalar | TextMessage;

/** Whether a value is a message. */
export function isMessage(value: TextValue): value is TextMessage {
  return "fields" in value;
}

/** Messages within messages: protocol buffers' own readers stop there, too. */
const deepest = 100;
/** Characters: a network of a thousand layers has some hundred thousand. */
const longest = 2e6;

/**
 * Reads a message.
 *
 * @throws {FormatError} Naming the line.
 */
export function parseTextFormat(text: string): TextMessage {
  if (text.length > longest) {
    throw new FormatError(`The file has ${text.length} characters; a network's text has at most ${longest}`);
  }
  return new Parser(new Tokens(text)).message(1, null, 0);
}

interface Token {
  readonly kind: "word" | "string" | "sign" | "end";
  readonly text: string;
  readonly line: number;
}

class Parser {
  readonly #tokens: Tokens;

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  /** Fields up to the closing sign, or the file's end. */
  message(line: number, close: string | null, depth: number): TextMessage {
    if (depth > deepest) throw new FormatError(`Line ${line}: messages are nested deeper than ${deepest}`);
    const fields = new Map<string, TextValue[]>();
    for (;;) {
      const token = this.#tokens.next();
      if (close === null ? token.kind === "end" : isSign(token, close)) return { line, fields };
      if (token.kind === "end") fail(token, `the message that began on line ${line} has no closing "${close}"`);
      const name = isSign(token, "[") ? this.#extension(token.line) : token.text;
      if (token.kind !== "word" && !isSign(token, "[") || !/^[A-Za-z_[]/.test(name)) {
        fail(token, `a field's name is expected, got ${shown(token)}`);
      }
      const values = fields.get(name) ?? [];
      this.#field(name, values, depth);
      fields.set(name, values);
      if (isSign(this.#tokens.peek(), ";") || isSign(this.#tokens.peek(), ",")) this.#tokens.next();
    }
  }

  /** What follows a field's name: `: value`, `{ … }`, or a list of either. */
  #field(name: string, values: TextValue[], depth: number): void {
    const colon = isSign(this.#tokens.peek(), ":");
    if (colon) this.#tokens.next();
    const first = this.#tokens.next();
    if (!isSign(first, "[")) {
      values.push(this.#value(first, name, colon, depth));
      return;
    }
    for (let token = this.#tokens.next(); !isSign(token, "]"); token = this.#tokens.next()) {
      values.push(this.#value(token, name, colon, depth));
      const after = this.#tokens.peek();
      if (isSign(after, ",")) this.#tokens.next();
      else if (!isSign(after, "]")) {
        fail(after, `the list of ${quoted(name)} goes on with "," or ends with "]", got ${shown(after)}`);
      }
    }
  }

  #value(token: Token, name: string, colon: boolean, depth: number): TextValue {
    if (isSign(token, "{")) return this.message(token.line, "}", depth + 1);
    if (isSign(token, "<")) return this.message(token.line, ">", depth + 1);
    const { text, line } = token;
    if (token.kind === "string") {
      if (!colon) fail(token, `":" is missing between ${quoted(name)} and its value`);
      const parts = [text];
      while (this.#tokens.peek().kind === "string") parts.push(this.#tokens.next().text);
      return { text: parts.join(""), quoted: true, line };
    }
    if (token.kind !== "word") fail(token, `a value of ${quoted(name)} is expected, got ${shown(token)}`);
    if (!colon) fail(token, `":" is missing between ${quoted(name)} and its value`);
    // A sign may stand apart from its number.
    return { text: text === "-" ? `-${this.#tokens.next().text}` : text, quoted: false, line };
  }

  /** An extension's name, or an Any's: `[package.name]`. */
  #extension(line: number): string {
    const parts: string[] = [];
    for (let token = this.#tokens.next(); !isSign(token, "]"); token = this.#tokens.next()) {
      if (token.kind !== "word") fail({ ...token, line }, `an extension's name ends with "]", got ${shown(token)}`);
      parts.push(token.text);
    }
    return `[${parts.join("")}]`;
  }
}

function isSign({ kind, text }: Token, sign: string): boolean {
  return kind === "sign" && text === sign;
}

function shown({ kind, text }: Token): string {
  return kind === "end" ? "the file's end" : quoted(text);
}

function fail({ line }: Token, problem: string): never {
  throw new FormatError(`Line ${line}: ${problem}`);
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", f: "\f", v: "\v" };

/** The text's tokens, one ahead. */
class Tokens {
  readonly #text: string;
  #place = 0;
  #line = 1;
  #ahead: Token | null = null;

  constructor(text: string) {
    this.#text = text.startsWith("\uFEFF") ? text.slice(1) : text;
  }

  peek(): Token {
    return this.#ahead ??= this.#read();
  }

  next(): Token {
    const token = this.peek();
    this.#ahead = null;
    return token;
  }

  #read(): Token {
    this.#skip();
    const [text, line, from] = [this.#text, this.#line, this.#place];
    const first = text[from];
    if (first === undefined) return { kind: "end", text: "", line };
    if (first === '"' || first === "'") return { kind: "string", text: this.#string(first), line };
    while (isWordCharacter(text.charCodeAt(this.#place))) this.#place++;
    if (this.#place > from) return { kind: "word", text: text.slice(from, this.#place), line };
    this.#place++;
    return { kind: "sign", text: first, line };
  }

  /** Whitespace and comments. */
  #skip(): void {
    for (let comment = false;; this.#place++) {
      const character = this.#text[this.#place];
      if (character === "\n") {
        this.#line++;
        comment = false;
      } else if (character === "#") comment = true;
      else if (character === undefined || !comment && character > " ") return;
    }
  }

  #string(quote: string): string {
    const text = this.#text;
    const parts: string[] = [];
    let from = ++this.#place;
    for (;; this.#place++) {
      const character = text[this.#place];
      if (character === undefined || character === "\n") {
        throw new FormatError(`Line ${this.#line}: a string has no closing ${quote}`);
      }
      if (character !== quote && character !== "\\") continue;
      parts.push(text.slice(from, this.#place));
      if (character === quote) {
        this.#place++;
        return parts.join("");
      }
      const octal = /^[0-7]{1,3}/.exec(text.slice(this.#place + 1, this.#place + 4))?.[0];
      const hexadecimal = /^x([0-9a-fA-F]{1,2})/.exec(text.slice(this.#place + 1, this.#place + 4));
      const plain = text[this.#place + 1] ?? "";
      if (octal !== undefined) parts.push(String.fromCharCode(parseInt(octal, 8)));
      else if (hexadecimal !== null) parts.push(String.fromCharCode(parseInt(hexadecimal[1], 16)));
      else parts.push(escapes[plain] ?? plain);
      this.#place += octal?.length ?? hexadecimal?.[0].length ?? 1;
      from = this.#place + 1;
    }
  }
}

/** Of names, numbers and words: letters, digits, and `_ . + - /` (the last in an Any's name). */
function isWordCharacter(code: number): boolean {
  return code >= 48 && code <= 57 || code >= 65 && code <= 90 || code >= 97 && code <= 122 ||
    code === 95 || code === 46 || code === 43 || code === 45 || code === 47;
}
