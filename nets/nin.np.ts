// Network in Network for ImageNet as Paleo's nets/nin.json, after the authors' Caffe model (Lin et al., arXiv 1312.4400).
import { type ConvOptions, type ImageValue, network } from "neuralpower/dsl";

function convRelu(x: ImageValue, channels: number, options: ConvOptions): ImageValue {
  return x.conv(channels, { ...options, activation: "relu" });
}

export default network("nin", { image: [3, 224, 224], batch: 128 }, (x) => {
  let y = convRelu(x, 96, { kernel: 11, stride: 4, name: "conv1" });
  y = convRelu(y, 96, { kernel: 1, name: "cccp1" });
  y = convRelu(y, 96, { kernel: 1, name: "cccp2" }).maxPool({ kernel: 3, stride: 2, name: "pool0" });
  y = convRelu(y, 256, { kernel: 5, pad: "same", name: "conv2" });
  y = convRelu(y, 256, { kernel: 1, name: "cccp3" });
  y = convRelu(y, 256, { kernel: 1, name: "cccp4" }).maxPool({ kernel: 3, stride: 2, name: "pool2" });
  y = convRelu(y, 384, { kernel: 3, pad: "same", name: "conv3" });
  y = convRelu(y, 384, { kernel: 1, name: "cccp5" });
  y = convRelu(y, 384, { kernel: 1, name: "cccp6" }).maxPool({ kernel: 3, stride: 2, name: "pool3" });
  y = convRelu(y.dropout({ name: "drop" }), 1024, { kernel: 3, pad: "same", name: "conv4" });
  y = convRelu(y, 1024, { kernel: 1, name: "cccp7" });
  y = convRelu(y, 1000, { kernel: 1, name: "cccp8" });
  return y.averagePool({ kernel: 5, stride: 1, name: "pool4" }).softmax({ name: "softmax" });
});
