import { assert, assertEquals } from "@std/assert";
import { cost, kinds, type Network, networkCost } from "neuralpower/dsl";
import { anchor, type Job, jobKey, jobNetwork, jobs } from "./jobs.ts";
import { Random } from "./random.ts";
import { randomNetwork } from "./random_network.ts";
import { randomNetwork2 } from "./random_network_2.ts";

/** A number that changes when anything of a network does. */
function fingerprint(value: unknown): number {
  return [...JSON.stringify(value)].reduce((hash, character) => (Math.imul(hash, 31) + character.charCodeAt(0)) | 0, 7);
}

/** What a network is, whatever fields its layers have. */
function told(network: Network): unknown {
  return [
    network.inputShape,
    network.layers.map((layer) => {
      const { macs, operations, params } = cost(layer, "float32");
      return [layer.name, layer.op, layer.inputs, layer.outputShape, macs, operations, params];
    }),
  ];
}

Deno.test("the generators make the same networks for ever: data names them by seed", () => {
  const fingerprints = (make: typeof randomNetwork) =>
    [1, 2, 3, 100_001].map((seed) => fingerprint(told(make(seed).build())));
  assertEquals(fingerprints(randomNetwork), [-1971431884, -712565006, 723203742, 917996996]);
  assertEquals(fingerprints(randomNetwork2), [-917304344, 337628058, 1280448638, -946588181]);
});

Deno.test("networks stay small enough to measure, and build at other batches", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const { macs, params } = networkCost((seed % 2 === 1 ? randomNetwork : randomNetwork2)(seed).build());
    assert(macs <= 2e9 && params <= 6e7 && macs > 0, `seed ${seed}: ${macs} MACs, ${params} parameters`);
  }
  assertEquals(randomNetwork(5).build({ batch: 3 }).inputShape[0], 3);
});

Deno.test("a hundred networks have every kind of the DSL", () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 100; seed++) for (const { kind } of randomNetwork2(seed).build().layers) seen.add(kind);
  assertEquals([...seen].sort(), [...kinds].sort());
});

Deno.test("jobs are the same for a seed, others for another, and never come twice", () => {
  const take = (seed: number) => {
    const list = jobs(seed);
    return Array.from({ length: 150 }, () => jobKey(list.next().value as Job));
  };
  const first = take(1);
  assertEquals(take(1), first);
  assertEquals(new Set(first).size, 150);
  assertEquals(first.filter((key) => take(2).includes(key) && key.startsWith("random")), []);
});

Deno.test("any beginning of the list has one network of the zoo in three", () => {
  const list = jobs(3);
  const zoo = Array.from({ length: 90 }, () => (list.next().value as Job).source.startsWith("nets/"));
  for (const length of [9, 30, 90]) assertEquals(zoo.slice(0, length).filter(Boolean).length, length / 3);
});

Deno.test("a job's network is built from its source", async () => {
  assertEquals((await jobNetwork(anchor)).name, "squeezenet1_1");
  const job: Job = { source: "random-1:7", batch: 2, image: null, dtype: "float32" };
  assertEquals(await jobNetwork(job), randomNetwork(7).build({ batch: 2 }));
  const small = await jobNetwork({ ...anchor, image: 128 });
  assertEquals(small.inputShape, [1, 3, 128, 128]);
});

Deno.test("draws are uniform, and a fork leaves its stream where it stands", () => {
  const random = new Random(1);
  const draws = Array.from({ length: 10_000 }, () => random.between(0, 9));
  const counts = Array.from({ length: 10 }, (_, value) => draws.filter((draw) => draw === value).length);
  assert(counts.every((count) => Math.abs(count - 1000) < 150), String(counts));
  const stream = new Random(2);
  stream.fork().next();
  assertEquals(stream.next(), new Random(2).next());
});
