/**
 * What tests of errors share.
 *
 * @module
 */

/** The error of one of the classes that `run` must throw. */
export function refused<E extends Error>(types: readonly (new (...given: never[]) => E)[], run: () => unknown): E {
  try {
    run();
  } catch (error) {
    const known = types.find((type) => error instanceof type);
    if (known === undefined) throw error;
    return error as E;
  }
  throw new Error("nothing was refused");
}
