/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * The other end of `thread.ts`: runs one meter in this worker, starts it when told which, stops it when told so.
 *
 * @module
 */
import type { PowerMeter } from "./meter.ts";
import { smiMeter } from "./nvidia_smi.ts";
import { nvmlMeter } from "./nvml.ts";
import { raplMeter } from "./rapl.ts";
import type { Answer, MeterChoice, Order } from "./thread.ts";

let meter: PowerMeter | null = null;

function create(choice: MeterChoice): PowerMeter {
  if (choice.source === "nvml") return nvmlMeter(choice.options);
  if (choice.source === "nvidia-smi") return smiMeter(choice.options);
  return raplMeter(choice.options);
}

self.onmessage = async ({ data }: MessageEvent<Order>) => {
  const answer = (message: Answer) => self.postMessage(message);
  try {
    if (data.order === "start") {
      meter = create(data.choice);
      await meter.start();
      answer({ traces: null });
    } else {
      answer({ traces: await meter!.stop() });
    }
  } catch (error) {
    answer({ error: error instanceof Error ? error.message : String(error) });
  }
};
