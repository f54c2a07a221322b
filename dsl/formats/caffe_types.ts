/**
 * Caffe's names of layer types, of both forms, and which of them compute nothing that a network is used for.
 *
 * @module
 */
import type { TextFields } from "./text_fields.ts";

/** `V1LayerParameter.LayerType` in the order of its numbers, from 0, each with its name in the newer form. */
const olderTypes: Readonly<Record<string, string>> = {
  NONE: "None",
  ACCURACY: "Accuracy",
  BNLL: "BNLL",
  CONCAT: "Concat",
  CONVOLUTION: "Convolution",
  DATA: "Data",
  DROPOUT: "Dropout",
  EUCLIDEAN_LOSS: "EuclideanLoss",
  FLATTEN: "Flatten",
  HDF5_DATA: "HDF5Data",
  HDF5_OUTPUT: "HDF5Output",
  IM2COL: "Im2col",
  IMAGE_DATA: "ImageData",
  INFOGAIN_LOSS: "InfogainLoss",
  INNER_PRODUCT: "InnerProduct",
  LRN: "LRN",
  MULTINOMIAL_LOGISTIC_LOSS: "MultinomialLogisticLoss",
  POOLING: "Pooling",
  RELU: "ReLU",
  SIGMOID: "Sigmoid",
  SOFTMAX: "Softmax",
  SOFTMAX_LOSS: "SoftmaxWithLoss",
  SPLIT: "Split",
  TANH: "TanH",
  WINDOW_DATA: "WindowData",
  ELTWISE: "Eltwise",
  POWER: "Power",
  SIGMOID_CROSS_ENTROPY_LOSS: "SigmoidCrossEntropyLoss",
  HINGE_LOSS: "HingeLoss",
  MEMORY_DATA: "MemoryData",
  ARGMAX: "ArgMax",
  THRESHOLD: "Threshold",
  DUMMY_DATA: "DummyData",
  SLICE: "Slice",
  MVN: "MVN",
  ABSVAL: "AbsVal",
  SILENCE: "Silence",
  CONTRASTIVE_LOSS: "ContrastiveLoss",
  EXP: "Exp",
  DECONVOLUTION: "Deconvolution",
};

/** A layer's type as the newer form names it. */
export function typeOf(fields: TextFields): string {
  const given = fields.text("type");
  if (given === undefined) fields.fail("its type is missing; give it");
  if (Object.hasOwn(olderTypes, given)) return olderTypes[given];
  return /^\d+$/.test(given) ? Object.values(olderTypes)[Number(given)] ?? given : given;
}

/** Losses, measures and sinks: nobody waits for them when a trained network runs. */
export function isDropped(type: string): boolean {
  return /Loss$/.test(type) || ["Accuracy", "HDF5Output", "Silence", "None"].includes(type);
}
