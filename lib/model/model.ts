/**
 * A fitted model's content, as it stands in its file.
 *
 * @module
 */
import type { Dtype, Kind } from "neuralpower/dsl";
import type { BoostedTreesJson } from "../learn/trees_json.ts";
import type { Errors } from "../learn/metrics.ts";
import type { Pass } from "../node.ts";
import type { Hardware } from "./geometry.ts";

/** Errors on held-out configurations, with the interval's coverage. Of 0 rows, NaN (null in a file): coefficients from elsewhere. */
export interface HeldOut extends Errors {
  /** Share of held-out rows in the 90 % interval; null where too few rows vouch for one. */
  readonly coverage90: number | null;
  /** The smallest coverage of five bins by size; null where bins have under 300 rows, or the interval is one for all. */
  readonly worstBin90: number | null;
}

/** Held-out errors, and the interval that they vouch for. */
export interface Vouched {
  /** Errors on held-out configurations. */
  readonly heldOut: HeldOut;
  /** q of the interval [ŷ·exp(−q), ŷ·exp(q)], the median where it follows the layer; null where too few rows vouch for it. */
  readonly logHalfWidth: number | null;
}

/** A sparse polynomial over named features. */
export interface Polynomial extends Vouched {
  /** The penalty that cross-validation chose, in the target's unit; NaN (null in a file) where it is not known. */
  readonly lambda: number;
  /** Relative duality gap of the solution; NaN where it is not known. */
  readonly gap: number;
  /** How many of the cross-validation's problems stopped before a relative gap of 1e-6. */
  readonly unconverged: number;
  /** The target's value where all terms are 0. */
  readonly intercept: number;
  /** By term: `batch*outHeight^2`. */
  readonly coefficients: Readonly<Record<string, number>>;
}

/** The two polynomials of a target: the paper's, and the one with weights 1/y². */
export const polynomialNames = ["paper", "relative"] as const;
/** Which polynomial of a target. */
export type PolynomialName = (typeof polynomialNames)[number];

/** Trees as they stand in a file. */
export type StoredTrees = BoostedTreesJson;

/** How wide a prediction's interval is: see `learn/local_intervals.ts`. */
export interface StoredWidth {
  /** Of ln σ, from the point model's columns and ln ŷ. */
  readonly trees: StoredTrees;
  /** Of ln ŷ, between bins. */
  readonly edges: readonly number[];
  /** Of |r|/σ, by bin. */
  readonly quantiles: readonly number[];
}

/** The physical base: a sum of rates times terms, of time in ms; for power of energy in mJ, and power is that over the time's base. */
export interface BaseFit extends Vouched {
  /** No value of the sum is below this. */
  readonly least: number;
  /** Rates above 0 by term. */
  readonly rates: Readonly<Record<string, number>>;
}

/** The residual over the base: the mean of the trees is the logarithm of what they multiply it by. */
export interface BoostedFit extends Vouched {
  /** Names of the trees' inputs. */
  readonly columns: readonly string[];
  /** Ensembles of different seeds. */
  readonly trees: readonly StoredTrees[];
  /** Null where rows are too few: then one width holds for all. */
  readonly width: StoredWidth | null;
}

/** What a target can be predicted by: the two polynomials, the base alone, or the base with its boosted residual. */
export const formNames = [...polynomialNames, "base", "boosted"] as const;
/** What a target can be predicted by. */
export type FormName = (typeof formNames)[number];

/** The analytical model on a kind's rows. */
export interface AnalyticalFit extends Vouched {
  /** Median of a layer's own time over the analytical one… */
  readonly scale: number;
  /** …and the q of the interval around the analytical time so scaled, on the layer's own time. */
  readonly scaledLogHalfWidth: number | null;
}

/** All forms of runtime (ms) or power (W), and their bounds. */
export interface TargetFit {
  /** The form that inner folds of the rows say is best, of power those that their meter resolves: see `fit_target.ts`. */
  readonly default: FormName;
  /** No prediction is below half of the smallest runtime, or the smallest power, that was measured… */
  readonly least: number;
  /** …nor above the largest; null for runtimes, which have no bound. */
  readonly most: number | null;
  /** Median of spread over value of the rows: what no model can get below; null where a row has no spread. */
  readonly noise: number | null;
  /** The analytical model on the same rows; null for power, and for a device without a specification. */
  readonly analytical: AnalyticalFit | null;
  /** Both, whichever is the default. */
  readonly polynomials: Readonly<Record<PolynomialName, Polynomial>>;
  /** Null in a file without one. Of the whole row: a call's cost is in it. */
  readonly base: BaseFit | null;
  /** Null in a file without one. Of the whole row. */
  readonly boosted: BoostedFit | null;
}

/** Energy as power times runtime. */
export interface EnergyFit extends Vouched {
  /** From the columns of power's trees; null where one width holds for all. */
  readonly width: StoredWidth | null;
  /** The same on the rows alone whose power its meter resolves within 5 %; null where these are all rows, or too few. */
  readonly resolved: { readonly power: HeldOut; readonly energy: HeldOut } | null;
}

