/**
 * Times crossValidateLasso beside scikit-learn's LassoCV on the same rows, folds and penalties, one thread each.
 *
 *     deno run --allow-read --allow-write --allow-run --allow-env bench/lasso_bench.ts [repetitions]
 *
 * Makes a Python environment with pinned packages in a cache folder the first time. scikit-learn stops at
 * gap < tol ‖y‖², twice the objective at b = 0, so it is given tol = gap / 2.
 *
 * @module
 */
import { lambdaGrid, Moments } from "../lib/learn/lasso.ts";
import { crossValidateLasso } from "../lib/learn/lasso_cv.ts";

const PACKAGES = ["scikit-learn==1.7.2", "numpy==2.4.6"];
const N = 1500, FOLDS = 10, COUNT = 100, GAP = 1e-6;

/** Cubic monomials of seven convolution dimensions (119) and six physical terms: 125 columns. */
function makeDesign() {
  // Numerical Recipes' 32-bit generator, so that the data are the same on every run.
  let state = 1;
  const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const pick = (values: number[]) => values[Math.floor(uniform() * values.length)];
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const rows: number[][] = [], y = new Float64Array(N);
  for (let i = 0; i < N; i++) {
    const batch = pick([1, 2, 4, 8, 16]), size = 7 + Math.floor(uniform() * 106), kernel = pick([1, 3, 5, 7]);
    const inputs = 3 + Math.floor(uniform() * 254), outputs = 16 + Math.floor(uniform() * 241), stride = pick([1, 2]);
    const padding = pick([0, 1, 2, 3]);
    const out = Math.max(1, Math.floor((size + 2 * padding - kernel) / stride) + 1);
    const read = batch * size * size * inputs, write = batch * out * out * outputs;
    const held = kernel * kernel * inputs * outputs, macs = write * kernel * kernel * inputs;
    const base = [batch, size, kernel, inputs, outputs, stride, padding];
    const row = [read, write, held, macs, read + write + held, batch * out * out];
    for (let a = 0; a < base.length; a++) {
      row.push(base[a]);
      for (let b = a; b < base.length; b++) {
        row.push(base[a] * base[b]);
        for (let c = b; c < base.length; c++) row.push(base[a] * base[b] * base[c]);
      }
    }
    rows.push(row);
    // Milliseconds of a made-up device: launch, arithmetic and traffic times, with 5 % of noise.
    y[i] = (0.02 + macs / 4e9 + (read + write + held) * 4 / 2e8) * (1 + 0.05 * normal());
  }
  return { x: Float64Array.from(rows.flat()), n: N, p: rows[0].length, y };
}

async function output(command: string, args: string[], env?: Record<string, string>): Promise<string> {
  const result = await new Deno.Command(command, { args, env, stderr: "inherit" }).output();
  if (!result.success) throw new Error(`${command} ${args[0]} ended with code ${result.code}: see its message above.`);
  return new TextDecoder().decode(result.stdout);
}

async function python(folder: string): Promise<string> {
  const path = `${folder}/venv/bin/python`;
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PACKAGES];
  await output("python3", ["-m", "venv", `${folder}/venv`]);
  await output(path, pip);
  return path;
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

const repetitions = Number(Deno.args[0] ?? 3);
const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "."}/.cache`;
const folder = `${cache}/neuralpower-lasso-bench`;
await Deno.mkdir(folder, { recursive: true });
const interpreter = await python(folder);
const design = makeDesign();
const folds = Int32Array.from({ length: N }, (_, i) => i % FOLDS);
const lambdas = lambdaGrid(Moments.of(design), { count: COUNT });
const work = await Deno.makeTempDir();
const bytes = (values: Float64Array) => new Uint8Array(values.buffer);
await Deno.writeFile(`${work}/x.f64`, bytes(design.x));
await Deno.writeFile(`${work}/y.f64`, bytes(design.y));
await Deno.writeFile(`${work}/lambdas.f64`, bytes(lambdas));

const script = `${import.meta.dirname}/lasso_sklearn.py`;
const env = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };
for (const sweeps of [1_000, 100_000]) {
  console.log(`${N} rows × ${design.p} columns, ${COUNT} penalties × ${FOLDS} folds; scikit-learn max_iter ${sweeps}`);
  const ratios: number[] = [];
  for (let r = 0; r < repetitions; r++) {
    const start = performance.now();
    const ours = crossValidateLasso(design, { folds, lambdas, gap: GAP });
    const seconds = (performance.now() - start) / 1000;
    const theirs = JSON.parse(await output(interpreter, [script, work, `${FOLDS}`, `${GAP / 2}`, `${sweeps}`], env));
    ratios.push(seconds / theirs.seconds);
    console.log(
      `  ours   ${seconds.toFixed(3)} s  lambda ${ours.fit.lambda.toExponential(4)}  gap ${
        ours.fit.gap.toExponential(1)
      }` +
        `  held-out error ${ours.errors[ours.best].toExponential(5)}  unconverged ${ours.unconverged}`,
    );
    console.log(
      `  theirs ${theirs.seconds.toFixed(3)} s  lambda ${theirs.lambda.toExponential(4)}  gap ${
        theirs.gap.toExponential(1)
      }  held-out error ${theirs.error.toExponential(5)}  unconverged ${theirs.unconverged}` +
        `  (scikit-learn ${theirs.sklearn}, numpy ${theirs.numpy})`,
    );
  }
  console.log(`  median of our time over theirs: ${median(ratios).toFixed(4)}`);
}
await Deno.remove(work, { recursive: true });
