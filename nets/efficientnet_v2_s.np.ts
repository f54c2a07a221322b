// EfficientNetV2-S as torchvision.models.efficientnet_v2_s (Tan and Le, arXiv 2104.00298), at 384 pixels, where torchvision tests it.
// Stochastic depth drops nothing when a trained network runs, and is left out.
import { add, convNorm, type ImageValue, invertedResidual, network } from "neuralpower/dsl";

/** The paper's table 4: whether a 3×3 convolution stands in for 1×1 and depthwise, expansion, stride, output channels and blocks. */
const stages = [
  { fused: true, expansion: 1, stride: 1, channels: 24, blocks: 2 },
  { fused: true, expansion: 4, stride: 2, channels: 48, blocks: 4 },
  { fused: true, expansion: 4, stride: 2, channels: 64, blocks: 4 },
  { fused: false, expansion: 4, stride: 2, channels: 128, blocks: 6 },
  { fused: false, expansion: 6, stride: 1, channels: 160, blocks: 9 },
  { fused: false, expansion: 6, stride: 2, channels: 256, blocks: 15 },
];

const activation = "silu";

/** 3×3 to the expanded channels, 1×1 to the output's; without expansion one 3×3. */
function fusedResidual(x: ImageValue, channels: number, expanded: number, stride: number, name: string): ImageValue {
  const window = { kernel: 3, stride, pad: 1, activation } as const;
  const y = expanded === x.channels
    ? convNorm(x, channels, { ...window, name: `${name}_conv` })
    : convNorm(convNorm(x, expanded, { ...window, name: `${name}_expand` }), channels, {
      kernel: 1,
      name: `${name}_project`,
    });
  return stride === 1 && x.channels === channels ? add(x, y) : y;
}

export default network("efficientnet_v2_s", { image: [3, 384, 384] }, (x) => {
  let y = convNorm(x, 24, { kernel: 3, stride: 2, pad: 1, activation, name: "stem" });
  stages.forEach(({ fused, expansion, channels, blocks, ...stage }, i) => {
    for (let b = 0; b < blocks; b++) {
      const name = `stage${i + 1}_${b}`;
      const expanded = expansion * y.channels;
      const stride = b === 0 ? stage.stride : 1;
      const squeezeExcite = { squeeze: y.channels / 4, activation } as const;
      y = fused
        ? fusedResidual(y, channels, expanded, stride, name)
        : invertedResidual(y, channels, { expanded, stride, activation, squeezeExcite, name });
    }
  });
  y = convNorm(y, 1280, { kernel: 1, activation, name: "head" });
  return y.globalAveragePool().flatten().dropout().dense(1000, { name: "fc" });
});
