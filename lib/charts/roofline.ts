/**
 * The roofline (Williams, Waterman and Patterson 2009): what each layer reaches of what the device could do at its arithmetic intensity.
 *
 * @module
 */
import type { Prediction } from "../predict.ts";
import type { Specification } from "../model/specifications.ts";
import { around, chart, colourBy, decades, guide, type Spec } from "./spec.ts";

/**
 * Rate against intensity, with the device's roof: the smaller of its peak and of bandwidth times intensity. A multiply-add is two
 * operations; bytes are those the layer reads and writes, so what stays in a cache lies above the roof's slope. Layers without
 * multiply-adds are not in it.
 *
 * @example
 * ```ts
 * import { findSpecification, loadDevice, predict } from "neuralpower";
 * import { roofline } from "./roofline.ts";
 * import alexnet from "../../nets/alexnet.np.ts";
 *
 * const spec = roofline(predict(alexnet.build(), await loadDevice("v100-tf1")), findSpecification("v100")!);
 * console.log(spec.title);
 * ```
 */
export function roofline(prediction: Prediction, specification: Specification): Spec {
  const { network, device, batch, dtype, pass } = prediction;
  const values = prediction.layers.filter(({ macs, runtimeMs }) => macs > 0 && runtimeMs !== null && runtimeMs > 0).map(
    (
      { name, kind, macs, bytes, runtimeMs },
    ) => ({ name, kind, intensity: 2 * macs / bytes, gflops: 2 * macs / (runtimeMs! * 1e6), runtimeMs }),
  );
  const { float32, float16 } = specification.peakTflops;
  const peak = 1000 * (dtype === "float16" ? float16 ?? float32 : float32);
  const ridge = peak / specification.bandwidthGBs;
  const [least, most] = around([...values.map(({ intensity }) => intensity), ridge], 3);
  const roof = [
    { intensity: least, gflops: least * specification.bandwidthGBs },
    { intensity: ridge, gflops: peak },
    { intensity: most, gflops: peak },
  ];
  const x = decades("intensity", "operations per byte", [least, most]);
  const rates = [...values, ...roof].map(({ gflops }) => gflops);
  const y = decades("gflops", "10⁹ operations per second", around(rates, 1.5));
  return chart({
    text: `${network} under the roof of ${specification.title}`,
    subtitle: `${pass} pass predicted on ${device}, batch ${batch}, ${dtype}; roof: ${
      peak / 1000
    } TFLOP/s, ${specification.bandwidthGBs} GB/s`,
  }, {
    width: 480,
    height: 320,
    layer: [
      {
        data: { values: roof },
        mark: { type: "line", color: guide, strokeWidth: 2, clip: true },
        encoding: { x, y },
      },
      {
        data: { values },
        mark: { type: "circle", opacity: 0.75, tooltip: { content: "data" } },
        encoding: {
          x,
          y,
          color: colourBy("kind", "kind", values.map(({ kind }) => kind)),
          size: { field: "runtimeMs", type: "quantitative", title: "time, ms", scale: { range: [20, 400] } },
        },
      },
    ],
  });
}
