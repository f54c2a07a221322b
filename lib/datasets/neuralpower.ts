/**
 * Raw logs of NeuralPower's own collection runs (Cai et al. 2017): layers of networks in TensorFlow 1, forward, float32, with the power
 * that nvidia-smi shows. None were published, so this follows the published code only (caiermao/NeuralPower: Paleo's profiler prints,
 * `parser_raw_data.py` reads).
 *
 * A line is a layer. Its first word is the name, which tells the kind; its items are separated by `:`, and what counts in an item are its
 * numbers. Shapes are `[N, H, W, C]`. An item holds the next one's label too, as in
 * `conv1 [128, 54, 54, 96]  Filters: [11, 11, 3, 96]  Pad: VALID (0, 0) Stride: 4, 4 Params: 34,944 Input: [128, 224, 224, 3] Runtime: 4.211 Power: 180.2`.
 *
 * | kind, by a part of the name | items |
 * | --- | --- |
 * | conv, incept, res, cccp | 8: output, filter, padding, stride, parameters, input, ms, W |
 * | fc, ip, innerproduct | 6: output, its width, parameters, input, ms, W; or 8 as a convolution over the whole image |
 * | pool | 6: output, kernel, stride, input, ms, W |
 * | drop | 5: output, share kept, input, ms, W |
 * | concat | 4: output, inputs, ms, W |
 *
 * Where power is two numbers they are the largest and the mean. The later profiler's utilisations at the line's end are left out.
 *
 * @module
 */
import { samePadding } from "neuralpower/dsl";
import { type Cells, TableError } from "../table_cells.ts";
import type { Dataset, DatasetRecord, RowCells } from "./dataset.ts";

/** The set's reader. */
export const neuralpower: Dataset = {
  name: "neuralpower",
  repository: "caiermao/NeuralPower",
  commit: "d9e28fd",
  licence: "Apache-2.0",
  devices: {},
  records: readLog,
  conversions: [
    "runtime is the mean of session calls in ms, power nvidia-smi's mean in W",
    "layers have neither bias nor activation: the profiler runs the bare operators",
    "the log does not say how poolings pool: maximum, unless the name says average; padding follows from the sizes",
    "lines of other layers are counted: sums, normalisations, softmax",
  ],
  convert(cells, _file, count) {
    const kind = cells.text("kind") as Kind | null;
    if (kind === null) {
      count("line of another layer, or none");
      return [];
    }
    const layer = rows[kind](numbersOf(cells), cells.text("name") ?? "");
    return [{ ...layer, runtime_ms: cells.text("runtime"), power_w: cells.text("power") }];
  },
};

/** An item's place, how many numbers it must have, and whether only so many are taken, from its end. */
type Items = Readonly<Record<string, readonly [item: number, least: number, all?: "all"]>>;

interface Form {
  readonly kind: Kind;
  readonly signs: readonly string[];
  readonly count: number;
  readonly items: Items;
  /** Runtime and power follow. */
  readonly runtime: number;
}

type Kind = "conv" | "fc" | "fc_conv" | "pool" | "drop" | "concat";

const convItems: Items = { output: [0, 4], filter: [1, 4], pad: [2, 2], stride: [3, 2], input: [5, 4] };
const fcSigns = ["ip", "fc", "innerproduct"];
const forms: readonly Form[] = [
  { kind: "conv", signs: ["conv", "incept", "res", "cccp"], count: 8, items: convItems, runtime: 6 },
  { kind: "fc_conv", signs: fcSigns, count: 8, items: convItems, runtime: 6 },
  { kind: "fc", signs: fcSigns, count: 6, items: { output: [0, 2], input: [3, 2] }, runtime: 4 },
  {
    ...{ kind: "pool", signs: ["pool"], count: 6, runtime: 4 },
    items: { output: [0, 4], kernel: [1, 2], stride: [2, 2], input: [3, 4] },
  },
  { kind: "drop", signs: ["drop"], count: 5, items: { input: [2, 2, "all"] }, runtime: 3 },
  { kind: "concat", signs: ["concat"], count: 4, items: { output: [0, 4], inputs: [1, 4, "all"] }, runtime: 2 },
];

