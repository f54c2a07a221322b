// MobileNetV2 as torchvision.models.mobilenet_v2, width 1 (Sandler et al., arXiv 1801.04381).
import { add, type ConvOptions, type ImageValue, network } from "neuralpower/dsl";

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

function convNorm(x: ImageValue, channels: number, options: ConvOptions): ImageValue {
  return x.conv(channels, { ...options, bias: false }).batchNorm({ name: `${options.name}_bn` });
}

function convNormRelu6(x: ImageValue, channels: number, options: ConvOptions): ImageValue {
  return convNorm(x, channels, options).relu6({ name: `${options.name}_relu6` });
}

/** 1×1 up, depthwise 3×3, linear 1×1 down; added to the input where the sizes are equal. */
function invertedResidual(x: ImageValue, channels: number, expansion: number, stride: number, name: string) {
  const hidden = expansion * x.channels;
  const wide = expansion === 1 ? x : convNormRelu6(x, hidden, { kernel: 1, name: `${name}_expand` });
  const filtered = convNormRelu6(wide, hidden, {
    kernel: 3,
    stride,
    pad: 1,
    groups: hidden,
    name: `${name}_depthwise`,
  });
  const y = convNorm(filtered, channels, { kernel: 1, name: `${name}_project` });
  return stride === 1 && x.channels === channels ? add(x, y) : y;
}

export default network("mobilenet_v2", { image: [3, 224, 224] }, (x) => {
  let y = convNormRelu6(x, 32, { kernel: 3, stride: 2, pad: 1, name: "conv1" });
  stages.forEach(({ t, c, n, s }, i) => {
    for (let b = 0; b < n; b++) y = invertedResidual(y, c, t, b === 0 ? s : 1, `stage${i + 1}_${b}`);
  });
  y = convNormRelu6(y, 1280, { kernel: 1, name: "conv_last" });
  return y.globalAveragePool().flatten().dropout().dense(1000, { name: "fc" });
});
