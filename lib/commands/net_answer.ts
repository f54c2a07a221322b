/**
 * Makes a network of what a net file's process answers. The answer may be false: it is taken as names and options alone, each checked,
 * and every shape is derived here again.
 *
 * @module
 */
import type { BuildOptions, Layer, LayerOptions, Network, Shape } from "neuralpower/dsl";
import { checkNetwork } from "../../dsl/built_network.ts";
import { cost, totalCost } from "../../dsl/cost.ts";
import { NetworkError } from "../../dsl/errors.ts";
import { dtypes, elements, kinds } from "../../dsl/layer.ts";
import { outputShape } from "../../dsl/shape.ts";
import { opsOf } from "../ops.ts";

const longestName = 200;
const longestList = 64;

/**
 * Checks an answer and derives the network.
 *
 * @param given JSON: name, batch, dtype, inputShape, outputs, and of each layer its name, inputs and options.
 * @param asked What the network was to be built for.
 * @throws {NetworkError | ShapeError} Naming what is wrong, and the layer.
 */
export function networkOfAnswer(given: unknown, asked: BuildOptions): Network {
  const { name, batch, dtype, inputShape, layers, outputs } = record(given, "the network");
  const network = text(name, "the network's name");
  const format = dtypes.find((known) => known === dtype);
  if (format === undefined) fail(`the number format must be one of ${dtypes.join(", ")}`);
  if (asked.dtype !== undefined && asked.dtype !== format) fail(`it was built for ${format}, not ${asked.dtype}`);
  const input = list(inputShape, "the input's shape", 4).map((size) => whole(size, "a size of the input"));
  if (input.length < 2) fail("the input's shape has less than two axes");
  if (batch !== input[0]) fail("the batch is not the input's first size");
  if (asked.batch !== undefined && asked.batch !== batch) fail(`it was built for batch ${batch}, not ${asked.batch}`);
  const [height, width] = typeof asked.image === "number" ? [asked.image, asked.image] : asked.image ?? [];
  if (height !== undefined && (input[2] !== height || input[3] !== width)) {
    fail(`it was built for images of ${input[2]}×${input[3]}, not ${height}×${width}`);
  }

  const shapes = new Map<string, Shape>([["input", input]]);
  const derived = list(layers, "the layers", Infinity).map((layer): Layer => {
    // The last two are those of files that are data: here they would forge a figure, or a warning.
    const { name, inputs, learned: _learned, operator: _operator, ...options } = record(layer, "a layer");
    const own = text(name, "a layer's name");
    const names = list(inputs, `the inputs of layer "${own}"`, Infinity).map((input) => text(input, "an input's name"));
    const read = names.map((input) =>
      shapes.get(input) ?? fail(`layer "${own}" reads "${input}", which no layer before it makes`)
    );
    checkOptionValues(options, own);
    const outShape = outputShape(options as unknown as LayerOptions, read, own);
    if (!shapes.has(own)) shapes.set(own, outShape);
    return {
      ...options as unknown as LayerOptions,
      name: own,
      inputs: names,
      // A parameter reads nothing: as when it is built, its own shape stands there.
      inputShape: read[0] ?? outShape,
      inElements: (read.length === 0 ? [outShape] : read).reduce((sum, shape) => sum + elements(shape), 0),
      outputShape: outShape,
    };
  });
  const made: Network = {
    name: network,
    batch: input[0],
    dtype: format!,
    inputShape: input,
    layers: derived,
    outputs: list(outputs, "the outputs", Infinity).map((output) => text(output, "an output's name")),
  };
  checkNetwork(made);
  checkCosts(made);
  return made;
}

/**
 * A layer's options are flat: words, numbers, yes or no, and short lists of numbers. What they mean is the shape rules' and the costs'
 * affair, so that nothing about a kind is written twice.
 */
function checkOptionValues(options: Record<string, unknown>, layer: string): void {
  const { kind, op } = options;
  const known = kinds.find((name) => name === kind);
  if (known === undefined) fail(`layer "${layer}" is of no known kind; there are ${kinds.join(", ")}`);
  if (!opsOf(known!).some((name) => name === op)) {
    fail(`layer "${layer}" (${known}) has no known op; there are ${opsOf(known!).join(", ")}`);
  }
  for (const [key, value] of Object.entries(options)) {
    const plain = typeof value === "boolean" || value === null || word(value) || Number.isFinite(value) ||
      Array.isArray(value) && value.length <= longestList && value.every((item) => Number.isFinite(item) || word(item));
    if (!plain || !word(key)) {
      fail(`layer "${layer}": an option is neither a number, a word, yes or no, nor a short list`);
    }
  }
}

/**
 * An option that is of another sort than the kind's makes a cost that is no number; sizes of an honest network may exceed all.
 *
 * @throws {NetworkError} Naming the layer.
 */
export function checkCosts({ layers, dtype }: Pick<Network, "layers" | "dtype">): void {
  const costs = layers.map((layer) => {
    const own = cost(layer, dtype);
    for (const [what, value] of Object.entries(own)) {
      if (Number.isSafeInteger(value) && value >= 0) continue;
      fail(
        value > Number.MAX_SAFE_INTEGER
          ? `layer "${layer.name}": its ${what} exceed 2⁵³ and cannot be counted; make it smaller`
          : `layer "${layer.name}": its options give no count of ${what}`,
      );
    }
    return own;
  });
  for (const [what, value] of Object.entries(totalCost(costs))) {
    if (!Number.isSafeInteger(value)) fail(`its ${what} exceed 2⁵³ and cannot be counted; make it smaller`);
  }
}

function fail(what: string): never {
  throw new NetworkError(`gives a network that cannot be used: ${what}`);
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) fail(`${what} is no object`);
  return value as Record<string, unknown>;
}

function list(value: unknown, what: string, most: number): unknown[] {
  if (!Array.isArray(value)) fail(`${what} are no list`);
  if ((value as unknown[]).length > most) fail(`${what} has more than ${most} entries`);
  return value as unknown[];
}

function text(value: unknown, what: string): string {
  if (typeof value !== "string" || value === "") fail(`${what} is no text`);
  if ((value as string).length > longestName) fail(`${what} is longer than ${longestName} characters`);
  return value as string;
}

function whole(value: unknown, what: string): number {
  if (Number.isSafeInteger(value) && value as number >= 1) return value as number;
  return fail(`${what} must be a whole number of at least 1, got ${typeof value === "number" ? value : typeof value}`);
}

function word(value: unknown): value is string {
  return typeof value === "string" && /^[a-z][A-Za-z0-9_]{0,39}$/.test(value);
}