/** Each line's kind, name and numbers; all lines that cannot be read are told at once. */
function readLog(text: string, path: string): DatasetRecord[] {
  const wrong: { line: number; problem: string }[] = [];
  const records = text.split(/\r?\n/).flatMap((whole, index): DatasetRecord[] => {
    const line = index + 1;
    if (whole.trim() === "") return [];
    const items = whole.split("Utilization Power:")[0].split(":");
    const name = whole.trim().split(/\s/)[0].toLowerCase();
    const own = forms.filter(({ signs }) => signs.some((sign) => name.includes(sign)));
    const form = own.find(({ count }) => count === items.length);
    if (form === undefined) {
      // Sums and normalisations have no items of their own; what has no item at all is another message.
      const other = own.length === 0 || items.length === 1 || items.length === 4 && /Input\s*$/.test(items[0]);
      const counts = [...new Set(own.map(({ count }) => count))].join(" or ");
      if (!other) {
        wrong.push({ line, problem: `has ${items.length} items separated by ":", its name asks for ${counts}` });
      }
      return other ? [{ cells: {}, line }] : [];
    }
    const cells: Record<string, string> = { kind: form.kind, name };
    for (const [column, [item, least, all]] of Object.entries(form.items)) {
      const found = numbersIn(items[item]).slice(all ? 0 : -least);
      if (found.length < least) {
        wrong.push({ line, problem: `lacks numbers in item ${item + 1}, the ${column}` });
        return [];
      }
      cells[column] = found.join(" ");
    }
    const [runtime] = numbersIn(items[form.runtime]);
    const power = numbersIn(items[form.runtime + 1]).slice(0, 2).at(-1);
    if (runtime === undefined || power === undefined) {
      wrong.push({ line, problem: "lacks its runtime or its power, the last two items" });
      return [];
    }
    return [{ cells: { ...cells, runtime, power }, line }];
  });
  if (wrong.length > 0) {
    const further = wrong.slice(1, 20).map(({ line }) => line).join(", ");
    const also = wrong.length === 1 ? "" : `; nor can ${wrong.length - 1} more be read: lines ${further}`;
    throw new TableError(path, wrong[0].line, null, `${wrong[0].problem}${also}; mend the line or take it out`);
  }
  if (records.every(({ cells }) => cells.kind === undefined)) {
    throw new TableError(path, 1, null, "has no line of a layer: NAME followed by items separated by ':'");
  }
  return records;
}

/** Unsigned numbers as they stand: of `34,944` two. */
function numbersIn(item: string): string[] {
  return item.match(/\d*\.\d+|\d+/g) ?? [];
}

type Numbers = (column: string) => number[];

function numbersOf(cells: Cells): Numbers {
  return (column) => (cells.text(column) ?? "").split(" ").map(Number);
}

/** Rows of the layers table. */
const rows: Readonly<Record<Kind, (numbers: Numbers, name: string) => RowCells>> = {
  conv: convolution,
  fc_conv(numbers) {
    const [batch, outHeight, outWidth, outChannels] = numbers("output");
    // Over the whole image, or else one like any other.
    if (outHeight !== 1 || outWidth !== 1) return convolution(numbers);
    const [, in_height, in_width, in_channels] = numbers("input");
    return { kind: "dense", batch, in_channels, in_height, in_width, out_channels: outChannels, bias: 0 };
  },
  fc(numbers) {
    const [[batch, out_channels], [, in_channels]] = [numbers("output"), numbers("input")];
    return { kind: "dense", batch, in_channels, out_channels, bias: 0 };
  },
  pool(numbers, name) {
    const [batch, outHeight, outWidth, in_channels] = numbers("output");
    const [, inHeight, inWidth] = numbers("input");
    const [kernel, stride] = [numbers("kernel"), numbers("stride")];
    const sizes = [[inHeight, outHeight], [inWidth, outWidth]];
    // TensorFlow's "VALID" where that gives the output's size, else its "SAME".
    const pads = sizes.map(([from, to], i) =>
      Math.floor((from - kernel[i]) / stride[i]) + 1 === to ? [0, 0] : samePadding(from, kernel[i], stride[i])
    );
    return {
      kind: "pool",
      op: /av(era)?g/.test(name) ? "average" : "max",
      batch,
      in_channels,
      in_height: inHeight,
      in_width: inWidth,
      out_height: outHeight,
      out_width: outWidth,
      ...windowCells(kernel, stride, pads),
    };
  },
  drop(numbers) {
    const sizes = numbers("input");
    const [batch, in_height, in_width, in_channels] = sizes.length === 4 ? sizes : [sizes[0], 1, 1, sizes[1]];
    return { kind: "view", op: "dropout", batch, in_channels, in_height, in_width };
  },
  concat(numbers) {
    const [batch, in_height, in_width, out_channels] = numbers("output");
    const inputs = numbers("inputs");
    const channels = inputs.filter((_, i) => i % 4 === 3);
    const in_elements = batch * in_height * in_width * channels.reduce((sum, size) => sum + size, 0);
    const in_channels = channels[0];
    return { kind: "move", op: "concat", batch, in_channels, in_height, in_width, in_elements, out_channels };
  },
};

function convolution(numbers: Numbers): RowCells {
  const [, outHeight, outWidth, out_channels] = numbers("output");
  const [batch, in_height, in_width, in_channels] = numbers("input");
  const [kernelHeight, kernelWidth] = numbers("filter");
  const [kernel, stride, before] = [[kernelHeight, kernelWidth], numbers("stride"), numbers("pad")];
  // The log rounds half of the padding down; what the output's size needs beyond that is after the image.
  const pads = [[in_height, outHeight], [in_width, outWidth]].map(([from, to], i) => [
    before[i],
    Math.max(0, (to - 1) * stride[i] + kernel[i] - from - before[i]),
  ]);
  return {
    kind: "conv",
    batch,
    in_channels,
    in_height,
    in_width,
    out_channels,
    out_height: outHeight,
    out_width: outWidth,
    ...windowCells(kernel, stride, pads),
    bias: 0,
  };
}

function windowCells(kernel: number[], stride: number[], pads: readonly (readonly number[])[]): RowCells {
  return {
    kernel_height: kernel[0],
    kernel_width: kernel[1],
    stride_height: stride[0],
    stride_width: stride[1],
    pad_top: pads[0][0],
    pad_left: pads[1][0],
    pad_bottom: pads[0][1],
    pad_right: pads[1][1],
  };
}
