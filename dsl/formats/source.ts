/**
 * Writes a network as DSL source: a net file that a user can go on designing from.
 *
 * Layers stand in their order, those that follow one another in one chain. Each keeps its name, unless the DSL would give it the same one;
 * joins (sums, products, concatenations) cannot be named in the DSL and have its names.
 *
 * @module
 */
import { activations, type Layer, type Shape } from "../layer.ts";
import type { Network } from "../built_network.ts";
import { FormatError } from "./format_error.ts";
import { type SourceCall, sourceCall } from "./source_calls.ts";
import { type Chain, identifier, importLines, layout, reserved } from "./source_text.ts";

/** How to write. */
export interface SourceOptions {
  /** A comment at the head: where the network is from. */
  readonly comment?: string;
}

/**
 * A network as DSL source.
 *
 * @param network A built network; its batch and number format become the source's own.
 * @returns The text of a `.np.ts` file, which gives the same layers.
 * @throws {FormatError} When it has layers that the DSL has no method for: operators that are not known. When it is too large for a
 * function, of which it would be.
 *
 * @example
 * ```ts
 * import { network } from "neuralpower/dsl";
 * import { networkSource } from "./source.ts";
 *
 * const tiny = network("tiny", { image: [3, 32, 32] }, (x) => x.conv(8, { kernel: 3, activation: "relu" }).flatten().dense(10));
 * networkSource(tiny.build());
 * // … network("tiny", { image: [3, 32, 32] }, (x) => {
 * //   return x.conv(8, { kernel: 3, activation: "relu" }).flatten().dense(10);
 * // });
 * ```
 */
