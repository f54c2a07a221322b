// ResNet-50 v1.5 as torchvision.models.resnet50: the stride is in the 3×3 convolution (He et al., arXiv 1512.03385).
import { add, type ConvOptions, type ImageValue, network } from "neuralpower/dsl";

/** Bottleneck width, number of blocks and the first block's stride of the four stages. */
const stages = [
  { width: 64, blocks: 3, stride: 1 },
  { width: 128, blocks: 4, stride: 2 },
  { width: 256, blocks: 6, stride: 2 },
  { width: 512, blocks: 3, stride: 2 },
];

function convNorm(x: ImageValue, channels: number, options: ConvOptions): ImageValue {
  return x.conv(channels, { ...options, bias: false }).batchNorm({ name: `${options.name}_bn` });
}

/** 1×1 down, 3×3, 1×1 up to four times the width, added to the input. */
function bottleneck(x: ImageValue, width: number, stride: number, name: string): ImageValue {
  const a = convNorm(x, width, { kernel: 1, name: `${name}_conv1` }).relu({ name: `${name}_relu1` });
  const b = convNorm(a, width, { kernel: 3, stride, pad: 1, name: `${name}_conv2` }).relu({ name: `${name}_relu2` });
  const c = convNorm(b, 4 * width, { kernel: 1, name: `${name}_conv3` });
  const fits = stride === 1 && x.channels === 4 * width;
  const shortcut = fits ? x : convNorm(x, 4 * width, { kernel: 1, stride, name: `${name}_downsample` });
  return add(c, shortcut).relu({ name: `${name}_relu3` });
}

export default network("resnet50", { image: [3, 224, 224] }, (x) => {
  let y = convNorm(x, 64, { kernel: 7, stride: 2, pad: 3, name: "conv1" })
    .relu({ name: "conv1_relu" })
    .maxPool({ kernel: 3, stride: 2, pad: 1, name: "pool1" });
  stages.forEach(({ width, blocks, stride }, s) => {
    for (let b = 0; b < blocks; b++) y = bottleneck(y, width, b === 0 ? stride : 1, `layer${s + 1}_${b}`);
  });
  return y.globalAveragePool().flatten().dense(1000, { name: "fc" });
});
