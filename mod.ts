/**
 * NeuralPower for Deno: what every layer of a convolutional network, and the whole network, will cost in runtime, power and energy on
 * a device, before it is trained or run there.
 *
 * ```text
 *  1 describe                  2 plan, features            3 fit                       4 predict, tell
 *  net.np.ts ─▶ dsl/ ────────▶ lib/plan.ts ──────────────▶ lib/learn/, lib/model/ ───▶ lib/predict.ts ─▶ lib/report/
 *  layers, shapes, costs       nodes as executed,          sparse polynomials,         layers, totals,
 *                              their feature vectors       held-out errors             90 % intervals
 *                                                              ▲
 *                              measurements: layers tables (lib/table.ts), public sets (lib/datasets/)
 * ```
 *
 * @example
 * ```ts
 * import { loadDevice, predict } from "neuralpower";
 * import { network } from "neuralpower/dsl";
 *
 * const net = network("tiny", { image: [3, 64, 64], batch: 32 }, (x) =>
 *   x.conv(64, { kernel: 3, pad: "same", activation: "relu" }).globalAveragePool().flatten().dense(10));
 *
 * const { layers, total } = predict(net.build(), await loadDevice("v100-tf1"));
 * for (const { name, runtimeMs, powerW } of layers) console.log(name, runtimeMs, "ms", powerW, "W");
 * console.log(total.energyMj, "mJ a batch");
 * ```
 *
 * @module
 */
// 2 plan, features
import { NetworkDefinition } from "./dsl/mod.ts";
import { showThemselves } from "./lib/shows_itself.ts";

export { type Node, nodeCost, type Optimizer, optimizers, type Pass, passes } from "./lib/node.ts";
export { findRuntime, type Runtime, runtimes, unfused } from "./lib/runtimes.ts";
export { plan, type PlannedLayer, type PlanOptions } from "./lib/plan.ts";
export { featureNames, features, featureVector, type NodeFeatures } from "./lib/features.ts";
// measurements
export {
  formatCsv,
  type LayersTable,
  type Measurement,
  nodeCells,
  parseLayersTable,
  tableColumns,
  type TableRow,
} from "./lib/table.ts";
export { Cells, TableError } from "./lib/table_cells.ts";
export {
  type Dataset,
  type DatasetRecord,
  type DatasetRows,
  datasets,
  type NetworkRow,
  type NetworkSet,
  networkSets,
  readDataset,
  readNetworkSet,
  type RowCells,
} from "./lib/datasets/mod.ts";
// 3 fit
export { type Errors, errors } from "./lib/learn/metrics.ts";
export { type DeviceFit, fitDevice, type FitOptions, type HeldOutRow } from "./lib/model/fit.ts";
export type { Hardware } from "./lib/model/geometry.ts";
export type { SourceKey } from "./lib/model/sources.ts";
export type { BoostedTreesJson } from "./lib/learn/trees_json.ts";
export {
  type AnalyticalFit,
  type BaseFit,
  type BoostedFit,
  type EnergyFit,
  type FittedSource,
  type FormName,
  formNames,
  type HeldOut,
  type KindFit,
  type ModelFile,
  modelVersion,
  type NetworksFit,
  type Polynomial,
  type PolynomialName,
  polynomialNames,
  type Rates,
  type Source,
  type StoredSource,
  type StoredTrees,
  type StoredWidth,
  type SumFit,
  type TargetFit,
  type Vouched,
} from "./lib/model/model.ts";
export { ModelFileError, parseModelFile } from "./lib/model/model_file.ts";
export { analytical, type AnalyticalPrediction } from "./lib/model/analytical.ts";
export { findSpecification, type Specification, specifications } from "./lib/model/specifications.ts";
// 4 predict
export { type Device, DeviceError, deviceOf, loadDevice, shippedDevices } from "./lib/model/device.ts";
export {
  type Estimate,
  type ModelChoice,
  modelChoices,
  type NodeModel,
  nodeModel,
  type NodePrediction,
  type Origin,
} from "./lib/model/node_model.ts";
export {
  type LayerOrigin,
  type LayerPrediction,
  predict,
  type Prediction,
  type PredictOptions,
  type TotalPrediction,
  UnsupportedError,
} from "./lib/predict.ts";
export { type PredictedTable, predictRows } from "./lib/predict_table.ts";
// 5 decide
export {
  type Budgeted,
  type Budgets,
  judge,
  type JudgeOptions,
  type Outcome,
  type Verdict,
} from "./lib/decide/budgets.ts";
export { publishedAccuracy } from "./lib/decide/accuracies.ts";
export { energyPrecision, paretoFront } from "./lib/decide/front.ts";
export { type LayerDifference, layerDifferences } from "./lib/decide/layer_differences.ts";

showThemselves(NetworkDefinition);
