import { assert } from "@std/assert";
import { loadDevice, shippedDevices } from "./device.ts";
import type { KindFit } from "./model.ts";
import { nodeModel, type NodePrediction } from "./node_model.ts";
import { isDrawable, randomLayer, uniforms } from "./random_layers.ts";
import { doubled } from "./shapes.ts";

/** Layers of each shipped device, half of them twice another's batch; NEURALPOWER_RANDOM_LAYERS asks for more. */
const layers = Number(Deno.env.get("NEURALPOWER_RANDOM_LAYERS") ?? 20_000);

/** Within the ranges, a little outside and far outside: up to e^4 = 55 times as large in every size. */
const reaches = [0, 1, 4] as const;

function check(fit: KindFit, { runtimeMs, powerW, energyMj }: NodePrediction): void {
  for (const estimate of [runtimeMs, powerW, energyMj]) {
    if (estimate === null) continue;
    const { value, low, high } = estimate;
    const fine = value > 0 && value < Infinity && (low === null || (low > 0 && low <= value)) &&
      (high === null || (high >= value && high < Infinity));
    assert(fine, `${fit.kind} ${fit.pass}: ${JSON.stringify(estimate)}`);
  }
}

for (const name of await shippedDevices()) {
  Deno.test(`${name}: ${layers} random layers, in and far outside what was measured, are predicted as physics allows`, async () => {
    const device = await loadDevice(name);
    const predict = nodeModel(device), fits = device.model!.fits.filter(isDrawable);
    const random = uniforms(5);
    const pairs = Math.ceil(layers / 2 / fits.length / reaches.length);
    for (const fit of fits) {
      const widths = reaches.map((reach) => {
        const logs: number[] = [];
        for (let i = 0; i < pairs; i++) {
          const node = randomLayer(fit, random, reach);
          const [once, twice] = [node, doubled(node)].map((node) => predict(node)!);
          check(fit, once);
          check(fit, twice);
          const { runtimeMs: { value, low, high }, callMs } = once;
          // Twice the batch is never cheaper by more than the interval.
          assert(low === null || twice.runtimeMs.value >= low, `${fit.kind} ${JSON.stringify([node, once, twice])}`);
          if (low !== null && once.extrapolates.length > 0) {
            // Of the whole row, as it is measured: of a layer much shorter than its call little can be known.
            logs.push(Math.log((high! + callMs) / (value + callMs)));
          }
        }
        return logs.reduce((sum, log) => sum + log, 0) / logs.length;
      });
      // Outside, the interval is no narrower than that of the rows; polynomials have one for all.
      const { default: form, base, boosted, polynomials } = fit.runtime;
      const typical = (form === "base" ? base : form === "boosted" ? boosted : polynomials[form])!.logHalfWidth ?? 0;
      assert(widths[2] > 0.999 * typical, `${fit.kind} ${fit.pass}: ${widths} outside, ${typical} of the rows`);
    }
  });
}
