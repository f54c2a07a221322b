import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  add,
  concat,
  concatAlong,
  matmul,
  type Network,
  network,
  type NetworkDefinition,
  parameter,
} from "neuralpower/dsl";
import { FormatError } from "./format_error.ts";
import { readOnnx } from "./onnx_read.ts";
import { smallOnnx } from "./onnx_testing.ts";
import { networkSource } from "./source.ts";

/** Runs source as a net file is run. */
async function definitionOf(source: string): Promise<NetworkDefinition> {
  return (await import(`data:application/typescript,${encodeURIComponent(source)}`)).default;
}

async function comesBack(built: Network): Promise<string> {
  const source = networkSource(built);
  assertEquals((await definitionOf(source)).build(), built);
  return source;
}

const zoo = new URL("../../nets/", import.meta.url);
for (const { name } of [...Deno.readDirSync(zoo)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  Deno.test(`${name}: written as source, the same network, for other batches too`, async () => {
    const { default: definition } = await import(new URL(name, zoo).href) as { default: NetworkDefinition };
    const source = await comesBack(definition.build({ batch: 2 }));
    assertEquals((await definitionOf(source)).build({ batch: 3 }).layers, definition.build({ batch: 3 }).layers);
    assertEquals(source.split("\n").filter((line) => line.length > 120), []);
  });
}

Deno.test("options that the zoo has not", async () => {
  await comesBack(
    network("all", { image: [4, 8, 6], batch: 2, dtype: "float16" }, (x) => {
      const a = x
        .deconv(8, { kernel: [4, 3], stride: 2, pad: [1, 0], outputPad: 1, groups: 2, bias: false, activation: "elu" })
        .pad([1, 2, 3, 4], { mode: "reflect" }).crop(1).roll([-1, 2]).lpPool({ kernel: 3, stride: 2, p: 3 })
        .leakyRelu(0.2).elu(2).clip(-1, 1).scale(0.5).shift(-2).power(3).prelu({ name: "slopes" })
        .softmax({ axis: "width" }).reduce("l2", ["height", "width"], { name: "norm" })
        .upsample({ size: [3, 5], mode: "bilinear" }).permute(["width", "channels", "height"]).lrn({ size: 3 });
      const [b, c] = a.split(2, { axis: "height", name: "half" });
      const joined = concatAlong("height", ...a.split(4, { axis: "height" }) as [typeof a, typeof a], b, c);
      const tokens = joined.toTokens({ name: "as tokens" });
      const scale = parameter(tokens, [1, 1, tokens.shape[2]]);
      const scores = matmul(tokens, add(tokens, scale).transpose().reshape(...halves(tokens.shape)), {
        transposed: true,
      });
      return concat(
        scores.flatten(),
        tokens.softmax({ axis: "length" }).flatten().slice({ start: 1, end: 7, step: 2 }),
      );
    }).build(),
  );

  function halves([, length, width]: readonly number[]): [number, number] {
    return [length, width];
  }
});

Deno.test("names that are no identifiers, or are the DSL's, and a comment", async () => {
  const built = network(
    "odd",
    { vector: 3 },
    (x) => x.relu({ name: "class" }).tanh({ name: "7/conv-1" }).sigmoid({ name: 'a"b\n' }).exp({ name: "x" }),
  ).build();
  const source = networkSource(built, { comment: "From a file." });
  assertEquals((await definitionOf(source)).build(), built);
  assertEquals(source.split("\n")[0], "// From a file.");
});

Deno.test("an activation that is named after its layer is an option", () => {
  const built = network("n", { vector: 3 }, (x) => x.dense(4, { activation: "relu" }).dense(2, { name: "out" }))
    .build();
  assertStringIncludes(networkSource(built), 'return x.dense(4, { activation: "relu" }).dense(2, { name: "out" });');
});

Deno.test("operators that are not known cannot be written", () => {
  const file = smallOnnx({ input: [1, 3], nodes: [["Wavelet", ["x"], "y"]] });
  assertThrows(
    () => networkSource(readOnnx(file, { allowUnsupported: true })),
    FormatError,
    'layer "n0" (Wavelet) is not known, so that it cannot be written as source',
  );
});

Deno.test("a chain of thousands of layers is several statements, which a parser can read", async () => {
  const built = network("deep", { vector: 3 }, (x) => {
    for (let i = 0; i < 5000; i++) x = i % 7 === 0 ? x.dense(3, { activation: "relu" }) : x.relu();
    return x;
  }).build();
  const source = await comesBack(built);
  assertEquals(source.match(/^ {2}(const|return) /gm)?.length, 5000 / 50);
});

Deno.test("a join of more values than a call has arguments is of a list", async () => {
  const joined = (count: number) =>
    network("wide", { tokens: [2, 3] }, (x) => {
      const values = Array.from({ length: count }, () => x) as [typeof x, typeof x];
      return concatAlong("length", ...values);
    }).build();
  assertStringIncludes(await comesBack(joined(70_000)), 'concatAlong("length", ...[\n');
  assertThrows(
    () => networkSource(joined(110_000)),
    FormatError,
    "its 2 variables and a join of 110000 values would be more than the 110000 that a function has room for",
  );
});

Deno.test("names that give the same variable are numbered", async () => {
  const source = await comesBack(
    network("same", { vector: 3 }, (x) => {
      const values = Array.from({ length: 3 }, (_, i) => x.relu({ name: "é".repeat(i + 1) }));
      return concat(values[0], values[1], values[2]);
    }).build(),
  );
  assertStringIncludes(source, "concat(y, y_2, y_3)");
});
