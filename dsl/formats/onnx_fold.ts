/**
 * The numbers of constants that are made of other constants: the arithmetic with sizes that exporters leave in a graph.
 *
 * @module
 */
import { elements, type Shape } from "../layer.ts";
import type { Call } from "./onnx_call.ts";
import { dataTypes } from "./onnx_model.ts";
import { slices, splitSizes, transposeOrder } from "./onnx_options.ts";

/** Elements of constants that are worked out: no shape has as many. */
const most = 4096;

const truth = (holds: boolean) => Number(holds);
const whole = (call: Call) => dataTypes[call.input().dataType]?.whole ?? false;

const unary: Readonly<Record<string, (x: number) => number>> = {
  Neg: (x) => -x,
  Abs: Math.abs,
  Sqrt: Math.sqrt,
  Exp: Math.exp,
  Log: Math.log,
  Floor: Math.floor,
  Ceil: Math.ceil,
  Round: (x) => Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x),
  Sign: Math.sign,
  Not: (x) => truth(x === 0),
  Reciprocal: (x) => 1 / x,
  Relu: (x) => Math.max(x, 0),
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  Tanh: Math.tanh,
  Sin: Math.sin,
  Cos: Math.cos,
  IsNaN: (x) => truth(Number.isNaN(x)),
};

const binary: Readonly<Record<string, (x: number, y: number, call: Call) => number>> = {
  Add: (x, y) => x + y,
  Sub: (x, y) => x - y,
  Mul: (x, y) => x * y,
  Div: (x, y, call) => whole(call) ? Math.trunc(x / y) : x / y,
  Pow: (x, y) => x ** y,
  Mod: (x, y, call) => call.int("fmod", 0) ? x % y : x - y * Math.floor(x / y),
  Max: (x, y) => Math.max(x, y),
  Min: (x, y) => Math.min(x, y),
  Sum: (x, y) => x + y,
  Equal: (x, y) => truth(x === y),
  Greater: (x, y) => truth(x > y),
  Less: (x, y) => truth(x < y),
  GreaterOrEqual: (x, y) => truth(x >= y),
  LessOrEqual: (x, y) => truth(x <= y),
  And: (x, y) => truth(x !== 0 && y !== 0),
  Or: (x, y) => truth(x !== 0 || y !== 0),
  Xor: (x, y) => truth((x !== 0) !== (y !== 0)),
};

const reductions: Readonly<Record<string, (values: readonly number[]) => number>> = {
  ReduceSum: (values) => values.reduce((a, b) => a + b, 0),
  ReduceProd: (values) => values.reduce((a, b) => a * b, 1),
  ReduceMax: (values) => values.reduce((a, b) => Math.max(a, b), -Infinity),
  ReduceMin: (values) => values.reduce((a, b) => Math.min(a, b), Infinity),
  ReduceMean: (values) => values.reduce((a, b) => a + b, 0) / values.length,
};

/** An operator's numbers, one list for each of its outputs, whose shapes are given. */
type Fold = (call: Call, shapes: readonly Shape[]) => readonly (readonly number[])[];

const asTheyAre: Fold = (call) => [call.values(0)];

