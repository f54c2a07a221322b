// MobileNetV3-Large as torchvision.models.mobilenet_v3_large (Howard et al., arXiv 1905.02244).
import { convNorm, invertedResidual, network } from "neuralpower/dsl";

/**
 * The paper's table 1: depthwise kernel, expanded channels, output channels, channels of the squeeze (a quarter of the expanded ones,
 * rounded to a multiple of 8 that is not below nine tenths of it), whether the activation is hard-swish, and stride.
 */
const blocks = [
  { kernel: 3, expanded: 16, channels: 16, squeeze: null, hard: false, stride: 1 },
  { kernel: 3, expanded: 64, channels: 24, squeeze: null, hard: false, stride: 2 },
  { kernel: 3, expanded: 72, channels: 24, squeeze: null, hard: false, stride: 1 },
  { kernel: 5, expanded: 72, channels: 40, squeeze: 24, hard: false, stride: 2 },
  { kernel: 5, expanded: 120, channels: 40, squeeze: 32, hard: false, stride: 1 },
  { kernel: 5, expanded: 120, channels: 40, squeeze: 32, hard: false, stride: 1 },
  { kernel: 3, expanded: 240, channels: 80, squeeze: null, hard: true, stride: 2 },
  { kernel: 3, expanded: 200, channels: 80, squeeze: null, hard: true, stride: 1 },
  { kernel: 3, expanded: 184, channels: 80, squeeze: null, hard: true, stride: 1 },
  { kernel: 3, expanded: 184, channels: 80, squeeze: null, hard: true, stride: 1 },
  { kernel: 3, expanded: 480, channels: 112, squeeze: 120, hard: true, stride: 1 },
  { kernel: 3, expanded: 672, channels: 112, squeeze: 168, hard: true, stride: 1 },
  { kernel: 5, expanded: 672, channels: 160, squeeze: 168, hard: true, stride: 2 },
  { kernel: 5, expanded: 960, channels: 160, squeeze: 240, hard: true, stride: 1 },
  { kernel: 5, expanded: 960, channels: 160, squeeze: 240, hard: true, stride: 1 },
];

export default network("mobilenet_v3_large", { image: [3, 224, 224] }, (x) => {
  let y = convNorm(x, 16, { kernel: 3, stride: 2, pad: 1, activation: "hard_swish", name: "conv_first" });
  blocks.forEach(({ kernel, expanded, channels, squeeze, hard, stride }, i) => {
    y = invertedResidual(y, channels, {
      expanded,
      kernel,
      stride,
      activation: hard ? "hard_swish" : "relu",
      squeezeExcite: squeeze === null ? undefined : { squeeze, gate: "hard_sigmoid" },
      name: `block${i + 1}`,
    });
  });
  y = convNorm(y, 960, { kernel: 1, activation: "hard_swish", name: "conv_last" });
  return y
    .globalAveragePool()
    .flatten()
    .dense(1280, { activation: "hard_swish", name: "fc1" })
    .dropout()
    .dense(1000, { name: "fc2" });
});
