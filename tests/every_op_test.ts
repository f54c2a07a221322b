/**
 * Every op at random sizes: valid ones have a shape, costs, features, a row in a layers table and ONNX nodes; of wrong ones each is
 * refused by a ShapeError.
 */
import { assert, assertEquals } from "@std/assert";
import {
  cost,
  elements,
  type Kind,
  kinds,
  type LayerOptions,
  type OptionsOf,
  outputShape,
  type Shape,
  ShapeError,
  type SizedLayer,
} from "neuralpower/dsl";
import { Random } from "../bench/random.ts";
import { GraphBuilder } from "../dsl/formats/onnx_builder.ts";
import { writeLayer } from "../dsl/formats/onnx_nodes.ts";
import { featureNames, featureVector } from "../lib/features.ts";
import type { Node } from "../lib/node.ts";
import { formatCsv, nodeCells, parseLayersTable, tableColumns } from "../lib/table.ts";
import { opsOf } from "../lib/ops.ts";
import { randomLayer } from "./random_layers.ts";

const draws = 60;
const withMacs: readonly Kind[] = ["conv", "deconv", "dense", "matmul", "attention"];

/** Each op's random layers, the same each time. */
function* layersOf(kind: Kind) {
  for (const op of opsOf(kind)) {
    const random = new Random(...[...op].map((letter) => letter.charCodeAt(0)));
    for (let draw = 0; draw < draws; draw++) yield { op, ...randomLayer(random, kind, op as OptionsOf<Kind>["op"]) };
  }
}

function sized(options: LayerOptions, inputs: readonly Shape[]): SizedLayer {
  const outShape = outputShape(options, inputs, "it");
  const read = inputs.length === 0 ? [outShape] : inputs;
  const inElements = read.reduce((sum, shape) => sum + elements(shape), 0);
  return { ...options, inputShape: read[0], inElements, outputShape: outShape } as SizedLayer;
}

const nodeOf = (layer: SizedLayer): Node => ({
  ...{ layer, activation: null, fusedAdd: false, dtype: "float32", pass: "forward", optimizer: null },
});

for (const kind of kinds) {
  Deno.test(`${kind}: random valid sizes have a shape, whole costs and ONNX nodes`, () => {
    for (const { op, valid: [options, inputs] } of layersOf(kind)) {
      const layer = sized(options, inputs);
      const what = `${op} of ${JSON.stringify(inputs)}: ${JSON.stringify(options)}`;
      assert(layer.outputShape.every((size) => Number.isSafeInteger(size) && size >= 1), what);
      const own = cost(layer, "float32");
      for (const count of Object.values(own)) assert(Number.isSafeInteger(count) && count >= 0, what);
      assertEquals(own.macs > 0, withMacs.includes(kind), what);
      assertEquals(own.bytesWritten, kind === "view" ? 0 : 4 * elements(layer.outputShape), what);

      const graph = new GraphBuilder("float32", 1, ["it"]);
      const tensors = inputs.map((shape, i) => ({ name: `input${i}`, shape }));
      assertEquals(writeLayer(graph, "it", options, tensors, layer.outputShape), "it");
      assertEquals(graph.nodes.at(-1)?.outputs, ["it"], what);
    }
  });

  Deno.test(`${kind}: twice the batch costs twice, with the same parameters`, () => {
    for (const { op, valid: [options, inputs] } of layersOf(kind)) {
      // Their batch is an option.
      if (op === "expand" || op === "reshape" || op === "parameter") continue;
      const [one, two] = [1, 2].map((times) => {
        const layer = sized(options, inputs.map((shape) => shape.with(0, times * shape[0])));
        return cost(layer, "float32");
      });
      const weights = (counted: typeof one) => counted.bytesRead - 4 * counted.params;
      assertEquals([two.macs, two.operations, two.params], [2 * one.macs, 2 * one.operations, one.params], op);
      // A batch norm's running statistics are as many as its parameters, and read once.
      const statistics = op === "batch" ? 4 * one.params : 0;
      assertEquals(weights(two) - statistics, 2 * (weights(one) - statistics), op);
    }
  });

  Deno.test(`${kind}: random valid sizes have features, and the same ones from a layers table's row`, async () => {
    const nodes = [...layersOf(kind)].map(({ valid }) => nodeOf(sized(...valid)));
    const vectors = nodes.map((node) => [...featureVector(node)]);
    for (const vector of vectors) {
      assertEquals(vector.length, featureNames(kind).length);
      assert(vector.every((value) => value >= 0 && value < Infinity));
    }
    const { rows } = await parseLayersTable(await formatCsv(tableColumns, nodes.map(nodeCells)), "random.csv");
    rows.forEach(({ node }, i) => assertEquals([...featureVector(node)], vectors[i], JSON.stringify(nodes[i].layer)));
  });

  Deno.test(`${kind}: random wrong options, inputs and sizes are refused by a ShapeError that names the layer`, () => {
    for (const { wrong } of layersOf(kind)) {
      for (const [options, inputs] of wrong) {
        const what = `${JSON.stringify(options)} of ${JSON.stringify(inputs)}`;
        try {
          outputShape(options, inputs, "it");
        } catch (error) {
          assert(error instanceof ShapeError && error.message.startsWith('Layer "it": '), `${what}: ${error}`);
          continue;
        }
        throw new Error(`not refused: ${what}`);
      }
    }
  });
}
