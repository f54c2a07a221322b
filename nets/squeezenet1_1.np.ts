// SqueezeNet 1.1 as torchvision.models.squeezenet1_1 (Iandola et al., arXiv 1602.07360, and the authors' release of v1.1).
import { concat, type ImageValue, network } from "neuralpower/dsl";

/** Channels of the squeeze and of each expand convolution of fire2 to fire9. */
const fires = [[16, 64], [16, 64], [32, 128], [32, 128], [48, 192], [48, 192], [64, 256], [64, 256]];

/** 1×1 down, then 1×1 and 3×3 up side by side. */
function fire(x: ImageValue, squeeze: number, expand: number, name: string): ImageValue {
  const squeezed = x.conv(squeeze, { kernel: 1, activation: "relu", name: `${name}_squeeze` });
  return concat(
    squeezed.conv(expand, { kernel: 1, activation: "relu", name: `${name}_expand1x1` }),
    squeezed.conv(expand, { kernel: 3, pad: 1, activation: "relu", name: `${name}_expand3x3` }),
  );
}

function pool(x: ImageValue, name: string): ImageValue {
  return x.maxPool({ kernel: 3, stride: 2, ceilMode: true, name });
}

export default network("squeezenet1_1", { image: [3, 224, 224] }, (x) => {
  let y = pool(x.conv(64, { kernel: 3, stride: 2, activation: "relu", name: "conv1" }), "pool1");
  fires.forEach(([squeeze, expand], i) => {
    y = fire(y, squeeze, expand, `fire${i + 2}`);
    if (i === 1 || i === 3) y = pool(y, `pool${i + 2}`);
  });
  return y
    .dropout({ name: "drop9" })
    .conv(1000, { kernel: 1, activation: "relu", name: "conv10" })
    .globalAveragePool({ name: "pool10" })
    .flatten();
});
