// ResNet-50 v1.5 as torchvision.models.resnet50: the stride is in the 3×3 convolution (He et al., arXiv 1512.03385).
import { bottleneck, convNorm, network } from "neuralpower/dsl";

/** Bottleneck width, number of blocks and the first block's stride of the four stages. */
const stages = [
  { width: 64, blocks: 3, stride: 1 },
  { width: 128, blocks: 4, stride: 2 },
  { width: 256, blocks: 6, stride: 2 },
  { width: 512, blocks: 3, stride: 2 },
];

export default network("resnet50", { image: [3, 224, 224] }, (x) => {
  let y = convNorm(x, 64, { kernel: 7, stride: 2, pad: 3, activation: "relu", name: "conv1" })
    .maxPool({ kernel: 3, stride: 2, pad: 1, name: "pool1" });
  stages.forEach(({ width, blocks, stride }, s) => {
    for (let b = 0; b < blocks; b++) {
      y = bottleneck(y, 4 * width, { width, stride: b === 0 ? stride : 1, name: `layer${s + 1}_${b}` });
    }
  });
  return y.globalAveragePool().flatten().dense(1000, { name: "fc" });
});
