/**
 * Baidu's DeepBench: convolutions of speech and vision networks on seven GPUs, float32, by the vendor's own library (cuDNN, MIOpen):
 * the forward pass and both gradients, each by the fastest algorithm that the library finds within a limited workspace.
 *
 * A backward row of a layers table is both gradients, as training needs them. The set times them apart, so its runtime is their sum,
 * and each stands in a column of its own beside it.
 *
 * @module
 */
import type { Cells } from "../table_cells.ts";
import type { Dataset, RowCells } from "./dataset.ts";

/** The set's reader. */
export const deepbench: Dataset = {
  name: "deepbench",
  repository: "baidu-research/DeepBench",
  commit: "da81ba7",
  licence: "Apache-2.0",
  devices: {
    NV_TitanX: "gtx-titan-x-cudnn",
    NV_M40: "m40-cudnn",
    NV_TitanX_Pascal: "titan-x-pascal-cudnn",
    NV_TitanXp: "titan-xp-cudnn",
    NV_1080Ti: "gtx1080ti-cudnn",
    AMD_MI25: "mi25-miopen",
    AMD_VegaFE: "vega-fe-miopen",
  },
  deviceColumn: "device",
  conversions: [
    "fwd_ms is a forward row's runtime_ms, with its algorithm",
    "bwd_input_ms + bwd_weight_ms is a backward row's, with each as data_gradient_ms and weight_gradient_ms",
    "a layer whose input needs no gradient, or whose gradient was not measured, has a backward row without runtime_ms",
    "convolutions have no bias",
  ],
  convert(cells, _file, count) {
    const precision = cells.oneOf("precision", ["fp32", "fp16"]);
    const layer = { ...convolution(cells), dtype: precision === "fp32" ? "float32" : "float16" };
    const dataMs = cells.measured("bwd_input_ms");
    const weightMs = cells.measured("bwd_weight_ms");
    if (dataMs === null) count("backward row without the data gradient");
    if (weightMs === null) count("backward row without the weight gradient");
    return [
      { ...layer, pass: "forward", runtime_ms: cells.measured("fwd_ms"), algorithm: cells.text("fwd_algo") },
      {
        ...layer,
        pass: "backward",
        runtime_ms: dataMs === null || weightMs === null ? null : dataMs + weightMs,
        data_gradient_ms: dataMs,
        weight_gradient_ms: weightMs,
      },
    ];
  },
};

function convolution(cells: Cells): RowCells {
  const [padHeight, padWidth] = [cells.whole("pad_h", 0), cells.whole("pad_w", 0)];
  return {
    kind: "conv",
    batch: cells.text("batch"),
    in_channels: cells.text("in_c"),
    in_height: cells.text("in_h"),
    in_width: cells.text("in_w"),
    out_channels: cells.text("out_c"),
    kernel_height: cells.text("kernel_h"),
    kernel_width: cells.text("kernel_w"),
    stride_height: cells.text("stride_h"),
    stride_width: cells.text("stride_w"),
    pad_top: padHeight,
    pad_left: padWidth,
    pad_bottom: padHeight,
    pad_right: padWidth,
    bias: 0,
  };
}
