// ShuffleNetV2 as torchvision.models.shufflenet_v2_x1_0 (Ma et al., arXiv 1807.11164).
import { concat, convNorm, type ImageValue, network } from "neuralpower/dsl";

const stages = [
  { channels: 116, units: 4 },
  { channels: 232, units: 8 },
  { channels: 464, units: 4 },
];

/** 1×1, depthwise 3×3, 1×1. */
function branch(x: ImageValue, channels: number, stride: number, name: string): ImageValue {
  const wide = convNorm(x, channels, { kernel: 1, activation: "relu", name: `${name}_conv1` });
  return depthwiseAndConv(wide, channels, stride, [`${name}_depthwise`, `${name}_conv2`]);
}

function depthwiseAndConv(x: ImageValue, channels: number, stride: number, [first, second]: [string, string]) {
  const filtered = convNorm(x, x.channels, { kernel: 3, stride, pad: 1, groups: x.channels, name: first });
  return convNorm(filtered, channels, { kernel: 1, activation: "relu", name: second });
}

/** Halves the image; both branches see all channels. */
function downUnit(x: ImageValue, channels: number, name: string): ImageValue {
  const left = depthwiseAndConv(x, channels / 2, 2, [`${name}_left_depthwise`, `${name}_left_conv`]);
  return concat(left, branch(x, channels / 2, 2, name)).channelShuffle(2);
}

/** One half of the channels goes through the branch, the other past it. */
function unit(x: ImageValue, name: string): ImageValue {
  const [past, through] = x.split(2);
  return concat(past, branch(through, through.channels, 1, name)).channelShuffle(2);
}

export default network("shufflenet_v2", { image: [3, 224, 224] }, (x) => {
  let y = convNorm(x, 24, { kernel: 3, stride: 2, pad: 1, activation: "relu", name: "conv1" })
    .maxPool({ kernel: 3, stride: 2, pad: 1, name: "maxpool" });
  stages.forEach(({ channels, units }, s) => {
    y = downUnit(y, channels, `stage${s + 2}_0`);
    for (let u = 1; u < units; u++) y = unit(y, `stage${s + 2}_${u}`);
  });
  y = convNorm(y, 1024, { kernel: 1, activation: "relu", name: "conv5" });
  return y.globalAveragePool().flatten().dense(1000, { name: "fc" });
});
