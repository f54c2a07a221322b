/**
 * Published accuracies of the zoo's networks.
 *
 * @module
 */
import { type Network, networkCost } from "neuralpower/dsl";

/** How well a network does its task, and whose network it must be to do so. */
interface Published {
  /** Share of ImageNet's validation images whose class is the first guess. */
  readonly top1: number;
  /** Learned numbers: another network of the same name has others. */
  readonly params: number;
  /** Side of the images that it was tested on. */
  readonly image: number;
}

/**
 * Top-1 accuracy on ImageNet-1K's validation set, one crop an image: torchvision 0.29.2, `torchvision/models/*.py`, `acc@1` of the weights
 * `IMAGENET1K_V1` (BSD-3-Clause; https://docs.pytorch.org/vision/stable/models.html). Those are the first weights of each network, most of
 * them by their papers' recipes; longer training has reached more since, 80.858 % for ResNet-50. Parameters are `num_params` there, of
 * MobileNetV2 and, without its auxiliary head, of Inception-v3 what PyTorch counts.
 */
const published: Readonly<Record<string, Published>> = {
  alexnet: { top1: 0.56522, params: 61_100_840, image: 224 },
  convnext_tiny: { top1: 0.8252, params: 28_589_128, image: 224 },
  densenet121: { top1: 0.74434, params: 7_978_856, image: 224 },
  efficientnet_b0: { top1: 0.77692, params: 5_288_548, image: 224 },
  efficientnet_v2_s: { top1: 0.84228, params: 21_458_488, image: 384 },
  googlenet: { top1: 0.69778, params: 6_624_904, image: 224 },
  inception_v3: { top1: 0.77294, params: 23_834_568, image: 299 },
  mobilenet_v2: { top1: 0.71878, params: 3_504_872, image: 224 },
  mobilenet_v3_large: { top1: 0.74042, params: 5_483_032, image: 224 },
  regnet_y_400mf: { top1: 0.74046, params: 4_344_144, image: 224 },
  resnet18: { top1: 0.69758, params: 11_689_512, image: 224 },
  resnet50: { top1: 0.7613, params: 25_557_032, image: 224 },
  shufflenet_v2: { top1: 0.69362, params: 2_278_604, image: 224 },
  squeezenet1_1: { top1: 0.58178, params: 1_235_496, image: 224 },
  swin_t: { top1: 0.81474, params: 28_288_354, image: 224 },
  vgg16: { top1: 0.71592, params: 138_357_544, image: 224 },
  vit_b_16: { top1: 0.81072, params: 86_567_656, image: 224 },
};

/**
 * A network's published top-1 accuracy on ImageNet, a fraction. Null where none is known: for another name, and for a network that was
 * changed (other parameters) or built for other images than those it was tested on.
 *
 * @example
 * ```ts
 * import { publishedAccuracy } from "neuralpower";
 * import { network } from "neuralpower/dsl";
 *
 * const mine = network("resnet18", { image: [3, 224, 224] }, (x) => x.conv(64, { kernel: 7 }));
 * console.log(publishedAccuracy(mine.build())); // null: not the ResNet-18 that was tested
 * ```
 */
export function publishedAccuracy(network: Network): number | null {
  if (!Object.hasOwn(published, network.name)) return null;
  const { top1, params, image } = published[network.name];
  const [, , height, width] = network.inputShape;
  return height === image && width === image && networkCost(network).params === params ? top1 : null;
}
