// AlexNet as torchvision.models.alexnet: one column, no local response normalisation (Krizhevsky, arXiv 1404.5997).
import { network } from "neuralpower/dsl";

export default network("alexnet", { image: [3, 224, 224] }, (x) =>
  x
    .conv(64, { kernel: 11, stride: 4, pad: 2, activation: "relu", name: "conv1" })
    .maxPool({ kernel: 3, stride: 2, name: "pool1" })
    .conv(192, { kernel: 5, pad: 2, activation: "relu", name: "conv2" })
    .maxPool({ kernel: 3, stride: 2, name: "pool2" })
    .conv(384, { kernel: 3, pad: 1, activation: "relu", name: "conv3" })
    .conv(256, { kernel: 3, pad: 1, activation: "relu", name: "conv4" })
    .conv(256, { kernel: 3, pad: 1, activation: "relu", name: "conv5" })
    .maxPool({ kernel: 3, stride: 2, name: "pool5" })
    // torchvision's adaptive average pool to 6×6 is left out: at 224 its input is 6×6, and it changes nothing.
    .flatten()
    .dropout({ name: "drop5" })
    .dense(4096, { activation: "relu", name: "fc6" })
    .dropout({ name: "drop6" })
    .dense(4096, { activation: "relu", name: "fc7" })
    .dense(1000, { name: "fc8" }));
