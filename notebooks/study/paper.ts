/**
 * NeuralPower's published figures (Cai, Juan, Stamoulis and Marculescu, ACML 2017, arXiv 1710.05420): GTX Titan X, TensorFlow.
 *
 * @module
 */
import type { Device, HeldOut, TargetFit } from "neuralpower";
import { errors, loadDevice, predict } from "neuralpower";
import { type Column, percent, type Table } from "../../lib/report/text_table.ts";
import type { Validation } from "../../lib/report/validation.ts";
import { net } from "./zoo.ts";

/** A model of one kind of layer: its number of terms, and its error by cross-validation. */
interface LayerFigures {
  readonly terms: number | null;
  readonly rmspe: number;
  /** ms or W. */
  readonly rmse: number;
}

/** Tables 1 and 2: models of layers, and Paleo's on the same. */
export const layerFigures = {
  conv: {
    runtime: { terms: 60, rmspe: 0.3997, rmse: 1.019 },
    paleo: { terms: null, rmspe: 0.5829, rmse: 4.304 },
    power: { terms: 75, rmspe: 0.0735, rmse: 10.9172 },
  },
  dense: {
    runtime: { terms: 17, rmspe: 0.4192, rmse: 0.7474 },
    paleo: { terms: null, rmspe: 0.7376, rmse: 0.8265 },
    power: { terms: 15, rmspe: 0.09, rmse: 10.5868 },
  },
  pool: {
    runtime: { terms: 31, rmspe: 0.1141, rmse: 0.0686 },
    paleo: { terms: null, rmspe: 0.7991, rmse: 1.763 },
    power: { terms: 30, rmspe: 0.0616, rmse: 6.8618 },
  },
} as const satisfies Record<string, Record<string, LayerFigures>>;

/** Kinds of layers that the paper has tables of. */
export const papersKinds = ["conv", "dense", "pool"] as const;

/** Predicted, then measured. */
type Pair = readonly [predicted: number, measured: number];

/** One network of table 3. */
interface NetworkFigures {
  readonly name: string;
  /** Images at once: what the released network files (caiermao/NeuralPower d9e28fd) have. */
  readonly batch: number;
  readonly runtimeMs: Pair;
  readonly powerW: Pair;
  readonly energyJ: Pair;
}

/** Table 3: whole networks. */
export const networkFigures: readonly NetworkFigures[] = [
  { name: "vgg16", batch: 64, runtimeMs: [373.82, 368.42], powerW: [206.88, 204.8], energyJ: [77.312, 75.452] },
  { name: "alexnet", batch: 128, runtimeMs: [43.41, 39.02], powerW: [174.25, 194.62], energyJ: [7.565, 7.594] },
  { name: "nin", batch: 128, runtimeMs: [62.62, 50.66], powerW: [179.98, 226.34], energyJ: [11.269, 11.465] },
  { name: "overfeat", batch: 128, runtimeMs: [195.21, 197.99], powerW: [172.2, 172.3], energyJ: [33.616, 34.113] },
  { name: "cifar10_6conv", batch: 128, runtimeMs: [51.13, 50.09], powerW: [165.33, 188.34], energyJ: [8.938, 9.433] },
];

const right = "right" as const;
const count = (value: number | null) => value === null ? "–" : String(value);
const layerColumns: readonly Column[] = [
  { header: "layers" },
  { header: "measured on" },
  { header: "model" },
  ...["rows", "terms", "RMSPE", "RMSE"].map((header) => ({ header, align: right })),
];

