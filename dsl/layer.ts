/**
 * What a network is made of: layers as plain readonly data, told apart by their literal `kind`.
 *
 * A layer's options say what it computes, its {@linkcode Sizes} on what. Everything else that is known of a kind stands in one
 * exhaustive table per question: its output shape (`shape.ts`), its costs (`cost.ts`), its features (`lib/features.ts`) and its
 * columns in a layers table (`lib/table_layers.ts`). A new kind that lacks an entry in one of them does not compile.
 *
 * @module
 */

/** Rows first: `[height, width]`, in pixels. */
export type Pair = readonly [height: number, width: number];

/** Padding on the four sides of an image, in pixels. */
export type Sides = readonly [top: number, left: number, bottom: number, right: number];

/** Sizes of a tensor, batch first: images `[N, C, H, W]`, tokens `[N, length, width]`, vectors `[N, width]`. */
export type Shape = readonly number[];

/** Number formats that tensors can have. */
export const dtypes = ["float32", "float16"] as const;
/** A tensor's number format. */
export type Dtype = (typeof dtypes)[number];
/** Bytes of one element. */
export const dtypeBytes: Readonly<Record<Dtype, number>> = { float32: 4, float16: 2 };

/** Elementwise functions of one tensor that a runtime may fuse into the layer before. */
export const activations = ["relu", "relu6", "sigmoid", "tanh", "silu"] as const;
/** An elementwise function of one tensor. */
export type Activation = (typeof activations)[number];

/** A 2-d convolution. */
export interface Conv {
  /** Tells the kinds apart. */
  readonly kind: "conv";
  /** What it computes within its kind. */
  readonly op: "conv";
  /** Channels of the output. */
  readonly outChannels: number;
  /** Size of the window. */
  readonly kernel: Pair;
  /** Step of the window. */
  readonly stride: Pair;
  /** Pixels around the image. */
  readonly pad: Sides;
  /** Distance between the window's pixels. */
  readonly dilation: Pair;
  /** Groups of channels that do not see each other. */
  readonly groups: number;
  /** Whether each output channel has a bias. */
  readonly bias: boolean;
}

/** A matrix product with weights over a tensor's last axis; images must be flattened first. */
export interface Dense {
  /** Tells the kinds apart. */
  readonly kind: "dense";
  /** What it computes within its kind. */
  readonly op: "dense";
  /** Channels of the output. */
  readonly outChannels: number;
  /** Whether each output channel has a bias. */
  readonly bias: boolean;
}

/** A window's maximum or average. The global ops' window is the whole image. */
export interface Pool {
  /** Tells the kinds apart. */
  readonly kind: "pool";
  /** What it computes within its kind. */
  readonly op: "max" | "average" | "global_max" | "global_average";
  /** Size of the window. */
  readonly kernel: Pair;
  /** Step of the window. */
  readonly stride: Pair;
  /** Pixels around the image. */
  readonly pad: Sides;
  /** Round the output size up: a last window may begin inside the image or its padding and hang over the end. */
  readonly ceilMode: boolean;
  /** Whether an average divides by the window's padded pixels too. */
  readonly countIncludePad: boolean;
}

/** Batch normalisation, or local response normalisation over `size` channels. */
export type Norm =
  | { readonly kind: "norm"; readonly op: "batch" }
  | { readonly kind: "norm"; readonly op: "lrn"; readonly size: number };

/** A function of each element: of one tensor (activations) or of two and more with broadcasting (`add`, `mul`). */
export interface Elementwise {
  /** Tells the kinds apart. */
  readonly kind: "elementwise";
  /** What it computes within its kind. */
  readonly op: Activation | "add" | "mul";
}

/** Softmax over the channels of an image, or the last axis of tokens and vectors. */
export interface Softmax {
  /** Tells the kinds apart. */
  readonly kind: "softmax";
  /** What it computes within its kind. */
  readonly op: "softmax";
}

/** Copies elements to another place. `concat` joins channels (images) or the last axis (tokens, vectors). */
export interface Move {
  /** Tells the kinds apart. */
  readonly kind: "move";
  /** What it computes within its kind. */
  readonly op: "concat";
}

/** What costs nothing when a trained network runs: another look at the same elements. */
export interface View {
  /** Tells the kinds apart. */
  readonly kind: "view";
  /** What it computes within its kind. */
  readonly op: "flatten" | "dropout";
}

/** A layer's options, told apart by `kind`. */
export type LayerOptions = Conv | Dense | Pool | Norm | Elementwise | Softmax | Move | View;

/** The literal names of all kinds. */
export type Kind = LayerOptions["kind"];

/** All kinds, in the order in which tables list them. */
export const kinds = [
  "conv",
  "dense",
  "pool",
  "norm",
  "elementwise",
  "softmax",
  "move",
  "view",
] as const satisfies readonly Kind[];

/** The options of one kind. */
export type OptionsOf<K extends Kind> = Extract<LayerOptions, { kind: K }>;

/** What a layer reads and writes. */
export interface Sizes {
  /** The first input's shape. */
  readonly inputShape: Shape;
  /** Elements of all inputs together (several inputs: add, mul, concat). */
  readonly inElements: number;
  /** The output's shape. */
  readonly outputShape: Shape;
}

/** One layer's options with its sizes: enough to know its cost. */
export type SizedLayer<K extends Kind = Kind> = OptionsOf<K> & Sizes;

/** A layer in its place in a network. */
export type Layer<K extends Kind = Kind> = SizedLayer<K> & {
  /** Unique in its network. */
  readonly name: string;
  /** Names of the layers it reads, in order; `"input"` is the network's input. */
  readonly inputs: readonly string[];
};

/**
 * The number of elements of a tensor.
 *
 * @example
 * ```ts
 * import { elements } from "neuralpower/dsl";
 *
 * elements([128, 3, 224, 224]); // 19267584
 * ```
 */
export function elements(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Channels, height and width of any shape: a vector is 1×1, tokens lie along the height, as in a layers table. */
export function imageSizes(shape: Shape): { channels: number; height: number; width: number } {
  if (shape.length === 4) return { channels: shape[1], height: shape[2], width: shape[3] };
  if (shape.length === 3) return { channels: shape[2], height: shape[1], width: 1 };
  return { channels: shape[1], height: 1, width: 1 };
}
