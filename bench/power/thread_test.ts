import { assert, assertEquals, assertRejects } from "@std/assert";
import { compileNvml, nvmlMissing, POSTED, smiMissing, writeSmi } from "./stand_ins.ts";
import { combined, threaded } from "./thread.ts";

Deno.test("meters go on sampling while the thread that started them is blocked", {
  ignore: nvmlMissing() || smiMissing(),
}, async () => {
  const folder = Deno.makeTempDirSync();
  const library = compileNvml(folder);
  const meter = combined([
    threaded({ source: "nvml", options: { library: library.path, intervalMs: 10 } }),
    threaded({ source: "nvidia-smi", options: { command: writeSmi(folder, POSTED) } }),
  ]);
  await meter.start();
  const fromMs = Date.now();
  while (Date.now() < fromMs + 800); // As session.run does.
  const toMs = Date.now();
  const traces = await meter.stop();
  assertEquals(traces.map(({ source }) => source), ["nvml", "nvidia-smi"]);
  for (const { source, samples } of traces) {
    const during = samples.filter(({ timeMs }) => timeMs > fromMs && timeMs < toMs);
    assert(during.length >= 2, `${during.length} samples of ${source} while blocked`);
  }
  const energies = new Set(traces[0].samples.map(({ energyMj }) => energyMj));
  assert(energies.size >= 2, `The counter moved ${energies.size - 1} times while it was blocked`);
  library.close();
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("what fails in the thread is told by start, and the meters before it are stopped", async () => {
  const rapl = threaded({ source: "rapl", options: { root: "/nowhere" } });
  await assertRejects(() => rapl.start(), Error, "No CPU package has an energy counter in /nowhere");
  await assertRejects(() => rapl.stop(), Error, "The rapl meter is not running; start it first");
  const order: string[] = [];
  const first = {
    start: () => Promise.resolve(void order.push("start")),
    stop: () => Promise.resolve((order.push("stop"), [])),
  };
  await assertRejects(() => combined([first, rapl]).start(), Error, "/nowhere");
  assertEquals(order, ["start", "stop"]);
});
