import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type Conv, type Dense, outputShape, type Pool } from "neuralpower/dsl";
import { TableError } from "../table_cells.ts";
import type { Node } from "../node.ts";
import { coefficientFits, readCoefficients } from "./coefficients.ts";
import { deviceOf } from "./device.ts";
import { parseModelFile } from "./model_file.ts";
import { modelVersion } from "./model.ts";
import { nodeModel } from "./node_model.ts";
import { unfused } from "../runtimes.ts";

const hardware = { type: "gpu", multiprocessors: 24 } as const;

function node(options: Conv | Dense | Pool, inputShape: readonly number[]): Node {
  const shape = outputShape(
    options.kind === "dense" ? { kind: "view", op: "flatten" } : options,
    [inputShape],
    "layer",
  );
  const out = options.kind === "dense" ? [shape[0], options.outChannels] : shape;
  const inElements = inputShape.reduce((product, size) => product * size, 1);
  return {
    layer: { ...options, inputShape, inElements, outputShape: out },
    ...{ activation: null, fusedAdd: false, dtype: "float32", pass: "forward", optimizer: null } as const,
  };
}

/** The terms as NeuralPower's predictor lays them out: numbers, their products of two and three, some products, and 1. */
function expanded(base: readonly number[], degree: 2 | 3, others: readonly number[]): number[] {
  const terms = [...base];
  base.forEach((a, i) => base.slice(i).forEach((b) => terms.push(a * b)));
  if (degree === 3) {
    base.forEach((a, i) => base.slice(i).forEach((b, j) => base.slice(i + j).forEach((c) => terms.push(a * b * c))));
  }
  return [...terms, ...others, 1];
}

const withLogs = (base: readonly number[]) => [...base, ...base.map(Math.log2)];

/** Layers with their terms of runtime and power, and files of as many coefficients, each in its own decimal place. */
const cases = {
  conv: (() => {
    const [n, ho, wo, co, k, ci, hi, wi] = [8, 27, 25, 96, 3, 16, 29, 27];
    const base = [n, ho, wo, k, ci, co, hi];
    const macs = ho * wo * co * k * k * ci;
    const others = [
      macs,
      n * macs,
      n * macs / co,
      n * ho * wo * co,
      co * k * k * ci,
      n * hi * wi * ci,
      n * wi * ci,
      n * hi * ci,
    ];
    const conv: Conv = {
      ...{ kind: "conv", op: "conv", outChannels: co, kernel: [k, k], stride: [1, 1], pad: [0, 0, 0, 0] } as const,
      ...{ dilation: [1, 1], groups: 1, bias: false } as const,
    };
    return {
      node: node(conv, [n, ci, hi, wi]),
      runtime: expanded(base, 3, others),
      power: expanded(withLogs(base), 2, others),
    };
  })(),
  fc: (() => {
    const base = [8, 512, 6, 5, 96];
    const dense: Dense = { kind: "dense", op: "dense", outChannels: 512, bias: false };
    return {
      node: node(dense, [8, 96, 6, 5]),
      runtime: expanded(base, 2, [8 * 512 * 6 * 5 * 96]),
      power: expanded(withLogs(base), 2, []),
    };
  })(),
  pool: (() => {
    const [n, ho, wo, c, k, hi, wi] = [8, 13, 12, 96, 3, 27, 25];
    const base = [n, ho, wo, c, k, hi];
    const others = [n * ho * wo * c * k * k, n * ho * wo * c, n * hi * wi * c];
    const pool: Pool = {
      ...{ kind: "pool", op: "max", kernel: [k, k], stride: [2, 2], pad: [0, 0, 0, 0] } as const,
      ...{ ceilMode: false, countIncludePad: false },
    };
    return {
      node: node(pool, [n, c, hi, wi]),
      runtime: expanded(base, 3, others),
      power: expanded(withLogs(base), 2, others),
    };
  })(),
};

