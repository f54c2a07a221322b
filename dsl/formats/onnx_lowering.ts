/**
 * The layers that a graph becomes, under construction: each tensor of the graph, of whatever rank, is a value of the DSL with as many elements
 * in the same order, batch first.
 *
 * The batch is the input's first size. A tensor whose first axis holds more than that (the windows of a Swin transformer) or something else
 * (the parts of a joined projection) is seen as the batch and what it has beside it: kinds and costs of layers depend on no more.
 *
 * @module
 */
import { elements, type Layer, type LayerOptions, type Shape } from "../layer.ts";
import { outputShape } from "../shape.ts";
import { FormatError, quoted } from "./format_error.ts";
import type { Call, Info } from "./onnx_call.ts";
import type { Graph } from "./onnx_graph.ts";

/** A layer's output, or the network's input. */
export interface Made {
  /** The layer's name, or `"input"`. */
  readonly name: string;
  /** Two to four sizes, batch first. */
  readonly shape: Shape;
}

/** What several nodes are together: the tensors that it reads, and how it becomes layers. */
export interface Recognised {
  readonly inputs: readonly string[];
  readonly lower: (to: Lowering, call: Call) => Made;
}

/** Layers of the DSL that its functions name by themselves, in the order in which they are made. */
const namedByCount = ["add", "mul", "max", "min", "sub", "div", "pow", "where", "concat"];

/** Longest name of a layer. */
const longestName = 150;

/** Collects layers. */
export class Lowering {
  readonly graph: Graph;
  readonly batch: number;
  /** What the network is fed, batch first. */
  readonly inputShape: Shape;
  readonly layers: Layer[] = [];
  readonly #made = new Map<string, Made>();
  readonly #makers = new Map<string, Call>();
  readonly #readers = new Map<string, number>();
  readonly #firstReader = new Map<string, Call>();
  readonly #places = new Map<Call, number>();
  readonly #names = new Set<string>(["input"]);
  readonly #weights = new Set<string>();
  readonly #counts = new Map<string, number>();
  /** The number that the next layer of a name gets, if it is taken. */
  readonly #suffixes = new Map<string, number>();
  /** Other views of a layer's output, by the layer's name and their shape; and what a view is a view of. */
  readonly #views = new Map<string, Made>();
  readonly #viewed = new Map<string, Made>();
  /** How many more times numbers are sent through nodes to tell what they compute: no network needs as many. */
  attempts = 20_000;
  /** Learned tensors that layers have counted. */
  readonly counted = new Set<string>();

