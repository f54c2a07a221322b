/**
 * What to choose between cost and error: Pareto fronts, and the energy-precision ratio.
 *
 * @module
 */

/**
 * Those that no other beats in cost and error both, the cheapest first; of equal ones the first alone.
 *
 * @param of A choice's cost and error, each better when smaller.
 *
 * @example
 * ```ts
 * import { paretoFront } from "neuralpower";
 *
 * const choices = [{ mj: 9, error: 0.2 }, { mj: 5, error: 0.3 }, { mj: 6, error: 0.4 }];
 * console.log(paretoFront(choices, ({ mj, error }) => [mj, error]).map(({ mj }) => mj)); // [5, 9]
 * ```
 */
export function paretoFront<T>(choices: readonly T[], of: (choice: T) => readonly [cost: number, error: number]): T[] {
  const front: T[] = [];
  let least = Infinity;
  const sorted = choices.map((choice) => ({ choice, of: of(choice) }))
    .sort((a, b) => a.of[0] - b.of[0] || a.of[1] - b.of[1]);
  for (const { choice, of: [, error] } of sorted) {
    if (error >= least) continue;
    least = error;
    front.push(choice);
  }
  return front;
}

/** What of an image may be weighed against what, across and upwards in a chart. */
export const fronts = {
  "energy-error": ["energyMj", "error"],
  "runtime-error": ["runtimeMs", "error"],
  "runtime-energy": ["runtimeMs", "energyMj"],
} as const;

/** Name of what is weighed. */
export type Weighed = keyof typeof fronts;

/** How much precision weighs beside energy in {@linkcode energyPrecision}: the paper's α. */
export const alphas = [1, 2, 3, 4] as const;

/**
 * The energy-precision ratio, M = errorᵅ · energy an image: less is better (Cai et al., ACML 2017).
 *
 * @param error A fraction.
 * @param energyPerImageMj Of one image's forward pass, mJ.
 * @param alpha How much precision weighs: 1 little, 4 much.
 */
export function energyPrecision(error: number, energyPerImageMj: number, alpha: number): number {
  return error ** alpha * energyPerImageMj;
}
