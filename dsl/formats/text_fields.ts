/**
 * A message's fields, read by name and sort, with errors that say the line and the layer.
 *
 * @module
 */
import { FormatError, quoted } from "./format_error.ts";
import { isMessage, type TextMessage, type TextScalar, type TextValue } from "./text_format.ts";

/** A message of the text format whose fields' sorts are known to who reads them. */
export class TextFields {
  /** Where it begins, counted from 1. */
  readonly line: number;
  readonly #message: TextMessage;
  readonly #owner: string;

  /** `owner` stands in errors: `layer "conv1"`. */
  constructor(message: TextMessage, owner: string) {
    this.line = message.line;
    this.#message = message;
    this.#owner = owner;
  }

  /** The same fields of another owner, once its name is known. */
  of(owner: string): TextFields {
    return new TextFields(this.#message, owner);
  }

  /** Whether there is such a field. */
  has(name: string): boolean {
    return this.#message.fields.has(name);
  }

  /** Refuses fields that are not known here: one overlooked would make another network. */
  only(known: readonly string[]): this {
    for (const [name, [value]] of this.#message.fields) {
      if (!known.includes(name)) this.fail(`its field ${quoted(name)} is not known here; remove it`, value);
    }
    return this;
  }

  /** A message within this one; an empty one where it is not given. */
  message(name: string): TextFields {
    const values = this.messages(name);
    if (values.length > 1) this.fail(`"${name}" is given ${values.length} times; give it once`);
    return values[0] ?? new TextFields({ line: this.line, fields: new Map() }, this.#owner);
  }

  /** All messages of a repeated field. */
  messages(name: string): TextFields[] {
    return this.#values(name).map((value) => {
      if (!isMessage(value)) this.fail(`"${name}" must be a message in { }`, value);
      return new TextFields(value as TextMessage, this.#owner);
    });
  }

  /** A string or a word; undefined where it is not given. */
  text(name: string): string | undefined {
    return this.#single(name)?.text;
  }

  /** All strings or words of a repeated field. */
  texts(name: string): string[] {
    return this.#scalars(name).map(({ text }) => text);
  }

  /** One of an enumeration's words, by its name or its number; `fallback`, the first unless told, where it is not given. */
  word<T extends string>(name: string, words: readonly T[], fallback: NoInfer<T> = words[0]): T {
    const scalar = this.#single(name);
    if (scalar === undefined) return fallback;
    const found = words.find((word, number) => word === scalar.text || String(number) === scalar.text);
    return found ?? this.fail(`${name} must be one of ${words.join(", ")}, got ${quoted(scalar.text)}`, scalar);
  }

  /** true or false; `fallback` where it is not given. */
  flag(name: string, fallback: boolean): boolean {
    const scalar = this.#single(name);
    if (scalar === undefined) return fallback;
    if (["true", "t", "True", "1"].includes(scalar.text)) return true;
    if (["false", "f", "False", "0"].includes(scalar.text)) return false;
    return this.fail(`${name} must be true or false, got ${quoted(scalar.text)}`, scalar);
  }

  /** A finite number; `fallback` where it is not given. */
  number(name: string, fallback: number): number {
    const scalar = this.#single(name);
    return scalar === undefined ? fallback : this.#finite(name, scalar);
  }

  /** All finite numbers of a repeated field. */
  numbers(name: string): number[] {
    return this.#scalars(name).map((scalar) => this.#finite(name, scalar));
  }

  /** A whole number of at least `least`; `fallback` where it is not given, an error without one. */
  whole(name: string, least: number, fallback?: number): number {
    const scalar = this.#single(name);
    if (scalar !== undefined) return this.#whole(name, least, scalar);
    return fallback ?? this.fail(`${name} is missing; give it`);
  }

  /** All whole numbers of a repeated field. */
  wholes(name: string, least: number): number[] {
    return this.#scalars(name).map((scalar) => this.#whole(name, least, scalar));
  }

  /** Throws a {@linkcode FormatError} for this message, or one of its values. */
  fail(problem: string, at?: TextValue): never {
    throw new FormatError(`Line ${at?.line ?? this.line}, ${this.#owner}: ${problem}`);
  }

  #values(name: string): readonly TextValue[] {
    return this.#message.fields.get(name) ?? [];
  }

  #scalars(name: string): TextScalar[] {
    return this.#values(name).map((value) => {
      if (isMessage(value)) this.fail(`"${name}" must be a value, not a message`, value);
      return value as TextScalar;
    });
  }

  #single(name: string): TextScalar | undefined {
    const scalars = this.#scalars(name);
    if (scalars.length > 1) this.fail(`${name} is given ${scalars.length} times; give it once`, scalars[1]);
    return scalars[0];
  }

  #finite(name: string, scalar: TextScalar): number {
    // "1.0f" is a number of C, and of this format.
    const value = scalar.quoted || scalar.text === "" ? NaN : Number(scalar.text.replace(/(?<=[\d.])f$/i, ""));
    return Number.isFinite(value) ? value : this.fail(`${name} must be a number, got ${quoted(scalar.text)}`, scalar);
  }

  #whole(name: string, least: number, scalar: TextScalar): number {
    const value = this.#finite(name, scalar);
    return Number.isSafeInteger(value) && value >= least
      ? value
      : this.fail(`${name} must be a whole number of at least ${least}, got ${quoted(scalar.text)}`, scalar);
  }
}
