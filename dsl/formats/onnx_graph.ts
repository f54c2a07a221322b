/**
 * A file's graph with everything worked out that does not depend on what the network is fed: functions and branches in their place, sizes
 * of all tensors, constants folded, names that stand for other tensors resolved.
 *
 * @module
 */
import { elements, type Shape } from "../layer.ts";
import { FormatError, quoted, type ReadOptions } from "./format_error.ts";
import { Call, describe, type Info, OpenSizesError } from "./onnx_call.ts";
import {
  dataTypes,
  type FileAttribute,
  type FileFunction,
  type FileGraph,
  type FileModel,
  type FileNode,
} from "./onnx_model.ts";
import { fold } from "./onnx_fold.ts";
import { type Given, rules } from "./onnx_infer.ts";
import { inputShape } from "./onnx_inputs.ts";
import { inOrder, needed, readNames } from "./onnx_order.ts";
import { opening, unknownOperators } from "./onnx_unknown.ts";

/** A graph without constants' nodes, in execution order. */
export interface Graph {
  /** The tensor that is fed. */
  readonly input: string;
  readonly nodes: Call[];
  readonly outputs: readonly string[];
  /** What is known of each tensor, constants too. */
  readonly infos: Map<string, Info>;
  /** Nodes whose operator is not known. */
  readonly unknown: ReadonlySet<FileNode>;
  /** Whether this project's own writer made the file. */
  readonly isOwn: boolean;
}

/** Functions and branches within each other. */
const MAX_DEPTH = 16;
/** Nodes, those of functions counted at each call. */
const MAX_NODES = 50_000;
/** Elements of constants that are worked out, all together. */
const MAX_FOLDED = 2 ** 22;
/** Versions of ONNX's operators that are read. */
const oldest = 7, newest = 23;

/** Operators that a generated weight may go through and stay one. */
const weightMoves = ["Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Expand"];

/** Operators that give what they are given, in another number format or whatever a trained network needs none of. */
const passes = ["Identity", "Cast", "CastLike", "Dropout"];

/**
 * Works a file's graph out.
 *
 * @param hasLayer Whether an operator on what is fed becomes a layer; it need not, where it only computes sizes.
 * @throws {FormatError} Where sizes do not fit, or operators are not known and `allowUnsupported` is not set.
 */
export function resolve(model: FileModel, options: ReadOptions, hasLayer: (op: string) => boolean): Graph {
  return new Resolver(model, options, hasLayer).resolve();
}

/** Names of one graph, and what they stand for: the tensor's name among all. */
class Scope {
  readonly #names = new Map<string, string>();

  constructor(readonly outer?: Scope) {}

  get(name: string): string | undefined {
    return this.#names.get(name) ?? this.outer?.get(name);
  }

  set(name: string, tensor: string): void {
    this.#names.set(name, tensor);
  }
}

class Resolver {
  readonly #model: FileModel;
  readonly #options: ReadOptions;
  readonly #hasLayer: (op: string) => boolean;
  readonly #functions: ReadonlyMap<string, FileFunction>;
  readonly #infos = new Map<string, Info>();
  readonly #nodes: Call[] = [];
  readonly #unknown = new Set<FileNode>();
  readonly #told = new Map<string, Shape>();
  /** The first nodes whose sizes only a run tells, and what they and all after them read. */
  readonly #opened = new Set<FileNode>();
  readonly #beforeOpen = new Set<string>();
  /** Tensors that nodes make of nothing: weights in files without, and much else. */
  readonly #generated = new Set<string>();
  #count = 0;
  #folded = 0;
  readonly #copies = new Map<string, number>();

  constructor(model: FileModel, options: ReadOptions, hasLayer: (op: string) => boolean) {
    this.#model = model;
    this.#options = options;
    this.#hasLayer = hasLayer;
    this.#functions = new Map(model.functions.map((made) => [`${made.domain}:${made.name}`, made]));
  }

