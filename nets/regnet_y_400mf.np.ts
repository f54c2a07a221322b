// RegNetY-400MF as torchvision.models.regnet_y_400mf (Radosavovic et al., arXiv 2003.13678).
import { bottleneck, convNorm, network } from "neuralpower/dsl";

/** What the paper's rule gives for depth 16, w₀ 48, wₐ 27.89, wₘ 2.09 and groups of 8 channels. */
const stages = [
  { width: 48, blocks: 1 },
  { width: 104, blocks: 3 },
  { width: 208, blocks: 6 },
  { width: 440, blocks: 6 },
];

export default network("regnet_y_400mf", { image: [3, 224, 224] }, (x) => {
  let y = convNorm(x, 32, { kernel: 3, stride: 2, pad: 1, activation: "relu", name: "stem" });
  stages.forEach(({ width, blocks }, s) => {
    for (let b = 0; b < blocks; b++) {
      y = bottleneck(y, width, {
        width,
        stride: b === 0 ? 2 : 1,
        groups: width / 8,
        // A quarter of the block's input.
        squeezeExcite: { squeeze: y.channels / 4 },
        name: `block${s + 1}_${b}`,
      });
    }
  });
  return y.globalAveragePool().flatten().dense(1000, { name: "fc" });
});
