/**
 * Latencies of NAS-Bench-201 networks on three GPUs in PyTorch at batch 1, 32 and 256, from HELP (Lee et al., NeurIPS 2021, arXiv
 * 2106.08630).
 *
 * @module
 */
import { network201, parseCell201 } from "./cell_201.ts";
import type { NetworkSet } from "./network_set.ts";

/** Which card a column's name means. "Titan X" is as fast as the 1080 Ti here, so Pascal's is meant, not Maxwell's. */
const cards = {
  "1080ti": "gtx1080ti-pytorch",
  titanx: "titan-x-pascal-pytorch",
  titanxp: "titan-xp-pytorch",
} as const;
const batches = [1, 32, 256] as const;

/** The set's reader. */
export const help: NetworkSet = {
  name: "help",
  repository: "HayeonLee/HELP",
  commit: "45f70eb",
  licence: "MIT",
  devices: Object.values(cards),
  conversions: [
    "a column GPU_BATCH is a forward pass of one batch in ms",
    "the columns of Xeon processors are left out: their batch is not recorded",
    "the number format is not recorded: float32 is taken, PyTorch's default",
    "the network is built from its cell (arch_str) as NAS-Bench-201's code runs it, for images of 32×32 and ten classes",
    "arch_index is kept",
  ],
  convert(cells) {
    const network = cells.text("arch_str") ?? cells.fail("arch_str", "is empty; a network's cell is needed");
    let definition;
    try {
      definition = network201(network, parseCell201(network));
    } catch (error) {
      return cells.fail("arch_str", (error as Error).message);
    }
    return Object.entries(cards).flatMap(([card, device]) =>
      batches.map((batch) => ({
        network,
        device,
        definition,
        batch,
        image: 32,
        dtype: "float32" as const,
        pass: "forward" as const,
        runtimeMs: cells.measured(`${card}_${batch}`),
        powerW: null,
        energyMj: null,
        macsPerImage: null,
        params: null,
        powerLimitW: null,
        more: { arch_index: cells.text("arch_index") },
      }))
    );
  },
};