  resolve(): Graph {
    const { graph, opsets } = this.#model;
    const version = opsets.get("") ?? 0;
    if (version < oldest || version > newest) {
      throw new FormatError(`it has version ${version} of ONNX's operators; versions ${oldest} to ${newest} are read`);
    }
    for (const { name, shape } of [...graph.values, ...graph.outputs]) {
      if (shape?.every((size) => typeof size === "number")) this.#told.set(name, shape as number[]);
    }
    const scope = new Scope();
    this.#constants(graph, scope);
    const nodes = needed(graph);
    const input = this.#bindInput(graph, nodes, scope);
    this.#run(nodes, scope, 0);
    if (this.#unknown.size + this.#opened.size > 0 && !this.#options.allowUnsupported) {
      throw new FormatError(unknownOperators(this.#unknown, this.#opened));
    }
    const outputs = graph.outputs.map(({ name }) => scope.get(name) ?? this.#lacks(name, "output of the graph"));
    const isOpen = (output: string) => this.#infos.get(output)?.open ?? false;
    const fed = outputs.filter((output) => !this.#infos.get(output)?.constant && !isOpen(output));
    if (outputs.some(isOpen)) fed.push(this.#rest(scope, this.#infos.get(input)!.shape[0]));
    if (fed.length === 0) throw new FormatError("its outputs do not depend on its input");
    return {
      ...{ input, nodes: this.#nodes, outputs: [...new Set(fed)], infos: this.#infos, unknown: this.#unknown },
      isOwn: this.#model.producer === "neuralpower",
    };
  }

  #bindInput(graph: FileGraph, nodes: readonly FileNode[], scope: Scope): string {
    const read = new Set([...nodes.flatMap(readNames), ...graph.outputs.map(({ name }) => name)]);
    const constant = new Set(graph.initializers.map(({ name }) => name));
    const inputs = graph.inputs.filter(({ name }) => read.has(name) && !constant.has(name));
    if (inputs.length !== 1) {
      const names = inputs.map(({ name }) => quoted(name)).slice(0, 8).join(", ");
      throw new FormatError(
        inputs.length === 0
          ? "its outputs depend on no input"
          : `it has ${inputs.length} inputs (${names}), and networks here have one; leave one of them in the file`,
      );
    }
    const [{ name, dataType }] = inputs;
    scope.set(name, name);
    this.#infos.set(name, { shape: inputShape(inputs[0], this.#options), dataType, constant: false });
    return name;
  }

  #constants({ initializers }: FileGraph, scope: Scope): void {
    for (const { name, shape, dataType, values } of initializers) {
      const own = this.#tensor(name, scope);
      this.#infos.set(own, { shape, dataType, constant: true, values, ...learnedBy(own, shape, dataType) });
    }
  }

  #run(nodes: readonly FileNode[], scope: Scope, depth: number): void {
    if (depth > MAX_DEPTH) {
      throw new FormatError(`functions and branches are more than ${MAX_DEPTH} deep in each other`);
    }
    this.#count += nodes.length;
    if (this.#count > MAX_NODES) throw new FormatError(`it has more than ${MAX_NODES} nodes`);
    for (const node of inOrder(nodes)) this.#node(node, scope, depth);
  }

  #node(node: FileNode, scope: Scope, depth: number): void {
    const made = this.#functions.get(`${node.domain}:${node.op}`);
    if (made !== undefined) return this.#function(made, node, scope, depth);
    const inputs = node.inputs.map((name) => name === "" ? "" : scope.get(name) ?? this.#lacks(name, describe(node)));
    const call = new Call(
      { ...node, inputs },
      inputs.map((name) => this.#infos.get(name)),
      this.#model.opsets.get("")!,
    );
    const constant = call.inputs.every((input) => input?.constant ?? true);
    if (node.op === "If" && call.inputs[0]?.constant) return this.#branch(call, scope, depth);
    if (isPass(node) && !constant) return scope.set(node.outputs[0], inputs[0]);
    if (call.inputs.some((input) => input?.open)) return this.#afterOpen(call, scope);
    if (!isKnown(node)) return this.#withoutRule(call, scope);
    const given = this.#rule(call);
    if (given === undefined) return this.#afterOpen(call, scope);
    given.forEach(({ shape }) => checkShape(call, shape));
    const shapes = given.map(({ shape }) => shape);
    const values = constant && this.#folded < MAX_FOLDED ? fold(call, shapes) : undefined;
    const outputs = node.outputs.map((name) => name === "" ? "" : this.#tensor(name, scope));
    outputs.forEach((output, i) => {
      if (output === "" || given[i] === undefined) return;
      // What is empty is the same whatever is fed.
      const known = given[i].values ?? values?.[i] ?? (elements(given[i].shape) === 0 ? [] : undefined);
      this.#folded += known?.length ?? 0;
      this.#infos.set(output, this.#info(call, given[i], constant, output, known));
    });
    if (!constant && !outputs.every((output) => output === "" || this.#infos.get(output)?.constant)) {
      const fed = new Call({ ...call.node, outputs }, call.inputs, call.version);
      this.#nodes.push(fed);
      if (!this.#hasLayer(node.op)) this.#unknown.add(fed.node);
    }
  }

  /** What a node gives; undefined where only a run tells, or where the sizes that operators which are not known were taken to give do not fit. */
  #rule(call: Call): readonly Given[] | undefined {
    try {
      return [rules[call.node.op](call)].flat();
    } catch (error) {
      if (error instanceof OpenSizesError) this.#opened.add(call.node);
      else if (!(error instanceof FormatError && this.#unknown.size > 0)) throw error;
      return undefined;
    }
  }

  #info(call: Call, { shape, dataType }: Given, constant: boolean, output: string, values?: readonly number[]): Info {
    const type = dataType ?? call.inputs[0]?.dataType ?? 1;
    // What follows from shapes alone is constant, though the tensor is not.
    const info: Info = { shape, dataType: type, constant: constant || values !== undefined };
    if (!info.constant) return info;
    // A resize's factors are no weights.
    const data = call.node.op === "Resize" || call.node.op === "Upsample" ? call.inputs.slice(0, 1) : call.inputs;
    const passed = data.flatMap((input) => input?.learned ?? []).filter((name) =>
      // A generator's numbers that are computed with are no weights but a mask or the like.
      !this.#generated.has(name) || weightMoves.includes(call.node.op)
    );
    const learned = dataTypes[type]?.whole === false ? [...new Set(passed)].slice(0, 64) : [];
    if (isMade(call)) this.#generated.add(output);
    const own = learned.length > 0 ? { learned } : isMade(call) ? learnedBy(output, shape, type) : {};
    const repeats = ["Expand", "Tile"].includes(call.node.op)
      ? { repeats: call.inputs[0]?.repeats ?? call.node.inputs[0] }
      : {};
    return { ...info, values, ...own, ...repeats };
  }

  #function(made: FileFunction, call: FileNode, scope: Scope, depth: number): void {
    const inner = new Scope();
    made.inputs.forEach((name, i) => {
      const given = call.inputs[i] ?? "";
      if (given !== "") inner.set(name, scope.get(given) ?? this.#lacks(given, describe(call)));
      else inner.set(name, "");
    });
    const given = new Map([...made.defaults, ...call.attributes].map((attribute) => [attribute.name, attribute]));
    const nodes = made.nodes.map((node) => withAttributes(node, given));
    this.#run(
      call.name === "" ? nodes : nodes.map((node) => ({ ...node, name: `${call.name}/${node.name}` })),
      inner,
      depth + 1,
    );
    call.outputs.forEach((name, i) => {
      if (name === "" || made.outputs[i] === undefined) return;
      scope.set(name, inner.get(made.outputs[i]) ?? this.#lacks(made.outputs[i], describe(call)));
    });
  }

  #branch(call: Call, scope: Scope, depth: number): void {
    const name = call.values(0)[0] !== 0 ? "then_branch" : "else_branch";
    const branch = call.attribute(name)?.graph ?? call.fail(`its ${name} is missing`);
    const inner = new Scope(scope);
    this.#constants(branch, inner);
    this.#run(branch.nodes, inner, depth + 1);
    call.node.outputs.forEach((output, i) => {
      const given = branch.outputs[i]?.name ?? call.fail("its branch gives less than it does");
      scope.set(output, inner.get(given) ?? this.#lacks(given, describe(call.node)));
    });
  }

  /** A node of sizes that only a run tells, as have all that come after it. */
  #afterOpen(call: Call, scope: Scope): void {
    if (!isKnown(call.node)) this.#unknown.add(call.node);
    call.node.inputs.forEach((input, i) => {
      const info = call.inputs[i];
      if (info !== undefined && !info.constant && !info.open) this.#beforeOpen.add(input);
    });
    for (const name of call.node.outputs.filter((name) => name !== "")) {
      this.#infos.set(this.#tensor(name, scope), { shape: [], dataType: 1, constant: false, open: true });
    }
  }

  /** All nodes whose sizes only a run tells, as one that is left out. */
  #rest(scope: Scope, batch: number): string {
    const output = this.#tensor("rest", scope);
    this.#infos.set(output, { shape: [batch, 1], dataType: 1, constant: false });
    const [first] = [...this.#opened, ...this.#unknown];
    const node = {
      ...first,
      op: `${first.op} and what follows`,
      inputs: [...this.#beforeOpen],
      outputs: [output],
      attributes: [],
    };
    this.#unknown.add(node);
    this.#nodes.push(new Call(node, node.inputs.map((input) => this.#infos.get(input)), this.#model.opsets.get("")!));
    return output;
  }

  /** What is left out: as large as the file says, else as its input. */
  #withoutRule(call: Call, scope: Scope): void {
    const told = call.node.outputs.some((name) => this.#told.has(name));
    if (opening.includes(call.node.op) && !told) {
      this.#opened.add(call.node);
      return this.#afterOpen(call, scope);
    }
    const outputs = call.node.outputs.map((name) => name === "" ? "" : this.#tensor(name, scope));
    const first = call.inputs.find((input) => input !== undefined && !input.constant) ?? call.inputs[0];
    outputs.forEach((output, i) => {
      if (output === "") return;
      const shape = this.#told.get(call.node.outputs[i]) ?? first?.shape ?? [1];
      this.#infos.set(output, { shape, dataType: first?.dataType ?? 1, constant: false });
    });
    const node = { ...call.node, outputs };
    this.#unknown.add(node);
    this.#nodes.push(new Call(node, call.inputs, call.version));
  }

  /** A new tensor's name, unique among all graphs. */
  #tensor(name: string, scope: Scope): string {
    let own = name;
    let copy = this.#copies.get(name) ?? 2;
    while (this.#infos.has(own)) own = `${name}#${copy++}`;
    this.#copies.set(name, copy);
    scope.set(name, own);
    return own;
  }

  #lacks(name: string, reader: string): never {
    throw new FormatError(`${quoted(name)}, read by ${reader}, is made by no node`);
  }
}

function isKnown({ op, domain }: FileNode): boolean {
  return (domain === "" || op === "SimplifiedLayerNormalization" || op === "Gelu") && Object.hasOwn(rules, op);
}

function isPass({ op, domain, outputs }: FileNode): boolean {
  return domain === "" && passes.includes(op) && (outputs[1] ?? "") === "";
}

/** Generators of weights, and nodes that hold them, unless they hold one number again and again. Zeros and ones are what masks begin with. */
function isMade(call: Call): boolean {
  const { op } = call.node;
  if (op === "Constant") {
    const values = call.attribute("value")?.tensor?.values;
    return values === undefined || values.some((value) => value !== values[0]);
  }
  if (op !== "ConstantOfShape") return op.startsWith("Random");
  const fill = call.attribute("value")?.tensor?.values?.[0] ?? 0;
  return fill !== 0 && fill !== 1;
}

/** A tensor of several numbers that are not whole ones is learned. */
function learnedBy(name: string, shape: Shape, dataType: number): { readonly learned?: readonly string[] } {
  return elements(shape) > 1 && dataTypes[dataType]?.whole === false ? { learned: [name] } : {};
}

function checkShape(call: Call, shape: Shape): void {
  const countable = shape.every((size) => Number.isSafeInteger(size) && size >= 0) && shape.length <= 64;
  if (!countable || !Number.isSafeInteger(elements(shape))) {
    call.fail(`it gives a tensor of sizes that cannot be: [${shape.slice(0, 8).join(", ")}]`);
  }
}

/** Attributes of a function's node that are its call's. */
function withAttributes(node: FileNode, given: ReadonlyMap<string, FileAttribute>): FileNode {
  if (node.attributes.every(({ reference }) => reference === undefined)) return node;
  const attributes = node.attributes.flatMap((attribute) => {
    if (attribute.reference === undefined) return [attribute];
    const value = given.get(attribute.reference);
    return value === undefined ? [] : [{ ...value, name: attribute.name }];
  });
  return { ...node, attributes };
}
