/**
 * The roofline (Williams, Waterman and Patterson 2009): what each layer reaches of what the device could do at its arithmetic intensity.
 *
 * @module
 */
import type { LayerPrediction, Prediction } from "../predict.ts";
import type { Specification } from "../model/specifications.ts";
import { around, chart, colourBy, decades, guide, type Spec } from "./spec.ts";

/** A layer under the roof. */
export interface RooflineLayer {
  readonly layer: LayerPrediction;
  /** Operations per byte read and written; a multiply-add is two. */
  readonly intensity: number;
  /** 10⁹ operations per second. */
  readonly gflops: number;
}

/** Layers with multiply-adds, and the roof above them: up the bandwidth's slope to the peak, and on at the peak. */
export interface RooflineData {
  readonly layers: readonly RooflineLayer[];
  readonly roof: readonly { readonly intensity: number; readonly gflops: number }[];
  readonly peakGflops: number;
}

/** What a roofline shows. */
export function rooflineData({ layers, dtype }: Prediction, specification: Specification): RooflineData {
  const shown = layers.filter(({ macs, runtimeMs }) => macs > 0 && runtimeMs !== null && runtimeMs > 0).map((
    layer,
  ) => ({
    layer,
    intensity: 2 * layer.macs / layer.bytes,
    gflops: 2 * layer.macs / (layer.runtimeMs! * 1e6),
  }));
  const { peakTflops: { float32, float16 }, bandwidthGBs } = specification;
  const peakGflops = 1000 * (dtype === "float16" ? float16 ?? float32 : float32);
  const ridge = peakGflops / bandwidthGBs;
  const [least, most] = around([...shown.map(({ intensity }) => intensity), ridge], 3);
  const roof = [
    { intensity: least, gflops: least * bandwidthGBs },
    { intensity: ridge, gflops: peakGflops },
    { intensity: most, gflops: peakGflops },
  ];
  return { layers: shown, roof, peakGflops };
}

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
  const { layers, roof, peakGflops } = rooflineData(prediction, specification);
  const values = layers.map(({ layer: { name, kind, runtimeMs }, intensity, gflops }) => {
    return { name, kind, intensity, gflops, runtimeMs };
  });
  const [{ intensity: least }, , { intensity: most }] = roof;
  const x = decades("intensity", "operations per byte", [least, most]);
  const rates = [...values, ...roof].map(({ gflops }) => gflops);
  const y = decades("gflops", "10⁹ operations per second", around(rates, 1.5));
  return chart({
    text: `${network} under the roof of ${specification.title}`,
    subtitle: `${pass} pass predicted on ${device}, batch ${batch}, ${dtype}; roof: ${
      peakGflops / 1000
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
