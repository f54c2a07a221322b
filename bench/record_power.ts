/**
 * `deno run -A bench/record_power.ts --provider cuda --out FILE.jsonl`: records what the power meters tell before, during and after loads
 * that are known: rest, a convolution, rest, a ReLU, rest. Shows how a sensor follows its load, and how often its counter moves.
 *
 * @module
 */
import { type Command, runCommand, UsageError } from "../lib/commands/cli.ts";
import type { Node } from "neuralpower";
import { network } from "neuralpower/dsl";
import { plan, unfused } from "neuralpower";
import { runWithLibraries } from "./cuda/with_libraries.ts";
import { describeDevice } from "./device_file.ts";
import { providers } from "./ort/session.ts";
import { detectMeter } from "./power/detect.ts";
import { type RecordedLoad, writeRecording } from "./power/record.ts";
import { CopiesSession } from "./slope_session.ts";

/** How long each load and each rest takes, ms: the slowest sensors average over a second. */
const loadMs = 4000, restMs = 3000;
const copies = 8;

const command: Command = {
  name: "record_power",
  call: "deno run -A bench/record_power.ts",
  takes: "--provider NAME --out FILE.jsonl",
  summary: "Records the power meters over loads that are known.",
  options: {
    provider: { value: "NAME", help: providers.join(", ") },
    out: { value: "FILE.jsonl", help: "the recording" },
    help: { help: "print this" },
  },
  examples: ["deno run -A bench/record_power.ts --provider cuda --out data/h200-ort/power.jsonl"],
  run: async (args) => {
    const provider = args.choice("provider", providers), out = args.text("out");
    if (provider === undefined || out === undefined) {
      throw new UsageError("Give both --provider NAME and --out FILE.jsonl");
    }
    const elsewhere = await runWithLibraries(provider);
    if (elsewhere !== null) return elsewhere;
    const { meter, warnings } = await detectMeter(provider === "cpu" ? "cpu" : "gpu");
    if (meter === null) throw new Error(warnings[0]);
    const device = await describeDevice(provider);
    const loads: RecordedLoad[] = [];
    await meter.start();
    const rest = () => new Promise((resolve) => setTimeout(resolve, restMs));
    await rest();
    for (const [name, node] of Object.entries(loadNodes())) {
      const session = await CopiesSession.open(node, copies, { provider }, new Map());
      const startMs = Date.now();
      while (Date.now() - startMs < loadMs) await session.run();
      loads.push({ name, startMs, endMs: Date.now() });
      await session.release();
      await rest();
    }
    const traces = await meter.stop();
    const note = `${device.gpu ?? device.cpu}, driver ${device.driver}: rest and ${
      Object.keys(loadNodes()).join(" and ")
    }, ${provider}`;
    await writeRecording(out, { note, recorded: new Date().toISOString(), loads, traces });
    for (const { source, samples, warnings } of traces) {
      console.log([`${source}: ${samples.length} samples`, ...warnings].join("; "));
    }
    return 0;
  },
};

/** One that computes and one that moves bytes. */
function loadNodes(): Record<string, Node> {
  const conv = network("conv", { image: [256, 56, 56], batch: 32 }, (x) => x.conv(256, { kernel: 3, pad: 1 }));
  const relu = network("relu", { image: [256, 56, 56], batch: 32 }, (x) => x.relu());
  const [convolution, elementwise] = [conv, relu].map((net) => plan(net.build(), unfused)[0].node!);
  return { "a 3×3 convolution of 256 channels": convolution, "a relu": elementwise };
}

if (import.meta.main) Deno.exit(await runCommand(command, Deno.args));
