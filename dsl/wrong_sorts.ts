/**
 * Net files run without having been compiled: a method called on a value that does not have it says which sort of value
 * does, instead of "is not a function".
 *
 * @module
 */
import { NetworkError } from "./errors.ts";
import { ImageValue } from "./image_value.ts";
import { TokensValue, VectorValue } from "./tokens_value.ts";
import type { Value } from "./value.ts";

const sorts = [
  { prototype: ImageValue.prototype, what: "an image", made: "an image with toImage" },
  { prototype: TokensValue.prototype, what: "tokens", made: "tokens with toTokens" },
  { prototype: VectorValue.prototype, what: "a vector", made: "a vector with flatten" },
] as const;

// Each sort's own, before any of them gets the others'.
const methods = sorts.map(({ prototype, made }) => ({
  made,
  names: Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([, { value }]) => typeof value === "function")
    .map(([name]) => name),
}));

for (const { prototype, what } of sorts) {
  for (const name of new Set(methods.flatMap(({ names }) => names))) {
    if (name in prototype) continue;
    const having = methods.filter(({ names }) => names.includes(name)).map(({ made }) => made);
    Object.defineProperty(prototype, name, {
      value(this: Value) {
        throw new NetworkError(`"${this.name}" is ${what}, which has no ${name}; make it ${having.join(" or ")}`);
      },
    });
  }
}
