// U-Net (Ronneberger et al., arXiv 1505.04597): 64 to 1024 channels, no normalisation, 2 classes for each pixel. As usual today, and unlike
// the paper's, its convolutions are padded, so that the output is as large as the input, whose sides 16 must divide; the input has 3
// channels. Dropouts are left out.
import { concat, type ImageValue, network } from "neuralpower/dsl";

function twice(x: ImageValue, channels: number, name: string): ImageValue {
  return x
    .conv(channels, { kernel: 3, pad: 1, activation: "relu", name: `${name}_conv1` })
    .conv(channels, { kernel: 3, pad: 1, activation: "relu", name: `${name}_conv2` });
}

export default network("unet", { image: [3, 256, 256] }, (x) => {
  const widths = [64, 128, 256, 512];
  let y: ImageValue = x;
  const skips = widths.map((channels, i) => {
    const skip = twice(y, channels, `down${i + 1}`);
    y = skip.maxPool({ kernel: 2, name: `pool${i + 1}` });
    return skip;
  });
  y = twice(y, 1024, "bottom");
  for (let i = widths.length - 1; i >= 0; i--) {
    const up = y.deconv(widths[i], { kernel: 2, stride: 2, name: `up${i + 1}_deconv` });
    y = twice(concat(skips[i], up), widths[i], `up${i + 1}`);
  }
  return y.conv(2, { kernel: 1, name: "classes" });
});
