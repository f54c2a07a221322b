/**
 * The public sets that can be read, by name: those of layers, and those of whole networks.
 *
 * @module
 */
import type { Dataset } from "./dataset.ts";
import { deepbench } from "./deepbench.ts";
import { ecnas } from "./ecnas.ts";
import { help } from "./help.ts";
import { justus2018 } from "./justus2018.ts";
import { neuralpower } from "./neuralpower.ts";
import type { NetworkSet } from "./network_set.ts";
import { neusight } from "./neusight.ts";
import { timm } from "./timm.ts";
import { tinynas } from "./tinynas.ts";
import { willowec } from "./willowec.ts";
import { zeus } from "./zeus.ts";

export { type Dataset, type DatasetRecord, type DatasetRows, readDataset, type RowCells } from "./dataset.ts";
export { type NetworkRow, type NetworkSet, readNetworkSet } from "./network_set.ts";

/** All public sets of layers with a reader. */
export const datasets: readonly Dataset[] = [justus2018, willowec, tinynas, neusight, deepbench, neuralpower];

/** All public sets of networks with a reader. */
export const networkSets: readonly NetworkSet[] = [timm, zeus, ecnas, help];
