/**
 * Fits the few constants that lead from a network's layers to its whole, on networks that were measured whole; see {@linkcode SumFit}.
 *
 * @module
 */
import type { Dtype } from "neuralpower/dsl";
import { foldsByGroup } from "../learn/folds.ts";
import { logHalfWidth } from "../learn/intervals.ts";
import { errors } from "../learn/metrics.ts";
import { nnls } from "../learn/nnls.ts";
import type { Pass } from "../node.ts";
import type { NetworksFit, SumFit } from "./model.ts";
import { binOf } from "../learn/local_width.ts";
import { type Constants, totalHalfWidth, totalOf } from "./network_total.ts";

/** A network that was measured whole, and its layers' predicted sum. */
export interface SummedNetwork {
  /** Measurements of one network (other batches, other image sizes) have one name and are never split. */
  readonly name: string;
  readonly pass: Pass;
  readonly dtype: Dtype;
  /** How many nodes are executed. */
  readonly nodes: number;
  readonly runtimeMs: number;
  readonly energyMj: number | null;
  /** Sums of the nodes by models that have not seen their configurations. */
  readonly layersMs: number;
  readonly layersMj: number | null;
}

/** With fewer networks one interval for them would not be vouched for. */
export const leastNetworks = 10;
const innerFolds = 5;
/** Bins by size, each with at least so many networks. */
const mostBins = 5;
const leastInBin = 60;

/** Which constants are fitted; the others are 0. That layers just add up, with a scale of 1, is one choice more. */
const choices = [["scale"], ["scale", "perCall"], ["scale", "perNode"], ["scale", "perNode", "perCall"]] as const;
const plainSum: Constants = { scale: 1, perNode: 0, perCall: 0 };

/** Fits every group of one pass and number format with at least {@linkcode leastNetworks} networks. */
export function fitNetworks(networks: readonly SummedNetwork[]): NetworksFit[] {
  const groups = Map.groupBy(networks, ({ pass, dtype }) => `${pass} ${dtype}`);
  return [...groups.values()].flatMap((group) => {
    const timed = group.map(({ name, nodes, runtimeMs, layersMs }) => ({
      name,
      nodes,
      layers: layersMs,
      whole: runtimeMs,
    }));
    const runtime = fitSum(timed);
    const energetic = group.flatMap(({ name, nodes, energyMj, layersMj }) =>
      energyMj === null || layersMj === null ? [] : [{ name, nodes, layers: layersMj, whole: energyMj }]
    );
    const { pass, dtype } = group[0];
    return runtime === null ? [] : [{ pass, dtype, networks: group.length, runtime, energy: fitSum(energetic) }];
  });
}

interface Whole {
  readonly name: string;
  readonly nodes: number;
  readonly layers: number;
  readonly whole: number;
}

function fitSum(networks: readonly Whole[]): SumFit | null {
  if (new Set(networks.map(({ name }) => name)).size < leastNetworks) return null;
  const measured = Float64Array.from(networks, ({ whole }) => whole);
  const folds = foldsByGroup(networks.map(({ name }) => name), innerFolds);
  const fits = [
    () => plainSum,
    ...choices.map((choice) => (training: readonly Whole[]) => fitConstants(training, choice)),
  ];
  const tried = fits.map((fit) => {
    const heldOut = new Float64Array(networks.length);
    for (let fold = 0; fold < innerFolds; fold++) {
      const constants = fit(networks.filter((_, i) => folds[i] !== fold));
      networks.forEach((network, i) => {
        if (folds[i] === fold) heldOut[i] = totalOf(constants, network);
      });
    }
    return { fit, heldOut, errors: errors(measured, heldOut) };
  });
  const best = tried.reduce((best, each) => each.errors.mape < best.errors.mape ? each : best);
  const rows = [...networks.keys()];
  return {
    ...best.fit(networks),
    heldOut: { ...best.errors, coverage90: coverage(measured, best.heldOut, folds), worstBin90: null },
    ...binWidths(measured, best.heldOut, rows),
  };
}

function fitConstants(networks: readonly Whole[], choice: readonly (keyof Constants)[]): Constants {
  const columns = { scale: (each: Whole) => each.layers, perNode: (each: Whole) => each.nodes, perCall: () => 1 };
  const [n, p] = [networks.length, choice.length];
  const x = Float64Array.from(networks.flatMap((each) => choice.map((name) => columns[name](each) / each.whole)));
  const { coefficients } = nnls({ x, n, p, y: new Float64Array(n).fill(1) });
  // Without the layers it is no sum of them.
  if (coefficients[0] === 0) return plainSum;
  return { ...plainSum, ...Object.fromEntries(choice.map((name, j) => [name, coefficients[j]])) };
}

/** Widths by size of the total. */
function binWidths(
  measured: Float64Array,
  predicted: Float64Array,
  rows: readonly number[],
): Pick<SumFit, "edges" | "logHalfWidths"> {
  const sorted = Float64Array.from(rows, (row) => predicted[row]).sort();
  const bins = Math.max(1, Math.min(mostBins, Math.floor(rows.length / leastInBin)));
  const edges = Array.from({ length: bins - 1 }, (_, i) => sorted[Math.round((i + 1) * rows.length / bins)]);
  const inBin = Map.groupBy(rows, (row) => binOf(predicted[row], edges));
  return {
    edges,
    logHalfWidths: Array.from({ length: bins }, (_, bin) => {
      const own = inBin.get(bin) ?? rows;
      const of = (values: Float64Array) => own.map((row) => values[row]);
      // Few and equal totals may leave a bin with less than vouches for it.
      return logHalfWidth(of(measured), of(predicted)) ??
        Math.max(...own.map((row) => Math.abs(Math.log(measured[row] / predicted[row]))));
    }),
  };
}

/** Share of the networks in the interval that the other folds' errors make. */
function coverage(measured: Float64Array, predicted: Float64Array, folds: Int32Array): number {
  const rows = [...measured.keys()];
  const inside = [...new Set(folds)].flatMap((fold) => {
    const widths = binWidths(measured, predicted, rows.filter((row) => folds[row] !== fold));
    return rows.filter((row) =>
      folds[row] === fold &&
      Math.abs(Math.log(measured[row] / predicted[row])) <= totalHalfWidth(widths, predicted[row])
    );
  });
  return inside.length / measured.length;
}
