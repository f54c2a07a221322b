/**
 * Lets things show themselves in a notebook of the Deno kernel, which asks a cell's value for a method of this symbol. Neither it nor what it
 * loads is in the way of anything else: it is not enumerable, and `report/show.ts` is loaded only when it is called.
 *
 * @module
 */
import type { NetworkDefinition } from "neuralpower/dsl";
import type { Showable } from "./report/show.ts";

const display = Symbol.for("Jupyter.display");

/** By a name that no module graph sees: predicting loads no charts. */
const showModule = new URL("./report/show.ts", import.meta.url).href;

async function bundle(this: Showable): Promise<unknown> {
  const show: typeof import("./report/show.ts") = await import(showModule);
  return await show.bundle(this);
}

/** Gives a value the method. */
export function showsItself<T extends Exclude<Showable, NetworkDefinition>>(value: T): T {
  return Object.defineProperty(value, display, { value: bundle, configurable: true });
}

/** Gives it to all of a class. The DSL's networks know nothing of reports, and predicting does not load what builds them. */
export function showThemselves(networks: typeof NetworkDefinition): void {
  Object.defineProperty(networks.prototype, display, { value: bundle, configurable: true });
}