  constructor(graph: Graph) {
    this.graph = graph;
    const shape = batchedInput(graph);
    this.inputShape = shape;
    this.batch = shape[0];
    this.#made.set(graph.input, { name: "input", shape });
    for (const call of graph.nodes) {
      this.#places.set(call, this.#places.size);
      for (const output of call.node.outputs) this.#makers.set(output, call);
      for (const input of new Set(call.node.inputs)) {
        this.#readers.set(input, (this.#readers.get(input) ?? 0) + 1);
        if (!this.#firstReader.has(input)) this.#firstReader.set(input, call);
      }
    }
    for (const output of graph.outputs) this.#readers.set(output, (this.#readers.get(output) ?? 0) + 1);
  }

  /** The node that makes a tensor. */
  maker(tensor: string): Call | undefined {
    return this.#makers.get(tensor);
  }

  /** Where a node stands in the graph. */
  place(call: Call): number {
    return this.#places.get(call)!;
  }

  /** The node that makes a tensor, where it is of one of these operators and nothing else reads it. */
  sole(tensor: string, ...ops: readonly string[]): Call | undefined {
    const call = this.#makers.get(tensor);
    return call !== undefined && ops.includes(call.node.op) && this.#readers.get(tensor) === 1 ? call : undefined;
  }

  /** The only node that reads a tensor, unless it is given out. */
  soleReader(tensor: string): Call | undefined {
    return this.#readers.get(tensor) === 1 ? this.#firstReader.get(tensor) : undefined;
  }

  info(tensor: string): Info {
    return this.graph.infos.get(tensor) ?? missing(tensor);
  }

  shape(tensor: string): Shape {
    return this.info(tensor).shape;
  }

  /** A constant of one element: its number. */
  number(tensor: string | undefined): number | undefined {
    const { constant, values, shape } = this.graph.infos.get(tensor ?? "") ?? { constant: false, shape: [] };
    return constant && elements(shape) === 1 ? values?.[0] : undefined;
  }

  /** The value that stands for a tensor. */
  of(tensor: string): Made {
    return this.#made.get(tensor) ?? missing(tensor);
  }

  /** Has a value stand for a tensor. */
  set(tensor: string, value: Made): void {
    this.#made.set(tensor, value);
  }

  /** Adds a layer. */
  add(options: LayerOptions, inputs: readonly Made[], call: Call, suffix = "", named?: string): Made {
    const name = namedByCount.includes(options.op) && inputs.length > 1
      ? this.#nextName(options.op)
      : this.#freeName(named ?? nameOf(call, suffix));
    return this.#push(options, inputs, name);
  }

  /** Says of the layer that was added last which weights it has: those that another has, too, are the network's once. */
  weigh(value: Made, tensor: string): Made {
    const { learned = [], shape } = this.info(tensor);
    // A part of what is learned has only its own name.
    const whole = learned.length === 1 && elements(this.shape(learned[0])) === elements(shape);
    const weight = whole ? learned[0] : tensor;
    if (this.#weights.has(weight)) this.learns(0);
    this.#weights.add(weight);
    return value;
  }

  /** Says of the layer that was added last how many learned numbers are its own, where its kind has others. */
  learns(count: number): void {
    this.layers.push({ ...this.layers.pop()!, learned: count });
  }

  /** A tensor's value with other axes: the same elements of the same batch, and so a view. */
  as(value: Made, shape: Shape, call: Call): Made {
    if (equal(value.shape, shape)) return value;
    const source = this.#viewed.get(value.name) ?? value;
    if (equal(source.shape, shape)) return source;
    const known = this.#views.get(`${source.name}:${shape}`);
    if (known !== undefined) return known;
    if (elements(shape) !== elements(value.shape) || shape[0] !== this.batch) {
      call.fail(`[${value.shape.join(", ")}] cannot be seen as [${shape.join(", ")}], batch first`);
    }
    const made = shape.length === 2
      ? this.#view({ kind: "view", op: "flatten" }, source, `${nameOf(call, "")}_flat`)
      // The DSL's images have no reshape of their own.
      : source.shape.length === 2 || source.shape.length === 3 && shape.length === 3
      ? this.#view({ kind: "view", op: "reshape", shape }, source, `${nameOf(call, "")}_view`)
      : this.#view(
        { kind: "view", op: "reshape", shape },
        this.as(source, flat(shape), call),
        `${nameOf(call, "")}_view`,
      );
    this.#views.set(`${source.name}:${shape}`, made);
    this.#viewed.set(made.name, source);
    return made;
  }

  /** A view that the graph has itself, under its name. */
  view(value: Made, shape: Shape, call: Call): Made {
    if (equal(value.shape, shape) || this.#viewed.has(value.name)) return this.as(value, shape, call);
    if (shape.length !== 2) return this.as(value, shape, call);
    const made = this.add({ kind: "view", op: "flatten" }, [value], call);
    this.#views.set(`${value.name}:${shape}`, made);
    this.#viewed.set(made.name, value);
    return made;
  }

  /**
   * A learned constant, broadcast: of the given shape, which may have size 1 where the layer's other inputs have more.
   *
   * @returns Undefined where nothing was learned, or layers have counted it already.
   */
  parameter(tensor: string, shape: Shape): Made | undefined {
    const learned = (this.info(tensor).learned ?? []).filter((name) => !this.counted.has(name));
    const count = learned.reduce((sum, name) => sum + elements(this.shape(name)), 0);
    if (count === 0) return undefined;
    for (const name of learned) this.counted.add(name);
    const name = this.#freeName(cleaned(this.info(tensor).repeats ?? tensor));
    if (count === elements(shape)) {
      return this.#push({ kind: "view", op: "parameter", shape: [1, ...shape.slice(1)] }, [], name);
    }
    // Rows of a table, some of them several times: as many are read, and as many written.
    const table = this.#push({ kind: "view", op: "parameter", shape: [1, 1, count, 1] }, [], name);
    const size = [elements(shape), 1] as const;
    const rows = this.#push({ kind: "move", op: "upsample_nearest", size }, [table], this.#freeName(`${name}_rows`));
    const vector = this.#push({ kind: "view", op: "flatten" }, [rows], this.#freeName(`${name}_flat`));
    if (shape.length === 2) return vector;
    const view = { kind: "view", op: "reshape", shape: [1, ...shape.slice(1)] } as const;
    return this.#push(view, [vector], this.#freeName(`${name}_view`));
  }

  /** Gives the last layer the name of a view that follows it, if it was named as a part of that. */
  rename(value: Made, call: Call): Made {
    const last = this.layers.at(-1);
    const name = call.node.name;
    if (last === undefined || last.name !== value.name || this.#names.has(name)) return value;
    if (name === "" || !last.name.startsWith(`${name}/`)) return value;
    this.layers[this.layers.length - 1] = { ...last, name };
    this.#names.add(name);
    return { ...value, name };
  }

  /** The layers without those that nothing reads, and the network's outputs. */
  finish(): { readonly layers: readonly Layer[]; readonly outputs: readonly string[] } {
    const outputs = [...new Set(this.graph.outputs.map((output) => this.of(output).name))];
    const used = new Set(outputs);
    const layers = this.layers.toReversed().filter((layer) => {
      if (!used.has(layer.name)) return false;
      for (const input of layer.inputs) used.add(input);
      return true;
    });
    return { layers: layers.reverse(), outputs };
  }

  #view(options: LayerOptions, input: Made, name: string): Made {
    return this.#push(options, [input], this.#freeName(name));
  }

  #push(options: LayerOptions, inputs: readonly Made[], name: string): Made {
    const shapes = inputs.map(({ shape }) => shape);
    const shape = outputShape(options, shapes, name);
    this.layers.push({
      ...options,
      name,
      inputs: inputs.map((input) => input.name),
      inputShape: shapes[0] ?? shape,
      inElements: (shapes.length === 0 ? [shape] : shapes).reduce((sum, input) => sum + elements(input), 0),
      outputShape: shape,
    });
    return { name, shape };
  }

  #nextName(sort: string): string {
    const count = (this.#counts.get(sort) ?? 0) + 1;
    this.#counts.set(sort, count);
    return `${sort}${count}`;
  }

  /** A name that no other layer has or may get by its count. */
  #freeName(wanted: string): string {
    const base = wanted === "" ? "layer" : wanted;
    const taken = (name: string) => this.#names.has(name) || namedByCount.some((sort) => isCounted(name, sort));
    let name = base;
    let i = this.#suffixes.get(base) ?? 2;
    while (taken(name)) name = `${base}_${i++}`;
    this.#suffixes.set(base, i);
    this.#names.add(name);
    return name;
  }
}

