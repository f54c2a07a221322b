/**
 * Convolutions on a V100 in TensorRT, float32 and float16, from the operator profiler of Alibaba's TinyNAS: regular ones, some with
 * the elementwise sum after them fused, and depthwise ones.
 *
 * Values below 0.05 ms stand on a grid of about a microsecond, so a short row's relative error is partly the clock's.
 *
 * @module
 */
import type { Dataset } from "./dataset.ts";

/** The set's reader. */
export const tinynas: Dataset = {
  name: "tinynas",
  repository: "alibaba/lightweight-neural-architecture-search",
  commit: "8ccaf88",
  licence: "Apache-2.0",
  devices: { V100: "v100-tensorrt" },
  conversions: [
    "latency_ms is runtime_ms; the set does not name its unit, milliseconds are inferred",
    "padding is not recorded: kernel / 2, rounded down, on each side is taken",
    "bias and activation are not recorded: a bias is taken, as a folded batch norm leaves one, and no activation",
    "a depthwise convolution has as many groups as channels; elmt_fused 1 is fused_add",
    "which V100 is not recorded: the SXM2 16 GB card's specification is taken",
  ],
  convert(cells, file, count) {
    const kernel = cells.whole("kernel", 1);
    const pad = Math.floor(kernel / 2);
    const depthwise = cells.oneOf("conv_type", ["regular", "depthwise"]) === "depthwise";
    const runtimeMs = cells.measured("latency_ms");
    if (runtimeMs !== null && runtimeMs < 0.05) {
      count("below 0.05 ms, where the set's times are coarse; taken as they stand");
    }
    return [{
      kind: "conv",
      batch: cells.text("batch"),
      in_channels: cells.text("in_c"),
      in_height: cells.text("in_h"),
      in_width: cells.text("in_w"),
      out_channels: cells.text("out_c"),
      kernel_height: kernel,
      stride_height: cells.text("stride"),
      pad_top: pad,
      pad_left: pad,
      pad_bottom: pad,
      pad_right: pad,
      groups: depthwise ? cells.text("in_c") : 1,
      fused_add: cells.text("elmt_fused"),
      dtype: file.includes("fp16") ? "float16" : "float32",
      runtime_ms: runtimeMs,
    }];
  },
};
