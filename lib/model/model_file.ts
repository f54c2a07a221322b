/**
 * Reads model files. A file that does not match the code is refused.
 *
 * @module
 */
import * as v from "valibot";
import { dtypes, kinds } from "neuralpower/dsl";
import { featureNames } from "../features.ts";
import { compileTerms, parseTerm } from "../learn/terms.ts";
import { boostingFromJson, checkTrees } from "../learn/trees_json.ts";
import { passes } from "../node.ts";
import { checkNames } from "./compile_layers.ts";
import { checkAgainstCode, checkedJson, ModelFileError } from "./model_check.ts";
import { formNames, type KindFit, type ModelFile, modelVersion, type StoredSource, type StoredTrees } from "./model.ts";
import { placeData } from "./model_text.ts";

export { ModelFileError };

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const finite = v.pipe(v.number(), v.finite());
const above0 = v.pipe(finite, v.gtValue(0));

/** What JSON writes of NaN, which coefficients from elsewhere have where others have an error. */
const orUnknown = v.pipe(v.nullable(finite), v.transform((value) => value ?? NaN));

const vouched = {
  heldOut: v.object({
    rows: count,
    mape: orUnknown,
    rmspe: orUnknown,
    rmse: orUnknown,
    medianApe: orUnknown,
    within10: orUnknown,
    r2: v.nullable(finite),
    coverage90: v.nullable(finite),
    worstBin90: v.nullable(finite),
  }),
  logHalfWidth: v.nullable(finite),
};

const polynomial = v.object({
  ...vouched,
  lambda: v.pipe(orUnknown, v.check((value) => !(value <= 0), "must be above 0")),
  gap: orUnknown,
  unconverged: count,
  intercept: finite,
  coefficients: v.record(v.string(), finite),
});

/** Their arrays of numbers stay text until a layer needs them, but are looked through here: later they are trusted. */
const trees = v.pipe(
  v.looseObject({}),
  v.rawCheck(({ dataset, addIssue }) => {
    try {
      checkTrees(boostingFromJson(dataset.value));
    } catch (error) {
      addIssue({ message: (error as Error).message });
    }
  }),
) as unknown as v.GenericSchema<StoredTrees>;
const width = v.nullable(v.object({ trees, edges: v.array(finite), quantiles: v.array(finite) }));

const base = v.object({ ...vouched, least: above0, rates: v.record(v.string(), above0) });
const boosted = v.object({ ...vouched, columns: v.array(v.string()), trees: v.array(trees), width });

const target = v.object({
  default: v.picklist(formNames),
  least: above0,
  most: v.nullable(above0),
  noise: v.nullable(finite),
  analytical: v.nullable(v.object({ ...vouched, scale: above0, scaledLogHalfWidth: v.nullable(finite) })),
  polynomials: v.object({ paper: polynomial, relative: polynomial }),
  base: v.nullable(base),
  boosted: v.nullable(boosted),
});

const hardware = v.object({
  type: v.picklist(["gpu", "cpu"]),
  multiprocessors: v.pipe(count, v.minValue(1)),
  cacheBytes: v.optional(v.pipe(count, v.minValue(1))),
  channelsLast: v.optional(v.boolean()),
});
const callMs = v.pipe(finite, v.minValue(0));
const ranges = v.record(v.string(), v.tuple([finite, finite]));

const source: v.GenericSchema<StoredSource> = v.object({
  device: v.pipe(v.string(), v.nonEmpty()),
  fit: v.nullable(v.object({
    ...{ rows: count, hardware, ranges, callMs, least: above0 },
    base: v.omit(base, ["heldOut", "logHalfWidth"]),
    boosted: v.nullable(v.pick(boosted, ["columns", "trees"])),
    source: v.optional(v.lazy(() => source)),
  })),
});

const rates = v.object({
  pass: v.picklist(passes),
  dtype: v.picklist(dtypes),
  kinds: v.array(v.picklist(kinds)),
  launchMs: v.pipe(finite, v.minValue(0)),
  flopMs: v.pipe(finite, v.minValue(0)),
  byteMs: v.pipe(finite, v.minValue(0)),
  logHalfWidth: v.nullable(finite),
});

const sumFit = v.object({
  scale: above0,
  perNode: v.pipe(finite, v.minValue(0)),
  perCall: v.pipe(finite, v.minValue(0)),
  heldOut: vouched.heldOut,
  edges: v.array(finite),
  logHalfWidths: v.array(finite),
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
    hardware,
    rows: count,
    configurations: count,
    callMs,
    ranges,
    source: v.optional(source),
    correlation: v.optional(v.pipe(finite, v.minValue(0), v.maxValue(1))),
    runtime: target,
    power: v.nullable(target),
    energy: v.nullable(v.object({
      ...vouched,
      width,
      resolved: v.nullable(v.object({ power: vouched.heldOut, energy: vouched.heldOut })),
    })),
  })),
  rates: v.optional(v.array(rates)),
  networks: v.optional(v.array(v.object({
    pass: v.picklist(passes),
    dtype: v.picklist(dtypes),
    networks: count,
    runtime: sumFit,
    energy: v.nullable(sumFit),
  }))),
});

/**
 * Reads a model file.
 *
 * @param text Its JSON.
 * @param file Its name, for errors.
 * @throws {ModelFileError} When it is truncated, of another version, or was fitted on other features than the code has.
 */
export function parseModelFile(text: string, file: string): ModelFile {
  const json = checkedJson(() => JSON.parse(text), file);
  placeData(json);
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new ModelFileError(
      file,
      `is not a model file: ${v.getDotPath(issue) ?? "the whole"}: ${issue.message}; fit the model again`,
    );
  }
  const model = checkAgainstCode(parsed.output, file);
  for (const fit of model.fits) checkTerms(fit, file);
  return model;
}

/** Refuses a fit with terms or columns that the program does not have. */
function checkTerms(fit: KindFit, file: string): void {
  try {
    for (const target of [fit.runtime, ...fit.power ? [fit.power] : []]) {
      for (const { coefficients } of Object.values(target.polynomials)) {
        compileTerms(Object.keys(coefficients).map(parseTerm), featureNames(fit.kind));
      }
    }
    checkNames(fit);
  } catch (error) {
    throw new ModelFileError(file, `its terms of ${fit.kind}: ${(error as Error).message}; fit the model again`);
  }
}
