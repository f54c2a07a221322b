/**
 * Justus et al. 2018, "Predicting the computational cost of deep learning models": convolutions and dense layers on four GPUs in
 * TensorFlow 1, float32. A row is the median time of a `tf.Session` call, so it holds the call's own cost once.
 *
 * @module
 */
import { samePadding } from "neuralpower/dsl";
import type { Cells } from "../table_cells.ts";
import type { Dataset, RowCells } from "./dataset.ts";

/** The set's reader. */
export const justus2018: Dataset = {
  name: "justus2018",
  repository: "CDECatapult/ml-performance-prediction",
  commit: "e649f32",
  licence: "Apache-2.0",
  devices: { "1080TI": "gtx1080ti-tf1", M60: "m60-tf1", P100: "p100-tf1", V100: "v100-tf1" },
  conversions: [
    "time_median_ms is runtime_ms, time_std_ms its spread",
    "padding SAME becomes the pixels of TensorFlow's rule on each side, VALID none",
    "optimizer None is a forward pass; any other a training pass: forward, backward and the optimizer's update",
    "dense layers have a bias (tf.layers.dense's default; the set has no column for it)",
  ],
  convert(cells, file) {
    const optimizer = cells.text("optimizer")?.toLowerCase() ?? "none";
    const common: RowCells = {
      batch: cells.text("batchsize"),
      activation: cells.text("activation")?.toLowerCase() ?? null,
      pass: optimizer === "none" ? "forward" : "training",
      optimizer,
      runtime_ms: cells.measured("time_median_ms"),
      runtime_ms_spread: cells.spread("time_std_ms"),
    };
    if (file.startsWith("dense")) {
      return [{
        ...common,
        kind: "dense",
        in_channels: cells.text("dim_input"),
        out_channels: cells.text("dim_output"),
      }];
    }
    return [{ ...common, ...convolution(cells), bias: cells.text("use_bias") }];
  },
};

function convolution(cells: Cells): RowCells {
  const [side, kernel, stride] = ["matsize", "kernelsize", "strides"].map((column) => cells.whole(column, 1));
  const [before, after] = cells.oneOf("padding", ["same", "valid"]) === "same"
    ? samePadding(side, kernel, stride)
    : [0, 0];
  return {
    kind: "conv",
    in_channels: cells.text("channels_in"),
    in_height: side,
    in_width: side,
    out_channels: cells.text("channels_out"),
    kernel_height: kernel,
    kernel_width: kernel,
    stride_height: stride,
    stride_width: stride,
    pad_top: before,
    pad_left: before,
    pad_bottom: after,
    pad_right: after,
  };
}
