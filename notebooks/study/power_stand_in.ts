/**
 * A power trace in the place of a recorded one, for as long as no GPU has been recorded. It is made up: nothing may be learned of any
 * card from it but how a window is laid.
 *
 * Its shape follows what Yang, Adamek and Armour (SC 2024, arXiv 2312.02741) describe of NVIDIA's meters: an average over 1 s that lags
 * behind the power of the moment, and an energy counter that moves every 100 ms.
 *
 * @module
 */
import { type PowerTrace, reading } from "../../bench/power/meter.ts";
import type { Load } from "../../bench/power/window.ts";

const intervalMs = 20, tickMs = 100, averageMs = 1000;
const idleW = 70, loadW = 300, rippleW = 8;
const load: Load = { startMs: 3000, endMs: 8000 };
const endMs = 11_000;

/** The traces of two ways to read the same power, of the moment and averaged by the driver, and when the load ran. */
export function standInTraces(): { readonly traces: readonly PowerTrace[]; readonly load: Load } {
  const powerAt = (timeMs: number) => {
    const ripple = rippleW * Math.sin(timeMs / 37);
    return ripple + (timeMs >= load.startMs && timeMs < load.endMs ? loadW : idleW);
  };
  const times = Array.from({ length: endMs / intervalMs }, (_, i) => i * intervalMs);
  let energyMj = 0, counterMj = 0;
  const samples = times.map((timeMs) => {
    energyMj += powerAt(timeMs) * intervalMs;
    if (timeMs % tickMs === 0) counterMj = energyMj;
    const recent = times.filter((time) => time <= timeMs && time > timeMs - averageMs).map(powerAt);
    const averageW = recent.reduce((sum, power) => sum + power, 0) / recent.length;
    return { timeMs, ...reading({ powerW: powerAt(timeMs), averageW, energyMj: counterMj }) };
  });
  const all = { device: "made up, not measured", driver: null, intervalMs, warnings: [] };
  const averages = samples.map(({ timeMs, averageW }) => ({ timeMs, ...reading({ averageW }) }));
  return {
    traces: [{ ...all, source: "nvml", samples }, { ...all, source: "nvidia-smi", samples: averages }],
    load,
  };
}
