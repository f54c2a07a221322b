// GoogLeNet as torchvision.models.googlenet (Szegedy et al., arXiv 1409.4842), which differs from the paper: batch normalisation, 3×3 in
// place of 5×5, no local response normalisation. The auxiliary heads are left out.
import { concat, convNorm, type ConvOptions, type ImageValue, network } from "neuralpower/dsl";

/** Channels of the 1×1, 1×1 → 3×3, 1×1 → 3×3 (the paper's 5×5) and pool → 1×1 branches. */
type Branches = readonly [b1: number, b2: readonly [number, number], b3: readonly [number, number], b4: number];

const stages: { readonly [block: string]: Branches }[] = [
  {
    "3a": [64, [96, 128], [16, 32], 32],
    "3b": [128, [128, 192], [32, 96], 64],
  },
  {
    "4a": [192, [96, 208], [16, 48], 64],
    "4b": [160, [112, 224], [24, 64], 64],
    "4c": [128, [128, 256], [24, 64], 64],
    "4d": [112, [144, 288], [32, 64], 64],
    "4e": [256, [160, 320], [32, 128], 128],
  },
  {
    "5a": [256, [160, 320], [32, 128], 128],
    "5b": [384, [192, 384], [48, 128], 128],
  },
];

function convNormRelu(x: ImageValue, channels: number, options: ConvOptions): ImageValue {
  return convNorm(x, channels, { ...options, activation: "relu" });
}

function inception(x: ImageValue, [b1, b2, b3, b4]: Branches, name: string): ImageValue {
  const reduced2 = convNormRelu(x, b2[0], { kernel: 1, name: `${name}_branch2_reduce` });
  const reduced3 = convNormRelu(x, b3[0], { kernel: 1, name: `${name}_branch3_reduce` });
  const pooled = x.maxPool({ kernel: 3, stride: 1, pad: 1, ceilMode: true, name: `${name}_branch4_pool` });
  return concat(
    convNormRelu(x, b1, { kernel: 1, name: `${name}_branch1` }),
    convNormRelu(reduced2, b2[1], { kernel: 3, pad: 1, name: `${name}_branch2` }),
    convNormRelu(reduced3, b3[1], { kernel: 3, pad: 1, name: `${name}_branch3` }),
    convNormRelu(pooled, b4, { kernel: 1, name: `${name}_branch4` }),
  );
}

export default network("googlenet", { image: [3, 224, 224] }, (x) => {
  let y = convNormRelu(x, 64, { kernel: 7, stride: 2, pad: 3, name: "conv1" })
    .maxPool({ kernel: 3, stride: 2, ceilMode: true, name: "pool1" });
  y = convNormRelu(y, 64, { kernel: 1, name: "conv2" });
  y = convNormRelu(y, 192, { kernel: 3, pad: 1, name: "conv3" })
    .maxPool({ kernel: 3, stride: 2, ceilMode: true, name: "pool2" });
  stages.forEach((blocks, s) => {
    // The last pool's window is 2, as in torchvision; the paper has 3 in all.
    if (s > 0) y = y.maxPool({ kernel: s === 2 ? 2 : 3, stride: 2, ceilMode: true, name: `pool${s + 2}` });
    for (const [block, branches] of Object.entries(blocks)) y = inception(y, branches, `inception${block}`);
  });
  return y.globalAveragePool().flatten().dropout().dense(1000, { name: "fc" });
});