/** Coefficients that make each term weigh about as much as the next, told apart by their size. */
const some = (terms: readonly number[]) => terms.map((term, i) => (1 + i / 7) / (term || 1));
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);

Deno.test("coefficients in the released order predict what the released predictor would", () => {
  for (const [name, { node, runtime, power }] of Object.entries(cases)) {
    const [ofRuntime, ofPower] = [some(runtime), some(power)];
    // One number a line, or a line a target, as MATLAB writes them.
    for (const text of [[...ofRuntime, ...ofPower].join("\n"), `${ofRuntime.join(",")}\n${ofPower.join(",")}\n`]) {
      const fits = coefficientFits([{ path: name, read: readCoefficients(text, `coeff_${name}.txt`) }], hardware);
      const model = {
        ...{ format: "neuralpower-model", version: modelVersion, device: "gtx-titan-x-tf1" } as const,
        ...{ specification: "gtx-titan-x", runtime: "tf1", command: "", sources: [], fits },
      };
      // Through its file, where what is not known is null.
      const device = deviceOf(parseModelFile(JSON.stringify(model), "model.json"));
      const predicted = nodeModel(device, "paper")(node)!;
      assertAlmostEquals(predicted.runtimeMs!.value / dot(runtime, ofRuntime), 1, 1e-9, name);
      assertAlmostEquals(predicted.powerW!.value / dot(power, ofPower), 1, 1e-9, name);
      assertEquals([predicted.runtimeMs!.low, predicted.extrapolates], [null, []]);
    }
  }
});

Deno.test("one target in a file, and the least runtime", () => {
  const { node, runtime } = cases.conv;
  const zeros = runtime.map(() => 0).join("\n");
  const read = readCoefficients(zeros, "COEFF_conv_runtime.txt");
  assertEquals([read.kind, Object.keys(read.targets)], ["conv", ["runtime"]]);
  assertEquals(read.targets.runtime, { coefficients: {}, intercept: 0 });
  const [fit] = coefficientFits([{ path: "a", read }], hardware);
  assertEquals([fit.power, fit.runtime.least, fit.rows], [null, 0.105, 0]);
  const device = { name: "gtx-titan-x-tf1", runtime: unfused, specification: null, model: { fits: [fit] } };
  assertEquals(nodeModel(device as never, "paper")(node)!.runtimeMs!.value, 0.105);
});

Deno.test("what is no coefficient file is told with the line", () => {
  const ok = Array(128).fill("1").join("\n");
  const refusals: [() => unknown, string][] = [
    [
      () => readCoefficients(ok, "coeff_norm.txt"),
      "coeff_norm.txt, line 1: does not say its kind of layers: its name must have one of conv, fc, pool",
    ],
    [() => readCoefficients("1\n2\nthree\n", "coeff_fc.txt"), 'coeff_fc.txt, line 3: "three" is no number'],
    [() => readCoefficients("1\n\n1e999", "coeff_fc.txt"), 'coeff_fc.txt, line 3: "1e999" is no number'],
    [
      () => readCoefficients("1\n2\n", "coeff_fc.txt"),
      "coeff_fc.txt, line 2: ends after 2 numbers; dense has 22 and 66 of runtime and power",
    ],
    [
      () => readCoefficients("1\n2\n", "coeff_pool_power.txt"),
      "coeff_pool_power.txt, line 2: ends after 2 numbers; pool has 94 of power",
    ],
    [() => {
      const read = readCoefficients(ok, "conv_runtime");
      coefficientFits([{ path: "a", read }, { path: "b", read }], hardware);
    }, "b, line 1: has the runtime of conv, as a has; give one"],
    [
      () => coefficientFits([{ path: "a", read: readCoefficients(ok, "conv_power") }], hardware),
      "a, line 1: has no runtime of conv; give the file that has",
    ],
  ];
  for (const [refused, message] of refusals) assertThrows(refused, TableError, message);
});
