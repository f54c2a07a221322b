/**
 * NeuralPower's own coefficient files (Cai et al. 2017) as models. None were published, so this follows the published code only
 * (caiermao/NeuralPower: MATLAB's training writes, `predict_runtime_power.py` reads).
 *
 * A file is of one kind of layer, which stands in its name: `coeff_conv.txt`, `coeff_fc.txt`, `coeff_pool.txt`. Its numbers, one a line
 * or separated by commas, are the coefficients of the runtime's candidate terms in ms, in their order (`candidates.ts`), and the intercept;
 * then those of the power's in W, and its intercept. A name with `runtime` or `power` in it has one of both alone. Convolutions have 128
 * and 128 numbers, fully connected layers 22 and 66, poolings 87 and 94.
 *
 * Coefficients do not say what they were fitted on: their errors, intervals and ranges are not known.
 *
 * @module
 */
import type { Kind } from "neuralpower/dsl";
import { quoted } from "../../dsl/formats/format_error.ts";
import { featureNames } from "../features.ts";
import { termName } from "../learn/terms.ts";
import { TableError } from "../table_cells.ts";
import { candidateTerms, type Target } from "./candidates.ts";
import type { Hardware } from "./geometry.ts";
import type { HeldOut, KindFit, Polynomial, TargetFit } from "./model.ts";

/** What one file says. */
export interface Coefficients {
  /** Of the layers. */
  readonly kind: Kind;
  /** The target's coefficients by term, with its intercept. */
  readonly targets: Partial<Readonly<Record<Target, Pick<Polynomial, "coefficients" | "intercept">>>>;
}

const kindsByName = { conv: "conv", fc: "dense", pool: "pool" } as const satisfies Readonly<Record<string, Kind>>;
/** No runtime is below this, ms: so the released predictor. */
const leastRuntimeMs = 0.105;
/** The released predictor bounds no power; one of nothing or less is none. */
const leastPowerW = 1e-3;

/**
 * Reads a file.
 *
 * @param path Its path; the name says the kind, and the target where it has one alone.
 * @throws {TableError} A name that says no kind, what is no number, with its line, or too few or too many.
 */
export function readCoefficients(text: string, path: string): Coefficients {
  const name = path.split(/[/\\]/).at(-1)!.toLowerCase();
  const [, kind] = Object.entries(kindsByName).find(([part]) => name.includes(part)) ??
    fail(path, 1, "does not say its kind of layers: its name must have one of conv, fc, pool");
  const targets = (["runtime", "power"] as const).filter((target) => name.includes(target));
  const wanted: readonly Target[] = targets.length === 1 ? targets : ["runtime", "power"];
  const values = numbers(text, path);
  const terms = wanted.map((target) => candidateTerms(kind, target, "forward").map(termName));
  const counts = terms.map(({ length }) => length + 1);
  if (values.length !== counts.reduce((sum, count) => sum + count, 0)) {
    const lines = text.trimEnd().split("\n").length;
    fail(
      path,
      lines,
      `ends after ${values.length} numbers; ${kind} has ${counts.join(" and ")} of ${wanted.join(" and ")}`,
    );
  }
  return {
    kind,
    targets: Object.fromEntries(wanted.map((target, i) => {
      const own = values.splice(0, counts[i]);
      const intercept = own.pop()!;
      const coefficients = Object.fromEntries(
        own.flatMap((value, t) => value === 0 ? [] : [[terms[i][t], value]] as const),
      );
      return [target, { coefficients, intercept }];
    })),
  };
}

/**
 * Models of what the files say.
 *
 * @throws {TableError} When a kind has no runtime, or something twice.
 */
export function coefficientFits(
  files: readonly { readonly path: string; readonly read: Coefficients }[],
  hardware: Hardware,
): KindFit[] {
  return [...Map.groupBy(files, ({ read }) => read.kind)].map(([kind, own]) => {
    const [runtime, power] = (["runtime", "power"] as const).map((target) => {
      const given = own.filter(({ read }) => read.targets[target] !== undefined);
      if (given.length > 1) fail(given[1].path, 1, `has the ${target} of ${kind}, as ${given[0].path} has; give one`);
      return given[0]?.read.targets[target] ?? null;
    });
    if (runtime === null) fail(own[0].path, 1, `has no runtime of ${kind}; give the file that has`);
    return {
      kind,
      ...{ pass: "forward", dtype: "float32", hardware, rows: 0, configurations: 0, callMs: 0 } as const,
      ranges: Object.fromEntries(featureNames(kind).map((feature) => [feature, [0, Number.MAX_VALUE]] as const)),
      runtime: targetOf(runtime!, leastRuntimeMs),
      power: power && targetOf(power, leastPowerW),
      energy: null,
    };
  });
}

const unknown: HeldOut = {
  ...{ rows: 0, mape: NaN, rmspe: NaN, rmse: NaN, medianApe: NaN, within10: NaN, r2: null },
  ...{ coverage90: null, worstBin90: null },
};

function targetOf(given: Pick<Polynomial, "coefficients" | "intercept">, least: number): TargetFit {
  const polynomial = { heldOut: unknown, logHalfWidth: null, lambda: NaN, gap: NaN, unconverged: 0, ...given };
  const none = { most: null, noise: null, analytical: null, base: null, boosted: null };
  return { default: "paper", least, ...none, polynomials: { paper: polynomial, relative: polynomial } };
}

function numbers(text: string, path: string): number[] {
  return text.replace(/^\uFEFF/, "").split(/\r?\n/).flatMap((line, index) =>
    line.split(/[\s,]+/).filter((part) => part !== "").map((part) => {
      const value = Number(part);
      return Number.isFinite(value) ? value : fail(path, index + 1, `${quoted(part)} is no number`);
    })
  );
}

function fail(path: string, line: number, problem: string): never {
  throw new TableError(path, line, null, problem);
}