export function networkSource(network: Network, options: SourceOptions = {}): string {
  const lines = new SourceWriter(network).statements();
  const { name, batch, dtype } = network;
  const body = lines.join("\n");
  const functions = [
    "add",
    "concat",
    "concatAlong",
    "div",
    "matmul",
    "maximum",
    "minimum",
    "mul",
    "parameter",
    "pow",
    "sub",
    "where",
  ]
    .filter((name) => new RegExp(`(^|[^.\\w])${name}\\(`).test(body));
  const imports = [...functions, "network"].sort();
  const input = [
    inputText(network),
    ...batch === 1 ? [] : [`batch: ${batch}`],
    ...dtype === "float32" ? [] : [`dtype: "${dtype}"`],
  ];
  const batchLine = /\[batch, /.test(body) ? ["  const [batch] = x.shape;"] : [];
  return [
    ...(options.comment ?? "").split("\n").filter((line) => line !== "").map((line) => `// ${line}`),
    ...importLines(imports),
    "",
    `export default network(${JSON.stringify(name)}, { ${input.join(", ")} }, (x) => {`,
    ...batchLine,
    body,
    "});",
    "",
  ].join("\n");
}

function inputText({ inputShape: [, ...sizes] }: Network): string {
  if (sizes.length === 1) return `vector: ${sizes[0]}`;
  return `${sizes.length === 2 ? "tokens" : "image"}: [${sizes.join(", ")}]`;
}

/** A chain goes on in a statement of its own: a parser nests by its calls, and ends at some thousands. */
const mostCalls = 50;
/** A function takes 65,525 arguments as they are written, and more from a list. */
const mostArguments = 1000;
/** Variables and arguments stand on the stack, which has room for about 120,000. */
const mostOnStack = 110_000;

class SourceWriter {
  readonly #network: Network;
  readonly #readers = new Map<string, number>();
  readonly #variables = new Map<string, string>([["input", "x"]]);
  readonly #identifiers = new Set<string>(["x", "batch", "network", ...reserved]);
  readonly #counts = new Map<string, number>();
  /** How often each identifier was asked for. */
  readonly #asked = new Map<string, number>();
  readonly #names = new Set<string>();
  readonly #lines: string[] = [];
  /** The last value of each rank, for parameters. */
  readonly #latest = new Map<number, string>();

  constructor(network: Network) {
    this.#network = network;
    for (const name of [...network.layers.flatMap(({ inputs }) => inputs), ...network.outputs]) {
      this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1);
    }
    this.#latest.set(network.inputShape.length, "input");
  }

  statements(): readonly string[] {
    const { layers, outputs } = this.#network;
    for (let i = 0; i < layers.length;) i = this.#statement(i);
    this.#checkSize();
    const returned = outputs.map((output) => this.#variables.get(output)!);
    const last = this.#lines.at(-1)!;
    const only = `  const ${returned[0]} = `;
    if (outputs.length === 1 && last.startsWith(only)) {
      this.#lines[this.#lines.length - 1] = last.replace(only, "  return ");
    } else this.#lines.push(`  return ${outputs.length === 1 ? returned[0] : `[${returned.join(", ")}]`};`);
    return this.#lines;
  }

  #checkSize(): void {
    const [values, widest] = [
      this.#variables.size,
      this.#network.layers.reduce((most, { inputs }) => Math.max(most, inputs.length), 0),
    ];
    if (values + widest <= mostOnStack) return;
    throw new FormatError(
      `the network is too large to be written as source: its ${values} variables and a join of ${widest} values would be more than ` +
        `the ${mostOnStack} that a function has room for`,
    );
  }

  /** Writes the layers from one on that make one statement; returns the index of the next. */
  #statement(first: number): number {
    const { layers } = this.#network;
    const parts = this.#splitParts(first);
    if (parts > 1) return this.#split(first, parts);
    let i = first;
    const chain = this.#begin(layers[i]);
    let layer = layers[i++];
    for (;;) {
      const next = layers[i];
      const follows = next !== undefined && next.inputs.length === 1 && next.inputs[0] === layer.name &&
        this.#readers.get(layer.name) === 1 && this.#splitParts(i) < 2;
      if (!follows) break;
      if (isActivationOf(next, layer)) {
        this.#activate(chain, next);
      } else if (chain.calls.length === mostCalls) break;
      else chain.calls.push(this.#call(next));
      this.#names.add(next.name);
      layer = next;
      i++;
    }
    const variable = this.#variable(layer);
    this.#lines.push(layout(`  const ${variable} = `, chain));
    return i;
  }

  #begin(layer: Layer): Chain {
    const made = sourceCall(layer, this.#network.batch);
    if (made.takes === "itself") return { start: this.#variables.get(layer.inputs[0])!, calls: [this.#call(layer)] };
    const like = made.takes === "like" ? [this.#like(layer)] : layer.inputs;
    const variables = like.map((input) => this.#variables.get(input)!);
    const values = variables.length > mostArguments ? [`...[${variables.join(", ")}]`] : variables;
    const args = made.call === "concatAlong" ? [...made.args ?? [], ...values] : [...values, ...made.args ?? []];
    const isJoin = layer.kind !== "matmul" && made.takes === "all";
    const options = isJoin ? this.#join(made) : this.#options(layer, made);
    return { start: `${made.call}(${[...args, ...options].join(", ")})`, calls: [] };
  }

  /** A value of a parameter's sort. */
  #like({ name, outputShape }: Layer): string {
    const like = this.#latest.get(outputShape.length);
    if (like !== undefined) return like;
    throw new FormatError(
      `parameter "${name}" stands before all values of its sort, so that it cannot be written as source`,
    );
  }

  #call(layer: Layer): string {
    const made = sourceCall(layer, this.#network.batch);
    // An image has no reshape of its own.
    const flat = layer.op === "reshape" && layer.inputShape.length !== 2 && made.call !== "reshape" ? "flatten()." : "";
    return `${flat}${made.call}(${[...made.args ?? [], ...this.#options(layer, made)].join(", ")})`;
  }

  #join({ sort }: SourceCall): string[] {
    this.#names.add(this.#nextName(sort));
    return [];
  }

  #options(layer: Layer, { options = {}, sort }: SourceCall): string[] {
    const given = Object.entries(options).filter(([, value]) => value !== undefined).map(([key, value]) =>
      `${key}: ${value}`
    );
    const usual = `${sort}${(this.#counts.get(sort) ?? 0) + 1}`;
    if (layer.name === usual) this.#nextName(sort);
    else given.push(`name: ${JSON.stringify(layer.name)}`);
    return given.length === 0 ? [] : [`{ ${given.join(", ")} }`];
  }

  #nextName(sort: string): string {
    const count = (this.#counts.get(sort) ?? 0) + 1;
    this.#counts.set(sort, count);
    return `${sort}${count}`;
  }

  #activate(chain: Chain, { op }: Layer): void {
    const last = chain.calls.pop()!;
    const activation = `activation: "${op}"`;
    const named = / name: /.exec(last);
    chain.calls.push(
      !last.endsWith(" })")
        ? `${last.slice(0, -1)}${last.endsWith("()") ? "" : ", "}{ ${activation} })`
        : named === null
        ? `${last.slice(0, -3)}, ${activation} })`
        : `${last.slice(0, named.index)} ${activation},${last.slice(named.index)}`,
    );
  }

  /** How many layers from one on are the parts of a split. */
  #splitParts(first: number): number {
    const { layers } = this.#network;
    const part = layers[first];
    if (part.op !== "split") return 0;
    const count = part.inputShape[part.axis] / (part.end - part.start);
    const parts = layers.slice(first, first + count);
    const whole = parts.length === count &&
      parts.every((other, i) =>
        other.op === "split" && other.inputs[0] === part.inputs[0] && other.axis === part.axis &&
        other.start === i * (part.end - part.start)
      );
    return whole ? count : 0;
  }

  #split(first: number, count: number): number {
    const parts = this.#network.layers.slice(first, first + count);
    const [{ inputs, inputShape, axis }] = parts as (Layer<"move"> & { readonly axis: number })[];
    const base = /^(.*)_1$/.exec(parts[0].name)?.[1];
    const named = base !== undefined && parts.every(({ name }, i) => name === `${base}_${i + 1}`);
    const usual = inputShape.length === 4 ? 1 : inputShape.length - 1;
    const names = inputShape.length === 4 ? ["channels", "height", "width"] : ["length", "width"];
    const options = [
      ...axis === usual ? [] : [`axis: "${names[axis - 1]}"`],
      ...named ? [`name: ${JSON.stringify(base)}`] : [],
    ];
    if (!named) { for (const _ of parts) this.#nextName("split"); }
    const variables = parts.map((part) => this.#variable(part));
    const args = [count, ...options.length === 0 ? [] : [`{ ${options.join(", ")} }`]];
    const start = `  const [${variables.join(", ")}] = `;
    this.#lines.push(layout(start, { start: this.#variables.get(inputs[0])!, calls: [`split(${args.join(", ")})`] }));
    return first + count;
  }

  #variable({ name, outputShape }: Layer): string {
    const base = identifier(name);
    let [variable, asked] = [base, this.#asked.get(base) ?? 1];
    while (this.#identifiers.has(variable)) variable = `${base}_${++asked}`;
    this.#asked.set(base, asked);
    this.#identifiers.add(variable);
    this.#variables.set(name, variable);
    this.#latest.set((outputShape as Shape).length, name);
    return variable;
  }
}

/** Whether a layer is what the option `activation` of the one before it makes. */
function isActivationOf(layer: Layer, owner: Layer): boolean {
  const plain = layer.kind === "elementwise" && layer.alpha === undefined &&
    activations.some((activation) => activation === layer.op);
  return plain && ["conv", "deconv", "dense"].includes(owner.kind) && layer.name === `${owner.name}_${layer.op}`;
}
