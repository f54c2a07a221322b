// ViT-B/16 as torchvision.models.vit_b_16 (Dosovitskiy et al., arXiv 2010.11929). At another image size it has as many positions as
// there are patches then. Dropouts, which drop nothing when a trained network runs, are left out.
import { add, concatAlong, network, parameter, transformerBlock } from "neuralpower/dsl";

const width = 768;

export default network("vit_b_16", { image: [3, 224, 224] }, (x) => {
  const patches = x.conv(width, { kernel: 16, stride: 16, name: "conv_proj" }).toTokens();
  const [batch, length] = patches.shape;
  const classToken = parameter(patches, [1, 1, width], { name: "class_token" }).expand([batch, 1, width]);
  const positions = parameter(patches, [1, length + 1, width], { name: "pos_embedding" });
  let y = add(concatAlong("length", classToken, patches), positions);
  for (let b = 0; b < 12; b++) y = transformerBlock(y, { heads: 12, name: `encoder_${b}` });
  return y
    .layerNorm({ name: "ln" })
    .slice("length", { end: 1, name: "class" })
    .flatten()
    .dense(1000, { name: "head" });
});
