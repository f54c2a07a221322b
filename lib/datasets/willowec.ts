/**
 * willowec/characterizing-pytorch-power: convolutions, linear layers and poolings on two CPUs in PyTorch, float32, with the energy of
 * the processor's package by RAPL.
 *
 * A row is the mean of 50 passes. `back_*` is the loss, the gradients of the weights (not of the input) and an SGD step with
 * momentum. The Broadwell machine has two sockets and its energy is the mean of the two packages, so the machine's is twice that.
 *
 * RAPL counts in steps of about 1 ms: a pass of t ms sees ⌊t⌋ or ⌈t⌉ of them, so its energy has a standard deviation of
 * √(f (1 − f)) / (t √n) of itself, f the fraction of t, n the windows that were averaged.
 *
 * @module
 */
import type { Cells } from "../table_cells.ts";
import type { Dataset, RowCells } from "./dataset.ts";

/** A 32-bit counter of 2⁻¹⁴ J, averaged over 100 windows: what one wrap takes off a row's mean, in µJ. */
const wrapUj = 2 ** 18 / 100 * 1e6;
/** Below this the meter's step exceeds the pass, and a repaired wrap would be noise. */
const repairableUs = 1000;

/** The set's reader. */
export const willowec: Dataset = {
  name: "willowec",
  repository: "willowec/characterizing-pytorch-power",
  commit: "4067417",
  licence: "MIT",
  devices: { "broadwell-ep": "broadwell-ep-pytorch", raptorlake: "raptor-lake-pytorch" },
  conversions: [
    "times of µs become ms, energies of µJ become mJ; power is energy over time",
    "each row becomes a forward and a backward row",
    "power_w_spread and energy_mj_spread are the meter's own quantisation at steps of 1 ms",
    "a negative energy of a pass of 1 ms or more is a wrapped counter: 2621.44 J are added back",
    "layers have a bias, no padding, and poolings take the maximum (PyTorch's defaults in the set's script)",
  ],
  convert(cells, file, count) {
    const layer = file.includes("_linear") ? linear(cells) : file.includes("_pool") ? pool(cells) : convolution(cells);
    const windows = file.startsWith("broadwell") ? 100 : 50;
    return (["for", "back"] as const).flatMap((prefix): RowCells[] => {
      const pass = prefix === "for" ? "forward" : "backward";
      const timeUs = Number(cells.text(`${prefix}_time`));
      // The set's own mark for a pass that was not run: poolings have no backward pass in it.
      if (timeUs === 0 || timeUs === -0.1) {
        count(`${pass} pass not measured`);
        return [];
      }
      const runtimeMs = cells.measured(`${prefix}_time`)! / 1000;
      const energyUj = readEnergy(cells.text(`${prefix}_energy`), timeUs, (what) => count(`${pass} energy ${what}`));
      const energyMj = energyUj === null ? null : energyUj / 1000;
      const quantisation = relativeQuantisation(runtimeMs, windows);
      return [{
        ...layer,
        batch: cells.text("batch_size"),
        pass,
        runtime_ms: runtimeMs,
        power_w: energyMj === null ? null : energyMj / runtimeMs,
        power_w_spread: energyMj === null ? null : energyMj / runtimeMs * quantisation,
        energy_mj: energyMj,
        energy_mj_spread: energyMj === null ? null : energyMj * quantisation,
      }];
    });
  },
};

function readEnergy(text: string | null, timeUs: number, count: (what: string) => void): number | null {
  const energyUj = Number(text ?? NaN);
  if (energyUj > 0) return energyUj;
  if (energyUj < 0 && timeUs >= repairableUs && energyUj + wrapUj > 0) {
    count("wrapped, 2621.44 J added back");
    return energyUj + wrapUj;
  }
  if (energyUj === 0) count("0: the counter did not move");
  else if (energyUj < 0) count(timeUs < repairableUs ? "negative on a pass below 1 ms" : "below a counter's wrap");
  else count("not a number");
  return null;
}

/** Standard deviation of a mean of n windows of t ms by a counter that steps every ms, relative to the mean. */
function relativeQuantisation(runtimeMs: number, windows: number): number {
  const fraction = runtimeMs % 1;
  return Math.sqrt(fraction * (1 - fraction)) / (runtimeMs * Math.sqrt(windows));
}

function convolution(cells: Cells): RowCells {
  const [side, kernel, stride] = ["side_len", "k_size", "stride"].map((column) => cells.whole(column, 1));
  return {
    kind: "conv",
    in_channels: cells.text("in_chan"),
    in_height: side,
    in_width: side,
    out_channels: cells.text("out_chan"),
    kernel_height: kernel,
    kernel_width: kernel,
    stride_height: stride,
    stride_width: stride,
  };
}

function linear(cells: Cells): RowCells {
  return { kind: "dense", in_channels: cells.text("in_size"), out_channels: cells.text("out_size") };
}

function pool(cells: Cells): RowCells {
  const [side, kernel, stride] = ["im_side_length", "k_side_length", "stride"].map((column) => cells.whole(column, 1));
  return {
    kind: "pool",
    op: "max",
    in_channels: cells.text("in_chan"),
    in_height: side,
    in_width: side,
    kernel_height: kernel,
    kernel_width: kernel,
    stride_height: stride,
    stride_width: stride,
  };
}
