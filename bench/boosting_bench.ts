/**
 * Times fitBoosting beside scikit-learn's HistGradientBoostingRegressor, and predictBoostingRows beside LightGBM's predict, on the
 * same rows with the same number of trees and leaves, one thread each, in turn.
 *
 *     deno run -A bench/boosting_bench.ts [repetitions]
 *
 * Ours are timed with level leaves, as the others' are, and with slopes.
 *
 * Makes a Python environment with pinned packages in a cache folder the first time. Our first fit, before the compiler has seen the
 * code, counts like the others.
 *
 * @module
 */
import { fitBoosting, predictBoostingRows } from "../lib/learn/boosting.ts";

const PACKAGES = ["scikit-learn==1.7.2", "numpy==2.4.6", "lightgbm==4.6.0"];

interface Case {
  readonly rows: number;
  readonly columns: number;
  readonly trees: number;
  readonly leaves: number;
}

const CASES: readonly Case[] = [
  { rows: 20_000, columns: 25, trees: 300, leaves: 31 },
  { rows: 9_000, columns: 60, trees: 300, leaves: 31 },
  { rows: 9_000, columns: 60, trees: 500, leaves: 63 },
];
/** Rows beyond those fitted, for R². */
const HELD = 5_000;

/** What boosting_peers.py prints. */
interface Peers {
  readonly sklearn: string;
  readonly lightgbm: string;
  readonly fitSeconds: number;
  readonly lightFitSeconds: number;
  readonly lightPredictSeconds: number;
  readonly r2: number;
  readonly lightR2: number;
}

/** Friedman's first problem with noise; every third column has 12 values, as layer options have few. */
function makeData({ rows, columns }: Case) {
  // Numerical Recipes' 32-bit generator, so that the data are the same on every run.
  let state = 1;
  const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const count = rows + HELD;
  const x = Array.from({ length: columns }, () => new Float64Array(count)), y = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < columns; c++) x[c][i] = c % 3 === 2 ? Math.floor(12 * uniform()) / 12 : uniform();
    y[i] = 10 * Math.sin(Math.PI * x[0][i] * x[1][i]) + 20 * (x[2][i] - 0.5) ** 2 + 10 * x[3][i] + 5 * x[4][i];
    y[i] += Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  }
  return { x, y };
}

async function output(command: string, args: string[], env?: Record<string, string>): Promise<string> {
  const result = await new Deno.Command(command, { args, env, stderr: "inherit" }).output();
  if (!result.success) throw new Error(`${command} ${args[0]} ended with code ${result.code}: see its message above.`);
  return new TextDecoder().decode(result.stdout);
}

function timed<T>(run: () => T): [seconds: number, result: T] {
  const start = performance.now();
  const result = run();
  return [(performance.now() - start) / 1000, result];
}

function rSquared(y: Float64Array, predicted: Float64Array): number {
  const mean = y.reduce((a, b) => a + b) / y.length;
  const left = y.reduce((sum, v, i) => sum + (v - predicted[i]) ** 2, 0);
  return 1 - left / y.reduce((sum, v) => sum + (v - mean) ** 2, 0);
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

const repetitions = Number(Deno.args[0] ?? 5);
const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "."}/.cache`;
const folder = `${cache}/neuralpower-boosting-bench`, python = `${folder}/venv/bin/python`;
await Deno.mkdir(folder, { recursive: true });
await output("python3", ["-m", "venv", `${folder}/venv`]);
await output(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PACKAGES]);

const script = `${import.meta.dirname}/boosting_peers.py`;
const env = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };
const work = await Deno.makeTempDir();
try {
  for (const one of CASES) {
    const { rows, columns, trees, leaves } = one, { x, y } = makeData(one);
    await Deno.writeFile(`${work}/x.f64`, new Uint8Array(Float64Array.from(x.flatMap((c) => [...c])).buffer));
    await Deno.writeFile(`${work}/y.f64`, new Uint8Array(y.buffer));
    const fitX = x.map((column) => column.slice(0, rows)), heldX = x.map((column) => column.slice(rows));
    console.log(`${rows} rows × ${columns} columns, ${trees} trees × ${leaves} leaves, rate 0.1`);
    const forms = [false, true].map((slopes) => ({
      slopes,
      name: slopes ? "with slopes" : "ours",
      fits: [] as number[],
      predicts: [] as number[],
    }));
    for (let r = 0; r < repetitions; r++) {
      const sizes = [work, rows, columns, HELD, trees, leaves].map(String);
      const peers: Peers = JSON.parse(await output(python, [script, ...sizes], env));
      const ms = (seconds: number) => `${(1000 * seconds).toFixed(0)} ms`;
      for (const { slopes, name, fits, predicts } of forms) {
        const options = { trees, leaves, learningRate: 0.1, minLeafRows: 20, slopes };
        const [fit, model] = timed(() => fitBoosting(fitX, y.slice(0, rows), options));
        const [predict] = timed(() => predictBoostingRows(model, fitX));
        fits.push(fit / peers.fitSeconds);
        predicts.push(predict / peers.lightPredictSeconds);
        const r2 = rSquared(y.slice(rows), predictBoostingRows(model, heldX)).toFixed(5), splits = model.feature.length;
        const spent = `fit ${ms(fit)}  predict ${ms(predict)}`;
        console.log(`  ${name.padEnd(12)}  ${spent}  held-out R² ${r2}  splits ${splits}`);
      }
      console.log(
        `  scikit-learn  fit ${ms(peers.fitSeconds)}  held-out R² ${peers.r2.toFixed(5)}  (${peers.sklearn})`,
      );
      console.log(
        `  LightGBM      fit ${ms(peers.lightFitSeconds)}  predict ${ms(peers.lightPredictSeconds)}  held-out R² ` +
          `${peers.lightR2.toFixed(5)}  (${peers.lightgbm})`,
      );
    }
    for (const { name, fits, predicts } of forms) {
      const ratios = [fits, predicts].map((ratios) => median(ratios).toFixed(3));
      console.log(
        `  median ratio, ${name}: fit over scikit-learn's ${ratios[0]}, predict over LightGBM's ${ratios[1]}`,
      );
    }
  }
} finally {
  await Deno.remove(work, { recursive: true });
}
