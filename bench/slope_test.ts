import { assert, assertEquals, assertRejects } from "@std/assert";
import type { SizedLayer } from "neuralpower/dsl";
import type { Node } from "neuralpower";
import { type PowerMeter, type PowerTrace, reading } from "./power/meter.ts";
import { measureNode, type NodeMeasurement } from "./slope.ts";

const node = (layer: SizedLayer, fused: Partial<Node> = {}): Node => ({
  ...{ layer, activation: null, fusedAdd: false, dtype: "float32", pass: "forward", optimizer: null },
  ...fused,
});

const conv = (channels: number, size: number): SizedLayer<"conv"> => ({
  ...{ kind: "conv", op: "conv", outChannels: channels, kernel: [3, 3], stride: [1, 1], pad: [1, 1, 1, 1] },
  ...{ dilation: [1, 1], groups: 1, bias: true, inputShape: [1, channels, size, size] },
  ...{ inElements: channels * size * size, outputShape: [1, channels, size, size] },
});

const relu = (size: number): SizedLayer<"elementwise"> => ({
  ...{ kind: "elementwise", op: "relu", inputShape: [1, 64, size, size], inElements: 64 * size * size },
  outputShape: [1, 64, size, size],
});

/** Measures, and again when other programs made the times no line. */
async function measured(made: Node): Promise<NodeMeasurement> {
  let found = await measureNode(made, { provider: "cpu" });
  for (let again = 0; again < 3 && !found.straight; again++) found = await measureNode(made, { provider: "cpu" });
  const { ms, spreadMs, interceptMs, r2, copies, trials } = found;
  assert(Number.isFinite(ms) && ms > 0, `${ms} ms`);
  assert(Number.isFinite(interceptMs) && spreadMs >= 0);
  assert(r2 >= 0 && r2 <= 1 + 1e-9, `R² ${r2}`);
  assert(copies.length >= 3 && copies.every((number, i) => number > (copies[i - 1] ?? 0)), copies.join());
  assert(trials >= 3);
  return found;
}

Deno.test("a convolution, with a sum and an activation in it, and a relu are measured", async () => {
  let plain = await measured(node(conv(64, 28)));
  await measured(node(conv(64, 28), { fusedAdd: true, activation: "relu" }));
  await measured(node(relu(56)));
  let small = await measured(node(conv(64, 7)));
  // What disturbs a machine may last longer than a measurement.
  for (let again = 0; again < 3 && small.ms >= plain.ms; again++) {
    plain = await measured(node(conv(64, 28)));
    small = await measured(node(conv(64, 7)));
  }
  assert(small.ms < plain.ms, `a sixteenth of the work takes ${small.ms} ms, all of it ${plain.ms}`);
  assertEquals([plain.powerW, plain.powerWSpread, plain.energyMj, plain.energyMjSpread], [null, null, null, null]);
});

Deno.test("memory bounds the copies", async () => {
  // A copy takes 2 × 0.97 MiB of weights, and a model little more.
  const layer = conv(168, 4);
  const few = await measureNode(node(layer), { provider: "cpu", memoryMiB: 14 });
  assert(few.copies.reduce((sum, number) => sum + number, 0) * 1.94 <= 14, few.copies.join());
  const two = await measureNode(node(layer), { provider: "cpu", maxCopies: 2 });
  assertEquals([two.copies, two.straight], [[1, 2], false]);
  assert(two.note.includes("two numbers of copies would show no bend"), two.note);
});

Deno.test("what cannot be measured is an error of one line", async () => {
  const line = async (made: Node, options = {}) => {
    const { message } = await assertRejects(() => measureNode(made, { provider: "cpu", ...options }), Error);
    assert(!message.includes("\n"), message);
    return message;
  };
  const large = await line(node(conv(64, 28)), { memoryMiB: 1 });
  assertEquals(
    large,
    "conv [1, 64, 28, 28] → [1, 64, 28, 28] needs models of one and of two copies, which take 2.4 MiB; " +
      "at most 64 copies in 1 MiB are allowed",
  );
  // The kernel is larger than the image, so there is no output.
  const impossible = await line(node({ ...conv(8, 4), kernel: [9, 9], outputShape: [1, 8, 1, 1] }));
  assert(impossible.startsWith("conv [1, 8, 4, 4] → [1, 8, 1, 1] does not run on cpu (1 copies): "), impossible);
  const missing = await line(node({ kind: "view", op: "dropout", ...shapes([1, 8]) } as SizedLayer));
  assert(missing.includes("A view (dropout) runs nothing"), missing);
});

function shapes(shape: number[]) {
  return { inputShape: shape, inElements: shape.reduce((a, b) => a * b), outputShape: shape };
}

/** Arithmetic, not a device: the counter tells 40 W every 100 ms of the time since the start. */
class ConstantMeter implements PowerMeter {
  #startMs = 0;

  start(): Promise<void> {
    this.#startMs = Date.now();
    return Promise.resolve();
  }

  stop(): Promise<PowerTrace[]> {
    const samples = Array.from({ length: (Date.now() - this.#startMs) / 20 }, (_, i) => ({
      timeMs: this.#startMs + i * 20,
      ...reading({ powerW: 40, energyMj: Math.floor(i / 5) * 4000 }),
    }));
    return Promise.resolve([{ source: "nvml", device: null, driver: null, intervalMs: 20, samples, warnings: [] }]);
  }
}

Deno.test("power is that of the load, energy is power × time", async () => {
  const found = await measureNode(node(conv(64, 14)), { provider: "cpu", meter: new ConstantMeter() });
  assertEquals([found.powerW, found.powerWSpread], [40, 0]);
  // On a machine busy with other things even the slope's sign is not sure; then there is no energy.
  const known = found.ms > 0;
  assertEquals(found.energyMj, known ? 40 * found.ms : null);
  assertEquals(found.energyMjSpread, known ? 40 * found.spreadMs : null);
});

Deno.test("power that cannot be read is null, and the note says why", async () => {
  const options = { provider: "cpu", powerMs: 1 } as const;
  const short = await measureNode(node(conv(64, 14)), { ...options, meter: new ConstantMeter() });
  assertEquals([short.powerW, short.powerWSpread, short.energyMj, short.energyMjSpread], [null, null, null, null]);
  assert(short.note.includes("The load gives a window of"), short.note);
  const broken: PowerMeter = {
    start: () => Promise.reject(new Error("There is no sensor\nat all")),
    stop: () => Promise.resolve([]),
  };
  const none = await measureNode(node(conv(64, 14)), { ...options, meter: broken });
  assertEquals(none.powerW, null);
  assert(none.note.endsWith("Power was not read: There is no sensor"), none.note);
});
