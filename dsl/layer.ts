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

/** An image's axes beside the batch, in the order of its shape. */
export const imageAxes = ["channels", "height", "width"] as const;
/** An axis of an image. */
export type ImageAxis = (typeof imageAxes)[number];
/** Tokens' axes beside the batch, in the order of their shape. */
export const tokensAxes = ["length", "width"] as const;
/** An axis of tokens. */
export type TokensAxis = (typeof tokensAxes)[number];
/** A vector's axis beside the batch. */
export const vectorAxes = ["width"] as const;

/** Number formats that tensors can have. */
export const dtypes = ["float32", "float16"] as const;
/** A tensor's number format. */
export type Dtype = (typeof dtypes)[number];
/** Bytes of one element. */
export const dtypeBytes: Readonly<Record<Dtype, number>> = { float32: 4, float16: 2 };

/** Elementwise functions of one tensor that a runtime may fuse into the layer before. */
export const activations = [
  ...["relu", "relu6", "sigmoid", "tanh", "silu", "leaky_relu", "elu", "gelu", "gelu_tanh"] as const,
  ...["hard_swish", "hard_sigmoid", "softplus", "mish"] as const,
] as const;
/** An elementwise function of one tensor that may be given to a layer as its `activation`. */
export type Activation = (typeof activations)[number];

/** All elementwise functions by how many tensors they take; `scale`, `shift` and `power` take one tensor and one number. */
export const elementwiseOps = {
  one: [
    ...activations,
    ...["prelu", "exp", "log", "sqrt", "abs", "neg", "reciprocal", "erf", "clip", "scale", "shift", "power"] as const,
  ],
  /** Sums, products, maxima and minima take more than two tensors, too. */
  several: ["add", "mul", "max", "min", "sub", "div", "pow"],
  three: ["where"],
} as const;
/** An elementwise function of one tensor. */
export type UnaryOp = (typeof elementwiseOps.one)[number];
/** An elementwise function of several tensors, which are broadcast to one shape. */
export type JoinOp = (typeof elementwiseOps.several)[number] | (typeof elementwiseOps.three)[number];

/** Whether an elementwise function takes one tensor only. */
export function isUnary(op: UnaryOp | JoinOp): op is UnaryOp {
  return (elementwiseOps.one as readonly string[]).includes(op);
}

/** What convolutions and transposed ones have in common. */
export interface Filters {
  /** Channels of the output. */
  readonly outChannels: number;
  /** Size of the window. */
  readonly kernel: Pair;
  /** Step of the window. */
  readonly stride: Pair;
  /** Pixels around the image: around the input of a convolution, cut off the output of a transposed one. */
  readonly pad: Sides;
  /** Distance between the window's pixels. */
  readonly dilation: Pair;
  /** Groups of channels that do not see each other. */
  readonly groups: number;
  /** Whether each output channel has a bias. */
  readonly bias: boolean;
}

/** A 2-d convolution. */
export interface Conv extends Filters {
  /** Tells the kinds apart. */
  readonly kind: "conv";
  /** What it computes within its kind. */
  readonly op: "conv";
}

