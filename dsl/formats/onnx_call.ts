/**
 * One operator with what is known of its inputs: what shape rules, folding and layers are told of a node.
 *
 * @module
 */
import type { Shape } from "../layer.ts";
import { FormatError, quoted } from "./format_error.ts";
import type { FileAttribute, FileNode } from "./onnx_model.ts";

/** What is known of a tensor. */
export interface Info {
  /** Empty for a scalar. */
  readonly shape: Shape;
  /** ONNX's number for its number format. */
  readonly dataType: number;
  /** Whether it is the same at each run: a weight, or a number of the graph. */
  readonly constant: boolean;
  /** Its elements, where it is constant and they are known. */
  readonly values?: readonly number[];
  /** Names of the learned tensors that it is made of, where it is constant. */
  readonly learned?: readonly string[];
  /** The constant that it repeats. */
  readonly repeats?: string;
  /** Whether its sizes depend on what the network is fed, so that only a run tells them. */
  readonly open?: boolean;
}

/** Sizes depend on what the network is fed. */
export class OpenSizesError extends FormatError {}

/** ONNX's numbers for the number formats that operators give by themselves. */
export const int64 = 7, bool = 9, float16 = 10;

/** A node with its inputs. */
export class Call {
  readonly node: FileNode;
  readonly inputs: readonly (Info | undefined)[];
  /** Version of the operator set. */
  readonly version: number;
  readonly #attributes: ReadonlyMap<string, FileAttribute>;

  constructor(node: FileNode, inputs: readonly (Info | undefined)[], version: number) {
    this.node = node;
    this.inputs = inputs;
    this.version = version;
    this.#attributes = new Map(node.attributes.map((attribute) => [attribute.name, attribute]));
  }

  /** Says of the node that something is wrong. */
  fail(what: string): never {
    throw new FormatError(`${describe(this.node)}: ${what}`);
  }

  /** Whether an input is given. */
  has(i: number): boolean {
    return this.inputs[i] !== undefined;
  }

  input(i = 0): Info {
    return this.inputs[i] ?? this.fail(`input ${i + 1} is missing`);
  }

  shape(i = 0): Shape {
    return this.input(i).shape;
  }

  rank(i = 0): number {
    return this.shape(i).length;
  }

  /** An input's numbers. */
  values(i: number): readonly number[] {
    const { constant, values } = this.input(i);
    if (values !== undefined) return values;
    const name = quoted(this.node.inputs[i]);
    if (constant) this.fail(`the numbers of its input ${name} are needed, and are too many or not in this file`);
    throw new OpenSizesError(
      `${describe(this.node)}: its input ${name} decides on sizes and depends on what the network is fed`,
    );
  }

  /** An input's whole numbers, or an attribute's in older versions; undefined where neither is given. */
  list(attribute: string, i?: number): readonly number[] | undefined {
    const given = this.ints(attribute);
    if (given !== undefined) return given;
    return i !== undefined && this.has(i) ? this.values(i) : undefined;
  }

  attribute(name: string): FileAttribute | undefined {
    return this.#attributes.get(name);
  }

  int(name: string, otherwise: number): number {
    return this.#attributes.get(name)?.int ?? otherwise;
  }

  float(name: string, otherwise: number): number {
    return this.#attributes.get(name)?.float ?? otherwise;
  }

  text(name: string, otherwise: string): string {
    return this.#attributes.get(name)?.text ?? otherwise;
  }

  ints(name: string): readonly number[] | undefined {
    return this.#attributes.get(name)?.ints;
  }

  /** An axis counted from the start. */
  axis(given: number, rank = this.rank()): number {
    const axis = given < 0 ? given + rank : given;
    if (Number.isSafeInteger(axis) && axis >= 0 && axis < rank) return axis;
    return this.fail(`there is no axis ${given} among ${rank}`);
  }

