// MobileNetV2 as torchvision.models.mobilenet_v2, width 1 (Sandler et al., arXiv 1801.04381).
import { convNorm, invertedResidual, network } from "neuralpower/dsl";

/** The paper's table 2: expansion t, output channels c, blocks n, and the first block's stride s. */
const stages = [
  { t: 1, c: 16, n: 1, s: 1 },
  { t: 6, c: 24, n: 2, s: 2 },
  { t: 6, c: 32, n: 3, s: 2 },
  { t: 6, c: 64, n: 4, s: 2 },
  { t: 6, c: 96, n: 3, s: 1 },
  { t: 6, c: 160, n: 3, s: 2 },
  { t: 6, c: 320, n: 1, s: 1 },
];

export default network("mobilenet_v2", { image: [3, 224, 224] }, (x) => {
  let y = convNorm(x, 32, { kernel: 3, stride: 2, pad: 1, activation: "relu6", name: "conv1" });
  stages.forEach(({ t, c, n, s }, i) => {
    for (let b = 0; b < n; b++) {
      y = invertedResidual(y, c, { expanded: t * y.channels, stride: b === 0 ? s : 1, name: `stage${i + 1}_${b}` });
    }
  });
  y = convNorm(y, 1280, { kernel: 1, activation: "relu6", name: "conv_last" });
  return y.globalAveragePool().flatten().dropout().dense(1000, { name: "fc" });
});