/** A 2-d transposed convolution ("deconvolution"): each input pixel adds a window to the output. */
export interface Deconv extends Filters {
  /** Tells the kinds apart. */
  readonly kind: "deconv";
  /** What it computes within its kind. */
  readonly op: "deconv";
  /** Pixels added to the bottom and the right of the output, to choose among the sizes that a convolution maps to the input's. */
  readonly outputPad: Pair;
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

/**
 * A product of two inputs, tokens `[N, M, groups·K]` and `[N, K, groups·P]`, giving `[N, M, groups·P]`: a matrix product for each image
 * and each group of channels ("head"). Of `matmul_transposed` the second input is `[N, P, groups·K]`, as the keys of an attention are.
 */
export interface Matmul {
  /** Tells the kinds apart. */
  readonly kind: "matmul";
  /** What it computes within its kind. */
  readonly op: "matmul" | "matmul_transposed";
  /** Groups of channels that are multiplied by themselves. */
  readonly groups: number;
}

/**
 * Multi-head self-attention of tokens `[N, length, width]`, with its projections to queries, keys and values and of the result (Vaswani
 * et al. 2017). Tokens of a `window_attention` see those of their own window of height × width consecutive tokens only, and each head has
 * a learned bias for each relative position in it (Swin: Liu et al. 2021).
 */
export type Attention =
  & {
    /** Tells the kinds apart. */
    readonly kind: "attention";
    /** Heads that the width is divided among. */
    readonly heads: number;
    /** Whether the projections have biases. */
    readonly bias: boolean;
  }
  & ({ readonly op: "attention" } | { readonly op: "window_attention"; readonly window: Pair });

/** A window's maximum, average or p-norm. The global ops' window is the whole image. */
export type Pool =
  & {
    /** Tells the kinds apart. */
    readonly kind: "pool";
    /** Size of the window; of an adaptive pool ⌈image / output⌉. */
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
  & (
    | { readonly op: "max" | "average" | "global_max" | "global_average" }
    | {
      /** (Σ |x|ᵖ)^(1/p) of a window. */
      readonly op: "lp" | "global_lp";
      /** The norm's p. */
      readonly p: number;
    }
    | {
      /** Windows from ⌊i·in/out⌋ to ⌈(i+1)·in/out⌉, as in PyTorch. */
      readonly op: "adaptive_max" | "adaptive_average";
      /** The output's size. */
      readonly outputSize: Pair;
    }
  );

/**
 * A normalisation. `batch` by learned statistics of each channel; `lrn` over `size` neighbouring channels; by the tensor's own statistics
 * `layer` and `rms` over the channels of each pixel or token, `group` over a group of channels of each image, `instance` over each channel
 * of each image. All but `lrn` have a learned scale for each channel, and but `rms` a learned shift.
 */
export type Norm =
  | { readonly kind: "norm"; readonly op: "batch" | "layer" | "instance" | "rms" }
  | { readonly kind: "norm"; readonly op: "group"; readonly groups: number }
  | { readonly kind: "norm"; readonly op: "lrn"; readonly size: number };

/** A function of each element: of one tensor, or of several with broadcasting. */
export interface Elementwise {
  /** Tells the kinds apart. */
  readonly kind: "elementwise";
  /** What it computes within its kind. */
  readonly op: UnaryOp | JoinOp;
  /** Slope below 0 of `leaky_relu` (0.01 by default), limit of `elu` (1 by default). */
  readonly alpha?: number;
  /** Least and greatest value of `clip`, 0 and 1 by default. */
  readonly limits?: Pair;
  /** The number that `scale` multiplies by, `shift` adds, `power` raises to; 2 by default. */
  readonly by?: number;
}

/** A sum, average or extremum over whole axes, which keep size 1. */
export interface Reduce {
  /** Tells the kinds apart. */
  readonly kind: "reduce";
  /** What it computes within its kind. */
  readonly op: "sum" | "mean" | "max" | "min" | "l2";
  /** Which axes of the shape, counted from 1: 0 is the batch. */
  readonly axes: readonly number[];
}

/**
 * Softmax over the channels of an image or the last axis of tokens and vectors; or over an image's height (tokens' length) or width.
 */
export interface Softmax {
  /** Tells the kinds apart. */
  readonly kind: "softmax";
  /** What it computes within its kind. */
  readonly op: "softmax" | "softmax_height" | "softmax_width";
}

/** Copies elements to another place, or several places. Axes are those of the shape: 0 is the batch. */
export type Move =
  & {
    /** Tells the kinds apart. */
    readonly kind: "move";
  }
  & (
    /** Joins tensors along an axis. */
    | { readonly op: "concat"; readonly axis: number }
    /** Every `step`-th element of an axis from `start` to before `end`; `split` is one part of an even division. */
    | {
      readonly op: "slice" | "split";
      readonly axis: number;
      readonly start: number;
      readonly end: number;
      readonly step: number;
    }
    | { readonly op: "pad"; readonly pad: Sides; readonly mode: "constant" | "reflect" | "edge" }
    | { readonly op: "crop"; readonly pad: Sides }
    /** The input's axes in their new order; the batch stays first. */
    | { readonly op: "permute"; readonly order: readonly number[] }
    /** An image's pixels as tokens, row by row, and back. */
    | { readonly op: "to_tokens" }
    | { readonly op: "to_image"; readonly size: Pair }
    /** An image's pixels as tokens, window by window, and back. */
    | { readonly op: "to_windows"; readonly window: Pair }
    | { readonly op: "from_windows"; readonly window: Pair; readonly size: Pair }
    /** What leaves an image on one side comes in on the other. */
    | { readonly op: "roll"; readonly shift: Pair }
    /** Channels to pixels and back (sub-pixel convolution; space to depth). */
    | { readonly op: "pixel_shuffle" | "pixel_unshuffle"; readonly factor: number }
    | { readonly op: "channel_shuffle"; readonly groups: number }
    | { readonly op: "upsample_nearest" | "upsample_bilinear"; readonly size: Pair }
    /** Repeats what has size 1, up to a whole shape. */
    | { readonly op: "expand"; readonly shape: Shape }
  );

/** What costs nothing when a trained network runs: another look at the same elements, or learned numbers as they are. */
export type View =
  & {
    /** Tells the kinds apart. */
    readonly kind: "view";
  }
  & (
    | { readonly op: "flatten" | "dropout" }
    /** The same elements in another shape of the same batch. */
    | { readonly op: "reshape"; readonly shape: Shape }
    /** A learned tensor of batch 1, which reads nothing: a class token, a table of positions, a scale. */
    | { readonly op: "parameter"; readonly shape: Shape }
    /** In a file's network: an operator that is not known. What it costs is not known either; it is not free. */
    | { readonly op: "unsupported"; readonly operator: string; readonly shape: Shape }
  );

/** The options of each kind. */
export interface OptionsByKind {
  /** Convolutions. */
  readonly conv: Conv;
  /** Transposed convolutions. */
  readonly deconv: Deconv;
  /** Products with weights. */
  readonly dense: Dense;
  /** Products of two inputs. */
  readonly matmul: Matmul;
  /** Self-attention. */
  readonly attention: Attention;
  /** Windows' extrema and averages. */
  readonly pool: Pool;
  /** Normalisations. */
  readonly norm: Norm;
  /** Functions of each element. */
  readonly elementwise: Elementwise;
  /** Sums and extrema over axes. */
  readonly reduce: Reduce;
  /** Softmax. */
  readonly softmax: Softmax;
  /** Copies. */
  readonly move: Move;
  /** What costs nothing. */
  readonly view: View;
}

/** The literal names of all kinds. */
export type Kind = keyof OptionsByKind;

/** A layer's options, told apart by `kind`. */
export type LayerOptions = OptionsByKind[Kind];

/** All kinds, in the order in which tables list them. */
export const kinds = [
  "conv",
  "deconv",
  "dense",
  "matmul",
  "attention",
  "pool",
  "norm",
  "elementwise",
  "reduce",
  "softmax",
  "move",
  "view",
] as const satisfies readonly Kind[];

/** The options of one kind. */
export type OptionsOf<K extends Kind> = OptionsByKind[K];

/** What a layer reads and writes. */
export interface Sizes {
  /** The first input's shape; a parameter's own. */
  readonly inputShape: Shape;
  /** Elements of all inputs together (several inputs: add, mul, concat, matmul). */
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
  /**
   * Learned numbers that the network has for it, where a file's layer has not as many as its kind: none if its weights are those of a layer
   * before it, half as many if a normalisation has no shift.
   */
  readonly learned?: number;
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
