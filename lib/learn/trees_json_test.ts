import { assert, assertEquals, assertThrows } from "@std/assert";
import { boostingFromJson, boostingToJson, fitBoosting, predictBoostingRows } from "./boosting.ts";

/** A bumpy surface over two columns that tell and `idle` that do not. */
function surface(rows: number, idle = 1) {
  let seed = 1;
  const uniform = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const x = Array.from({ length: 2 + idle }, () => Float64Array.from({ length: rows }, uniform));
  return { x, y: Float64Array.from({ length: rows }, (_, i) => Math.sin(9 * x[0][i]) * Math.cos(7 * x[1][i])) };
}

const options = { trees: 20, learningRate: 0.2, leaves: 12, minLeafRows: 1, rowShare: 0.8, columnShare: 0.5 };
const throughFile = (value: unknown) => JSON.parse(JSON.stringify(value));

Deno.test("a file holds the same trees, wide or narrow", () => {
  for (const [leaves, idle] of [[2, 1], [12, 1], [400, 1], [12, 300]]) {
    const { x, y } = surface(500, idle), model = fitBoosting(x, y, { ...options, leaves });
    const read = boostingFromJson(throughFile(boostingToJson(model)));
    assertEquals(read, model);
    assertEquals(predictBoostingRows(read, x), predictBoostingRows(model, x));
  }
});

Deno.test("no trees are a file too", () => {
  const { x, y } = surface(30), model = fitBoosting(x, y, { ...options, trees: 0 });
  assertEquals(boostingFromJson(throughFile(boostingToJson(model))), model);
});

Deno.test("a leaf takes at most 10 characters, edges apart", () => {
  const { x, y } = surface(3000), model = fitBoosting(x, y, { ...options, trees: 100, leaves: 63 });
  const { edges: _, ...rest } = boostingToJson(model), size = JSON.stringify(rest).length;
  assert(size <= 10 * model.value.length, `${size} characters for ${model.value.length} leaves`);
});

Deno.test("what is not such a file is refused with what is wrong", () => {
  const { x, y } = surface(200),
    good = boostingToJson(fitBoosting(x, y, { ...options, trees: 2, leaves: 3, columnShare: 1 }));
  const text = (array: ArrayBufferView<ArrayBuffer>) => new Uint8Array(array.buffer).toBase64();
  const cases: [unknown, string][] = [
    [null, "version undefined, this program reads 1; fit them again"],
    [{ ...good, version: 2 }, "version 2, this program reads 1; fit them again"],
    [{ ...good, base: null }, "base null where a finite number belongs"],
    [{ ...good, edgeCounts: [1, 255, 0] }, "edgeCounts that are not all 0 to 254"],
    [{ ...good, value: 7 }, "value that is not base64"],
    [{ ...good, bin: "AA==" }, "1 bytes of bin where 4 × 1 belong"],
    [{ ...good, splits: "AA==" }, "1 bytes of splits where a whole number of numbers × 2 belong"],
    [{ ...good, splits: text(Uint16Array.of(40000)) }, "a tree of 40000 splits, at most 32766 can be held"],
    [
      { ...good, feature: text(Uint8Array.of(9, 0, 0, 0)), bin: text(new Uint8Array(4)) },
      "split 0 at edge 0 of column 9, which has no such edge",
    ],
    [
      { ...good, feature: text(new Uint8Array(4)), bin: text(Uint8Array.of(200, 0, 0, 0)) },
      "split 0 at edge 200 of column 0, which has no such edge",
    ],
    [
      { ...good, leaf: text(Uint8Array.of(0, 2, 0, 0)) },
      "split 1 of tree 0 in place of leaf 2, which is not there yet",
    ],
    [{ ...good, value: text(Float32Array.of(1, 2, NaN, 4, 5, 6)) }, "value NaN in leaf 2"],
    [
      { ...good, edges: text(new Float64Array(good.edgeCounts.reduce((a, b) => a + b)).fill(NaN)) },
      "edges of column 0 that are not finite and ascending",
    ],
  ];
  for (const [json, what] of cases) {
    assertEquals(assertThrows(() => boostingFromJson(json), TypeError).message, `Boosted trees have ${what}`);
  }
});
