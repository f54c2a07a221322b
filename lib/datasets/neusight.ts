/**
 * Convolutions on four GPUs in PyTorch 2.1, float32, from NeuSight (Lee, Phanishayee and Mahajan, ASPLOS 2025): 3 × 3 at stride 1
 * and padding 1, without bias, timed by CUDA events. One file holds all four devices.
 *
 * Latency drifts with the row's place within its device, by about 0.3 ms on the A100 and 0.4 ms on the T4 over the file: inferred
 * from the residuals of fits, for the set does not mention it. `row_order` keeps the place, so that a fit can take it in.
 *
 * @module
 */
import type { Dataset } from "./dataset.ts";

/** The set's reader. */
export const neusight: Dataset = {
  name: "neusight",
  repository: "sitar-lab/NeuSight",
  commit: "6945927",
  licence: "MIT",
  devices: {
    "NVIDIA A100 80GB PCIe": "a100-pytorch",
    "Tesla P100-PCIE-16GB": "p100-pytorch",
    "Tesla T4": "t4-pytorch",
    "Tesla V100-PCIE-32GB": "v100-pcie-pytorch",
  },
  deviceColumn: "device",
  conversions: [
    "latency_ms is runtime_ms, the sum of a call's kernels; inputs are zeros",
    "convolutions have no bias",
    "row_order is the row's place among its device's: latency drifts with it (inferred from residuals), and no fit here reads it",
    "n_kernels and main_kernel are kept",
  ],
  convert(cells, _file, _count, order) {
    const [size, kernel, stride] = ["input_size", "kernel_size", "stride"].map((column) => cells.whole(column, 1));
    const pad = cells.whole("padding", 0);
    return [{
      kind: "conv",
      batch: cells.text("batch"),
      in_channels: cells.text("in_channels"),
      in_height: size,
      in_width: size,
      out_channels: cells.text("out_channels"),
      kernel_height: kernel,
      stride_height: stride,
      pad_top: pad,
      pad_left: pad,
      pad_bottom: pad,
      pad_right: pad,
      bias: 0,
      runtime_ms: cells.measured("latency_ms"),
      row_order: order,
      n_kernels: cells.text("n_kernels"),
      main_kernel: cells.text("main_kernel"),
    }];
  },
};
