/**
 * Training of NAS-Bench-101 networks on a Quadro RTX 6000 in TensorFlow, from EC-NAS (Bakhtiarifard, Igel and Selvan, ICASSP 2024,
 * arXiv 2210.06015): seconds of four epochs of CIFAR-10 and the GPU's mean power, of cells with at most five vertices.
 *
 * @module
 */
import { network101, ops101 } from "./cell_101.ts";
import type { NetworkSet } from "./network_set.ts";

const device = "quadro-rtx6000-tf1";

/** The set's reader. */
export const ecnas: NetworkSet = {
  name: "ecnas",
  repository: "PedramBakh/EC-NAS-Bench",
  commit: "1a82fdd",
  licence: "MIT",
  devices: [device],
  conversions: [
    "train_time_s_4ep over train_steps is the training step of one batch of 256 images",
    "gpu_avg_power_w is powerW, start-up and evaluation included; energyMj is its product with runtimeMs",
    "TensorFlow is taken to execute each layer by itself, float32",
    "the network is built from its cell (ops, adjacency), and has exactly the set's trainable_params",
    "space, repeat, total_time_s and gpu_energy_j (of the whole run) are kept",
  ],
  convert(cells) {
    const network = cells.text("arch_hash") ?? cells.fail("arch_hash", "is empty; a network's name is needed");
    const [ops, adjacency] = ["ops", "adjacency"].map((column) => cells.text(column) ?? cells.fail(column, "is empty"));
    const edges = adjacency.split(";").map((row) => Array.from(row, (cell) => cell === "1"));
    const seconds = cells.measured("train_time_s_4ep");
    const runtimeMs = seconds === null ? null : 1000 * seconds / cells.whole("train_steps", 1);
    const powerW = cells.measured("gpu_avg_power_w");
    const inner = ops.split(" ").slice(1, -1).map((op) =>
      ops101[Number(op)] ?? cells.fail("ops", `must be -1, then 0 to ${ops101.length - 1}, then -2, got "${ops}"`)
    );
    if (edges.length !== inner.length + 2 || edges.some((row) => row.length !== edges.length)) {
      cells.fail("adjacency", `must have ${inner.length + 2} rows of as many cells, got "${adjacency}"`);
    }
    return [{
      network,
      device,
      definition: network101(network, { ops: inner, edges }),
      batch: 256,
      image: 32,
      dtype: "float32",
      pass: "training",
      runtimeMs,
      powerW,
      energyMj: runtimeMs === null || powerW === null ? null : powerW * runtimeMs,
      macsPerImage: null,
      params: cells.whole("trainable_params", 0),
      powerLimitW: null,
      more: {
        space: cells.text("space"),
        repeat: cells.text("repeat"),
        total_time_s: cells.measured("total_time_s"),
        gpu_energy_j: cells.measured("gpu_energy_j"),
      },
    }];
  },
};
