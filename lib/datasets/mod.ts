/**
 * The public sets that can be read, by name.
 *
 * @module
 */
import type { Dataset } from "./dataset.ts";
import { justus2018 } from "./justus2018.ts";
import { willowec } from "./willowec.ts";

export { type Dataset, type DatasetRows, readDataset, type RowCells } from "./dataset.ts";

/** All public sets with a reader. */
export const datasets: readonly Dataset[] = [justus2018, willowec];