/** The input's sizes, batch first. An image by itself, such as a detector takes, is a batch of one: its convolutions say so. */
function batchedInput({ infos, input, nodes }: Graph): Shape {
  const { shape } = infos.get(input)!;
  const images = nodes.find(({ node }) => node.op === "Conv")?.shape()[0] ?? 0;
  return shape.length === 3 && images % shape[0] !== 0 ? [1, ...shape] : shape;
}

/** An input that is not given, or an output that is none of a layer's: the statistics of a norm, the places of maxima. */
function missing(tensor: string | undefined): never {
  throw new FormatError(`${quoted(tensor ?? "")} is read, and no layer makes it`);
}

function isCounted(name: string, sort: string): boolean {
  return name.startsWith(sort) && /^\d+$/.test(name.slice(sort.length));
}

/** A layer's name after its node's, or its output's. */
function nameOf({ node }: Call, suffix: string): string {
  const own = node.module ?? node.name;
  const name = cleaned(own !== "" ? own : node.outputs.find((output) => output !== "") ?? node.op);
  return suffix === "" ? name : `${name}_${suffix}`;
}

/**
 * PyTorch's `/layer1/layer1.0/conv1/Conv` is the module layer1.0.conv1; its newer exporter's `node_conv2d_1` is conv2d_1.
 *
 * Nothing that steers a terminal stays, and no name is endless.
 */
export function cleaned(name: string): string {
  let plain = name.slice(0, 2000).replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, "");
  if (plain.startsWith("/")) {
    const parts = plain.split("/").filter((part) => part !== "");
    const last = parts.at(-1) ?? "";
    if (parts.length > 1 && /^[A-Z][A-Za-z0-9]*(_\d+)?(_output_\d+)?$/.test(last)) parts.pop();
    const modules = parts.filter((part, i) => !parts[i + 1]?.startsWith(`${part}.`));
    plain = modules.join(".");
  }
  return plain.replace(/^node_(?=[A-Za-z])/, "").slice(-longestName);
}

/** Whether shapes are the same. */
export function equal(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

function flat(shape: Shape): Shape {
  return [shape[0], elements(shape.slice(1))];
}

/** The input that is fed and the one that is constant, where there are one of each. */
export function withConstant(to: Lowering, call: Call): readonly [string?, string?] {
  const [a, b] = call.node.inputs;
  if (call.node.inputs.length !== 2 || to.info(a).constant === to.info(b).constant) return [];
  return to.info(a).constant ? [b, a] : [a, b];
}
