import { assert, assertEquals } from "@std/assert";
import { findRuntime, plan } from "neuralpower";
import { type Job, jobKey, jobNetwork, zooSources } from "./jobs.ts";

/** What ONNX Runtime executed of a network on an NVIDIA H200, recorded by a sweep. */
interface Recorded {
  readonly job: string;
  readonly groups: readonly { readonly name: string; readonly covers: readonly string[] }[];
  readonly graph: readonly { readonly name: string; readonly op: string }[];
}

const lines = (await Deno.readTextFile(new URL("../data/h200-ort/plans.jsonl", import.meta.url))).trimEnd().split("\n");
const recorded: Recorded[] = lines.map((line) => JSON.parse(line));

function jobOf(key: string): Job {
  const [source, batch] = key.split(", ");
  return { source, batch: Number(batch.slice("batch ".length)), image: null, dtype: "float32" };
}

Deno.test("the recording has networks of the zoo and random ones", () => {
  const sources = new Set(recorded.map(({ job }) => jobOf(job).source));
  assert(zooSources.filter((source) => sources.has(source)).length >= 15);
  assert([...sources].filter((source) => source.startsWith("random-")).length >= 10);
});

Deno.test("the CUDA provider executes what the plan says: batch norms within convolutions, activations and sums by themselves", async () => {
  for (const { job, groups } of recorded) {
    assertEquals(jobKey(jobOf(job)), job);
    const planned = plan(await jobNetwork(jobOf(job)), findRuntime("ort")!).flatMap(({ layer, node }) =>
      node === null ? [] : [layer]
    );
    const executed = new Set(groups.map(({ name }) => name));
    assertEquals(groups.filter(({ name }) => !planned.some((layer) => layer.name === name)), [], job);
    // Transpositions of tokens that cancel out are left out, and a last sum is fused with the norm after it.
    const more = planned.filter(({ name }) => !executed.has(name));
    const isImage = planned.every(({ outputShape }) => outputShape.length !== 3);
    assertEquals(more.filter(({ kind, op }) => isImage || kind !== "move" && op !== "layer"), [], job);
  }
});

Deno.test("no convolution is fused with its activation, and each network makes its input on the device", () => {
  for (const { job, graph } of recorded) {
    assertEquals(graph.filter(({ op }) => op === "FusedConv"), [], job);
    assert(graph.some(({ op }) => op === "RandomUniformLike"), job);
  }
});