/** Table 1 (runtime) or 2 (power): the paper's figures, then those of devices, all on held-out configurations. */
export function layersTable(target: "runtime" | "power", devices: readonly Device[]): Table {
  const unit = target === "runtime" ? "ms" : "W";
  const rows = papersKinds.flatMap((kind) => {
    const published = layerFigures[kind];
    const line = (where: string, model: string, terms: number | null, { rows, rmspe, rmse }: {
      readonly rows: number | null;
      readonly rmspe: number;
      readonly rmse: number;
    }) => [
      ...[kind, where, model, count(rows), count(terms)],
      ...[percent(rmspe), `${rmse.toPrecision(3)} ${unit}`],
    ];
    const theirs = (model: string, figures: LayerFigures) =>
      line("GTX Titan X (paper)", model, figures.terms, { ...figures, rows: null });
    const own = devices.flatMap((device) => {
      const fit = device.model?.fits.find((fit) =>
        fit.kind === kind && fit.pass === "forward" && fit.dtype === "float32"
      )?.[target];
      return fit ? formsOf(fit).map(({ model, terms, heldOut }) => line(device.name, model, terms, heldOut)) : [];
    });
    return [
      theirs("NeuralPower", published[target]),
      ...target === "runtime" ? [theirs("Paleo", published.paleo)] : [],
      ...own,
    ];
  });
  const table = target === "runtime" ? "Table 1: runtime of layers" : "Table 2: power of layers";
  return { title: `${table}, on held-out configurations`, columns: layerColumns, rows };
}

/** The paper's form, Paleo's formula, and the default of a fit. */
function formsOf(fit: TargetFit): { model: string; terms: number | null; heldOut: HeldOut }[] {
  const { polynomials: { paper }, analytical } = fit;
  const chosen = fit.default === "base" || fit.default === "boosted" ? fit[fit.default] : null;
  return [
    { model: "the paper's Lasso", terms: Object.keys(paper.coefficients).length, heldOut: paper.heldOut },
    ...analytical === null ? [] : [{ model: "Paleo's formula", terms: null, heldOut: analytical.heldOut }],
    ...chosen === null ? [] : [{ model: fit.default, terms: null, heldOut: chosen.heldOut }],
  ];
}

/** Table 3 as published, with each network's error, and the accuracy 1 − RMSPE of each figure. */
export function publishedNetworks(): Table {
  const figures = ["runtimeMs", "powerW", "energyJ"] as const;
  const units = { runtimeMs: "ms", powerW: "W", energyJ: "J" };
  const accuracy = figures.map((figure) => {
    const { rmspe } = errors(
      networkFigures.map((network) => network[figure][1]),
      networkFigures.map((network) => network[figure][0]),
    );
    return ["", percent(1 - rmspe, 2), ""];
  });
  return {
    title:
      "Table 3 as published: networks on the GTX Titan X; last its accuracies, 1 − RMSPE, computed here from the rows",
    columns: [
      { header: "network" },
      ...figures.flatMap((figure) =>
        [`measured, ${units[figure]}`, "predicted", "error"].map((header) => ({ header, align: right }))
      ),
    ],
    rows: [
      ...networkFigures.map((network) => [
        network.name,
        ...figures.flatMap((figure) => {
          const [predicted, measured] = network[figure];
          return [String(measured), String(predicted), percent(predicted / measured - 1)];
        }),
      ]),
      ["accuracy", ...accuracy.flat()],
    ],
  };
}

/** The paper's networks by our table of specifications alone, as nothing of ours was measured on its card: against its measurements. */
export async function titanXBySpecification(): Promise<Validation> {
  const device = await loadDevice("gtx-titan-x");
  const networks = await Promise.all(networkFigures.map(async ({ name, batch, runtimeMs, powerW, energyJ }) => {
    const { total } = predict((await net(name)).build({ batch }), device);
    const compared = (measured: number, predicted: number) => ({ measured, predicted, low: null, high: null });
    return {
      ...{ name, batch, image: null, remark: "" },
      runtimeMs: compared(runtimeMs[1], total.runtimeMs!),
      powerW: compared(powerW[1], total.powerW!),
      energyMj: compared(1000 * energyJ[1], total.energyMj!),
    };
  }));
  return {
    device: "gtx-titan-x",
    method:
      "Paleo's formula on the data sheet's figures, against what the paper measured; batches are those of its released network files.",
    networks,
    tables: [],
    notes: [],
  };
}

/** Accuracy as the paper has it, 1 − RMSPE, of a validation's runtimes. */
export function accuracyOf({ networks }: Validation): number {
  const { rmspe } = errors(
    networks.map(({ runtimeMs }) => runtimeMs.measured),
    networks.map(({ runtimeMs }) => runtimeMs.predicted),
  );
  return 1 - rmspe;
}
