import { assert, assertEquals, assertThrows } from "@std/assert";
import { fitBoosting, predictBoostingRows } from "./boosting.ts";
import type { BoostedTrees } from "./trees.ts";
import { boostingFromJson, boostingToJson, checkTrees } from "./trees_json.ts";

/** A bumpy surface over two columns that tell and `idle` that do not. */
function surface(rows: number, idle = 1) {
  let seed = 1;
  const uniform = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const x = Array.from({ length: 2 + idle }, () => Float64Array.from({ length: rows }, uniform));
  return { x, y: Float64Array.from({ length: rows }, (_, i) => Math.sin(9 * x[0][i]) * Math.cos(7 * x[1][i])) };
}

const options = { trees: 20, learningRate: 0.2, leaves: 12, minLeafRows: 1, rowShare: 0.8, columnShare: 0.5 };
const edgesOf = ({ edges }: BoostedTrees) => edges.reduce((sum, { length }) => sum + length, 0);
const throughFile = (value: unknown) => JSON.parse(JSON.stringify(value));

Deno.test("a file holds the same trees, wide or narrow", () => {
  const sizes = [[2, 1], [12, 1], [400, 1], [12, 300]];
  for (const [leaves, idle, slopes] of [false, true].flatMap((slopes) => sizes.map((size) => [...size, slopes]))) {
    const { x, y } = surface(500, Number(idle));
    const model = fitBoosting(x, y, { ...options, leaves: Number(leaves), slopes: Boolean(slopes) });
    const read = boostingFromJson(throughFile(boostingToJson(model)));
    assertEquals(read, model);
    assertEquals(predictBoostingRows(read, x), predictBoostingRows(model, x));
    checkTrees(read);
  }
});

Deno.test("no trees are a file too", () => {
  const { x, y } = surface(30), model = fitBoosting(x, y, { ...options, trees: 0 });
  assertEquals(boostingFromJson(throughFile(boostingToJson(model))), model);
});

Deno.test("a leaf takes at most 11 characters, edges apart, and 13 with a slope", () => {
  for (const [slopes, characters] of [[false, 11], [true, 13]] as const) {
    const { x, y } = surface(3000), model = fitBoosting(x, y, { ...options, trees: 100, leaves: 63, slopes });
    const edges = model.edges.reduce((sum, column) => sum + column.byteLength, 0);
    const size = JSON.stringify(boostingToJson(model)).length - edges * 4 / 3;
    assert(size <= characters * model.value.length, `${size} characters for ${model.value.length} leaves`);
  }
});

Deno.test("what is not such a file is refused with what is wrong", () => {
  const { x, y } = surface(200), model = fitBoosting(x, y, { ...options, trees: 2, leaves: 3, columnShare: 1 });
  const good = boostingToJson(model);
  const sloped = boostingToJson(fitBoosting(x, y, { ...options, trees: 2, leaves: 3, slopes: true }));
  /** The same trees with other numbers. */
  const changed = (change: (trees: BoostedTrees) => void, of = good) => {
    const trees = boostingFromJson(of);
    change(trees);
    return boostingToJson(trees);
  };
  const cases: [unknown, string][] = [
    [null, "version undefined, this program reads 2; fit them again"],
    [{ ...good, version: 3 }, "version 3, this program reads 2; fit them again"],
    [{ ...good, base: null }, "base null where a finite number belongs"],
    [{ ...good, edgeCounts: [1, 255, 0] }, "edgeCounts that are not all 0 to 254"],
    [{ ...good, trees: -1 }, "-1 trees where a count belongs"],
    [{ ...good, data: 7 }, "data that is not base64"],
    [{ ...good, data: "AA==" }, `1 bytes of data where ${8 * edgesOf(model) + 6 * 4 + 2 * 2 + 4 * 4} belong`],
    [{ ...good, mostSplits: 40000 }, "a tree of 40000 splits, at most 32766 can be held"],
    [changed(({ roots }) => roots[2] = 3), "3 splits in their trees where 4 belong"],
    [changed(({ feature }) => feature[0] = 9), `split 0 at edge ${model.bin[0]} of column 9, which has no such edge`],
    [
      changed(({ bin, feature }) => (bin[0] = 200, feature[0] = 0)),
      "split 0 at edge 200 of column 0, which has no such edge",
    ],
    [changed(({ children }) => children[0] = 0), "split 0 of tree 0 with the child 0, which it cannot have"],
    [changed(({ children }) => children[1] = 2), "split 0 of tree 0 with the child 2, which it cannot have"],
    [changed(({ children }) => children[1] = -4), "split 0 of tree 0 with the child -4, which it cannot have"],
    [changed(({ value }) => value[2] = NaN), "value NaN in leaf 2"],
    [changed(({ slopes }) => slopes!.slope[1] = Infinity, sloped), "slope Infinity in leaf 1"],
    [changed(({ slopes }) => slopes!.column[1] = 3, sloped), "a slope along column 3 in leaf 1"],
    [changed(({ slopes }) => slopes!.ranges[5] = NaN, sloped), "range NaN of column 2"],
    [
      changed(({ edges }) => edges.find(({ length }) => length > 0)!.fill(NaN)),
      `edges of column ${model.edges.findIndex(({ length }) => length > 0)} that are not finite and ascending`,
    ],
  ];
  for (const [json, what] of cases) {
    assertEquals(
      assertThrows(() => checkTrees(boostingFromJson(json)), TypeError).message,
      `Boosted trees have ${what}`,
    );
  }
});
