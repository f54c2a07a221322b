import { assertEquals } from "@std/assert";
import { loadDevice, predict } from "neuralpower";
import { network } from "neuralpower/dsl";
import { predictionMarkdown, predictionText } from "./prediction.ts";

const device = await loadDevice("rtx3090");

Deno.test("a table reads each layer's time as often in a deep network as in a small one", () => {
  for (const print of [predictionText, predictionMarkdown]) {
    assertEquals(readsOfTime(print, 200), readsOfTime(print, 10));
  }
});

/** How often a layer's time is read, on average. */
function readsOfTime(print: typeof predictionText, depth: number): number {
  const chain = network("chain", { vector: 8 }, (x) => {
    for (let i = 0; i < depth; i++) x = x.dense(8);
    return x;
  });
  const prediction = predict(chain.build(), device);
  let reads = 0;
  const layers = prediction.layers.map((layer) =>
    Object.defineProperty({ ...layer }, "runtimeMs", {
      get() {
        reads++;
        return layer.runtimeMs;
      },
    })
  );
  print({ ...prediction, layers });
  return reads / depth;
}
