// EfficientNet-B0 as torchvision.models.efficientnet_b0 (Tan and Le, arXiv 1905.11946). Stochastic depth drops nothing when a trained
// network runs, and is left out.
import { convNorm, invertedResidual, network } from "neuralpower/dsl";

/** The paper's table 1: expansion, depthwise kernel, the first block's stride, output channels and blocks. */
const stages = [
  { expansion: 1, kernel: 3, stride: 1, channels: 16, blocks: 1 },
  { expansion: 6, kernel: 3, stride: 2, channels: 24, blocks: 2 },
  { expansion: 6, kernel: 5, stride: 2, channels: 40, blocks: 2 },
  { expansion: 6, kernel: 3, stride: 2, channels: 80, blocks: 3 },
  { expansion: 6, kernel: 5, stride: 1, channels: 112, blocks: 3 },
  { expansion: 6, kernel: 5, stride: 2, channels: 192, blocks: 4 },
  { expansion: 6, kernel: 3, stride: 1, channels: 320, blocks: 1 },
];

export default network("efficientnet_b0", { image: [3, 224, 224] }, (x) => {
  const activation = "silu";
  let y = convNorm(x, 32, { kernel: 3, stride: 2, pad: 1, activation, name: "stem" });
  stages.forEach(({ expansion, kernel, stride, channels, blocks }, i) => {
    for (let b = 0; b < blocks; b++) {
      y = invertedResidual(y, channels, {
        expanded: expansion * y.channels,
        kernel,
        stride: b === 0 ? stride : 1,
        activation,
        // The squeeze is a quarter of the block's input, before it is expanded.
        squeezeExcite: { squeeze: y.channels / 4, activation },
        name: `stage${i + 1}_${b}`,
      });
    }
  });
  y = convNorm(y, 1280, { kernel: 1, activation, name: "head" });
  return y.globalAveragePool().flatten().dropout().dense(1000, { name: "fc" });
});
