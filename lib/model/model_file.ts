/**
 * Reads model files. A file that does not match the code is refused.
 *
 * @module
 */
import * as v from "valibot";
import { dtypes, type Kind, kinds } from "neuralpower/dsl";
import { featureNames } from "../features.ts";
import { passes } from "../node.ts";
import { findRuntime } from "../runtimes.ts";
import { formNames, type ModelFile, modelVersion, type StoredTrees } from "./model.ts";
import { findSpecification } from "./specifications.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const finite = v.pipe(v.number(), v.finite());
const above0 = v.pipe(finite, v.gtValue(0));

const vouched = {
  heldOut: v.object({
    rows: count,
    mape: finite,
    rmspe: finite,
    rmse: finite,
    medianApe: finite,
    within10: finite,
    r2: v.nullable(finite),
    coverage90: v.nullable(finite),
    worstBin90: v.nullable(finite),
  }),
  logHalfWidth: v.nullable(finite),
};

const polynomial = v.object({
  ...vouched,
  lambda: above0,
  gap: finite,
  unconverged: count,
  intercept: finite,
  coefficients: v.record(v.string(), finite),
});

// Arrays of numbers stay text until a layer needs them.
const trees = v.looseObject({ version: v.number(), splits: v.string() }) as unknown as v.GenericSchema<StoredTrees>;
const width = v.nullable(v.object({ trees, edges: v.array(finite), quantiles: v.array(finite) }));

const target = v.object({
  default: v.picklist(formNames),
  least: above0,
  most: v.nullable(above0),
  noise: v.nullable(finite),
  analytical: v.nullable(v.object({ ...vouched, scale: above0, scaledLogHalfWidth: v.nullable(finite) })),
  polynomials: v.object({ paper: polynomial, relative: polynomial }),
  base: v.nullable(v.object({ ...vouched, least: above0, rates: v.record(v.string(), above0) })),
  boosted: v.nullable(v.object({ ...vouched, columns: v.array(v.string()), trees: v.array(trees), width })),
});

const schema: v.GenericSchema<unknown, ModelFile> = v.object({
  format: v.literal("neuralpower-model"),
  version: v.literal(modelVersion),
  device: v.pipe(v.string(), v.nonEmpty()),
  specification: v.nullable(v.string()),
  runtime: v.string(),
  command: v.string(),
  sources: v.array(v.object({ set: v.string(), file: v.string(), rows: count, counted: v.record(v.string(), count) })),
  fits: v.array(v.object({
    kind: v.picklist(kinds),
    pass: v.picklist(passes),
    dtype: v.picklist(dtypes),
    hardware: v.object({ type: v.picklist(["gpu", "cpu"]), multiprocessors: v.pipe(count, v.minValue(1)) }),
    rows: count,
    configurations: count,
    callMs: v.pipe(finite, v.minValue(0)),
    ranges: v.record(v.string(), v.tuple([finite, finite])),
    runtime: target,
    power: v.nullable(target),
    energy: v.nullable(v.object({
      ...vouched,
      width,
      resolved: v.nullable(v.object({ power: vouched.heldOut, energy: vouched.heldOut })),
    })),
  })),
});

/** A model file that cannot be used, and why. */
export class ModelFileError extends SyntaxError {
  /** The class's name. */
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
    throw new ModelFileError(
      file,
      `is not whole JSON (${(error as Error).message.replace(/\s+/g, " ")}); fit the model again`,
    );
  }
  const version = (json as { version?: unknown } | null)?.version;
  if (version !== undefined && version !== modelVersion) {
    throw new ModelFileError(
      file,
      `has version ${version}, this program reads version ${modelVersion}; fit the model again`,
    );
  }
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new ModelFileError(
      file,
      `is not a model file: ${v.getDotPath(issue) ?? "the whole"}: ${issue.message}; fit the model again`,
    );
  }
  const { specification, runtime, fits } = parsed.output;
  if (specification !== null && findSpecification(specification) === undefined) {
    throw new ModelFileError(
      file,
      `its specification "${specification}" is not in the program's table; fit the model again`,
    );
  }
  if (findRuntime(runtime) === undefined) {
    throw new ModelFileError(file, `its runtime "${runtime}" is not the program's; fit the model again`);
  }
  for (const fit of fits) checkFeatures(fit.kind, Object.keys(fit.ranges), file);
  return parsed.output;
}

function checkFeatures(kind: Kind, stored: readonly string[], file: string): void {
  const known = featureNames(kind);
  const missing = known.filter((name) => !stored.includes(name));
  const unknown = stored.filter((name) => !known.includes(name));
  if (missing.length + unknown.length === 0) return;
  const lacks = missing.length > 0 ? [`lacks ${missing.join(", ")}`] : [];
  const has = unknown.length > 0 ? [`has ${unknown.join(", ")}, unknown here`] : [];
  throw new ModelFileError(
    file,
    `its features of ${kind} are not the program's: it ${[...lacks, ...has].join(" and ")}; fit the model again`,
  );
}
