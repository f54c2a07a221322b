/**
 * Training on a V100 against batch size and power limit, from Zeus (You, Chung and Chowdhury, NSDI 2023): seconds an epoch and mean
 * power, of five networks on six tasks in PyTorch. Two of them are convolutional.
 *
 * @module
 */
import type { NetworkSet } from "./network_set.ts";

/** Images in an epoch, of the sets whose size is published; an epoch of the others depends on how they were cut. */
const epochSamples: Readonly<Record<string, number>> = { cifar100: 50_000, imagenet: 1_281_167 };

/** The set's reader. */
export const zeus: NetworkSet = {
  name: "zeus",
  repository: "ml-energy/zeus",
  commit: "75a8b93",
  licence: "Apache-2.0",
  devices: ["v100-pytorch"],
  conversions: [
    "time_per_epoch (s) is kept as epoch_s; runtimeMs is its share of one batch where the data set's size is published, else null",
    "an epoch's time holds whatever it waits for, the reading of images too",
    "average_power is powerW; energyMj is the product of both",
    "the number format is not recorded: float32 is taken, PyTorch's default",
    "data set and optimizer are kept",
  ],
  convert(cells) {
    const dataset = cells.text("dataset") ?? cells.fail("dataset", "is empty; a data set's name is needed");
    const batch = cells.whole("batch_size", 1);
    const epochS = cells.measured("time_per_epoch");
    const powerW = cells.measured("average_power");
    const samples = Object.hasOwn(epochSamples, dataset) ? epochSamples[dataset] : null;
    const runtimeMs = samples === null || epochS === null ? null : epochS * 1000 / Math.ceil(samples / batch);
    return [{
      network: cells.text("network") ?? cells.fail("network", "is empty; a network's name is needed"),
      device: "v100-pytorch",
      definition: null,
      batch,
      image: null,
      dtype: "float32",
      pass: "training",
      runtimeMs,
      powerW,
      energyMj: runtimeMs === null || powerW === null ? null : powerW * runtimeMs,
      macsPerImage: null,
      params: null,
      powerLimitW: cells.whole("power_limit", 1),
      more: { dataset, optimizer: cells.text("optimizer"), epoch_s: epochS },
    }];
  },
};
