/**
 * The inference benchmark of pytorch-image-models (Wightman): hundreds of networks on an RTX 3090 in PyTorch 2.4, NCHW, under
 * automatic mixed precision.
 *
 * @module
 */
import type { NetworkSet } from "./network_set.ts";

/** The set's reader. */
export const timm: NetworkSet = {
  name: "timm",
  repository: "huggingface/pytorch-image-models",
  commit: "aa4b585",
  licence: "Apache-2.0",
  devices: ["rtx3090-pytorch"],
  conversions: [
    "infer_step_time is a forward pass of one batch in ms",
    "infer_gmacs and param_count are 10⁹ multiply-adds of one image and 10⁶ parameters, rounded by the set to two decimals",
    "mixed precision is taken as float16: convolutions and matrix products compute in it, norms and softmax in float32",
    "infer_samples_per_sec and infer_macts (10⁶ activations of one image) are kept",
  ],
  convert(cells) {
    const [gmacs, millions] = [cells.spread("infer_gmacs"), cells.spread("param_count")];
    return [{
      network: cells.text("model") ?? cells.fail("model", "is empty; a network's name is needed"),
      device: "rtx3090-pytorch",
      definition: null,
      batch: cells.whole("infer_batch_size", 1),
      image: cells.whole("infer_img_size", 1),
      dtype: "float16",
      pass: "forward",
      runtimeMs: cells.measured("infer_step_time"),
      powerW: null,
      energyMj: null,
      macsPerImage: gmacs === null ? null : gmacs * 1e9,
      params: millions === null ? null : millions * 1e6,
      powerLimitW: null,
      more: {
        infer_samples_per_sec: cells.measured("infer_samples_per_sec"),
        infer_macts: cells.spread("infer_macts"),
      },
    }];
  },
};
