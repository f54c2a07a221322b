// ConvNeXt-T as torchvision.models.convnext_tiny (Liu et al., arXiv 2201.03545). Stochastic depth drops nothing when a trained network
// runs, and is left out.
import { add, type ImageValue, mul, network, parameter } from "neuralpower/dsl";

const stages = [
  { channels: 96, blocks: 3 },
  { channels: 192, blocks: 3 },
  { channels: 384, blocks: 9 },
  { channels: 768, blocks: 3 },
];

/** Depthwise 7×7, then two dense layers on each pixel, scaled by a learned number for each channel and added to the input. */
function block(x: ImageValue, name: string): ImageValue {
  const [, channels, height, width] = x.shape;
  const y = x
    .conv(channels, { kernel: 7, pad: 3, groups: channels, name: `${name}_depthwise` })
    .toTokens()
    .layerNorm({ name: `${name}_norm` })
    .dense(4 * channels, { activation: "gelu", name: `${name}_mlp1` })
    .dense(channels, { name: `${name}_mlp2` })
    .toImage([height, width]);
  return add(x, mul(y, parameter(x, [1, channels, 1, 1], { name: `${name}_layer_scale` })));
}

export default network("convnext_tiny", { image: [3, 224, 224] }, (x) => {
  let y = x.conv(96, { kernel: 4, stride: 4, name: "stem" }).layerNorm({ name: "stem_norm" });
  stages.forEach(({ channels, blocks }, s) => {
    if (s > 0) {
      y = y
        .layerNorm({ name: `downsample${s + 1}_norm` })
        .conv(channels, { kernel: 2, stride: 2, name: `downsample${s + 1}` });
    }
    for (let b = 0; b < blocks; b++) y = block(y, `stage${s + 1}_${b}`);
  });
  return y.globalAveragePool().layerNorm({ name: "norm" }).flatten().dense(1000, { name: "fc" });
});