/** A measured device's fit of a kind's time, as another device's fit holds it: without what is known of its errors. */
export interface FittedSource {
  /** How many rows it was fitted on. */
  readonly rows: number;
  /** What its layers ran on. */
  readonly hardware: Hardware;
  /** What its rows covered. */
  readonly ranges: KindFit["ranges"];
  /** What of each row was the call's. */
  readonly callMs: number;
  /** No layer's own time is below this. */
  readonly least: number;
  /** Its base. */
  readonly base: Omit<BaseFit, keyof Vouched>;
  /** Null where the base stands alone. */
  readonly boosted: Pick<BoostedFit, "columns" | "trees"> | null;
  /** Where it was transferred itself. */
  readonly source?: StoredSource;
}

/** What a transferred fit corrects. */
export interface StoredSource {
  /** The measured device; the specification's name where the analytical model is corrected. */
  readonly device: string;
  /** Null for the analytical model. */
  readonly fit: FittedSource | null;
}

/** What was fitted for one kind, pass and number format. */
export interface KindFit {
  /** The layers' kind. */
  readonly kind: Kind;
  /** What the rows cover. */
  readonly pass: Pass;
  /** The layers' number format. */
  readonly dtype: Dtype;
  /** What the layers ran on, as the terms of the base count it. */
  readonly hardware: Hardware;
  /** How many rows. */
  readonly rows: number;
  /** How many distinct configurations. */
  readonly configurations: number;
  /** What of each row is the call's, not the layer's, in ms. Polynomials are fitted without it, the others with it; errors are those of whole rows. */
  readonly callMs: number;
  /** Smallest and largest value of each feature in the rows, in the order of the code's features. */
  readonly ranges: Readonly<Record<string, readonly [least: number, most: number]>>;
  /** What the base's term and the trees' column `source` are of; absent from a fit that has neither. */
  readonly source?: StoredSource;
  /**
   * How much of its error's variance a layer shares with the other layers of its network; absent in a file that does not tell, and then
   * {@linkcode assumedCorrelation} is taken.
   */
  readonly correlation?: number;
  /** In ms, of the layer's own time. */
  readonly runtime: TargetFit;
  /** In W; null where too few rows have one. */
  readonly power: TargetFit | null;
  /** Power times runtime, both of their defaults, against the rows' energy in mJ. */
  readonly energy: EnergyFit | null;
}

/** What a device takes for each launch, operation and byte, by all kinds that were measured: see `rates.ts`. */
export interface Rates {
  /** What the rows cover. */
  readonly pass: Pass;
  /** The layers' number format. */
  readonly dtype: Dtype;
  /** Those whose rows the rates are of. */
  readonly kinds: readonly Kind[];
  /** A kernel's start. */
  readonly launchMs: number;
  /** Half of a multiply-add, or another operation. */
  readonly flopMs: number;
  /** Read or written. */
  readonly byteMs: number;
  /** q of the interval around a time by rates that other kinds vouch for; null where rows are too few. */
  readonly logHalfWidth: number | null;
}

/** Seen on the public sets: 0.08 … 0.16. */
export const assumedCorrelation = 0.15;

/**
 * How the layers' sum becomes a network's whole: total = scale · layers + perNode · nodes + perCall, fitted to networks that were
 * measured whole, the layers predicted by models that have not seen their configurations.
 */
export interface SumFit {
  /** What a layer takes within a network over what it takes by itself. */
  readonly scale: number;
  /** What each executed node adds. */
  readonly perNode: number;
  /** What each run adds. */
  readonly perCall: number;
  /** Errors of networks that the constants have not seen. */
  readonly heldOut: HeldOut;
  /** Totals between bins of about as many networks each, ascending. */
  readonly edges: readonly number[];
  /** Each bin's q of the interval [total·exp(−q), total·exp(q)], one more than edges. */
  readonly logHalfWidths: readonly number[];
}

/** Whole networks, of one pass and number format. */
export interface NetworksFit {
  /** What was measured of them. */
  readonly pass: Pass;
  /** Their number format. */
  readonly dtype: Dtype;
  /** How many measurements. */
  readonly networks: number;
  /** In ms. */
  readonly runtime: SumFit;
  /** In mJ; null where too few have one. */
  readonly energy: SumFit | null;
}

/** Where rows came from. */
export interface Source {
  /** A public set with its repository, commit and licence, or the user's own table. */
  readonly set: string;
  /** The file's name. */
  readonly file: string;
  /** Rows in the file. */
  readonly rows: number;
  /** Rows and measurements not taken as they stand, by what became of them. */
  readonly counted: Readonly<Record<string, number>>;
}

/** Raised when the file's form changes: a file of another version is refused. */
export const modelVersion = 3;

/** A model file's content. */
export interface ModelFile {
  /** What the file is. */
  readonly format: "neuralpower-model";
  /** Of its form. */
  readonly version: typeof modelVersion;
  /** Card and runtime: `v100-tf1`. */
  readonly device: string;
  /** Name of its entry in the table of specifications; null where it has none. */
  readonly specification: string | null;
  /** Name of its entry in the table of runtimes. */
  readonly runtime: string;
  /** The command that made the file. */
  readonly command: string;
  /** The files that its rows came from. */
  readonly sources: readonly Source[];
  /** By kind, pass and number format. */
  readonly fits: readonly KindFit[];
  /** By pass and number format; a file without them has the specification predict what was not measured. */
  readonly rates?: readonly Rates[];
  /** By pass and number format; absent where no networks were measured whole. */
  readonly networks?: readonly NetworksFit[];
}
