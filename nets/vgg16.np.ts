// VGG-16, configuration D, as torchvision.models.vgg16 (Simonyan and Zisserman, arXiv 1409.1556).
import { type ImageValue, network } from "neuralpower/dsl";

/** Channels of each block's 3×3 convolutions; a pool halves the image after each block. */
const blocks = [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]];

export default network("vgg16", { image: [3, 224, 224] }, (x) => {
  let y: ImageValue = x;
  blocks.forEach((channels, b) => {
    channels.forEach((width, i) => {
      y = y.conv(width, { kernel: 3, pad: 1, activation: "relu", name: `conv${b + 1}_${i + 1}` });
    });
    y = y.maxPool({ kernel: 2, name: `pool${b + 1}` });
  });
  // torchvision's adaptive average pool to 7×7 is left out: at 224 its input is 7×7, and it changes nothing.
  return y
    .flatten()
    .dense(4096, { activation: "relu", name: "fc6" })
    .dropout({ name: "drop6" })
    .dense(4096, { activation: "relu", name: "fc7" })
    .dropout({ name: "drop7" })
    .dense(1000, { name: "fc8" });
});
