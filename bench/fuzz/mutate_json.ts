/**
 * Mutations of JSON that leave it JSON, so that they get past the parser: values of other sorts, keys under other names, parents in
 * circles, blocks within blocks, lists blown up.
 *
 * @module
 */
import type { Random } from "../random.ts";
import { mutateText } from "./mutate_text.ts";

type Json = unknown;

const odd: readonly Json[] = [
  ...[null, true, false, 0, -1, 1, 0.5, 1e9, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 1e308, "", "SAME", "data", "relu"],
  ...[[], [0], [1, 1, 1, 1], [-1, -1, -1, -1], [1e9, 1e9, 1e9, 1e9], {}, { type: "Block" }, "__proto__", "a\nb"],
];

/** One to four changes, most of the time of values, else of its text. */
export function mutateJson(text: string, random: Random): string {
  const whole = random.chance(0.6) ? parsed(text) : null;
  if (whole === null) return mutateText(text, random);
  for (let i = random.weighted([[8, 1], [3, 2], [1, 4]]); i > 0; i--) change(whole, random);
  return JSON.stringify(whole.json) ?? "";
}

/** What was found to fail before need not be JSON. */
function parsed(text: string): { json: Json } | null {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return null;
  }
}

/** A value somewhere, with what holds it. */
interface Place {
  readonly holder: Record<string, Json>;
  readonly key: string;
}

function change(whole: { json: Json }, random: Random): void {
  const places = allPlaces(whole as Record<string, Json>);
  if (places.length === 0) return;
  const { holder, key } = random.pick(places);
  const other = random.pick(places);
  const value = holder[key];
  random.weighted<() => void>([
    [4, () => holder[key] = random.pick(odd)],
    [4, () => holder[key] = structuredClone(other.holder[other.key])],
    [1, () => delete holder[key]],
    [1, () => holder[random.pick(places).key] = value],
    [1, () => {
      if (Array.isArray(value)) holder[key] = Array(random.logUniform(1, 5000)).fill(value).flat();
      else if (typeof value === "number") holder[key] = value * random.pick([-1, 0, 1e3, 1e6, 1e12]);
    }],
    [1, () => {
      // A block around it, and so on.
      for (let depth = random.logUniform(1, 2000); depth > 0; depth--) {
        holder[key] = random.chance(0.5) ? [holder[key]] : { type: "Block", parents: [], layers: { a: holder[key] } };
        if (JSON.stringify(value ?? null).length > 1000) break;
      }
    }],
  ])();
}

function allPlaces(holder: Record<string, Json>, places: Place[] = [], depth = 0): Place[] {
  for (const key of Object.keys(holder)) {
    places.push({ holder, key });
    const value = holder[key];
    if (typeof value === "object" && value !== null && depth < 50 && places.length < 20_000) {
      allPlaces(value as Record<string, Json>, places, depth + 1);
    }
  }
  return places;
}
