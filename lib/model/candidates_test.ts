import { assertEquals } from "@std/assert";
import { type Kind, kinds } from "neuralpower/dsl";
import { featureNames, featureVector } from "../features.ts";
import { compileTerms, termName } from "../learn/terms.ts";
import { passes } from "../node.ts";
import { readRow } from "../table.ts";
import { Cells } from "../table_cells.ts";
import { candidateTerms, type Target } from "./candidates.ts";

/** How many columns vary over the rows, and how many of these differ from each other, as a fit keeps them. */
function distinctColumns(
  kind: Kind,
  target: Target,
  rows: readonly Record<string, number>[],
): [vary: number, differ: number] {
  const evaluator = compileTerms(candidateTerms(kind, target, "forward"), featureNames(kind));
  const values = rows.map((row) => {
    const cells = Object.entries({ kind, ...row }).map(([column, value]) => [column, `${value}`]);
    const out = new Float64Array(evaluator.count);
    evaluator.evaluate(featureVector(readRow(new Cells(Object.fromEntries(cells), "rows", 1)).node), out, 0);
    return out;
  });
  const columns = Array.from({ length: evaluator.count }, (_, term) => values.map((row) => row[term]));
  const varying = columns.filter((column) => column.some((value) => value !== column[0]));
  return [varying.length, new Set(varying.map((column) => column.join())).size];
}

/** Convolutions of all sizes; `square` ones have one side. */
function convolutions(square: boolean): Record<string, number>[] {
  return Array.from({ length: 200 }, (_, i) => {
    const [height, width, kernel] = [9 + i * 7 % 40, 11 + i * 11 % 43, 1 + i * 3 % 7];
    return {
      ...{ batch: 1 + i * 13 % 61, in_channels: 1 + i * 5 % 37, out_channels: 1 + i * 17 % 53 },
      ...{ in_height: height, in_width: square ? height : width },
      ...{ kernel_height: kernel, kernel_width: square ? kernel : 1 + i * 2 % 5, stride_height: 1 + i % 3 },
    };
  });
}

// The counts are the paper's code's without its last column, the intercept.
for (
  const [kind, runtime, power] of [
    ["conv", 7 + 28 + 84 + 8, 14 + 105 + 8],
    ["dense", 5 + 15 + 1, 10 + 55],
    ["pool", 6 + 21 + 56 + 3, 12 + 78 + 3],
  ] as const
) {
  Deno.test(`${kind}: ${runtime} candidates for runtime and ${power} for power, the intercept not counted`, () => {
    assertEquals(candidateTerms(kind, "runtime", "forward").length, runtime);
    assertEquals(candidateTerms(kind, "power", "forward").length, power);
    for (const target of ["runtime", "power"] as const) {
      const names = candidateTerms(kind, target, "forward").map(termName);
      assertEquals(names.filter((name) => name === ""), []);
      assertEquals(new Set(names).size, names.length);
    }
  });
}

Deno.test("runtime's terms have no logarithm; power's have those of the base features up to degree 2", () => {
  for (const kind of kinds) {
    const runtime = candidateTerms(kind, "runtime", "forward").flat();
    assertEquals(runtime.filter(({ log2 }) => log2), []);
  }
  const power = candidateTerms("dense", "power", "forward");
  assertEquals(power.filter((term) => term.length === 1).map(termName), [
    ...["batch", "outChannels", "inHeight", "inWidth", "inChannels"],
    ...["log2(batch)", "log2(outChannels)", "log2(inHeight)", "log2(inWidth)", "log2(inChannels)"],
  ]);
  assertEquals(Math.max(...power.map((term) => term.length)), 2);
});

Deno.test("on square images 89 of a convolution's 127 runtime candidates differ, on others 126", () => {
  // The product batch·Hin·Cin is of degree 3 already: 126. On square images Hout = Wout leaves 6 of 7 base features, 6 + 21 + 56 = 83
  // terms, and batch·Win·Cin is batch·Hin·Cin too: 6 products more.
  assertEquals(distinctColumns("conv", "runtime", convolutions(true)), [127, 89]);
  assertEquals(distinctColumns("conv", "runtime", convolutions(false)), [127, 126]);
});

Deno.test("on square images 97 of a convolution's 127 power candidates differ, on others all", () => {
  // 12 + 78 of 6 base features and their logarithms, and 7 of the products: batch·Win·Cin is batch·Hin·Cin.
  assertEquals(distinctColumns("conv", "power", convolutions(true)), [127, 97]);
  assertEquals(distinctColumns("conv", "power", convolutions(false)), [127, 127]);
});

Deno.test("dense layers on vectors have 16 varying candidates, 10 that differ", () => {
  const rows = Array.from({ length: 50 }, (_, i) => ({
    batch: 1 + i * 13 % 61,
    in_channels: 1 + i * 5 % 37,
    out_channels: 1 + i * 17 % 53,
  }));
  // Height and width are 1: of 21, five are constant (h, w, h², h·w, w²); degree 1–2 of three sizes and the product of all five differ.
  assertEquals(distinctColumns("dense", "runtime", rows), [21 - 5, 3 + 6 + 1]);
});

Deno.test("a training pass of a layer with weights adds a constant and a rate for each optimizer, and no other does", () => {
  const added = ["sgd", "momentum", "rmsprop", "adagrad", "adadelta", "adam"].flatMap((name) => [
    `optimizer_${name}`,
    `${name}Params`,
  ]);
  for (const kind of kinds) {
    for (const target of ["runtime", "power"] as const) {
      const [forward, backward, training] = passes.map((pass) => candidateTerms(kind, target, pass).map(termName));
      assertEquals(backward, forward);
      assertEquals(training, [...forward, ...(kind === "conv" || kind === "deconv" || kind === "dense" ? added : [])]);
    }
  }
});

Deno.test("every candidate is made of features that its kind has", () => {
  for (const kind of kinds) {
    for (const pass of passes) {
      for (const target of ["runtime", "power"] as const) {
        const used = new Set(candidateTerms(kind, target, pass).flat().map(({ feature }) => feature));
        assertEquals([...used].filter((feature) => !featureNames(kind).includes(feature)), [], `${kind} ${target}`);
      }
    }
  }
});
