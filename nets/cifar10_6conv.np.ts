// A six-convolution network for CIFAR-10 as Paleo's nets/cifar10_6conv.json (Qi, Sparks and Talwalkar, ICLR 2017).
import { network } from "neuralpower/dsl";

export default network("cifar10_6conv", { image: [3, 32, 32], batch: 128 }, (x) =>
  x
    .conv(128, { kernel: 3, pad: "same", activation: "relu", name: "conv1" })
    .conv(128, { kernel: 3, pad: "same", activation: "relu", name: "conv2" })
    .maxPool({ kernel: 2, name: "pool2" })
    .conv(256, { kernel: 3, pad: "same", activation: "relu", name: "conv3" })
    .conv(256, { kernel: 3, pad: "same", activation: "relu", name: "conv4" })
    .maxPool({ kernel: 2, name: "pool4" })
    .conv(512, { kernel: 3, pad: "same", activation: "relu", name: "conv5" })
    .conv(512, { kernel: 3, pad: "same", activation: "relu", name: "conv6" })
    // The dense layers are convolutions over the whole 8×8 image.
    .conv(1024, { kernel: 8, activation: "relu", name: "fc7" })
    .dropout({ name: "dropout7" })
    .conv(1024, { kernel: 1, activation: "relu", name: "fc8" })
    .dropout({ name: "dropout8" })
    .conv(10, { kernel: 1, name: "fc9" })
    .softmax({ name: "softmax" }));
