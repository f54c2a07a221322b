// EfficientNet-B0 as torchvision.models.efficientnet_b0 (Tan and Le, arXiv 1905.11946).
import { add, type ConvOptions, type ImageValue, mul, network } from "neuralpower/dsl";

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

function convNorm(x: ImageValue, channels: number, options: ConvOptions): ImageValue {
  return x.conv(channels, { ...options, bias: false }).batchNorm({ name: `${options.name}_bn` });
}

function convNormSilu(x: ImageValue, channels: number, options: ConvOptions): ImageValue {
  return convNorm(x, channels, options).silu({ name: `${options.name}_silu` });
}

/** Each channel times a gate computed from all channels' averages. */
function squeezeExcite(x: ImageValue, squeeze: number, name: string): ImageValue {
  const gate = x
    .globalAveragePool({ name: `${name}_pool` })
    .conv(squeeze, { kernel: 1, activation: "silu", name: `${name}_reduce` })
    .conv(x.channels, { kernel: 1, activation: "sigmoid", name: `${name}_expand` });
  return mul(x, gate);
}

/** Inverted residual with squeeze and excitation. Stochastic depth drops nothing when a trained network runs, and is left out. */
function mbconv(x: ImageValue, { expansion, kernel, channels }: typeof stages[0], stride: number, name: string) {
  const input = x.channels;
  const hidden = expansion * input;
  const wide = expansion === 1 ? x : convNormSilu(x, hidden, { kernel: 1, name: `${name}_expand` });
  const pad = (kernel - 1) / 2;
  const filtered = convNormSilu(wide, hidden, { kernel, stride, pad, groups: hidden, name: `${name}_depthwise` });
  const gated = squeezeExcite(filtered, input / 4, `${name}_se`);
  const y = convNorm(gated, channels, { kernel: 1, name: `${name}_project` });
  return stride === 1 && input === channels ? add(x, y) : y;
}

export default network("efficientnet_b0", { image: [3, 224, 224] }, (x) => {
  let y = convNormSilu(x, 32, { kernel: 3, stride: 2, pad: 1, name: "stem" });
  stages.forEach((stage, i) => {
    for (let b = 0; b < stage.blocks; b++) y = mbconv(y, stage, b === 0 ? stage.stride : 1, `stage${i + 1}_${b}`);
  });
  y = convNormSilu(y, 1280, { kernel: 1, name: "head" });
  return y.globalAveragePool().flatten().dropout().dense(1000, { name: "fc" });
});
