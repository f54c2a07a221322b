/**
 * What every model file is held to before it is used: whole JSON of this version, of a specification, a runtime and features that the
 * program has. It is light; the whole schema stands in `model_file.ts`.
 *
 * @module
 */
import type { Kind } from "neuralpower/dsl";
import { featureNames } from "../features.ts";
import { findRuntime } from "../runtimes.ts";
import { type ModelFile, modelVersion } from "./model.ts";
import { readOwnJson } from "./model_text.ts";
import { findSpecification } from "./specifications.ts";

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
 * Reads a model file that this program wrote, such as those in `models/`, each of which a test reads by the schema.
 *
 * @throws {ModelFileError} When it is truncated, of another version, or was fitted on other features than the code has.
 */
export function readOwnModel(path: string | URL, file: string): ModelFile {
  const json = checkedJson(() => readOwnJson(path), file) as Partial<ModelFile> | null;
  if (json?.format !== "neuralpower-model" || !Array.isArray(json.fits)) {
    throw new ModelFileError(file, "is not a model file; fit the model again");
  }
  return checkAgainstCode(json as ModelFile, file);
}

/** The file's JSON, of this version. */
export function checkedJson(read: () => unknown, file: string): unknown {
  let json: unknown;
  try {
    json = read();
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      throw new ModelFileError(file, `cannot be read (${(error as Error).name}); give an existing model file`);
    }
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
  return json;
}

/** Refuses a model whose specification, runtime or features the program does not have. */
export function checkAgainstCode(model: ModelFile, file: string): ModelFile {
  const { specification, runtime, fits } = model;
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
  return model;
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
