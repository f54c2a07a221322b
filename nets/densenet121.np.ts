// DenseNet-121 as torchvision.models.densenet121: growth 32, bottlenecks and compression (Huang et al., arXiv 1608.06993).
import { concat, type ImageValue, network } from "neuralpower/dsl";

const growth = 32;
const layersOfBlock = [6, 12, 24, 16];

/** `growth` new channels from all channels before: 1×1 to four times the growth, then 3×3, each after norm and relu. */
function denseLayer(x: ImageValue, name: string): ImageValue {
  return x
    .batchNorm({ name: `${name}_norm1` })
    .relu({ name: `${name}_relu1` })
    .conv(4 * growth, { kernel: 1, bias: false, name: `${name}_conv1` })
    .batchNorm({ name: `${name}_norm2` })
    .relu({ name: `${name}_relu2` })
    .conv(growth, { kernel: 3, pad: 1, bias: false, name: `${name}_conv2` });
}

/** Halves the channels and the image. */
function transition(x: ImageValue, name: string): ImageValue {
  return x
    .batchNorm({ name: `${name}_norm` })
    .relu({ name: `${name}_relu` })
    .conv(x.channels / 2, { kernel: 1, bias: false, name: `${name}_conv` })
    .averagePool({ kernel: 2, name: `${name}_pool` });
}

export default network("densenet121", { image: [3, 224, 224] }, (x) => {
  let y = x
    .conv(64, { kernel: 7, stride: 2, pad: 3, bias: false, name: "conv0" })
    .batchNorm({ name: "norm0" })
    .relu({ name: "relu0" })
    .maxPool({ kernel: 3, stride: 2, pad: 1, name: "pool0" });
  layersOfBlock.forEach((layers, b) => {
    if (b > 0) y = transition(y, `transition${b}`);
    for (let i = 1; i <= layers; i++) y = concat(y, denseLayer(y, `block${b + 1}_${i}`));
  });
  return y
    .batchNorm({ name: "norm5" })
    .relu({ name: "relu5" })
    .globalAveragePool()
    .flatten()
    .dense(1000, { name: "classifier" });
});