const others: Readonly<Record<string, Fold>> = {
  Reshape: asTheyAre,
  Flatten: asTheyAre,
  Squeeze: asTheyAre,
  Unsqueeze: asTheyAre,
  Identity: asTheyAre,
  Dropout: asTheyAre,
  CastLike: asTheyAre,
  Cast(call) {
    const to = call.int("to", 1);
    if (to === 9) return [call.values(0).map((value) => truth(value !== 0))];
    return [dataTypes[to]?.whole ? call.values(0).map(Math.trunc) : call.values(0)];
  },
  Clip(call) {
    const low = call.has(1) ? call.values(1)[0] : call.float("min", -Infinity);
    const high = call.has(2) ? call.values(2)[0] : call.float("max", Infinity);
    return [call.values(0).map((value) => Math.min(Math.max(value, low), high))];
  },
  Where: (call, [shape]) => [
    each(shape, (index) => {
      const chosen = read(call, 0, index) !== 0 ? 1 : 2;
      return read(call, chosen, index);
    }),
  ],
  Expand: (call, [shape]) => [each(shape, (index) => read(call, 0, index))],
  Tile: (call, [shape]) => [each(shape, (index) => read(call, 0, index.map((i, axis) => i % call.shape()[axis])))],
  Transpose(call, [shape]) {
    const order = transposeOrder(call);
    return [each(shape, (index) => read(call, 0, order.map((_, axis) => index[order.indexOf(axis)])))];
  },
  Concat(call, [shape]) {
    const axis = call.axis(call.int("axis", 1));
    return [each(shape, (index) => {
      let [input, place] = [0, index[axis]];
      while (place >= call.shape(input)[axis]) place -= call.shape(input++)[axis];
      return read(call, input, index.with(axis, place));
    })];
  },
  Slice(call, [shape]) {
    const parts = slices(call);
    return [each(shape, (index) => {
      const place = [...index];
      for (const { axis, start, step } of parts) place[axis] = start + index[axis] * step;
      return read(call, 0, place);
    })];
  },
  Split(call, shapes) {
    const { axis, sizes } = splitSizes(call);
    let start = 0;
    return shapes.map((shape, part) => {
      const from = start;
      start += sizes[part];
      return each(shape, (index) => read(call, 0, index.with(axis, from + index[axis])));
    });
  },
  Gather(call, [shape]) {
    const axis = call.axis(call.int("axis", 0));
    const [size, indices] = [call.shape()[axis], call.rank(1)];
    return [each(shape, (index) => {
      const at = read(call, 1, index.slice(axis, axis + indices));
      const place = at < 0 ? at + size : at;
      if (!(place >= 0 && place < size)) call.fail(`there is no element ${at} among ${size}`);
      return read(call, 0, [...index.slice(0, axis), place, ...index.slice(axis + indices)]);
    })];
  },
  NonZero(call) {
    const places = each(call.shape(), (index) => read(call, 0, index)).flatMap((value, i) =>
      value === 0 ? [] : [indexOf(i, call.shape())]
    );
    return [call.shape().flatMap((_, axis) => places.map((place) => place[axis]))];
  },
};

/**
 * The numbers of a node's outputs.
 *
 * @returns Undefined where they are not worked out.
 */
export function fold(call: Call, shapes: readonly Shape[]): readonly (readonly number[])[] | undefined {
  const known = call.inputs.every((input) => input === undefined || input.values !== undefined);
  if (!known || shapes.some((shape) => elements(shape) > most)) return undefined;
  const { op } = call.node;
  if (Object.hasOwn(unary, op)) return [call.values(0).map(unary[op])];
  if (Object.hasOwn(binary, op)) {
    const operands = call.inputs.map((_, i) => i);
    return [
      each(
        shapes[0],
        (index) =>
          operands.slice(1).reduce((value, i) => binary[op](value, read(call, i, index), call), read(call, 0, index)),
      ),
    ];
  }
  if (Object.hasOwn(reductions, op)) {
    const { axes } = call.reduction();
    const groups = new Map<string, number[]>();
    call.values(0).forEach((value, i) => {
      const kept = indexOf(i, call.shape()).filter((_, axis) => !axes.includes(axis)).join();
      const group = groups.get(kept);
      if (group === undefined) groups.set(kept, [value]);
      else group.push(value);
    });
    return [[...groups.values()].map(reductions[op])];
  }
  return Object.hasOwn(others, op) ? others[op](call, shapes) : undefined;
}

/** A number for each place of a shape, the last axis fastest. */
function each(shape: Shape, value: (index: readonly number[]) => number): number[] {
  return Array.from({ length: elements(shape) }, (_, i) => value(indexOf(i, shape)));
}

function indexOf(place: number, shape: Shape): number[] {
  const index = Array<number>(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = place % shape[axis];
    place = Math.floor(place / shape[axis]);
  }
  return index;
}

/** An input's element, the input broadcast to the index's axes. */
function read(call: Call, input: number, index: readonly number[]): number {
  const shape = call.shape(input);
  const from = index.length - shape.length;
  let place = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    place = place * shape[axis] + (shape[axis] === 1 ? 0 : index[from + axis]);
  }
  return call.values(input)[place];
}
