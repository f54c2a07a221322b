/**
 * A fitted model as a JSON file: which device and runtime, what its rows were, the terms and coefficients, the ranges they were fitted
 * in, and the held-out errors. A file that does not match the code is refused.
 *
 * @module
 */
import * as v from "valibot";
import { dtypes, type Kind, kinds } from "neuralpower/dsl";
import { featureNames } from "../features.ts";
import { passes } from "../node.ts";

/** Raised when the file's form changes: a file of another version is refused. */
export const modelVersion = 1;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const finite = v.pipe(v.number(), v.finite());
const above0 = v.pipe(finite, v.gtValue(0));

const heldOutSchema = v.object({
  rows: count,
  mape: finite,
  rmspe: finite,
  rmse: finite,
  medianApe: finite,
  within10: finite,
  r2: v.nullable(finite),
  /** Share of held-out rows in the 90 % interval; null where too few rows vouch for one. */
  coverage90: v.nullable(finite),
});

const polynomialSchema = v.object({
  /** The penalty that cross-validation chose, in the target's unit. */
  lambda: above0,
  /** Relative duality gap of the solution. */
  gap: finite,
  /** How many of the cross-validation's problems stopped before a relative gap of 1e-6. */
  unconverged: count,
  intercept: finite,
  /** By term: `batch*outHeight^2`. */
  coefficients: v.record(v.string(), finite),
  heldOut: heldOutSchema,
  /** q of the interval [ŷ·exp(−q), ŷ·exp(q)]; null where too few rows vouch for it. */
  logHalfWidth: v.nullable(finite),
});

/** The two polynomials of a target: the paper's, and the one with weights 1/y². */
export const polynomialNames = ["paper", "relative"] as const;
/** Which polynomial of a target. */
export type PolynomialName = (typeof polynomialNames)[number];

const targetSchema = v.object({
  /** The one with the smaller held-out RMSPE. */
  default: v.picklist(polynomialNames),
  /** No prediction is below the smallest that was measured… */
  least: above0,
  /** …nor above this; null for runtimes, which have no bound. */
  most: v.nullable(above0),
  /** Median of spread over value of the rows: what no model can get below; null where the rows have no spreads. */
  noise: v.nullable(finite),
  /** The analytical model on the same rows; null for power, and for a device without a specification. */
  analytical: v.nullable(v.object({
    heldOut: heldOutSchema,
    logHalfWidth: v.nullable(finite),
    /** Median of a layer's own time over the analytical one… */
    scale: above0,
    /** …and the q of the interval around the analytical time so scaled, on the layer's own time. */
    scaledLogHalfWidth: v.nullable(finite),
  })),
  polynomials: v.object({ paper: polynomialSchema, relative: polynomialSchema }),
});

const fitSchema = v.object({
  kind: v.picklist(kinds),
  pass: v.picklist(passes),
  dtype: v.picklist(dtypes),
  rows: count,
  configurations: count,
  /** What of each row is the call's, not the layer's: taken off before fitting, added back before errors are taken. */
  callMs: v.pipe(finite, v.minValue(0)),
  /** Smallest and largest value of each feature in the rows, in the order of the code's features. */
  ranges: v.record(v.string(), v.tuple([finite, finite])),
  runtime: targetSchema,
  power: v.nullable(targetSchema),
  /** Power times runtime, both of their defaults, against the rows' energy. */
  energy: v.nullable(v.object({ heldOut: heldOutSchema, logHalfWidth: v.nullable(finite) })),
});

const sourceSchema = v.object({
  /** A public set with its repository, commit and licence, or the user's own table. */
  set: v.string(),
  file: v.string(),
  rows: count,
  /** Rows and measurements not taken as they stand. */
  counted: v.record(v.string(), count),
});

const modelSchema = v.object({
  format: v.literal("neuralpower-model"),
  version: v.literal(modelVersion),
  device: v.pipe(v.string(), v.nonEmpty()),
  /** Name of its entry in the table of specifications; null where it has none. */
  specification: v.nullable(v.string()),
  runtime: v.string(),
  /** The command that made the file. */
  command: v.string(),
  sources: v.array(sourceSchema),
  fits: v.array(fitSchema),
});

/** Held-out errors with the interval's coverage; shares are fractions. */
export type HeldOut = v.InferOutput<typeof heldOutSchema>;
/** A sparse polynomial over named features. */
export type Polynomial = v.InferOutput<typeof polynomialSchema>;
/** Both polynomials of runtime or power, and their bounds. */
export type TargetFit = v.InferOutput<typeof targetSchema>;
/** What was fitted for one kind, pass and number format. */
export type KindFit = v.InferOutput<typeof fitSchema>;
/** Where rows came from. */
export type Source = v.InferOutput<typeof sourceSchema>;
/** A model file's content. */
export type ModelFile = v.InferOutput<typeof modelSchema>;

/** A model file that cannot be used, and why. */
export class ModelFileError extends SyntaxError {
  override readonly name = "ModelFileError";
  /** The file. */
  readonly file: string;

  /** Says what is wrong and what to do in `problem`. */
  constructor(file: string, problem: string) {
    super(`${file}: ${problem}`);
    this.file = file;
  }
}

/**
 * Reads a model file.
 *
 * @param text Its JSON.
 * @param file Its name, for errors.
 * @throws {ModelFileError} When it is truncated, of another version, or was fitted on other features than the code has.
 */
export function parseModelFile(text: string, file: string): ModelFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ModelFileError(file, `is not whole JSON (${(error as Error).message}); fit the model again`);
  }
  const version = (json as { version?: unknown } | null)?.version;
  if (version !== undefined && version !== modelVersion) {
    throw new ModelFileError(
      file,
      `has version ${version}, this program reads version ${modelVersion}; fit the model again`,
    );
  }
  const parsed = v.safeParse(modelSchema, json);
  if (!parsed.success) {
    const { message } = parsed.issues[0];
    throw new ModelFileError(file, `is not a model file: ${v.getDotPath(parsed.issues[0]) ?? "the whole"}: ${message}`);
  }
  for (const fit of parsed.output.fits) checkFeatures(fit.kind, Object.keys(fit.ranges), file);
  return parsed.output;
}

function checkFeatures(kind: Kind, stored: readonly string[], file: string): void {
  const known = featureNames(kind);
  const missing = known.filter((name) => !stored.includes(name));
  const unknown = stored.filter((name) => !known.includes(name));
  if (missing.length + unknown.length > 0) {
    const parts = [
      missing.length && `lacks ${missing.join(", ")}`,
      unknown.length && `has ${unknown.join(", ")}, unknown here`,
    ];
    throw new ModelFileError(
      file,
      `its features of ${kind} are not the program's: it ${parts.filter(Boolean).join(" and ")}; fit the model again`,
    );
  }
}
