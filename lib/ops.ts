/**
 * What layers of each kind may compute.
 *
 * @module
 */
import type { Kind, OptionsOf } from "neuralpower/dsl";
import { elementwiseOps } from "../dsl/layer.ts";

const ops: { readonly [K in Kind]: readonly OptionsOf<K>["op"][] } = {
  conv: ["conv"],
  deconv: ["deconv"],
  dense: ["dense"],
  matmul: ["matmul", "matmul_transposed"],
  attention: ["attention", "window_attention"],
  pool: ["max", "average", "global_max", "global_average", "lp", "global_lp", "adaptive_max", "adaptive_average"],
  norm: ["batch", "lrn", "layer", "group", "instance", "rms"],
  elementwise: [...elementwiseOps.one, ...elementwiseOps.several, ...elementwiseOps.three],
  reduce: ["sum", "mean", "max", "min", "l2"],
  softmax: ["softmax", "softmax_height", "softmax_width"],
  move: [
    ...[
      "concat",
      "slice",
      "split",
      "pad",
      "crop",
      "permute",
      "to_tokens",
      "to_image",
      "to_windows",
      "from_windows",
    ] as const,
    ...[
      "roll",
      "pixel_shuffle",
      "pixel_unshuffle",
      "channel_shuffle",
      "upsample_nearest",
      "upsample_bilinear",
    ] as const,
    "expand",
  ],
  view: ["flatten", "dropout", "reshape", "parameter"],
};

/** What a kind's layers may compute; the first is what they commonly do. */
export function opsOf<K extends Kind>(kind: K): readonly OptionsOf<K>["op"][] {
  return ops[kind];
}
