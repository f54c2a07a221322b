/**
 * A size that does not fit a layer. The message names the layer, the rule and the numbers.
 *
 * @example
 * ```ts
 * import { network, ShapeError } from "neuralpower/dsl";
 *
 * const tooSmall = network("tiny", { image: [3, 4, 4] }, (x) => x.conv(8, { kernel: 7 }));
 * try {
 *   tooSmall.build();
 * } catch (error) {
 *   if (!(error instanceof ShapeError)) throw error;
 *   console.log(error.layer); // "conv1"
 * }
 * ```
 */
export class ShapeError extends RangeError {
  /** The class's name. */
  override readonly name = "ShapeError";
  /** The layer that the size does not fit. */
  readonly layer: string;

  /**
   * Names the layer in front of the rule.
   *
   * @param layer The layer's name.
   * @param rule What must hold, and the numbers for which it does not.
   */
  constructor(layer: string, rule: string) {
    super(`Layer "${layer}": ${rule}`);
    this.layer = layer;
  }
}

/**
 * A network that is not one: duplicate names, unused layers, values of another network.
 *
 * @example
 * ```ts
 * import { network, NetworkError } from "neuralpower/dsl";
 *
 * const forgotten = network("forgotten", { image: [3, 8, 8] }, (x) => {
 *   x.conv(8, { kernel: 3, name: "unused" });
 *   return x.conv(4, { kernel: 3 });
 * });
 * try {
 *   forgotten.build();
 * } catch (error) {
 *   console.log(error instanceof NetworkError); // true
 * }
 * ```
 */
export class NetworkError extends TypeError {
  /** The class's name. */
  override readonly name = "NetworkError";
}
