// ResNet-18 as torchvision.models.resnet18 (He et al., arXiv 1512.03385).
import { add, convNorm, type ImageValue, network } from "neuralpower/dsl";

/** Two 3×3 convolutions, added to the input, which is projected where the sizes differ. */
function basicBlock(x: ImageValue, channels: number, stride: number, name: string): ImageValue {
  const a = convNorm(x, channels, { kernel: 3, stride, pad: 1, name: `${name}_conv1` }).relu({ name: `${name}_relu1` });
  const b = convNorm(a, channels, { kernel: 3, pad: 1, name: `${name}_conv2` });
  const fits = stride === 1 && x.channels === channels;
  const shortcut = fits ? x : convNorm(x, channels, { kernel: 1, stride, name: `${name}_downsample` });
  return add(b, shortcut).relu({ name: `${name}_relu2` });
}

export default network("resnet18", { image: [3, 224, 224] }, (x) => {
  let y = convNorm(x, 64, { kernel: 7, stride: 2, pad: 3, activation: "relu", name: "conv1" })
    .maxPool({ kernel: 3, stride: 2, pad: 1, name: "pool1" });
  [64, 128, 256, 512].forEach((channels, s) => {
    y = basicBlock(y, channels, s === 0 ? 1 : 2, `layer${s + 1}_0`);
    y = basicBlock(y, channels, 1, `layer${s + 1}_1`);
  });
  return y.globalAveragePool().flatten().dense(1000, { name: "fc" });
});
