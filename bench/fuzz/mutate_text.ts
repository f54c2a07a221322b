/**
 * Mutations of text that has words, numbers and brackets: Caffe's prototxt, JSON, logs. Each makes a file that is wrong in one way that
 * files are wrong in: cut off, a count blown up, names mixed up so that layers read each other in circles, brackets ten thousand deep.
 *
 * @module
 */
import type { Random } from "../random.ts";

type Mutation = (text: string, random: Random) => string;

/** Numbers that readers stumble over. */
const numbers = [
  ...["0", "-1", "1", "2", "-0", "64", "255", "65536", "2147483647", "2147483648", "4294967296", "9007199254740991"],
  ...["9007199254740993", "-9007199254740993", "1e9", "1e15", "1e308", "1e309", "0.5", "1e-300", "NaN", "inf", "null"],
  ...["99999999999999999999999999", "0x10", "1.0f", '"1"', "[]", "{}", "true"],
];
const oddTexts = [
  "",
  "\0",
  "\n",
  "\r\n",
  '"',
  "'",
  "\\",
  "\u2028",
  "\uD800",
  "__proto__",
  "constructor",
  "toString",
  "#",
  "//",
  "@all",
];
const longestText = 1 << 20;

const word = /[A-Za-z_@][\w@/.-]*/g;
const number = /-?\d[\d.eE+-]*/g;
const quoted = /"[^"\n]{0,200}"|'[^'\n]{0,200}'/g;
const token = /"[^"\n]*"|'[^'\n]*'|[\w.+@/-]+|[^\s\w]/g;

/** All of them, by how often they are drawn. */
const textMutations: readonly (readonly [weight: number, mutation: Mutation])[] = [
  [4, (text, random) => replaceOne(text, number, () => random.pick(numbers), random)],
  [2, (text, random) => replaceSome(text, number, () => random.pick(numbers), random)],
  [4, (text, random) => replaceOne(text, quoted, oneOf(text, quoted, random), random)],
  [1, (text, random) => replaceSome(text, quoted, oneOf(text, quoted, random), random)],
  [1, (text, random) => replaceOne(text, quoted, () => JSON.stringify(random.pick(oddTexts)), random)],
  [2, (text, random) => replaceOne(text, word, oneOf(text, word, random), random)],
  [2, (text, random) => replaceOne(text, token, () => "", random)],
  [2, (text, random) => replaceOne(text, token, oneOf(text, token, random), random)],
  [2, (text, random) => replaceOne(text, token, (found) => `${found} ${found}`, random)],
  [1, cut],
  [1, flip],
  [2, moveLines],
  [1, repeatLines],
  [1, nest],
  [1, (text, random) => insert(text, random.pick(oddTexts), random)],
  [
    1,
    (text, random) =>
      insert(text, random.pick(["a", " ", "9", "[", "{ ", "#", '"']).repeat(random.logUniform(1, 200_000)), random),
  ],
];

/** One to four mutations, one after another. */
export function mutateText(text: string, random: Random): string {
  const count = random.weighted([[8, 1], [3, 2], [1, 4]]);
  for (let i = 0; i < count; i++) text = random.weighted(textMutations)(text, random).slice(0, longestText);
  return text;
}

/** Draws what a pattern finds elsewhere in the text. */
function oneOf(text: string, pattern: RegExp, random: Random): () => string {
  const all = text.match(pattern) ?? ["x"];
  return () => random.pick(all);
}

/** One of a pattern's places. */
function replaceOne(text: string, pattern: RegExp, by: (found: string) => string, random: Random): string {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text;
  const { 0: old, index } = random.pick(found);
  return text.slice(0, index) + by(old) + text.slice(index + old.length);
}

function replaceSome(text: string, pattern: RegExp, by: (found: string) => string, random: Random): string {
  const share = random.pick([0.02, 0.1, 0.5]);
  return text.replace(pattern, (found) => random.chance(share) ? by(found) : found);
}

function cut(text: string, random: Random): string {
  const place = random.between(0, text.length);
  return random.chance(0.8) ? text.slice(0, place) : text.slice(place);
}

function flip(text: string, random: Random): string {
  const characters = text.split("");
  for (let i = random.logUniform(1, 32); i > 0 && characters.length > 0; i--) {
    characters[random.between(0, characters.length - 1)] = String.fromCharCode(
      random.between(0, random.chance(0.9) ? 127 : 0xffff),
    );
  }
  return characters.join("");
}

function insert(text: string, what: string, random: Random): string {
  const place = random.between(0, text.length);
  return text.slice(0, place) + what + text.slice(place);
}

/** Some lines to another place, or taken out, or there twice: layers before what they read, under names that there are. */
function moveLines(text: string, random: Random): string {
  const lines = text.split("\n");
  const from = random.between(0, lines.length - 1);
  const some = lines.splice(from, random.logUniform(1, 64));
  if (random.chance(0.3)) return lines.join("\n");
  lines.splice(random.between(0, lines.length), 0, ...some);
  if (random.chance(0.5)) lines.splice(from, 0, ...some);
  return lines.join("\n");
}

/** A count blown up: some lines many times. */
function repeatLines(text: string, random: Random): string {
  const lines = text.split("\n");
  const from = random.between(0, lines.length - 1);
  const some = lines.slice(from, from + random.logUniform(1, 32)).join("\n");
  const times = Math.min(random.logUniform(2, 20_000), Math.floor(longestText / (some.length + 1)));
  return [...lines.slice(0, from), ...Array(times).fill(some), ...lines.slice(from)].join("\n");
}

/** Brackets ten thousand deep around or within what there is. */
function nest(text: string, random: Random): string {
  const [open, close] = random.pick([["[", "]"], ["{", "}"], ['{"a":', "}"], ["layer {", "}"], ["a < ", ">"], [
    "x: [",
    "]",
  ]]);
  const depth = random.logUniform(2, 10_000);
  const place = random.between(0, text.length);
  const end = random.chance(0.7) ? close.repeat(depth) : "";
  return random.chance(0.3)
    ? open.repeat(depth) + text + end
    : text.slice(0, place) + open.repeat(depth) + end + text.slice(place);
}
