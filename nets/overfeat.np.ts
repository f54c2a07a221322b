// OverFeat, fast, as Paleo's nets/overfeat.json, after TensorFlow-Slim (Sermanet et al., arXiv 1312.6229). Where that file names no
// activation, Paleo takes relu.
import { network } from "neuralpower/dsl";

export default network("overfeat", { image: [3, 231, 231], batch: 128 }, (x) =>
  x
    .conv(64, { kernel: 11, stride: 4, activation: "relu", name: "conv1" })
    .maxPool({ kernel: 2, name: "pool1" })
    .conv(256, { kernel: 5, activation: "relu", name: "conv2" })
    .maxPool({ kernel: 2, name: "pool2" })
    .conv(512, { kernel: 3, pad: "same", activation: "relu", name: "conv3" })
    .conv(1024, { kernel: 3, pad: "same", activation: "relu", name: "conv4" })
    .conv(1024, { kernel: 3, pad: "same", activation: "relu", name: "conv5" })
    .maxPool({ kernel: 2, name: "pool5" })
    // The dense layers are convolutions over the whole 6×6 image.
    .conv(3072, { kernel: 6, activation: "relu", name: "fc6" })
    .dropout({ name: "dropout6" })
    .conv(4096, { kernel: 1, activation: "relu", name: "fc7" })
    .dropout({ name: "dropout7" })
    .conv(1000, { kernel: 1, name: "fc8" })
    .softmax({ name: "softmax" }));
