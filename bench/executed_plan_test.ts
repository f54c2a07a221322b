import { assert, assertEquals } from "@std/assert";
import { concat, mul, network, type NetworkDefinition } from "neuralpower/dsl";
import { onnxModel } from "../dsl/formats/onnx_write.ts";
import { findRuntime, plan } from "neuralpower";
import { readExecutedPlan } from "./ort/executed_plan.ts";
import { readGraphNodes } from "./ort/optimized_graph.ts";
import { openSession } from "./ort/session.ts";
import { profileNetwork } from "./profile_network.ts";
import resnet50 from "../nets/resnet50.np.ts";
import densenet121 from "../nets/densenet121.np.ts";
import efficientnet from "../nets/efficientnet_b0.np.ts";

async function executed(definition: NetworkDefinition, image?: number) {
  const folder = await Deno.makeTempDir();
  try {
    const built = definition.build({ image });
    const optimizedPath = `${folder}/optimized.onnx`;
    await (await openSession(onnxModel(built), { provider: "cpu", optimizedPath })).release();
    return { built, plan: readExecutedPlan(built, readGraphNodes(await Deno.readFile(optimizedPath))) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const [name, definition] of Object.entries({ resnet50, densenet121, efficientnet })) {
  Deno.test(`every layer of ${name} but its views is in one group, as the runtime's plan has it`, async () => {
    const { built, plan: { groups } } = await executed(definition, 64);
    const covered = groups.flatMap(({ covers }) => covers);
    assertEquals(covered.length, new Set(covered).size);
    assertEquals(built.layers.filter((layer) => layer.kind !== "view" && !covered.includes(layer.name)), []);
    const planned = plan(built, findRuntime("ort-cpu")!).filter(({ node }) => node !== null).map(({ layer }) =>
      layer.name
    );
    assertEquals(groups.map((group) => group.name).sort(), planned.sort());
  });
}

Deno.test("what is fused is read: batch norm and relu into the convolution, the sum into the one that reads the other", async () => {
  const { plan: { groups } } = await executed(resnet50, 64);
  const last = groups.find(({ name }) => name === "layer1_0_conv3")!;
  assertEquals(last.covers, ["layer1_0_conv3", "layer1_0_conv3_bn", "add1", "layer1_0_relu3"]);
  assertEquals([last.node.fusedAdd, last.node.activation], [true, "relu"]);
  // Folding the batch norm gives the convolution a bias.
  assert(last.node.layer.kind === "conv" && last.node.layer.bias);
});

Deno.test("a layer that cannot work on blocked channels pays for the change of layout", async () => {
  const definition = network("gated", { image: [16, 16, 16] }, (x) => {
    const y = x.conv(32, { kernel: 3, pad: 1 });
    return concat(mul(y, y.globalAveragePool().sigmoid()).conv(32, { kernel: 3 }), x.conv(32, { kernel: 3 }));
  });
  const { plan: { groups, others } } = await executed(definition);
  assert(groups.find(({ name }) => name === "mul1")!.nodes.some((node) => node.startsWith("Reorder")));
  assertEquals(others, []);
});

Deno.test("a network's profile has every node, and layers that add up to about the run", async () => {
  const folder = await Deno.makeTempDir();
  const built = resnet50.build({ image: 64 });
  const { ms, overheadMs, nodes, trials } = await profileNetwork(built, folder);
  assert(trials >= 3);
  assertEquals(nodes.length, plan(built, findRuntime("ort-cpu")!).filter(({ node }) => node !== null).length);
  assert(nodes.every((node) => node.ms > 0 && node.spreadMs >= 0));
  // A disturbance between plain and profiled runs may part them, but not by this much.
  const sum = nodes.reduce((sum, node) => sum + node.ms, 0) + overheadMs;
  assert(sum > 0.6 * ms && sum < 1.6 * ms, `${sum} ms of ${ms}`);
  // Nothing is left behind.
  assertEquals([...Deno.readDirSync(folder)], []);
  await Deno.remove(folder);
});

Deno.test("a model that is cut off is told from one that is whole", () => {
  const model = onnxModel(network("one", { vector: 8 }, (x) => x.dense(4)).build());
  assertEquals(readGraphNodes(model).map(({ op }) => op), ["Gemm"]);
  let message = "";
  try {
    readGraphNodes(model.subarray(0, model.length - 3));
  } catch (error) {
    message = (error as Error).message;
  }
  assertEquals(message, "The model ends within a field; it was not written whole");
});