  /** Axes counted from the start. */
  axes(given: readonly number[], rank = this.rank()): number[] {
    const axes = given.map((axis) => this.axis(axis, rank));
    if (new Set(axes).size !== axes.length) this.fail(`axes ${given.slice(0, 16).join(", ")} are not different ones`);
    return axes;
  }

  /** Which axes a reduction is over, and whether they stay. */
  reduction(): { readonly axes: readonly number[]; readonly keep: boolean } {
    const given = this.list("axes", 1) ?? [];
    const keep = this.int("keepdims", 1) !== 0;
    if (given.length > 0) return { axes: this.axes(given), keep };
    return { axes: this.int("noop_with_empty_axes", 0) !== 0 ? [] : this.shape().map((_, axis) => axis), keep };
  }
}

/** A node in a message. */
export function describe({ name, op, domain, outputs }: FileNode): string {
  const own = name !== "" ? name : outputs.find((output) => output !== "") ?? "";
  return `node ${quoted(own)} (${operatorName({ op, domain })})`;
}

/** An operator's name with its domain, if it is not ONNX's own. */
export function operatorName({ op, domain }: Pick<FileNode, "op" | "domain">): string {
  const name = domain === "" ? op : `${domain}.${op}`;
  return quoted(name).slice(1, -1);
}

/** Numpy's broadcasting of shapes of any rank. */
export function broadcastShapes(call: Call, shapes: readonly Shape[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let size = 1;
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own !== 1 && size !== 1 && own !== size) {
        call.fail(`sizes do not fit each other: ${shapes.map((shape) => `[${shape.join(", ")}]`).join(" and ")}`);
      }
      if (own !== 1) size = own;
    }
    return size;
  });
}

/** A window's sizes over the axes after the channels. */
export interface WindowSizes {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly begins: readonly number[];
  readonly ends: readonly number[];
}

/** The sizes of a convolution's or a pool's window, the padding that is left to the operator worked out. */
export function windowSizes(call: Call, kernel: readonly number[], sizes = call.shape().slice(2)): WindowSizes {
  const spatial = sizes.length;
  const ones = Array<number>(spatial).fill(1);
  const { strides, dilations, pads } = {
    strides: call.ints("strides") ?? ones,
    dilations: call.ints("dilations") ?? ones,
    pads: call.ints("pads") ?? Array<number>(2 * spatial).fill(0),
  };
  const fits = kernel.length === spatial && strides.length === spatial && dilations.length === spatial &&
    pads.length === 2 * spatial && [...kernel, ...strides, ...dilations].every((size) => size >= 1);
  if (!fits) call.fail(`its window does not fit ${spatial} axes after the channels`);
  const window = { kernel, strides, dilations, begins: pads.slice(0, spatial), ends: pads.slice(spatial) };
  const auto = call.text("auto_pad", "NOTSET");
  if (auto === "VALID") return { ...window, begins: ones.map(() => 0), ends: ones.map(() => 0) };
  if (auto !== "SAME_UPPER" && auto !== "SAME_LOWER") return window;
  const totals = sizes.map((size, i) =>
    Math.max(0, (Math.ceil(size / strides[i]) - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 - size)
  );
  const [less, more] = [totals.map((total) => Math.floor(total / 2)), totals.map((total) => Math.ceil(total / 2))];
  return auto === "SAME_UPPER" ? { ...window, begins: less, ends: more } : { ...window, begins: more, ends: less };
}

/** How many windows fit. */
export function windowCounts(call: Call, window: WindowSizes, ceil = false, sizes = call.shape().slice(2)): number[] {
  return sizes.map((size, i) => {
    const { kernel, strides, dilations, begins, ends } = window;
    const steps = (size + begins[i] + ends[i] - (kernel[i] - 1) * dilations[i] - 1) / strides[i];
    let count = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // A window that would begin in the padding after the image is left out, as PyTorch and ONNX Runtime do.
    if (ceil && (count - 1) * strides[i] >= size + begins[i]) count--;
    if (!(count >= 1)) call.fail(`a window of ${kernel.join("×")} does not fit ${sizes.join("×")}`);
    return count;
  });
}
