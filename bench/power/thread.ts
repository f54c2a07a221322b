/**
 * A meter in a thread of its own. `session.run` of onnxruntime-node blocks the event loop of the thread that calls it, and a meter in
 * that thread would sleep through exactly the time that it should measure.
 *
 * @module
 */
import type { PowerMeter, PowerTrace } from "./meter.ts";
import type { SmiOptions } from "./nvidia_smi.ts";
import type { NvmlOptions } from "./nvml.ts";
import type { RaplOptions } from "./rapl.ts";

/** Which meter, with its options; only data, since it crosses into another thread. */
export type MeterChoice =
  | { readonly source: "nvml"; readonly options?: NvmlOptions }
  | { readonly source: "nvidia-smi"; readonly options?: SmiOptions }
  | { readonly source: "rapl"; readonly options?: Omit<RaplOptions, "readText"> };

/** What the worker is told. */
export type Order = { readonly order: "start"; readonly choice: MeterChoice } | { readonly order: "stop" };

/** What it answers. */
export type Answer = { readonly traces: PowerTrace[] | null } | { readonly error: string };

/**
 * The chosen meter, sampling in a worker. The worker needs the permissions of what it reads (`--allow-ffi` for NVML, `--allow-run`
 * for nvidia-smi, `--allow-read` for RAPL) and reads its own modules.
 */
export function threaded(choice: MeterChoice): PowerMeter {
  let worker: Worker | null = null;
  return {
    async start() {
      if (worker !== null) throw new Error(`The ${choice.source} meter is running already; stop it first`);
      worker = new Worker(new URL("./thread_worker.ts", import.meta.url), { type: "module" });
      try {
        await ask(worker, { order: "start", choice });
      } catch (error) {
        worker.terminate();
        worker = null;
        throw error;
      }
    },
    async stop() {
      if (worker === null) throw new Error(`The ${choice.source} meter is not running; start it first`);
      const thread = worker;
      worker = null;
      try {
        return await ask(thread, { order: "stop" }) ?? [];
      } finally {
        thread.terminate();
      }
    },
  };
}

/**
 * Several meters as one: started and stopped together, one trace or more each. A meter that does not start stops the others.
 */
export function combined(meters: readonly PowerMeter[]): PowerMeter {
  let started: PowerMeter[] = [];
  const stop = async () => {
    // All are stopped even if one fails: a thread or a program left behind would go on sampling.
    const ends = await Promise.allSettled(started.splice(0).map((meter) => meter.stop()));
    return ends.flatMap((end) => {
      if (end.status === "rejected") throw end.reason;
      return end.value;
    });
  };
  return {
    async start() {
      if (started.length > 0) throw new Error("These meters are running already; stop them first");
      const starts = await Promise.allSettled(meters.map((meter) => meter.start()));
      started = meters.filter((_, i) => starts[i].status === "fulfilled");
      const failed = starts.find((start) => start.status === "rejected");
      if (failed === undefined) return;
      await stop();
      throw failed.reason;
    },
    stop,
  };
}

function ask(worker: Worker, order: Order): Promise<PowerTrace[] | null> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if ("error" in data) reject(new Error(data.error));
      else resolve(data.traces);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`The meter's thread failed: ${event.message}`));
    };
    worker.postMessage(order);
  });
}
