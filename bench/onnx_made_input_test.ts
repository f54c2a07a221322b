import { assert, assertEquals } from "@std/assert";
import { network } from "neuralpower/dsl";
import { plan, unfused } from "neuralpower";
import { fedShape } from "../dsl/formats/onnx_made_input.ts";
import { nodeModelInputs, onnxNodeModel } from "../dsl/formats/onnx_node_model.ts";
import { onnxModel } from "../dsl/formats/onnx_write.ts";
import { onnxCases } from "./onnx_cases.ts";
import { profileModel, runModel, tensor, waves } from "./ort_testing.ts";

Deno.test("a network that makes its own input runs, and gives out what is small as it is", async () => {
  for (const [name, definition] of Object.entries(onnxCases)) {
    const net = definition.build();
    if (net.dtype !== "float32") continue;
    const seed = fedShape(net.inputShape);
    const ran = await runModel(onnxModel(net, { onDevice: true }), { input: tensor("float32", seed, waves(seed)) });
    assertEquals(ran.size, net.outputs.length, name);
  }
});

Deno.test("made numbers are spread over −1 … 1", async () => {
  const net = network("relu", { image: [3, 8, 8] }, (x) => x.relu()).build();
  const feeds = { input: tensor("float32", [1, 1, 1, 1], new Float32Array(1)) };
  const [{ shape, values }] = (await runModel(onnxModel(net, { onDevice: true }), feeds)).values();
  assertEquals(shape, [1, 3, 8, 8]);
  assert(Math.max(...values) <= 1 && Math.max(...values) > 0.9);
  const zeros = values.filter((value) => value === 0).length;
  assert(zeros > 192 * 0.3 && zeros < 192 * 0.7, `${zeros} of 192 were negative`);
});

Deno.test("of a large output one number is given out", async () => {
  const net = network("large", { image: [16, 128, 128] }, (x) => x.relu()).build();
  const feeds = { input: tensor("float32", [1, 1, 1, 1], new Float32Array(1)) };
  const [output] = (await runModel(onnxModel(net, { onDevice: true }), feeds)).values();
  assertEquals(output.shape, [1, 1, 1, 1]);
});

Deno.test("a node whose inputs the model makes runs as one whose inputs are fed", async () => {
  const makes = ["Expand", "RandomUniformLike"];
  for (const [name, definition] of Object.entries(onnxCases)) {
    for (const { node } of plan(definition.build(), unfused)) {
      if (node === null || node.dtype !== "float32" || node.layer.op === "expand") continue;
      const ranOf = async (madeInputs: boolean) => {
        const options = { copies: 2, madeInputs };
        const inputs = nodeModelInputs(node, options);
        const feeds = inputs.map(({ name, shape }) => [name, tensor("float32", shape, waves(shape))]);
        const { ran } = await profileModel(onnxNodeModel(node, options), Object.fromEntries(feeds));
        return ran.map(({ op }) => op).filter((op) => !makes.includes(op)).sort();
      };
      assertEquals(await ranOf(true), await ranOf(false), `${name}: ${node.layer.op}`);
    }
  }
});
