/**
 * Published top-1 accuracies on ImageNet: torchvision's documentation, the first weights of each network
 * (https://docs.pytorch.org/vision/stable/models.html, IMAGENET1K_V1).
 *
 * @module
 */

/** Fractions, by network of the zoo. */
export const top1: Readonly<Record<string, number>> = {
  alexnet: 0.56522,
  squeezenet1_1: 0.58178,
  googlenet: 0.69778,
  resnet18: 0.69758,
  vgg16: 0.71592,
  mobilenet_v2: 0.71878,
  mobilenet_v3_large: 0.74042,
  regnet_y_400mf: 0.74046,
  densenet121: 0.74434,
  resnet50: 0.7613,
  efficientnet_b0: 0.77692,
};
